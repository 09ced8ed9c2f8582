#pragma once
// The account's contacts as the server tells them, assembled from whole entries and presence
// changes, and checked: an entry that breaks the rules is dropped, never half believed.
// While a connection is being made anew the old entries stay, all shown offline, and what the
// server does not tell again is gone when it has told all. Pure; engine thread.

#include "core/wire/rendezvous_messages.h"

#include <QMap>

#include <optional>
#include <set>

namespace postern {

/// A device whose id is the SHA-256 of its public key (checked), or a contact with such devices.
using ContactDevice = wire::DeviceEntry;
using Contact = wire::ContactEntry;

class ContactBook {
public:
    /// A sign-in succeeded: what follows, up to complete(), is everything there is.
    void begin();

    // Each returns the names of the contacts that look different now.
    QList<QString> apply(const wire::ContactEntry &entry);
    QList<QString> apply(const wire::ContactGone &gone);
    QList<QString> apply(const wire::Presence &presence);
    QList<QString> complete();
    QList<QString> allOffline();
    QList<QString> clear();

    QList<Contact> all() const { return m_contacts.values(); }
    std::optional<Contact> find(const QString &name) const;

private:
    QMap<QString, Contact> m_contacts;
    std::optional<std::set<QString>> m_toldAgain; ///< between begin() and complete()
};

} // namespace postern
