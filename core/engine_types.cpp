#include "core/engine_types.h"

#include <algorithm>

namespace postern {

bool ContactInfo::online() const
{
    return std::any_of(devices.begin(), devices.end(), [](const auto &d) { return d.online; });
}

bool ContactInfo::receiving() const
{
    return std::any_of(devices.begin(), devices.end(), [](const auto &d) { return d.receiving; });
}

KeyTrust ContactInfo::trust() const
{
    const auto has = [this](KeyTrust trust) {
        return std::any_of(devices.begin(), devices.end(),
                           [trust](const auto &d) { return d.trust == trust; });
    };
    for (const auto worst : {KeyTrust::Changed, KeyTrust::New, KeyTrust::FirstSeen})
        if (has(worst))
            return worst;
    return devices.isEmpty() ? KeyTrust::FirstSeen : KeyTrust::Verified;
}

bool TransferInfo::finished() const
{
    return state == TransferState::Delivered || state == TransferState::Declined
        || state == TransferState::Cancelled || state == TransferState::Failed;
}

QString transferStateName(TransferState state)
{
    switch (state) {
    case TransferState::WaitingForContact: return QStringLiteral("waiting-for-contact");
    case TransferState::Queued: return QStringLiteral("queued");
    case TransferState::Preparing: return QStringLiteral("preparing");
    case TransferState::Offered: return QStringLiteral("offered");
    case TransferState::Connecting: return QStringLiteral("connecting");
    case TransferState::Transferring: return QStringLiteral("transferring");
    case TransferState::Stalled: return QStringLiteral("stalled");
    case TransferState::Resuming: return QStringLiteral("resuming");
    case TransferState::Paused: return QStringLiteral("paused");
    case TransferState::Verifying: return QStringLiteral("verifying");
    case TransferState::Delivered: return QStringLiteral("delivered");
    case TransferState::Declined: return QStringLiteral("declined");
    case TransferState::Cancelled: return QStringLiteral("cancelled");
    case TransferState::Failed: return QStringLiteral("failed");
    }
    return QStringLiteral("failed");
}

QString sessionStateName(SessionState state)
{
    switch (state) {
    case SessionState::SignedOut: return QStringLiteral("signed-out");
    case SessionState::Connecting: return QStringLiteral("connecting");
    case SessionState::Online: return QStringLiteral("online");
    case SessionState::Reconnecting: return QStringLiteral("reconnecting");
    case SessionState::Refused: return QStringLiteral("refused");
    }
    return QStringLiteral("signed-out");
}

QString keyTrustName(KeyTrust trust)
{
    switch (trust) {
    case KeyTrust::FirstSeen: return QStringLiteral("first-seen");
    case KeyTrust::Verified: return QStringLiteral("verified");
    case KeyTrust::New: return QStringLiteral("new");
    case KeyTrust::Changed: return QStringLiteral("changed");
    }
    return QStringLiteral("first-seen");
}

QString contactStateName(ContactState state)
{
    switch (state) {
    case ContactState::Accepted: return QStringLiteral("accepted");
    case ContactState::AskedByUs: return QStringLiteral("asked-by-us");
    case ContactState::AsksUs: return QStringLiteral("asks-us");
    case ContactState::Blocked: return QStringLiteral("blocked");
    case ContactState::OwnDevices: return QStringLiteral("own-devices");
    }
    return QStringLiteral("accepted");
}

QString pausedByName(PausedBy by)
{
    switch (by) {
    case PausedBy::Nobody: return {};
    case PausedBy::Us: return QStringLiteral("us");
    case PausedBy::Them: return QStringLiteral("them");
    case PausedBy::Trouble: return QStringLiteral("trouble");
    }
    return {};
}

} // namespace postern
