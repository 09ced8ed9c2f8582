#include "rendezvous/server.h"

#include "core/base/log.h"
#include "core/base/random.h"
#include "rendezvous/relay/relay_credentials.h"
#include "rendezvous/relay/relay_server.h"
#include "rendezvous/sessions/session_hub.h"
#include "rendezvous/sockets/listener.h"
#include "rendezvous/sockets/socket_address.h"
#include "rendezvous/stun/stun_server.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>

#include <asio/signal_set.hpp>

#include <csignal>
#include <cstdio>

#include <sys/resource.h>

namespace postern::rendezvous {

namespace {

/// Between SIGTERM and exit, whatever clients do.
constexpr auto DRAIN_TIME = 5s;
/// Of our own relay: known to nobody, and another at every start.
constexpr qsizetype RELAY_SECRET_BYTES = 32;

QString tr(const char *text) { return QCoreApplication::translate("Server", text); }

class Server {
public:
    explicit Server(const ServerConfig &config)
        : m_config(config)
        , m_accounts(m_network)
        , m_listener(
              m_network,
              [this](asio::ip::tcp::socket socket) { m_hub->admit(std::move(socket), m_tls); })
        , m_stun(m_network)
        , m_relayListener(m_network,
                          [this](asio::ip::tcp::socket socket) {
                              m_relay->admit({std::move(socket), nullptr, {}});
                          })
        , m_signals(m_network, SIGTERM, SIGINT, SIGHUP)
        , m_drainTimer(m_network)
    {
    }

    Result<void> run();

private:
    Result<void> loadCertificate();
    Result<void> startStun(const Endpoint &listen);
    void startRelay();
    wire::RelayAccess relayAccess(AccountId account) const;
    QString certificateFile() const;
    QString keyFile() const;
    void announce(const Endpoint &listen) const;
    void awaitSignal();
    void drain();

