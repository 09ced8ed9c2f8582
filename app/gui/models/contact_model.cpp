#include "app/gui/models/contact_model.h"

#include "app/gui/text/display_text.h"

#include <algorithm>
#include <iterator>

namespace postern::gui {

namespace {

int group(const ContactInfo &contact)
{
    switch (contact.state) {
    case ContactState::AsksUs: return 0;
    case ContactState::OwnDevices: return 1;
    case ContactState::Accepted: return contact.online() ? 2 : 3;
    case ContactState::AskedByUs: return 4;
    case ContactState::Blocked: return 5;
    }
    return 5;
}

ContactModel::Presence presenceOf(const ContactInfo &contact)
{
    if (contact.state != ContactState::Accepted && contact.state != ContactState::OwnDevices)
        return ContactModel::Presence::Unknown;
    if (!contact.online())
        return ContactModel::Presence::Offline;
    return contact.receiving() ? ContactModel::Presence::Receiving : ContactModel::Presence::Online;
}

bool before(const ContactInfo &a, const ContactInfo &b)
{
    if (group(a) != group(b))
        return group(a) < group(b);
    const int order = QString::compare(a.name, b.name, Qt::CaseInsensitive);
    return order != 0 ? order < 0 : a.name < b.name;
}

} // namespace

bool canSendTo(const ContactInfo &contact)
{
    const bool known = contact.state == ContactState::Accepted
        || (contact.state == ContactState::OwnDevices && !contact.devices.isEmpty());
    return known && contact.trust() != KeyTrust::Changed;
}

void ContactModel::replace(const QList<ContactInfo> &contacts)
{
    auto target = contacts;
    // The account itself is a row only once it has another device to send to.
    target.removeIf([](const auto &contact) {
        return contact.state == ContactState::OwnDevices && contact.devices.isEmpty();
    });
    std::sort(target.begin(), target.end(), before);

    const auto wanted = [&target](const QString &name) {
        return std::any_of(target.begin(), target.end(),
                           [&name](const auto &contact) { return contact.name == name; });
    };
    for (int row = static_cast<int>(m_contacts.size()) - 1; row >= 0; --row) {
        if (wanted(m_contacts[row].name))
            continue;
        beginRemoveRows({}, row, row);
        m_contacts.removeAt(row);
        endRemoveRows();
    }
    for (int row = 0; row < target.size(); ++row) {
        const int from = rowOf(target[row].name);
        if (from < 0) {
            beginInsertRows({}, row, row);
            m_contacts.insert(row, target[row]);
            endInsertRows();
            continue;
        }
        if (from != row) {
            beginMoveRows({}, from, from, {}, row);
            m_contacts.move(from, row);
            endMoveRows();
        }
        m_contacts[row] = target[row];
    }
    if (!m_contacts.isEmpty())
        emit dataChanged(index(0), index(static_cast<int>(m_contacts.size()) - 1));
}

void ContactModel::setPendingOffers(const QHash<QString, int> &offers)
{
    m_offers = offers;
    if (!m_contacts.isEmpty())
        emit dataChanged(index(0), index(static_cast<int>(m_contacts.size()) - 1), {OffersRole});
}

const ContactInfo *ContactModel::find(const QString &name) const
{
    const int row = rowOf(name);
    return row < 0 ? nullptr : &m_contacts[row];
}

int ContactModel::rowOf(const QString &name) const
{
    for (int row = 0; row < m_contacts.size(); ++row)
        if (m_contacts[row].name == name)
            return row;
    return -1;
}

bool ContactModel::anyoneOnline() const
{
    return std::any_of(m_contacts.begin(), m_contacts.end(),
                       [](const auto &contact) { return contact.online(); });
}

QList<ContactInfo> ContactModel::recipients() const
{
    QList<ContactInfo> possible;
    std::copy_if(m_contacts.begin(), m_contacts.end(), std::back_inserter(possible), canSendTo);
    return possible;
}

int ContactModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_contacts.size());
}

QVariant ContactModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto &contact = m_contacts[index.row()];
    switch (role) {
    case NameRole: return contact.name;
    case Qt::DisplayRole:
    case TitleRole: return contactTitle(contact);
    case SummaryRole: return presenceText(contact);
    case PresenceRole: return static_cast<int>(presenceOf(contact));
    case AsksRole: return contact.state == ContactState::AsksUs;
    case VerifiedRole:
        return canSendTo(contact) && contact.trust() == KeyTrust::Verified
            && contact.state == ContactState::Accepted;
    case AlarmRole: return contact.trust() == KeyTrust::Changed;
    case OffersRole: return m_offers.value(contact.name);
    case CanSendRole: return canSendTo(contact);
    case Qt::ToolTipRole:
        return plainToolTip(contactTitle(contact) + QLatin1Char('\n') + presenceText(contact));
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(contactTitle(contact), presenceText(contact));
    default: return {};
    }
}

} // namespace postern::gui
