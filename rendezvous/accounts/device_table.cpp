#include "rendezvous/accounts/device_table.h"

namespace postern::rendezvous {

using wire::FailureCode;

namespace {
/// Revoked devices stay on record, so their number is bounded too.
constexpr int MAX_DEVICES_EVER = 500;
} // namespace

Result<QList<wire::DeviceEntry>> DeviceTable::listOf(AccountId account)
{
    auto rows = m_database.run("SELECT id, public_key, name FROM devices"
                               " WHERE account_id = ? AND revoked_at = 0 ORDER BY created_at, id",
                               {account.value});
    if (!rows)
        return rows.error();
    QList<wire::DeviceEntry> devices;
    for (const Row &row : std::as_const(*rows)) {
        auto id = DeviceId::fromBytes(viewOf(row[0].toByteArray()));
        if (!id)
            return id.error();
        devices.append({*id, row[1].toByteArray(), row[2].toString()});
    }
    return devices;
}

Reply<bool> DeviceTable::store(AccountId account, const NewDevice &device, Unknown unknown)
{
    auto known =
        m_database.run("SELECT name, revoked_at FROM devices WHERE account_id = ? AND id = ?",
                       {account.value, device.id.toByteArray()});
    if (!known)
        return databaseFailure(known.error());
    if (known->isEmpty()) {
        if (unknown == Unknown::Add)
            return add(account, device);
        return failure(FailureCode::SignInRefused, "This device is not of this account.");
    }
    if (known->first()[1].toLongLong() != 0)
        return failure(FailureCode::SignInRefused,
                       "This device was revoked; it can join again only with a new device key.");
    if (known->first()[0].toString() == device.name)
        return false;
    return rename(account, device);
}

Reply<bool> DeviceTable::rename(AccountId account, const NewDevice &device)
{
    auto renamed = m_database.run("UPDATE devices SET name = ? WHERE account_id = ? AND id = ?",
                                  {device.name, account.value, device.id.toByteArray()});
    if (!renamed)
        return databaseFailure(renamed.error());
    return true;
}

Reply<bool> DeviceTable::add(AccountId account, const NewDevice &device)
{
    auto counts = m_database.run(
        "SELECT COUNT(*), SUM(CASE WHEN revoked_at = 0 THEN 1 ELSE 0 END) FROM devices"
        " WHERE account_id = ?",
        {account.value});
    if (!counts)
        return databaseFailure(counts.error());
    if (counts->first()[0].toLongLong() >= MAX_DEVICES_EVER
        || counts->first()[1].toLongLong() >= wire::DEVICES_LIMIT.most)
        return failure(FailureCode::Limit,
                       "This account has too many devices; revoke one on another device first.");
    auto added = m_database.run(
        "INSERT INTO devices (account_id, id, public_key, name, created_at) VALUES (?, ?, ?, ?, ?)",
        {account.value, device.id.toByteArray(), device.publicKey, device.name, nowMilliseconds()});
    if (!added)
        return databaseFailure(added.error());
    return true;
}

Reply<QList<wire::DeviceEntry>> DeviceTable::revoke(AccountId account, const DeviceId &device)
{
    auto rows = m_database.run(
        "UPDATE devices SET revoked_at = ? WHERE account_id = ? AND id = ? AND revoked_at = 0"
        " RETURNING account_id",
        {nowMilliseconds(), account.value, device.toByteArray()});
    if (!rows)
        return databaseFailure(rows.error());
    if (rows->isEmpty())
        return failure(FailureCode::BadRequest, "Your account has no such device.");
    auto left = listOf(account);
    if (!left)
        return databaseFailure(left.error());
    return std::move(*left);
}

} // namespace postern::rendezvous
