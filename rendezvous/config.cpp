#include "rendezvous/config.h"

#include "rendezvous/relay/relay_address.h"

#include <QCoreApplication>
#include <QFile>
#include <QRegularExpression>

#include <toml++/toml.h>

namespace postern::rendezvous {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Config", text); }

constexpr qint64 LONGEST_SECRET = 1024;

Error invalid(const QString &sentence) { return {ErrorCode::InvalidArgument, sentence}; }

Result<Settings> settingsOf(const toml::table &table, const QString &path)
{
    Settings settings;
    for (const auto &[key, node] : table) {
        const QString name = QString::fromUtf8(key.str().data(), qsizetype(key.str().size()));
        if (!settingNames().contains(name))
            return invalid(tr("%1 has an unknown setting “%2”; the settings are %3.")
                               .arg(path, name, settingNames().join(QStringLiteral(", "))));
        if (const auto text = node.value_exact<std::string>())
            settings[name] = QString::fromStdString(*text);
        else if (const auto number = node.value_exact<int64_t>())
            settings[name] = QString::number(*number);
        else
            return invalid(
                tr("The setting “%1” in %2 must be a text or a whole number.").arg(name, path));
    }
    return settings;
}

Result<RegistrationPolicy> registrationOf(const QString &text)
{
    if (text == QLatin1String("open"))
        return RegistrationPolicy::Open;
    if (text == QLatin1String("invite"))
        return RegistrationPolicy::Invite;
    if (text == QLatin1String("closed"))
        return RegistrationPolicy::Closed;
    return invalid(tr("--registration is open, invite or closed, not “%1”.").arg(text));
}

/// "20M": with K, M or G for powers of 1,000.
Result<std::uint64_t> bytesOf(const Settings &settings, const char *name)
{
    static const QRegularExpression FORM(QStringLiteral("^([0-9]{1,12})([KMG]?)$"));
    const auto match = FORM.match(settings.value(QLatin1String(name), QStringLiteral("0")));
    if (!match.hasMatch())
        return invalid(tr("--%1 is a number of bytes, such as 500K, 20M or 5G; 0 for no limit.")
                           .arg(QLatin1String(name)));
    const auto power = QStringLiteral("KMG").indexOf(match.captured(2)) + 1;
    std::uint64_t bytes = match.captured(1).toULongLong();
    for (int i = match.captured(2).isEmpty() ? 0 : int(power); i > 0; --i)
        bytes *= 1000;
    return bytes;
}

Result<void> readRelayPorts(const QString &text, RelaySettings &relay)
{
    if (text.isEmpty())
        return {};
    const uint first = text.section(QLatin1Char('-'), 0, 0).toUInt();
    const uint last = text.section(QLatin1Char('-'), 1).toUInt();
    if (first == 0 || last > 65535 || last < first)
        return invalid(tr("--relay-ports is a range such as 49152-65535, not “%1”.").arg(text));
    relay.firstPort = static_cast<std::uint16_t>(first);
    relay.lastPort = static_cast<std::uint16_t>(last);
    return {};
}

Result<void> readRelayLimits(const Settings &settings, RelaySettings &relay)
{
    const auto rate = bytesOf(settings, "relay-rate");
    const auto quota = bytesOf(settings, "relay-quota");
    if (!rate || !quota)
        return rate ? quota.error() : rate.error();
    relay.bytesPerSecondOfHolder = *rate;
    relay.bytesPerDayOfHolder = *quota;
    const QString peers = settings.value(QStringLiteral("relay-peers"), QStringLiteral("public"));
    if (peers != QLatin1String("public") && peers != QLatin1String("any"))
        return invalid(tr("--relay-peers is public or any, not “%1”.").arg(peers));
    relay.privatePeers = peers == QLatin1String("any");
    if (const QString address = settings.value(QStringLiteral("relay-address"));
        !address.isEmpty()) {
        const auto parsed = IpAddress::parse(address);
        if (!parsed)
            return invalid(tr("--relay-address is an IP address, not “%1”.").arg(address));
        relay.address = *parsed;
    }
    return readRelayPorts(settings.value(QStringLiteral("relay-ports")), relay);
}

Result<void> readRelaySettings(const Settings &settings, ServerConfig &config)
{
    auto external = parseRelayAddresses(settings.value(QStringLiteral("relay-external")));
    if (!external)
        return external.error();
    config.externalRelays = *external;
    // Who names another relay wants the traffic there, unless both are asked for.
    const QString relay =
        settings.value(QStringLiteral("relay"),
                       external->isEmpty() ? QStringLiteral("on") : QStringLiteral("off"));
    if (relay != QLatin1String("on") && relay != QLatin1String("off"))
        return invalid(tr("--relay is on or off, not “%1”.").arg(relay));
    config.relayWanted = relay == QLatin1String("on");
    if (auto read = readRelayLimits(settings, config.relay); !read)
        return read;
    const QString secretFile = settings.value(QStringLiteral("relay-secret-file"));
    if (external->isEmpty() && secretFile.isEmpty())
        return {};
    QFile file(secretFile);
    if (!secretFile.isEmpty() && file.open(QIODevice::ReadOnly))
        config.relay.secret = file.readLine(LONGEST_SECRET).trimmed();
    if (config.relay.secret.isEmpty())
        return invalid(tr("--relay-secret-file must name a file whose first line is the secret "
                          "shared with the relay; --relay-external needs it."));
    return {};
}

} // namespace

