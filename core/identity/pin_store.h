#pragma once
// The pins of one account's contacts, kept in the profile. Decisions are pin_rules.h's; this
// remembers them, also when several processes use the profile at once. It fails closed: pins
// that can't be read are an error, never a first meeting. Engine thread.

#include "core/identity/json_file.h"
#include "core/identity/pin_rules.h"
#include "core/identity/profile.h"

#include <QDateTime>
#include <QHash>

#include <functional>

namespace postern {

class PinStore {
public:
    /// As many contacts as a server may tell, and as many again that are no longer told.
    static constexpr qsizetype MOST_CONTACTS = 2'000;

    /// Pins of each account (user and server) are kept apart: another server's "bob" is
    /// another person.
    static Result<PinStore> open(const Profile &profile, const QString &user,
                                 const QString &server);

    /// The server told these devices of the contact: call it for every entry that has any.
    /// An error means that nothing new was pinned; state() stays what it was.
    Result<void> observe(const QString &contact, const QList<DeviceId> &toldNow);

    /// A person's decisions.
    Result<void> trustDevice(const QString &contact, const DeviceId &device);
    Result<void> markVerified(const QString &contact, const QList<DeviceId> &toldNow);
    /// A person removed the contact. Not to be called because a server says that it is gone:
    /// it could then bring it back with other keys as a first meeting.
    Result<void> forget(const QString &contact);

    /// Empty: never observed, which is as unusable as New.
    std::optional<PinState> state(const QString &contact, const DeviceId &device);
    bool mayUse(const QString &contact, const DeviceId &device);

private:
    using Contacts = QHash<QString, Pins>;

    explicit PinStore(JsonFile file);
    static Result<Contacts> contactsFrom(const QJsonObject &content);
    Result<void> change(const QString &contact, const std::function<Pins(const Pins &)> &decide);
    Result<void> reload();

    JsonFile m_file;
    Contacts m_contacts;
    QDateTime m_readAt; ///< the file's time when it was read; another process may change it
};

} // namespace postern
