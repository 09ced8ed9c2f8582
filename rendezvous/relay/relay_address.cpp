#include "rendezvous/relay/relay_address.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace postern::rendezvous {

namespace {

constexpr quint16 DEFAULT_TURN_PORT = 3478; // RFC 8656 section 6
constexpr quint16 DEFAULT_TURNS_PORT = 5349;

Error notAnAddress(const QString &text)
{
    return {ErrorCode::InvalidArgument,
            QCoreApplication::translate(
                "Config",
                "“%1” is not a relay's address; write turn:HOST:PORT, turn:HOST:PORT?transport=tcp "
                "or turns:HOST:PORT.")
                .arg(text)};
}

} // namespace

Result<wire::RelayServer> parseRelayAddress(const QString &text)
{
    static const QRegularExpression FORM(
        QStringLiteral("^(turns?):(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?"
                       "(?:\\?transport=(udp|tcp))?$"));
    const auto match = FORM.match(text);
    const bool tls = match.captured(1) == QLatin1String("turns");
    const QString transport = match.captured(4);
    QString host = match.captured(2);
    const uint port = match.captured(3).isEmpty() ? (tls ? DEFAULT_TURNS_PORT : DEFAULT_TURN_PORT)
                                                  : match.captured(3).toUInt();
    const bool overDtls = tls && transport == QLatin1String("udp"); // which we don't speak
    if (!match.hasMatch() || port == 0 || port > 65535 || overDtls
        || host.size() > wire::HOST_LIMIT.most)
        return notAnAddress(text);
    if (host.startsWith(QLatin1Char('[')))
        host = host.mid(1, host.size() - 2);
    const auto way = tls                    ? wire::RelayTransport::Tls
        : transport == QLatin1String("tcp") ? wire::RelayTransport::Tcp
                                            : wire::RelayTransport::Udp;
    return wire::RelayServer{way, host, static_cast<quint16>(port), {}};
}

Result<QList<wire::RelayServer>> parseRelayAddresses(const QString &text)
{
    QList<wire::RelayServer> servers;
    for (const QString &each : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        auto server = parseRelayAddress(each.trimmed());
        if (!server)
            return server.error();
        servers.append(*server);
    }
    if (servers.size() > wire::RELAYS_LIMIT.most)
        return Error{ErrorCode::InvalidArgument,
                     QCoreApplication::translate("Config", "At most %1 relays can be told.")
                         .arg(wire::RELAYS_LIMIT.most)};
    return servers;
}

} // namespace postern::rendezvous
