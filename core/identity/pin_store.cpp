#include "core/identity/pin_store.h"

#include "core/base/log.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFileInfo>
#include <QJsonArray>

#include <array>

namespace postern {

namespace {

/// 2,000 contacts with 64 devices of about 100 bytes each.
constexpr qint64 MOST_FILE_BYTES = 16 * 1024 * 1024;
constexpr auto CONTACTS = u"contacts";

constexpr std::array<QStringView, 4> STATE_NAMES = {u"first-seen", u"verified", u"new", u"changed"};

QString nameOf(PinState state) { return STATE_NAMES[static_cast<std::size_t>(state)].toString(); }

/// A state that this version does not know is as good as not accepted.
PinState stateNamed(const QString &name)
{
    for (std::size_t i = 0; i < STATE_NAMES.size(); ++i) {
        if (STATE_NAMES[i] == name)
            return static_cast<PinState>(i);
    }
    return PinState::Changed;
}

/// Nothing is guessed: a pin that can't be read could otherwise become a first meeting.
std::optional<Pins> pinsFrom(const QJsonValue &json)
{
    if (!json.isArray() || json.toArray().size() > MOST_PINS)
        return std::nullopt;
    Pins pins;
    for (const QJsonValue entry : json.toArray()) {
        auto device = DeviceId::fromHex(entry[u"device"].toString());
        if (!device)
            return std::nullopt;
        pins.append({*device, stateNamed(entry[u"state"].toString())});
    }
    return pins;
}

QJsonArray jsonOf(const Pins &pins)
{
    QJsonArray array;
    for (const Pin &pin : pins)
        array.append(QJsonObject{{QStringLiteral("device"), pin.device.toHex()},
                                 {QStringLiteral("state"), nameOf(pin.state)}});
    return array;
}

QString fileNameFor(const QString &user, const QString &server)
{
    const QByteArray account = user.toUtf8() + '@' + server.toUtf8();
    const QByteArray hash = QCryptographicHash::hash(account, QCryptographicHash::Sha256).toHex();
    return QStringLiteral("pins-%1.json").arg(QString::fromLatin1(hash.left(16)));
}

} // namespace

PinStore::PinStore(JsonFile file)
    : m_file(std::move(file))
{
}

Result<PinStore> PinStore::open(const Profile &profile, const QString &user, const QString &server)
{
    PinStore store(JsonFile(profile.filePath(fileNameFor(user, server)), MOST_FILE_BYTES));
    if (auto read = store.reload(); !read)
        return read.error();
    return store;
}

Result<PinStore::Contacts> PinStore::contactsFrom(const QJsonObject &content)
{
    Contacts contacts;
    const QJsonValue all = content.value(CONTACTS);
    bool readable = all.isObject() || all.isUndefined();
    const QJsonObject object = all.toObject();
    readable = readable && object.size() <= MOST_CONTACTS;
    for (auto it = object.begin(); readable && it != object.end(); ++it) {
        const auto pins = pinsFrom(it.value());
        readable = pins.has_value();
        if (pins)
            contacts.insert(it.key(), *pins);
    }
    if (readable)
        return contacts;
    return Error{ErrorCode::Corrupt,
                 QCoreApplication::translate(
                     "Identity",
                     "The list of your contacts' keys is damaged: restore the profile from a "
                     "backup, or delete its “pins” files and compare safety numbers again.")};
}

Result<void> PinStore::reload()
{
    const QDateTime time = QFileInfo(m_file.path()).lastModified();
    if (m_readAt.isValid() && time == m_readAt)
        return {};
    const auto content = m_file.read();
    if (!content)
        return content.error();
    auto contacts = contactsFrom(content->value_or(QJsonObject()));
    if (!contacts)
        return contacts.error();
    m_contacts = *std::move(contacts);
    m_readAt = time;
    return {};
}

Result<void> PinStore::change(const QString &contact,
                              const std::function<Pins(const Pins &)> &decide)
{
    Contacts after;
    auto written = m_file.update([&](QJsonObject &content) -> Result<void> {
        auto contacts = contactsFrom(content);
        if (!contacts)
            return contacts.error();
        after = *std::move(contacts);
        if (!after.contains(contact) && after.size() >= MOST_CONTACTS)
            return Error{
                ErrorCode::LimitExceeded,
                QCoreApplication::translate("Identity", "Too many contacts: remove some first.")};
        const Pins pins = decide(after.value(contact));
        QJsonObject all = content.value(CONTACTS).toObject();
        if (pins.isEmpty()) {
            after.remove(contact);
            all.remove(contact);
        } else {
            after.insert(contact, pins);
            all.insert(contact, jsonOf(pins));
        }
        content.insert(CONTACTS, all);
        return {};
    });
    if (!written)
        return written;
    m_contacts = std::move(after);
    m_readAt = {}; // another process may have written since: look again next time
    return {};
}

Result<void> PinStore::observe(const QString &contact, const QList<DeviceId> &toldNow)
{
    if (auto current = reload(); !current)
        return current;
    const Pins known = m_contacts.value(contact);
    if (observed(known, toldNow) == known)
        return {};
    return change(contact, [&](const Pins &pins) { return observed(pins, toldNow); });
}

Result<void> PinStore::trustDevice(const QString &contact, const DeviceId &device)
{
    return change(contact, [&](const Pins &pins) { return trusted(pins, device); });
}

Result<void> PinStore::markVerified(const QString &contact, const QList<DeviceId> &toldNow)
{
    if (toldNow.isEmpty())
        return Error{ErrorCode::NotFound,
                     QCoreApplication::translate("Identity",
                                                 "No key of “%1” is known yet: wait until the "
                                                 "contact has accepted and was online.")
                         .arg(contact)};
    return change(contact, [&](const Pins &) { return verified(toldNow); });
}

Result<void> PinStore::forget(const QString &contact)
{
    return change(contact, [](const Pins &) { return Pins(); });
}

std::optional<PinState> PinStore::state(const QString &contact, const DeviceId &device)
{
    if (auto current = reload(); !current)
        qCWarning(logIdentity) << "pins kept as last read:" << errorName(current.error().code);
    return stateOf(m_contacts.value(contact), device);
}

bool PinStore::mayUse(const QString &contact, const DeviceId &device)
{
    const auto pinned = state(contact, device);
    return pinned && isUsable(*pinned);
}

} // namespace postern
