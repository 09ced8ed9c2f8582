#pragma once
// What the database thread hands to the network thread. Values, any thread.

#include "core/wire/rendezvous_messages.h"
#include "rendezvous/accounts/account_id.h"
#include "rendezvous/accounts/contact_rules.h"

#include <variant>

namespace postern::rendezvous {

/// Either what was asked for, or the failure to send to the client.
template<typename T> using Reply = std::variant<T, wire::Failure>;

inline wire::Failure failure(wire::FailureCode code, const char *sentence)
{
    return {0, code, QString::fromUtf8(sentence)};
}

/// Logs what the database said and gives the client a sentence that does not tell it.
wire::Failure databaseFailure(const Error &error);

/// Since 1970 UTC, as the database keeps times.
qint64 nowMilliseconds();

/// One line of someone's contact list, without who is online.
struct ContactView {
    QString name;
    AccountId account; ///< 0 while no such account exists
    Relation relation; ///< "mine" is the list owner's
    QList<wire::DeviceEntry> devices = {}; ///< for Accepted and Self only
    bool self = false;

    std::optional<wire::ContactStanding> shown() const
    {
        return self ? wire::ContactStanding::Self : standing(relation);
    }
};

/// A device that was let in, and all its session needs to know.
struct Membership {
    AccountId account;
    QString name; ///< as this server spells it
    DeviceId device;
    bool devicesChanged = false; ///< this device is new, or has a new name
    QList<ContactView> contacts; ///< the account's own entry first
};

/// A changed relation, seen from both sides.
struct ContactOutcome {
    Relation before; ///< "mine" is the one who acted
    ContactView actors; ///< what the actor now has of the other
    ContactView others; ///< what the other, if there is such an account, now has of the actor
};

struct NewDevice {
    DeviceId id;
    QByteArray publicKey;
    QString name;
};

} // namespace postern::rendezvous
