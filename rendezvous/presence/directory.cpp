#include "rendezvous/presence/directory.h"

#include <algorithm>

namespace postern::rendezvous {

using wire::ContactStanding;

Deliveries Directory::join(const SessionId &session, const Membership &membership)
{
    const DeviceState before = stateOf(membership.account, membership.device);
    m_sessions[session] = {membership.account, membership.device};
    Account &account = m_accounts[membership.account];
    account.name = membership.name;
    account.sessions.push_back(session);
    account.links.clear();
    for (const ContactView &view : membership.contacts)
        relink(membership.account, view);

    Deliveries deliveries;
    if (membership.devicesChanged)
        deliveries = devicesChanged(membership.account, membership.contacts.first().devices);
    for (Delivery &delivery : deliveries)
        std::erase(delivery.to, session);
    for (Delivery &delivery : announce(membership.account, membership.device, before, &session))
        deliveries.push_back(std::move(delivery));
    return deliveries;
}

Deliveries Directory::leave(const SessionId &session)
{
    const auto found = m_sessions.find(session);
    if (found == m_sessions.end())
        return {};
    const Member member = found->second;
    const DeviceState before = stateOf(member.account, member.device);
    m_sessions.erase(found);
    auto &account = m_accounts[member.account];
    std::erase(account.sessions, session);
    Deliveries deliveries = announce(member.account, member.device, before);
    if (account.sessions.empty())
        m_accounts.erase(member.account);
    return deliveries;
}

Deliveries Directory::setReceiving(const SessionId &session, bool receiving)
{
    const auto found = m_sessions.find(session);
    if (found == m_sessions.end())
        return {};
    Member &member = found->second;
    const DeviceState before = stateOf(member.account, member.device);
    member.receiving = receiving;
    return announce(member.account, member.device, before);
}

Deliveries Directory::relationChanged(AccountId actor, const ContactOutcome &outcome)
{
    Deliveries deliveries = tellSide(sessionsOf(actor), outcome.before, outcome.actors);
    for (Delivery &delivery :
         tellSide(sessionsOf(outcome.actors.account), outcome.before.reversed(), outcome.others))
        deliveries.push_back(std::move(delivery));
    relink(actor, outcome.actors);
    relink(outcome.actors.account, outcome.others);
    return deliveries;
}

/// What one side is told. Someone blocked sees the devices go, as if they had signed off.
Deliveries Directory::tellSide(const std::vector<SessionId> &sessions, const Relation &before,
                               const ContactView &view) const
{
    if (sessions.empty())
        return {};
    const auto shown = view.shown();
    if (shown != standing(before)) {
        if (!shown)
            return {{sessions, wire::ContactGone{view.name}}};
        return {{sessions, entryFor(view)}};
    }
    Deliveries deliveries;
    if (shown == ContactStanding::Accepted && isLive(before) != isLive(view.relation)) {
        for (const auto &device : view.devices) {
            const DeviceState state = stateOf(view.account, device.id);
            const bool live = isLive(view.relation);
            if (state.online)
                deliveries.push_back(
                    {sessions,
                     wire::Presence{view.name, device.id, live, live && state.receiving}});
        }
    }
    return deliveries;
}

Deliveries Directory::devicesChanged(AccountId account,
                                     const QList<wire::DeviceEntry> &devices) const
{
    const auto found = m_accounts.find(account);
    if (found == m_accounts.end())
        return {};
    ContactView view{found->second.name, account, {Stance::Wants, Stance::Wants}, devices, true};
    Deliveries deliveries{{found->second.sessions, entryFor(view)}};
    std::vector<SessionId> others = audienceOf(account);
    std::erase_if(others, [&](const SessionId &session) {
        return m_sessions.at(session).account == account;
    });
    view.self = false;
    if (!others.empty())
        deliveries.push_back({std::move(others), entryFor(view)});
    return deliveries;
}

wire::ContactEntry Directory::entryFor(const ContactView &view) const
{
    wire::ContactEntry entry{view.name, view.shown().value_or(ContactStanding::AskedByYou), {}};
    if (entry.standing != ContactStanding::Accepted && entry.standing != ContactStanding::Self)
        return entry;
    entry.devices = view.devices;
    if (!view.self && !isLive(view.relation))
        return entry;
    for (auto &device : entry.devices) {
        const DeviceState state = stateOf(view.account, device.id);
        device.online = state.online;
        device.receiving = state.receiving;
    }
    return entry;
}

const Directory::Member *Directory::find(const SessionId &session) const
{
    const auto found = m_sessions.find(session);
    return found == m_sessions.end() ? nullptr : &found->second;
}

QString Directory::nameOf(AccountId account) const
{
    const auto found = m_accounts.find(account);
    return found == m_accounts.end() ? QString() : found->second.name;
}

std::vector<SessionId> Directory::sessionsOf(AccountId account) const
{
    const auto found = m_accounts.find(account);
    return found == m_accounts.end() ? std::vector<SessionId>() : found->second.sessions;
}

std::optional<Directory::Link> Directory::linkOf(AccountId account, const QString &name) const
{
    const auto found = m_accounts.find(account);
    if (found == m_accounts.end())
        return std::nullopt;
    if (found->second.name == name)
        return Link{account, true};
    const auto link = found->second.links.find(name);
    if (link == found->second.links.end())
        return std::nullopt;
    return link->second;
}

Directory::DeviceState Directory::stateOf(AccountId account, const DeviceId &device) const
{
    DeviceState state;
    const auto found = m_accounts.find(account);
    if (found == m_accounts.end())
        return state;
    for (const SessionId &session : found->second.sessions) {
        const auto member = m_sessions.find(session);
        if (member == m_sessions.end() || member->second.device != device)
            continue;
        state.online = true;
        state.receiving |= member->second.receiving;
    }
    return state;
}

std::vector<SessionId> Directory::audienceOf(AccountId account, const SessionId *except) const
{
    const auto found = m_accounts.find(account);
    if (found == m_accounts.end())
        return {};
    std::vector<SessionId> audience = found->second.sessions;
    for (const auto &[name, link] : found->second.links) {
        const auto other = link.live ? m_accounts.find(link.account) : m_accounts.end();
        if (other != m_accounts.end())
            audience.insert(audience.end(), other->second.sessions.begin(),
                            other->second.sessions.end());
    }
    if (except)
        std::erase(audience, *except);
    return audience;
}

Deliveries Directory::announce(AccountId account, const DeviceId &device, const DeviceState &before,
                               const SessionId *except) const
{
    const DeviceState now = stateOf(account, device);
    if (now == before)
        return {};
    auto audience = audienceOf(account, except);
    if (audience.empty())
        return {};
    return {
        {std::move(audience), wire::Presence{nameOf(account), device, now.online, now.receiving}}};
}

void Directory::relink(AccountId owner, const ContactView &view)
{
    const auto found = m_accounts.find(owner);
    if (found == m_accounts.end() || view.self)
        return;
    if (view.shown() == ContactStanding::Accepted)
        found->second.links[view.name] = {view.account, isLive(view.relation)};
    else
        found->second.links.erase(view.name);
}

} // namespace postern::rendezvous
