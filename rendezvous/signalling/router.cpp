#include "rendezvous/signalling/router.h"

namespace postern::rendezvous {

using wire::FailureCode;

namespace {

/// The session named, if it belongs to the device; without a name, the device's newest session
/// that receives.
std::optional<SessionId> targetOf(const Directory &directory, AccountId account,
                                  const wire::SendSignal &signal)
{
    const auto sessions = directory.sessionsOf(account);
    for (auto session = sessions.rbegin(); session != sessions.rend(); ++session) {
        const auto *member = directory.find(*session);
        if (!member || member->device != signal.device)
            continue;
        if (signal.session.isNull() ? member->receiving : *session == signal.session)
            return *session;
    }
    return std::nullopt;
}

} // namespace

std::variant<Delivery, wire::Failure> route(const Directory &directory, const SessionId &from,
                                            const QString &name, const wire::SendSignal &signal)
{
    const auto *sender = directory.find(from);
    if (!sender)
        return failure(FailureCode::BadRequest, "Sign in first.");
    const auto link = directory.linkOf(sender->account, name);
    if (!link)
        return failure(FailureCode::NotAContact, "This name is not among your contacts.");
    const auto target = link->live ? targetOf(directory, link->account, signal) : std::nullopt;
    if (!target)
        return failure(FailureCode::PeerOffline, "This device is not online to receive now.");
    return Delivery{
        {*target},
        wire::Signal{directory.nameOf(sender->account), sender->device, from, signal.body}};
}

} // namespace postern::rendezvous
