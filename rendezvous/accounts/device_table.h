#pragma once
// The devices of accounts. One key may serve several accounts, each with a row of its own; a
// revoked row stays, so that its key is refused for good. Blocking; database thread.

#include "rendezvous/accounts/account_values.h"
#include "rendezvous/database/database.h"

namespace postern::rendezvous {

class DeviceTable {
public:
    enum class Unknown { Add, Refuse };

    explicit DeviceTable(Database &database)
        : m_database(database)
    {
    }

    /// Those not revoked, the oldest first.
    Result<QList<wire::DeviceEntry>> listOf(AccountId account);
    /// True if contacts must be told: the device is new or has another name.
    Reply<bool> store(AccountId account, const NewDevice &device, Unknown unknown);
    /// What listOf() gives afterwards.
    Reply<QList<wire::DeviceEntry>> revoke(AccountId account, const DeviceId &device);

private:
    Reply<bool> rename(AccountId account, const NewDevice &device);
    Reply<bool> add(AccountId account, const NewDevice &device);

    Database &m_database;
};

} // namespace postern::rendezvous
