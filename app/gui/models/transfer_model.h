#pragma once
// Transfers as rows. The engine tells of each change; rows gather them and repaint at most
// ten times a second, with no timer while nothing moves. Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QSortFilterProxyModel>
#include <QTimer>

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
        CanCancelRole,
        LocationRole, ///< a folder to open; empty if there is none
        StartedRole, ///< milliseconds since 1970: compared for every row of a repaint
    };

    explicit TransferModel(QObject *parent = nullptr);

    /// Shown at the next repaint, together with all that came in between.
    void update(const TransferInfo &transfer);
    void replace(const QList<TransferInfo> &transfers);
    /// Takes finished transfers with this contact off the list.
    void clearFinished(const QString &contact);
    /// Brings waiting updates into the rows now.
    void flush();

    int runningCount() const;
    bool hasFinished(const QString &contact) const;
    const TransferInfo *find(const TransferId &id) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

signals:
    /// After each repaint; for counts and for buttons that depend on them.
    void settled();

private:
    QString accessibleText(const TransferInfo &transfer) const;

    QList<TransferInfo> m_rows;
    QHash<TransferId, int> m_rowOf;
    QHash<TransferId, TransferInfo> m_pending;
    QList<TransferId> m_pendingOrder; ///< new rows appear in the order they came
    QSet<TransferId> m_cleared;
    QTimer m_repaint;
};

/// One contact's transfers, the newest first.
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
