#include "core/base/log.h"

namespace postern {

Q_LOGGING_CATEGORY(logNet, "postern.net", QtWarningMsg)
Q_LOGGING_CATEGORY(logIdentity, "postern.identity", QtWarningMsg)
Q_LOGGING_CATEGORY(logSignalling, "postern.signalling", QtWarningMsg)
Q_LOGGING_CATEGORY(logPortmap, "postern.portmap", QtWarningMsg)
Q_LOGGING_CATEGORY(logPunch, "postern.punch", QtWarningMsg)
Q_LOGGING_CATEGORY(logTransport, "postern.transport", QtWarningMsg)
Q_LOGGING_CATEGORY(logTransfer, "postern.transfer", QtWarningMsg)
Q_LOGGING_CATEGORY(logPeer, "postern.peer", QtWarningMsg)
Q_LOGGING_CATEGORY(logEngine, "postern.engine", QtWarningMsg)
Q_LOGGING_CATEGORY(logRendezvous, "postern.rendezvous", QtInfoMsg)

} // namespace postern
