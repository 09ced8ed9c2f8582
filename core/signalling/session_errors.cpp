#include "core/signalling/session_errors.h"

#include <QCoreApplication>

namespace postern {

Error noAnswer()
{
    return {ErrorCode::Timeout,
            QCoreApplication::translate("Signalling",
                                        "The server does not answer: check the connection; "
                                        "Postern keeps trying.")};
}

Error notOnline()
{
    return {ErrorCode::Unavailable,
            QCoreApplication::translate("Signalling",
                                        "Not connected to the server: try again when the "
                                        "connection is back.")};
}

Error connectionLost()
{
    return {ErrorCode::Disconnected,
            QCoreApplication::translate("Signalling",
                                        "The connection to the server was lost before it "
                                        "answered: try again.")};
}

Error signedOut()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Signalling", "Signed out before the server answered.")};
}

Error outOfTurn()
{
    return {ErrorCode::Protocol,
            QCoreApplication::translate("Signalling",
                                        "The server sent something out of turn: if this goes on, "
                                        "tell its operator.")};
}

Error incompatible(const wire::ServerHello &hello)
{
    const QString versions = hello.version < wire::OLDEST_SUPPORTED_VERSION
        ? QCoreApplication::translate("Signalling",
                                      "This Postern speaks protocol version %1 and the server "
                                      "only version %2: ask the server's operator to update it.")
        : QCoreApplication::translate("Signalling",
                                      "This Postern speaks protocol version %1 and the server "
                                      "needs version %2: update Postern.");
    const bool serverIsOlder = hello.version < wire::OLDEST_SUPPORTED_VERSION;
    return {ErrorCode::Incompatible,
            versions.arg(wire::PROTOCOL_VERSION).arg(serverIsOlder ? hello.version : hello.oldest)};
}

} // namespace postern
