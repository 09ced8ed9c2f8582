#pragma once
// What was sent and received, the newest first; a page at a time, as the list is scrolled.
// Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractListModel>

namespace postern::gui {

class HistoryModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        KeyRole = Qt::UserRole,
        TitleRole,
        SummaryRole, ///< with whom, when, how much, which way
        ResultRole, ///< a word
        WellRole, ///< it arrived
        SendingRole,
        TextRole, ///< it was a text or link
        FolderRole, ///< to open; empty if there is none
    };

    static constexpr int PAGE = 200; ///< rows fetched at a time

    using QAbstractListModel::QAbstractListModel;

    /// `complete`: there is nothing older.
    void replace(const QList<HistoryEntry> &entries, bool complete);
    void append(const QList<HistoryEntry> &older, bool complete);
    const HistoryEntry *find(qint64 key) const;
    qint64 oldestKey() const { return m_entries.isEmpty() ? 0 : m_entries.last().key; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

signals:
    void moreWanted();

private:
    QList<HistoryEntry> m_entries;
    bool m_complete = true;
    bool m_asked = false; ///< for more
};

/// The result of a transfer that is over, as a word.
QString resultText(const HistoryEntry &entry);
/// "LAN, RELAY (12 MB by relay)"; empty where nothing flowed.
QString waysText(const HistoryEntry &entry);

} // namespace postern::gui
