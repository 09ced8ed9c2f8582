#include "core/signalling/contact_book.h"

#include "core/base/log.h"
#include "core/signalling/failure_text.h"

#include <QCryptographicHash>

#include <algorithm>

namespace postern {

namespace {

bool keyMatchesId(const ContactDevice &device)
{
    return !device.id.isNull()
        && QCryptographicHash::hash(device.publicKey, QCryptographicHash::Sha256)
        == device.id.toByteArray();
}

/// A name that would show as something else than it is can only be meant to deceive.
bool isHonestName(const QString &name) { return !name.isEmpty() && shownText(name) == name; }

/// Devices are told for these standings only; a server that tells them for others is ignored.
bool mayHaveDevices(wire::ContactStanding standing)
{
    return standing == wire::ContactStanding::Accepted || standing == wire::ContactStanding::Self;
}

Contact checked(const wire::ContactEntry &entry)
{
    Contact contact{entry.name, entry.standing, {}};
    if (!mayHaveDevices(entry.standing))
        return contact;
    std::set<DeviceId> seen;
    for (ContactDevice device : entry.devices) {
        if (!keyMatchesId(device) || !seen.insert(device.id).second) {
            qCDebug(logSignalling) << "ignored a device whose id is not its key's";
            continue;
        }
        device.name = shownText(device.name);
        device.receiving = device.receiving && device.online;
        contact.devices.append(device);
    }
    return contact;
}

bool sameDevice(const ContactDevice &a, const ContactDevice &b)
{
    return a.id == b.id && a.name == b.name && a.online == b.online && a.receiving == b.receiving;
}

bool same(const Contact &a, const Contact &b)
{
    return a.standing == b.standing
        && std::equal(a.devices.begin(), a.devices.end(), b.devices.begin(), b.devices.end(),
                      sameDevice);
}

} // namespace

void ContactBook::begin() { m_toldAgain.emplace(); }

QList<QString> ContactBook::apply(const wire::ContactEntry &entry)
{
    if (!isHonestName(entry.name)) {
        qCDebug(logSignalling) << "ignored a contact with an unprintable name";
        return {};
    }
    // The old entries are still here while new ones are told, hence the limit on the told ones.
    const bool full = m_toldAgain
        ? static_cast<qsizetype>(m_toldAgain->size()) >= wire::CONTACTS_LIMIT.most
            && !m_toldAgain->contains(entry.name)
        : m_contacts.size() >= wire::CONTACTS_LIMIT.most && !m_contacts.contains(entry.name);
    if (full) {
        qCDebug(logSignalling) << "ignored contacts beyond the limit";
        return {};
    }
    if (m_toldAgain)
        m_toldAgain->insert(entry.name);
    const Contact contact = checked(entry);
    const auto known = m_contacts.constFind(entry.name);
    if (known != m_contacts.constEnd() && same(*known, contact))
        return {};
    m_contacts.insert(entry.name, contact);
    return {entry.name};
}

QList<QString> ContactBook::apply(const wire::ContactGone &gone)
{
    if (m_toldAgain)
        m_toldAgain->erase(gone.name);
    return m_contacts.remove(gone.name) > 0 ? QList<QString>{gone.name} : QList<QString>();
}

QList<QString> ContactBook::apply(const wire::Presence &presence)
{
    const auto contact = m_contacts.find(presence.name);
    if (contact == m_contacts.end())
        return {};
    for (ContactDevice &device : contact->devices) {
        const bool receiving = presence.receiving && presence.online;
        if (device.id != presence.device
            || (device.online == presence.online && device.receiving == receiving))
            continue;
        device.online = presence.online;
        device.receiving = receiving;
        return {presence.name};
    }
    return {};
}

QList<QString> ContactBook::complete()
{
    QList<QString> gone;
    if (!m_toldAgain)
        return gone;
    for (const QString &name : m_contacts.keys()) {
        if (!m_toldAgain->contains(name)) {
            m_contacts.remove(name);
            gone.append(name);
        }
    }
    m_toldAgain.reset();
    return gone;
}

QList<QString> ContactBook::allOffline()
{
    m_toldAgain.reset();
    QList<QString> changed;
    for (Contact &contact : m_contacts) {
        bool was = false;
        for (ContactDevice &device : contact.devices) {
            was = was || device.online;
            device.online = false;
            device.receiving = false;
        }
        if (was)
            changed.append(contact.name);
    }
    return changed;
}

QList<QString> ContactBook::clear()
{
    const QList<QString> names = m_contacts.keys();
    m_contacts.clear();
    m_toldAgain.reset();
    return names;
}

std::optional<Contact> ContactBook::find(const QString &name) const
{
    const auto contact = m_contacts.constFind(name);
    return contact == m_contacts.constEnd() ? std::nullopt : std::optional(*contact);
}

} // namespace postern
