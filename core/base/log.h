#pragma once
// Logging categories, one a folder. QT_LOGGING_RULES="postern.*.debug=true" shows all.
// Never logged: secrets, passwords, file names of other people, message bodies.

#include <QLoggingCategory>

namespace postern {

Q_DECLARE_LOGGING_CATEGORY(logNet)
Q_DECLARE_LOGGING_CATEGORY(logIdentity)
Q_DECLARE_LOGGING_CATEGORY(logSignalling)
Q_DECLARE_LOGGING_CATEGORY(logPortmap)
Q_DECLARE_LOGGING_CATEGORY(logPunch)
Q_DECLARE_LOGGING_CATEGORY(logTransport)
Q_DECLARE_LOGGING_CATEGORY(logTransfer)
Q_DECLARE_LOGGING_CATEGORY(logPeer)
Q_DECLARE_LOGGING_CATEGORY(logEngine)
Q_DECLARE_LOGGING_CATEGORY(logRendezvous)

} // namespace postern
