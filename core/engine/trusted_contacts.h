#pragma once
// The contacts as people see them: what the server tells of each, judged by the keys we have
// pinned. Nothing here believes the server about a key (pin_rules.h decides), and no other
// part of the engine picks a device to talk to.
//
// Safety numbers cost milliseconds each, so they are worked out one at a time: call
// computeNextNumber() from an idle moment until it returns false. Thread: engine thread.

#include "core/engine_types.h"
#include "core/identity/pin_store.h"
#include "core/signalling/contact_book.h"

#include <QCoreApplication>
#include <QMap>

#include <optional>

namespace postern {

class TrustedContacts {
    Q_DECLARE_TR_FUNCTIONS(postern::TrustedContacts)

public:
    /// A new sign-in: `own` is this device, left out of the account's own device list.
    void begin(PinStore pins, const QString &user, const DeviceId &own);
    void clear();

    void update(const Contact &contact);
    void remove(const QString &name);

    QList<ContactInfo> infos() const;
    std::optional<ContactInfo> info(const QString &name) const;

    /// Fails with NotFound, NotAllowed or PeerKeyMismatch and a sentence that says what to do.
    Result<void> mayTalkTo(const QString &name, const DeviceId &device) const;
    /// Where an offer to this contact should go: `wanted`, or the first device that takes
    /// offers and whose key may be used. Fails as mayTalkTo(), or with PeerOffline.
    Result<DeviceId> deviceToSendTo(const QString &name,
                                    const std::optional<DeviceId> &wanted) const;
    QString deviceName(const QString &name, const DeviceId &device) const;

    Result<void> markVerified(const QString &name);
    Result<void> trustDevice(const QString &name, const DeviceId &device);
    Result<void> forget(const QString &name);

    /// Works out one missing safety number; false when none is missing.
    bool computeNextNumber();

private:
    struct Known {
        Contact told;
        QString digits; ///< this account's half of the safety number; empty: to be worked out
    };

    KeyTrust trustOf(const QString &name, const DeviceId &device) const;
    ContactInfo describe(const Known &known) const;
    QList<DeviceId> deviceIds(const Contact &contact) const;

    mutable std::optional<PinStore>
        m_pins; ///< looks at its file again when another process wrote it
    QString m_user;
    DeviceId m_own;
    QMap<QString, Known> m_contacts;
};

} // namespace postern
