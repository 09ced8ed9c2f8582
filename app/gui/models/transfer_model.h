#pragma once
// Transfers as rows. The engine tells of each change; rows gather them and repaint at most
// ten times a second, with no timer while nothing moves. Thread: GUI.

#include "app/gui/models/transfer_actions.h"

#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QSortFilterProxyModel>
#include <QTimer>

#include <functional>

namespace postern::gui {

class TransferModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Tone { Quiet, Active, Waiting, Good, Bad };

    enum Role {
        IdRole = Qt::UserRole, ///< TransferId
        ContactRole,
        TitleRole,
        DetailRole, ///< amounts, speed, time left
        StateRole, ///< the word for what it does
        ToneRole, ///< Tone
        FractionRole, ///< 0 to 1, or below 0 where a bar would say nothing
        ProblemRole, ///< what went wrong and what to do
        BadgeRole, ///< "LAN", "TCP", "UDP", "RELAY" or empty
        SendingRole,
        TextRole, ///< it is a text or link
        ActionsRole, ///< TransferActions, as a number
        LocationRole, ///< a folder to open; empty if there is none
        PlaceRole, ///< among those that wait for the same contact; -1: it does not wait
        RankRole, ///< 0 moves or asks, 1 waits in line, 2 is over
        StartedRole, ///< milliseconds since 1970: compared for every row of a repaint
    };

    explicit TransferModel(QObject *parent = nullptr);

    /// Shown at the next repaint, together with all that came in between.
    void update(const TransferInfo &transfer);
    void replace(const QList<TransferInfo> &transfers);
    /// The account's own name: what is sent to it goes to another device.
    void setOwnName(const QString &name) { m_ownName = name; }
    /// Takes one that is over off the list.
    void remove(const TransferId &id);
    /// Takes finished transfers with this contact off the list.
    void clearFinished(const QString &contact);
    /// Brings waiting updates into the rows now.
    void flush();

    int runningCount() const;
    bool hasFinished(const QString &contact) const;
    const TransferInfo *find(const TransferId &id) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    /// Rows that wait can be dragged to another place.
    Qt::ItemFlags flags(const QModelIndex &index) const override;

signals:
    /// After each repaint; for counts and for buttons that depend on them.
    void settled();

private:
    QString detailOf(const TransferInfo &transfer) const;
    QString accessibleText(const TransferInfo &transfer) const;
    void removeRowsWhere(const std::function<bool(const TransferInfo &)> &wanted);
    void countWaiting();

    QList<TransferInfo> m_rows;
    QHash<TransferId, int> m_rowOf;
    QHash<TransferId, TransferInfo> m_pending;
    QList<TransferId> m_pendingOrder; ///< new rows appear in the order they came
    QSet<TransferId> m_cleared;
    QHash<QString, int> m_waiting; ///< by contact: how many wait in line
    QString m_ownName;
    QTimer m_repaint;
};

/// One contact's transfers: those that move, then the line in its order, then those that are
/// over; the newest first.
class ContactTransfers : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit ContactTransfers(TransferModel *transfers, QObject *parent = nullptr);
    void setContact(const QString &contact);
    QString contact() const { return m_contact; }

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    QString m_contact;
};

} // namespace postern::gui
