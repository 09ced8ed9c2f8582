#include "app/gui/models/offer_tree_model.h"

#include "app/gui/text/display_text.h"

#include <QHash>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr int DEEPEST = 64; ///< levels shown; what lies deeper keeps its slashes in one row
}

OfferTreeModel::OfferTreeModel(const QList<OfferEntry> &entries, QObject *parent)
    : QAbstractItemModel(parent)
{
    m_nodes.append(Node({}, true, 0));
    QHash<QString, int> folders;
    for (int position = 0; position < entries.size(); ++position) {
        const auto &entry = entries[position];
        auto parts = entry.path.split(QLatin1Char('/'), Qt::SkipEmptyParts);
        if (parts.isEmpty())
            continue;
        QString path;
        int at = 0;
        while (parts.size() > 1 && path.count(QLatin1Char('/')) < DEEPEST) {
            path += parts.first() + QLatin1Char('/');
            at = childFolder(at, parts.takeFirst(), folders, path);
        }
        const auto name = parts.join(QLatin1Char('/'));
        const int node = entry.kind == EntryKind::Folder
            ? childFolder(at, name, folders, path + name + QLatin1Char('/'))
            : append(at, Node(name, false, entry.bytes));
        m_nodes[node].entry = position;
    }
}

int OfferTreeModel::childFolder(int parent, const QString &name, QHash<QString, int> &known,
                                const QString &path)
{
    const auto found = known.constFind(path);
    if (found != known.constEnd())
        return *found;
    const int node = append(parent, Node(name, true, 0));
    known.insert(path, node);
    return node;
}

int OfferTreeModel::append(int parent, Node node)
{
    const int index = static_cast<int>(m_nodes.size());
    node.parent = parent;
    node.row = static_cast<int>(m_nodes[parent].children.size());
    for (int above = parent; above >= 0; above = m_nodes[above].parent)
        m_nodes[above].bytes += node.bytes;
    m_nodes[parent].children.append(index);
    m_nodes.append(std::move(node));
    return index;
}

int OfferTreeModel::nodeOf(const QModelIndex &index) const
{
    return index.isValid() ? static_cast<int>(index.internalId()) : 0;
}

QModelIndex OfferTreeModel::index(int row, int column, const QModelIndex &parent) const
{
    const auto &children = m_nodes[nodeOf(parent)].children;
    if (row < 0 || row >= children.size() || column < 0 || column >= COLUMNS)
        return {};
    return createIndex(row, column, static_cast<quintptr>(children[row]));
}

QModelIndex OfferTreeModel::parent(const QModelIndex &child) const
{
    const int above = child.isValid() ? m_nodes[nodeOf(child)].parent : 0;
    return above <= 0 ? QModelIndex()
                      : createIndex(m_nodes[above].row, 0, static_cast<quintptr>(above));
}

int OfferTreeModel::rowCount(const QModelIndex &parent) const
{
    return parent.column() > 0 ? 0 : static_cast<int>(m_nodes[nodeOf(parent)].children.size());
}

int OfferTreeModel::columnCount(const QModelIndex &) const { return COLUMNS; }

QVariant OfferTreeModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const auto &node = m_nodes[nodeOf(index)];
    const bool isName = index.column() == NameColumn;
    if (role == Qt::DisplayRole)
        return isName ? visibleText(node.name) : byteText(node.bytes);
    if (role == Qt::ToolTipRole && isName)
        return plainToolTip(visibleText(node.name));
    if (role == Qt::CheckStateRole && isName)
        return static_cast<int>(node.tick);
    if (role == Qt::DecorationRole && isName)
        return node.folder ? m_folderIcon : m_fileIcon;
    if (role == Qt::TextAlignmentRole && !isName)
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

Qt::ItemFlags OfferTreeModel::flags(const QModelIndex &index) const
{
    const auto base = QAbstractItemModel::flags(index);
    return index.isValid() && index.column() == NameColumn ? base | Qt::ItemIsUserCheckable : base;
}

bool OfferTreeModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (!index.isValid() || role != Qt::CheckStateRole || index.column() != NameColumn)
        return false;
    const int node = nodeOf(index);
    // A click never leaves something half ticked.
    const bool on = static_cast<Qt::CheckState>(value.toInt()) != Qt::Unchecked;
    tickAll(node, on ? Qt::Checked : Qt::Unchecked);
    emit dataChanged(index, index, {Qt::CheckStateRole});
    tickAbove(node);
    emit ticksChanged();
    return true;
}

void OfferTreeModel::tickAll(int node, Qt::CheckState tick)
{
    // Deep trees are hostile trees: no recursion.
    QList<int> waiting{node};
    while (!waiting.isEmpty()) {
        const int at = waiting.takeLast();
        m_nodes[at].tick = tick;
        const auto &children = m_nodes[at].children;
        if (children.isEmpty())
            continue;
        waiting += children;
        emit dataChanged(indexOf(children.first()), indexOf(children.last()), {Qt::CheckStateRole});
    }
}

void OfferTreeModel::tickAbove(int node)
{
    for (int above = m_nodes[node].parent; above >= 0; above = m_nodes[above].parent) {
        const auto &children = m_nodes[above].children;
        auto tick = m_nodes[children.first()].tick;
        for (const int child : children)
            if (m_nodes[child].tick != tick)
                tick = Qt::PartiallyChecked;
        m_nodes[above].tick = tick;
        if (above > 0)
            emit dataChanged(indexOf(above), indexOf(above), {Qt::CheckStateRole});
    }
}

QModelIndex OfferTreeModel::indexOf(int node) const
{
    return node <= 0 ? QModelIndex()
                     : createIndex(m_nodes[node].row, 0, static_cast<quintptr>(node));
}

QList<int> OfferTreeModel::leftOut() const
{
    QList<int> positions;
    QList<int> waiting = m_nodes[0].children;
    while (!waiting.isEmpty()) {
        const int at = waiting.takeLast();
        const auto &node = m_nodes[at];
        if (node.tick == Qt::Checked)
            continue;
        if (node.tick == Qt::Unchecked && node.entry >= 0)
            positions.append(node.entry);
        else
            waiting += node.children;
    }
    std::sort(positions.begin(), positions.end());
    return positions;
}

qint64 OfferTreeModel::leftOutBytes() const
{
    qint64 bytes = 0;
    for (const auto &node : m_nodes)
        if (!node.folder && node.tick == Qt::Unchecked)
            bytes += node.bytes;
    return bytes;
}

int OfferTreeModel::leftOutFiles() const
{
    return static_cast<int>(std::count_if(m_nodes.begin(), m_nodes.end(), [](const auto &node) {
        return !node.folder && node.tick == Qt::Unchecked;
    }));
}

QVariant OfferTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section == SizeColumn)
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return section == NameColumn ? tr("Name") : tr("Size");
}

void OfferTreeModel::setIcons(const QVariant &file, const QVariant &folder)
{
    m_fileIcon = file;
    m_folderIcon = folder;
}

} // namespace postern::gui
