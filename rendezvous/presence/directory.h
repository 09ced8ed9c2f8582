#pragma once
// Who is signed in on this server, and who is told when that changes. Holds for each account
// with a session its accepted contacts, and yields the messages to send; sends nothing itself.
// Pure; network thread.

#include "rendezvous/accounts/account_values.h"

#include <unordered_map>
#include <vector>

namespace postern::rendezvous {

/// One message for several sessions, encoded once by whoever sends it.
struct Delivery {
    std::vector<SessionId> to;
    wire::ServerMessage message;
};
using Deliveries = std::vector<Delivery>;

class Directory {
public:
    struct Member {
        AccountId account;
        DeviceId device;
        bool receiving = false;
    };
    struct Link {
        AccountId account;
        bool live = false; ///< presence and signals pass; false: they blocked us, and look offline
    };

    /// A session was let in. Tells others that its device came; for the session itself use
    /// entryFor() with the membership's contacts.
    Deliveries join(const SessionId &session, const Membership &membership);
    Deliveries leave(const SessionId &session);
    Deliveries setReceiving(const SessionId &session, bool receiving);

    /// The actor changed a relation.
    Deliveries relationChanged(AccountId actor, const ContactOutcome &outcome);
    /// The account's devices are now these: a new one, a new name, one revoked.
    Deliveries devicesChanged(AccountId account, const QList<wire::DeviceEntry> &devices) const;

    /// A list's line with who is online filled in. `view` must be shown.
    wire::ContactEntry entryFor(const ContactView &view) const;

    const Member *find(const SessionId &session) const;
    QString nameOf(AccountId account) const; ///< empty if it has no session
    /// By sign-in, oldest first.
    std::vector<SessionId> sessionsOf(AccountId account) const;
    /// The accepted contact of that name, or the account itself; nullopt: a stranger.
    std::optional<Link> linkOf(AccountId account, const QString &name) const;

private:
    struct Account {
        QString name;
        std::vector<SessionId> sessions;
        std::unordered_map<QString, Link> links;
    };
    struct DeviceState {
        bool online = false;
        bool receiving = false;
        friend bool operator==(const DeviceState &, const DeviceState &) = default;
    };

    DeviceState stateOf(AccountId account, const DeviceId &device) const;
    /// Everyone who may see the account: its live contacts' sessions and its own.
    std::vector<SessionId> audienceOf(AccountId account, const SessionId *except = nullptr) const;
    Deliveries announce(AccountId account, const DeviceId &device, const DeviceState &before,
                        const SessionId *except = nullptr) const;
    Deliveries tellSide(const std::vector<SessionId> &sessions, const Relation &before,
                        const ContactView &view) const;
    void relink(AccountId owner, const ContactView &view);

    std::unordered_map<SessionId, Member> m_sessions;
    std::unordered_map<AccountId, Account> m_accounts;
};

} // namespace postern::rendezvous
