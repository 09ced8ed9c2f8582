#include "app/gui/widgets/contact_list.h"

#include "app/gui/models/contact_model.h"
#include "app/gui/widgets/contact_delegate.h"
#include "app/gui/widgets/dropped_files.h"

#include <QDragEnterEvent>

namespace postern::gui {

ContactList::ContactList(const Theme &theme, QWidget *parent)
    : RowList(parent)
    , m_rows(new ContactDelegate(theme, this))
{
    setItemDelegate(m_rows);
    setAcceptDrops(true);
    setAccessibleName(tr("Contacts"));
}

void ContactList::dragEnterEvent(QDragEnterEvent *event)
{
    if (carriesFiles(event->mimeData()))
        event->acceptProposedAction();
}

void ContactList::dragMoveEvent(QDragMoveEvent *event)
{
    const auto index = indexAt(event->position().toPoint());
    const bool possible =
        carriesFiles(event->mimeData()) && index.data(ContactModel::CanSendRole).toBool();
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
    const auto paths = filesIn(event->mimeData());
    if (paths.isEmpty() || !index.data(ContactModel::CanSendRole).toBool())
        return;
    // Always a copy: a source that offers to move would delete its files on success.
    event->setDropAction(Qt::CopyAction);
    event->accept();
    emit dropped(index.data(ContactModel::NameRole).toString(), paths);
}

void ContactList::setDropTarget(const QModelIndex &index)
{
    m_rows->setDropTarget(index);
    viewport()->update();
}

} // namespace postern::gui
