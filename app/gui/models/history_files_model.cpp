#include "app/gui/models/history_files_model.h"

#include "app/gui/text/display_text.h"

namespace postern::gui {

void HistoryFilesModel::append(const HistoryFilesPage &page)
{
    m_complete = page.last;
    if (!page.files.isEmpty()) {
        const int first = static_cast<int>(m_files.size());
        beginInsertRows({}, first, first + static_cast<int>(page.files.size()) - 1);
        m_files += page.files;
        endInsertRows();
    }
    m_asked = false; // not earlier: who is told of the rows may ask for more
}

void HistoryFilesModel::end() { m_complete = true; }

bool HistoryFilesModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && !m_complete && !m_asked && !m_held;
}

void HistoryFilesModel::fetchMore(const QModelIndex &parent)
{
    if (!canFetchMore(parent))
        return;
    m_asked = true;
    emit moreWanted(m_files.size());
}

int HistoryFilesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_files.size());
}

int HistoryFilesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : COLUMNS;
}

QVariant HistoryFilesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto &file = m_files[index.row()];
    if (role == Qt::TextAlignmentRole && index.column() == SizeColumn)
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && index.column() == NameColumn)
        return plainToolTip(visibleText(file.path));
    if (role == Qt::ToolTipRole && index.column() == HashColumn)
        return plainToolTip(QString::fromLatin1(file.hash.toHex()));
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case NameColumn: return visibleText(file.path);
    case SizeColumn: return byteText(file.bytes);
    case HashColumn: return QString::fromLatin1(file.hash.toHex());
    default: return {};
    }
}

QVariant HistoryFilesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == SizeColumn ? Qt::AlignRight : Qt::AlignLeft)
                                | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn: return tr("Name");
    case SizeColumn: return tr("Size");
    case HashColumn: return tr("Hash");
    default: return {};
    }
}

} // namespace postern::gui
