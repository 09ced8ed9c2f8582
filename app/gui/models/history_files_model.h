#pragma once
// The files of one transfer that is over, with the hashes they were verified by; a page at a
// time, as the list is scrolled. Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractTableModel>

namespace postern::gui {

class HistoryFilesModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, SizeColumn, HashColumn, COLUMNS };

    static constexpr int PAGE = 1'000; ///< rows fetched at a time

    using QAbstractTableModel::QAbstractTableModel;

    void append(const HistoryFilesPage &page);
    void end(); ///< no more can be had
    void hold(bool held) { m_held = held; } ///< held: whoever lays out its rows fetches none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

signals:
    void moreWanted(qint64 from);

private:
    QList<HistoryFile> m_files;
    bool m_complete = false;
    bool m_asked = false; ///< for more
    bool m_held = false;
};

} // namespace postern::gui
