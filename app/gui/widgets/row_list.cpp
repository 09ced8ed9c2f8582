#include "app/gui/widgets/row_list.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QScrollBar>

namespace postern::gui {

RowList::RowList(QWidget *parent)
    : QListView(parent)
{
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setUniformItemSizes(true);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalScrollBar()->setSingleStep(24);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setTabKeyNavigation(false);
    viewport()->setAutoFillBackground(false);
}

void RowList::mouseMoveEvent(QMouseEvent *event)
{
    QListView::mouseMoveEvent(event);
    const auto index = indexAt(event->position().toPoint());
    if (index.isValid())
        update(index);
}

void RowList::keyPressEvent(QKeyEvent *event)
{
    const auto index = currentIndex();
    if (index.isValid() && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
        emit opened(index);
    else if (index.isValid() && event->key() == Qt::Key_Delete)
        emit removed(index);
    else
        QListView::keyPressEvent(event);
}

void RowList::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const auto index = byKey ? currentIndex() : indexAt(event->pos());
    if (!index.isValid())
        return;
    emit menuWanted(
        index, byKey ? viewport()->mapToGlobal(visualRect(index).center()) : event->globalPos());
}

void RowList::focusInEvent(QFocusEvent *event)
{
    QListView::focusInEvent(event);
    // Reached by the keyboard, a row must be current, or the focus could not be seen.
    if (event->reason() != Qt::MouseFocusReason && !currentIndex().isValid() && model()
        && model()->rowCount() > 0)
        setCurrentIndex(model()->index(0, 0));
}

} // namespace postern::gui
