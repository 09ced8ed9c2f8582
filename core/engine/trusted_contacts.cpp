#include "core/engine/trusted_contacts.h"

#include "core/base/log.h"
#include "core/identity/safety_number.h"

namespace postern {

namespace {

ContactState stateOf(wire::ContactStanding standing)
{
    switch (standing) {
    case wire::ContactStanding::AskedByYou: return ContactState::AskedByUs;
    case wire::ContactStanding::AsksYou: return ContactState::AsksUs;
    case wire::ContactStanding::Blocked: return ContactState::Blocked;
    case wire::ContactStanding::Self: return ContactState::OwnDevices;
    case wire::ContactStanding::Accepted:
    case wire::ContactStanding::COUNT: break;
    }
    return ContactState::Accepted;
}

bool sameKeys(const Contact &a, const Contact &b)
{
    return std::equal(a.devices.begin(), a.devices.end(), b.devices.begin(), b.devices.end(),
                      [](const auto &x, const auto &y) { return x.id == y.id; });
}

bool hasDevices(const Contact &contact)
{
    return contact.standing == wire::ContactStanding::Accepted
        || contact.standing == wire::ContactStanding::Self;
}

} // namespace

void TrustedContacts::begin(PinStore pins, const QString &user, const DeviceId &own)
{
    m_pins = std::move(pins);
    m_user = user;
    m_own = own;
}

void TrustedContacts::clear()
{
    m_contacts.clear();
    m_pins.reset();
}

void TrustedContacts::update(const Contact &contact)
{
    Known known{contact, {}};
    const auto old = m_contacts.constFind(contact.name);
    const bool same = old != m_contacts.constEnd() && sameKeys(old->told, contact)
        && old->told.standing == contact.standing;
    if (same)
        known.digits = old->digits;
    m_contacts.insert(contact.name, known);
    if (same || !m_pins || !hasDevices(contact) || contact.devices.isEmpty())
        return; // presence only
    if (const auto pinned = m_pins->observe(contact.name, deviceIds(contact)); !pinned)
        qCWarning(logEngine) << "Pins not stored:" << pinned.error().message;
}

void TrustedContacts::remove(const QString &name) { m_contacts.remove(name); }

QList<DeviceId> TrustedContacts::deviceIds(const Contact &contact) const
{
    QList<DeviceId> ids;
    for (const auto &device : contact.devices)
        if (device.id != m_own)
            ids.append(device.id);
    return ids;
}

KeyTrust TrustedContacts::trustOf(const QString &name, const DeviceId &device) const
{
    const auto state = m_pins ? m_pins->state(name, device) : std::nullopt;
    switch (state.value_or(PinState::New)) {
    case PinState::FirstSeen: return KeyTrust::FirstSeen;
    case PinState::Verified: return KeyTrust::Verified;
    case PinState::Changed: return KeyTrust::Changed;
    case PinState::New: break;
    }
    return KeyTrust::New;
}

ContactInfo TrustedContacts::describe(const Known &known) const
{
    ContactInfo info;
    info.name = known.told.name;
    info.state = stateOf(known.told.standing);
    for (const auto &device : known.told.devices) {
        if (device.id == m_own)
            continue;
        info.devices.append({device.id, device.name, device.online, device.receiving,
                             trustOf(info.name, device.id)});
    }
    const auto self = m_contacts.constFind(m_user);
    if (info.state == ContactState::Accepted && self != m_contacts.constEnd())
        info.safetyNumber = safetyNumberOfHalves(self->digits, known.digits);
    return info;
}

QList<ContactInfo> TrustedContacts::infos() const
{
    QList<ContactInfo> all;
    for (const auto &known : m_contacts)
        all.append(describe(known));
    return all;
}

std::optional<ContactInfo> TrustedContacts::info(const QString &name) const
{
    const auto found = m_contacts.constFind(name);
    if (found == m_contacts.constEnd())
        return std::nullopt;
    return describe(*found);
}

Result<void> TrustedContacts::mayTalkTo(const QString &name, const DeviceId &device) const
{
    const auto contact = info(name);
    if (!contact)
        return {ErrorCode::NotFound,
                tr("“%1” is not among your contacts. Add them first.").arg(name)};
    if (contact->state != ContactState::Accepted && contact->state != ContactState::OwnDevices)
        return {ErrorCode::NotAllowed, tr("“%1” has not accepted you as a contact yet.").arg(name)};
    for (const auto &known : contact->devices) {
        if (known.id != device)
            continue;
        if (known.trust == KeyTrust::Changed)
            return {ErrorCode::PeerKeyMismatch,
                    tr("The key of “%1” has changed. Compare the safety number with them and "
                       "verify it before sending or receiving anything.")
                        .arg(name)};
        if (known.trust == KeyTrust::New)
            return {ErrorCode::PeerKeyMismatch,
                    tr("“%1” has a new device that you have not accepted. Ask them whether it is "
                       "theirs, then verify it.")
                        .arg(name)};
        return {};
    }
    return {ErrorCode::PeerOffline, tr("That device of “%1” is not known.").arg(name)};
}

Result<DeviceId> TrustedContacts::deviceToSendTo(const QString &name,
                                                 const std::optional<DeviceId> &wanted) const
{
    const auto contact = info(name);
    if (!contact || contact->devices.isEmpty()) {
        if (auto allowed = mayTalkTo(name, wanted.value_or(DeviceId())); !allowed)
            return allowed.error();
    }
    std::optional<Error> refused;
    for (const auto &device : contact->devices) {
        if (wanted && device.id != *wanted)
            continue;
        if (auto allowed = mayTalkTo(name, device.id); !allowed)
            refused = allowed.error();
        else if (device.receiving)
            return device.id;
    }
    if (refused)
        return *refused;
    return {ErrorCode::PeerOffline,
            contact->online()
                ? tr("“%1” is online but not receiving files now. Ask them to start receiving, "
                     "then try again.")
                      .arg(name)
                : tr("“%1” is offline. Try again when they are online.").arg(name)};
}

QString TrustedContacts::deviceName(const QString &name, const DeviceId &device) const
{
    if (const auto contact = info(name))
        for (const auto &known : contact->devices)
            if (known.id == device)
                return known.name;
    return {};
}

Result<void> TrustedContacts::markVerified(const QString &name)
{
    const auto found = m_contacts.constFind(name);
    if (found == m_contacts.constEnd() || !m_pins)
        return {ErrorCode::NotFound, tr("“%1” is not among your contacts.").arg(name)};
    if (deviceIds(found->told).isEmpty())
        return {ErrorCode::NotAllowed,
                tr("“%1” has no device yet, so there is nothing to verify.").arg(name)};
    return m_pins->markVerified(name, deviceIds(found->told));
}

Result<void> TrustedContacts::trustDevice(const QString &name, const DeviceId &device)
{
    if (!m_pins || !m_contacts.contains(name))
        return {ErrorCode::NotFound, tr("“%1” is not among your contacts.").arg(name)};
    return m_pins->trustDevice(name, device);
}

Result<void> TrustedContacts::forget(const QString &name)
{
    return m_pins ? m_pins->forget(name) : Result<void>();
}

bool TrustedContacts::computeNextNumber()
{
    for (auto &known : m_contacts) {
        if (!known.digits.isEmpty() || !hasDevices(known.told) || known.told.devices.isEmpty())
            continue;
        SafetyParty party{known.told.name, {}};
        for (const auto &device : known.told.devices)
            party.publicKeys.append(device.publicKey);
        known.digits = accountDigits(party);
        return true;
    }
    return false;
}

} // namespace postern
