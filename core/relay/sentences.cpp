#include "core/relay/sentences.h"

#include "core/stun/attributes.h"

#include <QCoreApplication>

namespace postern::relay {

namespace {
QString tr(const char *text) { return QCoreApplication::translate("Relay", text); }
} // namespace

Error givenBack() { return {ErrorCode::Cancelled, tr("The relay is no longer in use.")}; }

Error nonsense()
{
    return {ErrorCode::Protocol,
            tr("The relay server's answer makes no sense; tell its operator.")};
}

Error allocationLost()
{
    return {ErrorCode::Disconnected, tr("The connection by relay was lost; trying again.")};
}

Error silentServer()
{
    return {ErrorCode::Timeout,
            tr("The relay server does not answer; a firewall may be in the way.")};
}

Error allocationRefused(int code)
{
    switch (static_cast<stun::StunError>(code)) {
    case stun::StunError::Unauthenticated:
    case stun::StunError::WrongCredentials:
    case stun::StunError::StaleNonce:
        return {ErrorCode::NotAllowed,
                tr("The relay server does not know us; sign in to the server again.")};
    case stun::StunError::AllocationQuotaReached:
        return {ErrorCode::LimitExceeded,
                tr("The relay server gives us no more; try again when other transfers are done.")};
    case stun::StunError::InsufficientCapacity:
        return {ErrorCode::LimitExceeded, tr("The relay server is full; try again in a while.")};
    default:
        return {ErrorCode::Unavailable,
                tr("The relay server refused (error %1); tell its operator.").arg(code)};
    }
}

Error peerForbidden(int code)
{
    return {ErrorCode::NotAllowed,
            tr("The relay server won't send to that address (error %1).").arg(code)};
}

Error noServers()
{
    return {ErrorCode::Unavailable,
            tr("The server has no relay; only a direct connection can work.")};
}

} // namespace postern::relay
