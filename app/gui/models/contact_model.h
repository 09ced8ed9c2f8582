#pragma once
// The contacts as rows: requests first, then one's own devices, those online, the rest by
// name. Rows move when presence changes; selections and pending updates follow.
// Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractListModel>

namespace postern::gui {

class ContactModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Presence { Unknown, Offline, Online, Receiving };

    enum Role {
        NameRole = Qt::UserRole, ///< as the engine names it
        TitleRole, ///< as people see it
        SummaryRole, ///< the second line
        PresenceRole, ///< Presence
        AsksRole, ///< a request that waits for an answer
        VerifiedRole, ///< a person compared the safety number
        AlarmRole, ///< its key changed: the row warns
        OffersRole, ///< how many offers of this contact wait for an answer
        CanSendRole, ///< files can be dropped on it
    };

    using QAbstractListModel::QAbstractListModel;

    void replace(const QList<ContactInfo> &contacts);
    void setPendingOffers(const QHash<QString, int> &offers);

    const ContactInfo *find(const QString &name) const;
    int rowOf(const QString &name) const;
    bool anyoneOnline() const;
    QList<ContactInfo> recipients() const; ///< all that can be sent to

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

private:
    QList<ContactInfo> m_contacts;
    QHash<QString, int> m_offers;
};

/// Files may be sent to this contact (now, or waiting until it is online).
bool canSendTo(const ContactInfo &contact);

} // namespace postern::gui
