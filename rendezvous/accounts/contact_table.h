#pragma once
// The stances of accounts toward names. Blocking; database thread.

#include "rendezvous/accounts/account_values.h"
#include "rendezvous/database/database.h"

namespace postern::rendezvous {

/// Unanswered requests that one account may have open at a time.
inline constexpr int MAX_OPEN_REQUESTS = 100;
/// Requests of others shown at a time, the oldest first.
inline constexpr int MAX_SHOWN_REQUESTS = 200;

class ContactTable {
public:
    explicit ContactTable(Database &database)
        : m_database(database)
    {
    }

    /// The whole list of an account, its own entry first.
    Result<QList<ContactView>> listOf(AccountId owner, const QString &ownerName);

    /// Applies the rules; the caller holds the transaction.
    Reply<ContactOutcome> change(AccountId actor, const QString &actorName, const QString &other,
                                 wire::ContactAction action);

private:
    Result<Stance> stanceOf(AccountId owner, const QString &other);
    Result<void> setStance(AccountId owner, const QString &other, Stance before, Stance after);
    Result<std::optional<wire::Failure>> refuseGrowth(AccountId owner);
    Result<void> fillDevices(ContactView &view);

    Database &m_database;
};

} // namespace postern::rendezvous
