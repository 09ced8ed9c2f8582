#include "app/gui/widgets/contact_list.h"

#include "app/gui/models/contact_model.h"
#include "app/gui/widgets/contact_delegate.h"
#include "app/gui/widgets/dropped_files.h"

#include <QDragEnterEvent>

#include <algorithm>

namespace postern::gui {

ContactList::ContactList(const Theme &theme, QWidget *parent)
    : RowList(parent)
    , m_rows(new ContactDelegate(theme, this))
{
    setItemDelegate(m_rows);
    setAcceptDrops(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setAccessibleName(tr("Contacts"));
}

QStringList ContactList::chosenContacts() const
{
    auto rows = selectionModel()->selectedIndexes();
    std::sort(rows.begin(), rows.end());
    QStringList names;
    for (const auto &row : rows)
        if (row.data(ContactModel::CanSendRole).toBool())
            names.append(row.data(ContactModel::NameRole).toString());
    return names;
}

void ContactList::dragEnterEvent(QDragEnterEvent *event)
{
    if (canBeSent(event->mimeData()))
        event->acceptProposedAction();
}

void ContactList::dragMoveEvent(QDragMoveEvent *event)
{
    const auto index = indexAt(event->position().toPoint());
    const bool possible =
        canBeSent(event->mimeData()) && index.data(ContactModel::CanSendRole).toBool();
    setDropTarget(possible ? index : QModelIndex());
    if (possible)
        event->acceptProposedAction();
    else
        event->ignore();
}

void ContactList::dragLeaveEvent(QDragLeaveEvent *) { setDropTarget({}); }

void ContactList::dropEvent(QDropEvent *event)
{
    const auto index = indexAt(event->position().toPoint());
    setDropTarget({});
    if (!canBeSent(event->mimeData()) || !index.data(ContactModel::CanSendRole).toBool())
        return;
    // Always a copy: a source that offers to move would delete its files on success.
    event->setDropAction(Qt::CopyAction);
    event->accept();
    const bool amongSelected = selectionModel()->isSelected(index);
    emit dropped(amongSelected ? chosenContacts()
                               : QStringList(index.data(ContactModel::NameRole).toString()),
                 event->mimeData());
}

void ContactList::setDropTarget(const QModelIndex &index)
{
    m_rows->setDropTarget(index);
    viewport()->update();
}

} // namespace postern::gui
