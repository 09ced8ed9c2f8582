#include "rendezvous/accounts/account_values.h"

#include "core/base/log.h"

#include <QDateTime>

namespace postern::rendezvous {

wire::Failure databaseFailure(const Error &error)
{
    qCWarning(logRendezvous).noquote() << error.message;
    return failure(wire::FailureCode::Internal, "The server could not do this; try again later.");
}

qint64 nowMilliseconds() { return QDateTime::currentMSecsSinceEpoch(); }

} // namespace postern::rendezvous
