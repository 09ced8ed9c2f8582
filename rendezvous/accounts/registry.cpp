#include "rendezvous/accounts/registry.h"

#include "core/base/random.h"
#include "rendezvous/accounts/contact_table.h"
#include "rendezvous/accounts/device_table.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDateTime>

namespace postern::rendezvous {

using wire::FailureCode;

namespace {

QByteArray inviteHash(const QString &code)
{
    return QCryptographicHash::hash(code.trimmed().toUpper().toUtf8(), QCryptographicHash::Sha256);
}

wire::Failure nameTaken()
{
    return failure(FailureCode::NameTaken, "This name is taken; choose another.");
}

wire::Failure accountDisabled()
{
    return failure(FailureCode::SignInRefused,
                   "This account was disabled by the server's operator.");
}

} // namespace

/// Commits only where the body gives what was asked for.
template<typename T, typename Body> Reply<T> Registry::inTransaction(Body body)
{
    if (auto begun = m_database->begin(); !begun)
        return databaseFailure(begun.error());
    Reply<T> reply = body();
    if (std::holds_alternative<wire::Failure>(reply)) {
        m_database->rollback();
        return reply;
    }
    if (auto committed = m_database->commit(); !committed) {
        m_database->rollback();
        return databaseFailure(committed.error());
    }
    return reply;
}

std::optional<wire::Failure> Registry::refuseInvite(const QString &invite)
{
    auto rows = m_database->run(
        "SELECT 1 FROM invites WHERE code_hash = ? AND uses_left > 0 AND expires_at > ?",
        {inviteHash(invite), nowMilliseconds()});
    if (!rows)
        return databaseFailure(rows.error());
    if (!rows->isEmpty())
        return std::nullopt;
    return failure(FailureCode::InviteInvalid,
                   "This invite is not valid or was used up; ask the server's operator for one.");
}

Reply<std::monostate> Registry::mayRegister(const QString &name, const QString &invite,
                                            InviteRule rule)
{
    // The invite first: without one, not even whether a name is taken can be learned.
    if (rule == InviteRule::Needed) {
        if (auto refusal = refuseInvite(invite))
            return *refusal;
    }
    auto rows = m_database->run("SELECT 1 FROM accounts WHERE name = ?", {name});
    if (!rows)
        return databaseFailure(rows.error());
    if (!rows->isEmpty())
        return nameTaken();
    return std::monostate();
}

Reply<Membership> Registry::createAccount(const QString &name, const QString &passwordHash,
                                          const QString &invite, InviteRule rule,
                                          const NewDevice &device)
{
    return inTransaction<Membership>([&]() -> Reply<Membership> {
        auto allowed = mayRegister(name, invite, rule);
        if (auto *refusal = std::get_if<wire::Failure>(&allowed))
            return *refusal;
        if (rule == InviteRule::Needed) {
            auto used =
                m_database->run("UPDATE invites SET uses_left = uses_left - 1 WHERE code_hash = ?",
                                {inviteHash(invite)});
            if (!used)
                return databaseFailure(used.error());
        }
        auto account = insertAccount(name, passwordHash);
        if (auto *refusal = std::get_if<wire::Failure>(&account))
            return *refusal;
        const AccountId id = std::get<AccountId>(account);
        auto stored = DeviceTable(*m_database).store(id, device, DeviceTable::Unknown::Add);
        if (auto *refusal = std::get_if<wire::Failure>(&stored))
            return *refusal;
        return membership(id, name, device, true);
    });
}

Reply<AccountId> Registry::insertAccount(const QString &name, const QString &passwordHash)
{
    auto rows = m_database->run(
        "INSERT INTO accounts (name, password_hash, created_at) VALUES (?, ?, ?) RETURNING id",
        {name, passwordHash, nowMilliseconds()});
    if (!rows)
        return databaseFailure(rows.error());
    return AccountId{rows->first().first().toLongLong()};
}

Reply<Registry::Credentials> Registry::credentials(const QString &name)
{
    auto rows = m_database->run("SELECT id, password_hash FROM accounts WHERE name = ?", {name});
    if (!rows)
        return databaseFailure(rows.error());
    if (rows->isEmpty())
        return Credentials{};
    return Credentials{{rows->first()[0].toLongLong()}, rows->first()[1].toString()};
}

Reply<Membership> Registry::enrolDevice(const Credentials &credentials, const QString &name,
                                        const NewDevice &device)
{
    return inTransaction<Membership>([&]() -> Reply<Membership> {
        auto rows = m_database->run("SELECT disabled_at FROM accounts WHERE id = ?",
                                    {credentials.account.value});
        if (!rows)
            return databaseFailure(rows.error());
        if (rows->isEmpty() || rows->first().first().toLongLong() != 0)
            return accountDisabled();
        auto changed =
            DeviceTable(*m_database).store(credentials.account, device, DeviceTable::Unknown::Add);
        if (auto *refusal = std::get_if<wire::Failure>(&changed))
            return *refusal;
        return membership(credentials.account, name, device, std::get<bool>(changed));
    });
}

Reply<Membership> Registry::admitDevice(const QString &name, const NewDevice &device)
{
    auto rows = m_database->run(
        "SELECT a.id, a.disabled_at FROM accounts a JOIN devices d ON d.account_id = a.id"
        " WHERE a.name = ? AND d.id = ?",
        {name, device.id.toByteArray()});
    if (!rows)
        return databaseFailure(rows.error());
    if (rows->isEmpty())
        return failure(FailureCode::SignInRefused,
                       "The server does not know this device under this name; sign in with the "
                       "password.");
    const AccountId account{rows->first()[0].toLongLong()};
    if (rows->first()[1].toLongLong() != 0)
        return accountDisabled();
    auto changed = DeviceTable(*m_database).store(account, device, DeviceTable::Unknown::Refuse);
    if (auto *refusal = std::get_if<wire::Failure>(&changed))
        return *refusal;
    return membership(account, name, device, std::get<bool>(changed));
}

Reply<Membership> Registry::membership(AccountId account, const QString &name,
                                       const NewDevice &device, bool devicesChanged)
{
    auto contacts = ContactTable(*m_database).listOf(account, name);
    if (!contacts)
        return databaseFailure(contacts.error());
    return Membership{account, name, device.id, devicesChanged, std::move(*contacts)};
}

Reply<ContactOutcome> Registry::changeContact(AccountId actor, const QString &actorName,
                                              const QString &other, wire::ContactAction action)
{
    return inTransaction<ContactOutcome>(
        [&] { return ContactTable(*m_database).change(actor, actorName, other, action); });
}

Reply<QList<wire::DeviceEntry>> Registry::revokeDevice(AccountId account, const DeviceId &device)
{
    using Devices = QList<wire::DeviceEntry>;
    return inTransaction<Devices>([&] { return DeviceTable(*m_database).revoke(account, device); });
}

Reply<QList<AccountId>> Registry::disabledSince(qint64 time)
{
    auto rows = m_database->run("SELECT id FROM accounts WHERE disabled_at >= ?", {time});
    if (!rows)
        return databaseFailure(rows.error());
    QList<AccountId> ids;
    for (const Row &row : std::as_const(*rows))
        ids.append(AccountId{row.first().toLongLong()});
    return ids;
}

Result<void> Registry::addAccount(const QString &name, const QString &passwordHash)
{
    auto added = inTransaction<AccountId>([&]() -> Reply<AccountId> {
        auto allowed = mayRegister(name, {}, InviteRule::NotNeeded);
        if (auto *refusal = std::get_if<wire::Failure>(&allowed))
            return *refusal;
        return insertAccount(name, passwordHash);
    });
    if (auto *refusal = std::get_if<wire::Failure>(&added))
        return Error{ErrorCode::NotAllowed, refusal->message};
    return {};
}

Result<void> Registry::setDisabled(const QString &name, bool disabled)
{
    auto rows = m_database->run("UPDATE accounts SET disabled_at = ? WHERE name = ? RETURNING id",
                                {disabled ? nowMilliseconds() : 0, name});
    if (!rows)
        return rows.error();
    if (rows->isEmpty())
        return Error{ErrorCode::NotFound,
                     QCoreApplication::translate("Registry",
                                                 "There is no account named “%1”; see `user list`.")
                         .arg(name)};
    return {};
}

Result<QList<AccountSummary>> Registry::listAccounts()
{
    auto rows = m_database->run("SELECT a.name, a.created_at, a.disabled_at, COUNT(d.id)"
                                " FROM accounts a LEFT JOIN devices d"
                                " ON d.account_id = a.id AND d.revoked_at = 0"
                                " GROUP BY a.id, a.name, a.created_at, a.disabled_at"
                                " ORDER BY a.name");
    if (!rows)
        return rows.error();
    QList<AccountSummary> list;
    for (const Row &row : std::as_const(*rows))
        list.append(
            {row[0].toString(), row[1].toLongLong(), row[2].toLongLong() != 0, row[3].toInt()});
    return list;
}

Result<QString> Registry::createInvite(int uses, int days)
{
    // Crockford's alphabet: no letter that is mistaken for a digit. 20 of 32 letters: 100 bits.
    constexpr char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    QString code;
    for (const char byte : randomBytes(20)) {
        if (code.size() % 6 == 5)
            code += u'-';
        code += QLatin1Char(ALPHABET[static_cast<unsigned char>(byte) % 32]);
    }
    const qint64 now = nowMilliseconds();
    auto done = m_database->run("INSERT INTO invites (code_hash, uses_left, created_at, expires_at)"
                                " VALUES (?, ?, ?, ?)",
                                {inviteHash(code), uses, now, now + days * qint64(86'400'000)});
    if (!done)
        return done.error();
    return code;
}

} // namespace postern::rendezvous
