#pragma once
// Accounts, their devices and invites, as the database keeps them. Blocking; lives in the
// database thread (or alone in an admin command).

#include "rendezvous/accounts/account_values.h"
#include "rendezvous/database/database.h"

#include <memory>

namespace postern::rendezvous {

struct AccountSummary {
    QString name;
    qint64 createdAt = 0; ///< milliseconds since 1970 UTC
    bool disabled = false;
    int devices = 0; ///< not revoked
};

class Registry {
public:
    /// A stored password and whose it is.
    struct Credentials {
        AccountId account;
        QString passwordHash; ///< empty: no such name
    };
    enum class InviteRule { NotNeeded, Needed };

    explicit Registry(std::unique_ptr<Database> database)
        : m_database(std::move(database))
    {
    }

    // --- registration and sign-in ---------------------------------------------------
    /// Checked before the costly hash; createAccount() checks again.
    Reply<std::monostate> mayRegister(const QString &name, const QString &invite, InviteRule rule);
    Reply<Membership> createAccount(const QString &name, const QString &passwordHash,
                                    const QString &invite, InviteRule rule,
                                    const NewDevice &device);
    Reply<Credentials> credentials(const QString &name);
    /// The password was right: lets the device in, adding it if it is new.
    Reply<Membership> enrolDevice(const Credentials &credentials, const QString &name,
                                  const NewDevice &device);
    /// Lets in a device that the account knows.
    Reply<Membership> admitDevice(const QString &name, const NewDevice &device);

    // --- while signed in --------------------------------------------------------------
    Reply<ContactOutcome> changeContact(AccountId actor, const QString &actorName,
                                        const QString &other, wire::ContactAction action);
    /// The account's remaining devices. The revoked key is refused from now on, for good.
    Reply<QList<wire::DeviceEntry>> revokeDevice(AccountId account, const DeviceId &device);
    Reply<QList<AccountId>> disabledSince(qint64 time);

    // --- the operator's -----------------------------------------------------------------
    Result<void> addAccount(const QString &name, const QString &passwordHash);
    Result<void> setDisabled(const QString &name, bool disabled);
    Result<QList<AccountSummary>> listAccounts();
    /// The code to hand out; only its hash is kept.
    Result<QString> createInvite(int uses, int days);

private:
    template<typename T, typename Body> Reply<T> inTransaction(Body body);
    std::optional<wire::Failure> refuseInvite(const QString &invite);
    Reply<AccountId> insertAccount(const QString &name, const QString &passwordHash);
    Reply<Membership> membership(AccountId account, const QString &name, const NewDevice &device,
                                 bool devicesChanged);

    std::unique_ptr<Database> m_database;
};

} // namespace postern::rendezvous
