#pragma once
// What the operator wants, from flags and a file. Values.

#include "core/base/result.h"
#include "rendezvous/accounts/account_service.h"
#include "rendezvous/relay/relay_settings.h"

#include <QMap>
#include <QString>

namespace postern::rendezvous {

inline constexpr quint16 DEFAULT_PORT = 7788;
inline constexpr quint16 DEFAULT_STUN_PORT = 3478; ///< RFC 8489 section 18.6

struct ServerConfig {
    QString dataFolder;
    QString databaseUrl; ///< empty: SQLite in the data folder
    QString listen; ///< HOST:PORT, or empty: DEFAULT_PORT of every address
    QString stun; ///< HOST:PORT, "off", or empty: DEFAULT_STUN_PORT of the listening host
    QString stunAlternate; ///< HOST:PORT or empty
    QString certificate; ///< PEM file, or empty: a self-signed one of our own
    QString key;
    QString publicHost; ///< the host that clients are told; empty: the listening one
    RegistrationPolicy registration = RegistrationPolicy::Open;
    bool relayWanted = true; ///< the built-in one
    QList<wire::RelayServer> externalRelays; ///< they share relay.secret
    RelaySettings relay; ///< its secret empty: one of our own, another at every start
    int connectionsPerAddress = 1024;
};

/// Settings by their name, as flags and the file have it without the dashes ("stun-alt").
using Settings = QMap<QString, QString>;

/// The names there are.
QStringList settingNames();

/// A TOML file: the same names as the flags', texts or whole numbers. An unknown name is an
/// error: a misspelt one must not be passed over in silence.
Result<Settings> readConfigFile(const QString &path);

/// Checks, and fills in the defaults.
Result<ServerConfig> makeConfig(const Settings &settings);

} // namespace postern::rendezvous
