#pragma once
// The files of one transfer that is over, with the hashes they were verified by. Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractTableModel>

namespace postern::gui {

class HistoryFilesModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, SizeColumn, HashColumn, COLUMNS };

    using QAbstractTableModel::QAbstractTableModel;

    void replace(const QList<HistoryFile> &files);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<HistoryFile> m_files;
};

} // namespace postern::gui
