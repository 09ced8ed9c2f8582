#include "core/engine/link_errors.h"

#include <QCoreApplication>

namespace postern::link_errors {

Error nothingMore()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "There was nothing more to transfer.")};
}

Error ended()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "The connection was ended.")};
}

Error awayTooLong()
{
    return {ErrorCode::PeerOffline,
            QCoreApplication::translate("Engine",
                                        "The other side could not be reached for a long time. "
                                        "Send again when they are back.")};
}

Error gone(const QString &user)
{
    return {ErrorCode::PeerOffline,
            QCoreApplication::translate("Engine", "“%1” went offline.").arg(user)};
}

Error replacedByBetter()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "A better path was found.")};
}

} // namespace postern::link_errors