QStringList settingNames()
{
    return {QStringLiteral("data"),           QStringLiteral("database"),
            QStringLiteral("listen"),         QStringLiteral("stun"),
            QStringLiteral("stun-alt"),       QStringLiteral("relay"),
            QStringLiteral("relay-external"), QStringLiteral("relay-secret-file"),
            QStringLiteral("relay-address"),  QStringLiteral("relay-ports"),
            QStringLiteral("relay-peers"),    QStringLiteral("relay-rate"),
            QStringLiteral("relay-quota"),    QStringLiteral("registration"),
            QStringLiteral("cert"),           QStringLiteral("key"),
            QStringLiteral("public-host"),    QStringLiteral("connections-per-address")};
}

Result<Settings> readConfigFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable,
                     tr("The configuration %1 can't be read: %2.").arg(path, file.errorString())};
    const QByteArray text = file.readAll();
    try {
        return settingsOf(toml::parse(std::string_view(text.constData(), size_t(text.size()))),
                          path);
    } catch (const toml::parse_error &error) {
        return invalid(tr("%1, line %2: %3.")
                           .arg(path)
                           .arg(error.source().begin.line)
                           .arg(QString::fromUtf8(error.description().data(),
                                                  qsizetype(error.description().size()))));
    }
}

Result<ServerConfig> makeConfig(const Settings &settings)
{
    const auto text = [&](const char *name, const char *fallback = "") {
        return settings.value(QLatin1String(name), QLatin1String(fallback));
    };
    ServerConfig config;
    config.dataFolder = text("data");
    config.databaseUrl = text("database") == QLatin1String("sqlite") ? QString() : text("database");
    config.listen = text("listen");
    config.stun = text("stun");
    config.stunAlternate = text("stun-alt");
    config.certificate = text("cert");
    config.key = text("key");
    config.publicHost = text("public-host");
    if (config.dataFolder.isEmpty())
        return invalid(tr("Say with --data which folder holds the server's data."));
    if (config.certificate.isEmpty() != config.key.isEmpty())
        return invalid(tr("--cert and --key belong together; give both or neither."));
    auto registration = registrationOf(text("registration", "open"));
    if (!registration)
        return registration.error();
    config.registration = *registration;
    if (auto told = readRelaySettings(settings, config); !told)
        return told.error();
    bool isNumber = false;
    config.connectionsPerAddress = text("connections-per-address", "1024").toInt(&isNumber);
    if (!isNumber || config.connectionsPerAddress < 1)
        return invalid(tr("--connections-per-address is a number above 0."));
    return config;
}

} // namespace postern::rendezvous