    ServerConfig m_config;
    asio::io_context m_network{1}; // one thread: handlers never run side by side
    AccountService m_accounts;
    std::shared_ptr<const TlsContext> m_tls;
    std::optional<SessionHub> m_hub;
    Listener m_listener;
    StunServer m_stun;
    std::optional<StunAddresses> m_stunAddresses;
    std::optional<RelayServer> m_relay;
    Listener m_relayListener; ///< TURN by TCP
    std::optional<Endpoint> m_relayTcp;
    asio::signal_set m_signals;
    asio::steady_timer m_drainTimer;
};

Result<void> Server::run()
{
    if (!QDir().mkpath(m_config.dataFolder))
        return Error{ErrorCode::FileNotWritable,
                     tr("The folder %1 can't be made; choose another with --data.")
                         .arg(m_config.dataFolder)};
    if (auto loaded = loadCertificate(); !loaded)
        return loaded;
    if (auto opened = m_accounts.open({m_config.databaseUrl, m_config.dataFolder}); !opened)
        return opened;
    auto at = m_config.listen.isEmpty() ? Result<Endpoint>(Endpoint{everyAddress(), DEFAULT_PORT})
                                        : resolveListenAddress(m_config.listen);
    if (!at)
        return at.error();
    if (auto started = startStun(*at); !started)
        return started;
    startRelay();
    m_stun.listenToStreams(!m_relayTcp);
    SessionHub::Settings settings;
    settings.registration = m_config.registration;
    settings.connections.all = m_config.connectionsPerAddress;
    if (m_stunAddresses) {
        settings.stun = m_stunAddresses->primary;
        settings.stunAlternate = m_stunAddresses->alternate.value_or(Endpoint());
        settings.stunSecondPort = m_stunAddresses->secondPort;
    }
    if (m_relay || !m_config.externalRelays.isEmpty())
        settings.relayAccess = [this](AccountId account) { return relayAccess(account); };
    if (m_relay)
        settings.turnStream = [this](DivertedStream stream) { m_relay->admit(std::move(stream)); };
    m_hub.emplace(m_network, m_accounts, settings);
    auto listening = m_listener.listen(*at);
    if (!listening)
        return listening.error();
    awaitSignal();
    announce(*listening);
    m_network.run();
    return {};
}

QString Server::certificateFile() const
{
    return m_config.certificate.isEmpty() ? m_config.dataFolder + QStringLiteral("/server.crt")
                                          : m_config.certificate;
}

QString Server::keyFile() const
{
    return m_config.key.isEmpty() ? m_config.dataFolder + QStringLiteral("/server.key")
                                  : m_config.key;
}

Result<void> Server::loadCertificate()
{
    if (m_config.certificate.isEmpty()) {
        if (auto made = ensureOwnCertificate(certificateFile(), keyFile()); !made)
            return made;
    }
    auto loaded = TlsContext::load(certificateFile(), keyFile());
    if (!loaded)
        return loaded.error();
    m_tls = *loaded;
    return {};
}

Result<void> Server::startStun(const Endpoint &listen)
{
    if (m_config.stun == QLatin1String("off"))
        return {};
    Endpoint at{listen.address, DEFAULT_STUN_PORT};
    if (!m_config.stun.isEmpty()) {
        auto wanted = resolveListenAddress(m_config.stun);
        if (!wanted)
            return wanted.error();
        at = *wanted;
    }
    std::optional<Endpoint> alternate;
    if (!m_config.stunAlternate.isEmpty()) {
        auto wanted = resolveListenAddress(m_config.stunAlternate);
        if (!wanted)
            return wanted.error();
        alternate = *wanted;
    }
    auto started = m_stun.listen(at, alternate);
    if (!started)
        return started.error();
    m_stunAddresses = *started;
    return {};
}

void Server::startRelay()
{
    if (m_config.relay.secret.isEmpty())
        m_config.relay.secret = randomBytes(RELAY_SECRET_BYTES);
    if (!m_config.relayWanted)
        return;
    m_relay.emplace(m_network, m_config.relay);
    if (!m_stunAddresses)
        return; // by TLS only
    m_stun.setRelay([this](DatagramSocket &socket, const DatagramSocket::Arrival &arrival) {
        return m_relay->arrived(socket, arrival);
    });
    const auto tcp = m_relayListener.listen(m_stunAddresses->primary);
    if (tcp)
        m_relayTcp = *tcp;
    else
        qCWarning(logRendezvous).noquote()
            << "No relay by plain TCP:" << tcp.error().message << "TLS and UDP work.";
}

wire::RelayAccess Server::relayAccess(AccountId account) const
{
    wire::RelayAccess access;
    access.servers = m_config.externalRelays;
    const auto hostOf = [](const Endpoint &at) {
        return at.address.isUnspecified() ? QString() : at.address.toString();
    };
    using wire::RelayTransport;
    if (m_relay && m_stunAddresses)
        access.servers.append({RelayTransport::Udp,
                               hostOf(m_stunAddresses->primary),
                               m_stunAddresses->primary.port,
                               {}});
    if (m_relayTcp)
        access.servers.append({RelayTransport::Tcp, hostOf(*m_relayTcp), m_relayTcp->port, {}});
    if (m_relay) // where this client is connected already, so that no firewall minds
        access.servers.append({RelayTransport::Tls, {}, 0, m_tls->certificateSha256()});
    access.servers.resize(std::min(access.servers.size(), wire::RELAYS_LIMIT.most));
    RelayCredentials(m_config.relay.secret)
        .grant(access, account, QDateTime::currentSecsSinceEpoch());
    return access;
}

void Server::announce(const Endpoint &listen) const
{
    const Endpoint reachable{listen.address.isUnspecified() ? primaryAddress() : listen.address,
                             listen.port};
    const QString host = m_config.publicHost.isEmpty()
        ? reachable.toString()
        : m_config.publicHost + QLatin1Char(':') + QString::number(listen.port);
    QJsonObject line{
        {QStringLiteral("event"), QStringLiteral("ready")},
        {QStringLiteral("listen"), listen.toString()},
        {QStringLiteral("address"),
         host + QStringLiteral("#sha256:")
             + QString::fromLatin1(m_tls->certificateSha256().toHex())},
    };
    if (m_stunAddresses)
        line[QStringLiteral("stun")] = m_stunAddresses->primary.toString();
    if (m_stunAddresses && m_stunAddresses->alternate)
        line[QStringLiteral("stun_alt")] = m_stunAddresses->alternate->toString();
    if (m_relay)
        line[QStringLiteral("relay")] = QStringLiteral("built-in");
    else if (!m_config.externalRelays.isEmpty())
        line[QStringLiteral("relay")] = QStringLiteral("external");
    std::puts(QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

void Server::awaitSignal()
{
    m_signals.async_wait([this](const asio::error_code &cancelled, int signal) {
        if (cancelled)
            return;
        if (signal != SIGHUP)
            return drain();
        if (auto loaded = loadCertificate(); !loaded)
            qCWarning(logRendezvous).noquote()
                << loaded.error().message << "The one before stays in use.";
        else
            qCInfo(logRendezvous) << "certificate reloaded";
        awaitSignal();
    });
}

void Server::drain()
{
    qCInfo(logRendezvous) << "going down," << m_hub->sessions() << "clients";
    m_listener.close();
    m_relayListener.close();
    m_drainTimer.expires_after(DRAIN_TIME);
    m_drainTimer.async_wait([this](const asio::error_code &cancelled) {
        if (!cancelled)
            m_network.stop();
    });
    m_hub->drain([this] { m_network.stop(); });
}

/// A client is a descriptor; the soft limit is often 1,024.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

Result<void> serve(const ServerConfig &config)
{
    std::signal(SIGPIPE, SIG_IGN); // a closed connection is an error code, not an end
    raiseDescriptorLimit();
    Server server(config);
    return server.run();
}

} // namespace postern::rendezvous
