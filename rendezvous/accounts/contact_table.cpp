#include "rendezvous/accounts/contact_table.h"

#include "rendezvous/accounts/device_table.h"

namespace postern::rendezvous {

using wire::ContactStanding;
using wire::FailureCode;

namespace {

Stance toStance(const QVariant &value)
{
    const int number = value.toInt(); // NULL, where there is no row, is 0
    return number > 0 && number <= static_cast<int>(Stance::BlockedFriend)
        ? static_cast<Stance>(number)
        : Stance::None;
}

wire::Failure notAllowed(wire::ContactAction action)
{
    switch (action) {
    case wire::ContactAction::Request:
        return failure(FailureCode::BadRequest, "You have blocked this name; unblock it first.");
    case wire::ContactAction::Accept:
    case wire::ContactAction::Refuse:
        return failure(FailureCode::NotAContact, "There is no request from this name to answer.");
    default: return failure(FailureCode::NotAContact, "This name is not in your contact list.");
    }
}

} // namespace

Result<QList<ContactView>> ContactTable::listOf(AccountId owner, const QString &ownerName)
{
    QList<ContactView> list{{ownerName, owner, {}, {}, true}};
    auto own = m_database.run("SELECT c.other_name, c.stance, a.id, r.stance FROM contacts c"
                              " LEFT JOIN accounts a ON a.name = c.other_name"
                              " LEFT JOIN contacts r ON r.owner_id = a.id AND r.other_name = ?"
                              " WHERE c.owner_id = ? ORDER BY c.other_name",
                              {ownerName, owner.value});
    if (!own)
        return own.error();
    for (const Row &row : std::as_const(*own))
        list.append(
            {row[0].toString(), {row[2].toLongLong()}, {toStance(row[1]), toStance(row[3])}});

    auto asking = m_database.run(
        "SELECT a.name, a.id FROM contacts c JOIN accounts a ON a.id = c.owner_id"
        " LEFT JOIN contacts m ON m.owner_id = ? AND m.other_name = a.name"
        " WHERE c.other_name = ? AND c.stance = 1 AND a.disabled_at = 0 AND m.owner_id IS NULL"
        " ORDER BY c.since LIMIT 200", // MAX_SHOWN_REQUESTS
        {owner.value, ownerName});
    if (!asking)
        return asking.error();
    for (const Row &row : std::as_const(*asking))
        list.append({row[0].toString(), {row[1].toLongLong()}, {Stance::None, Stance::Wants}});

    for (ContactView &view : list) {
        if (auto filled = fillDevices(view); !filled)
            return filled.error();
    }
    return list;
}

Reply<ContactOutcome> ContactTable::change(AccountId actor, const QString &actorName,
                                           const QString &other, wire::ContactAction action)
{
    auto found = m_database.run("SELECT id FROM accounts WHERE name = ?", {other});
    if (!found)
        return databaseFailure(found.error());
    const AccountId otherId{found->isEmpty() ? 0 : found->first().first().toLongLong()};

    auto mine = stanceOf(actor, other);
    auto theirs = stanceOf(otherId, actorName);
    if (!mine || !theirs)
        return databaseFailure(mine ? theirs.error() : mine.error());
    const Relation before{*mine, *theirs};
    const auto after = relationAfter(action, before);
    if (!after)
        return notAllowed(action);
    if (before.mine == Stance::None && after->mine != Stance::None) {
        auto refusal = refuseGrowth(actor);
        if (!refusal)
            return databaseFailure(refusal.error());
        if (*refusal)
            return **refusal;
    }
    auto written = setStance(actor, other, before.mine, after->mine);
    if (written && otherId.value != 0)
        written = setStance(otherId, actorName, before.theirs, after->theirs);
    if (!written)
        return databaseFailure(written.error());

    ContactOutcome outcome{before, {other, otherId, *after}, {actorName, actor, after->reversed()}};
    for (ContactView *view : {&outcome.actors, &outcome.others}) {
        if (auto filled = fillDevices(*view); !filled)
            return databaseFailure(filled.error());
    }
    return outcome;
}

Result<Stance> ContactTable::stanceOf(AccountId owner, const QString &other)
{
    auto rows = m_database.run("SELECT stance FROM contacts WHERE owner_id = ? AND other_name = ?",
                               {owner.value, other});
    if (!rows)
        return rows.error();
    return rows->isEmpty() ? Stance::None : toStance(rows->first().first());
}

Result<void> ContactTable::setStance(AccountId owner, const QString &other, Stance before,
                                     Stance after)
{
    if (before == after)
        return {};
    const int number = static_cast<int>(after);
    auto done = after == Stance::None
        ? m_database.run("DELETE FROM contacts WHERE owner_id = ? AND other_name = ?",
                         {owner.value, other})
        : before == Stance::None
        ? m_database.run("INSERT INTO contacts (owner_id, other_name, stance, since)"
                         " VALUES (?, ?, ?, ?)",
                         {owner.value, other, number, nowMilliseconds()})
        : m_database.run("UPDATE contacts SET stance = ? WHERE owner_id = ? AND other_name = ?",
                         {number, owner.value, other});
    if (!done)
        return done.error();
    return {};
}

/// Counts only what the owner sees, so the limits tell nothing about others.
Result<std::optional<wire::Failure>> ContactTable::refuseGrowth(AccountId owner)
{
    auto rows = m_database.run(
        "SELECT COUNT(*), SUM(CASE WHEN c.stance = 1 AND COALESCE(r.stance, 0) NOT IN (1, 4)"
        " THEN 1 ELSE 0 END) FROM contacts c"
        " JOIN accounts me ON me.id = c.owner_id"
        " LEFT JOIN accounts a ON a.name = c.other_name"
        " LEFT JOIN contacts r ON r.owner_id = a.id AND r.other_name = me.name"
        " WHERE c.owner_id = ?",
        {owner.value});
    if (!rows)
        return rows.error();
    const Row &counts = rows->first();
    // One less than the list may hold: the account's own entry is in it too.
    if (counts[0].toLongLong() >= wire::CONTACTS_LIMIT.most - 1)
        return std::optional(
            failure(FailureCode::Limit, "Your contact list is full; remove a contact first."));
    if (counts[1].toLongLong() >= MAX_OPEN_REQUESTS)
        return std::optional(failure(FailureCode::Limit,
                                     "You have too many unanswered requests; remove one first."));
    return std::optional<wire::Failure>();
}

Result<void> ContactTable::fillDevices(ContactView &view)
{
    const auto shown = view.shown();
    if (shown != ContactStanding::Accepted && shown != ContactStanding::Self)
        return {};
    auto devices = DeviceTable(m_database).listOf(view.account);
    if (!devices)
        return devices.error();
    view.devices = std::move(*devices);
    return {};
}

} // namespace postern::rendezvous
