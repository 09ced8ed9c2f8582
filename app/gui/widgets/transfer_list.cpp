#include "app/gui/widgets/transfer_list.h"

#include "app/gui/widgets/transfer_delegate.h"

#include <QClipboard>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>

namespace postern::gui {

namespace {

TransferActions actionsAt(const QModelIndex &index)
{
    return TransferActions::fromInt(index.data(TransferModel::ActionsRole).toInt());
}

bool isInLine(const QModelIndex &index)
{
    return index.isValid() && index.data(TransferModel::PlaceRole).toInt() >= 0;
}

/// The key's action on a row that can do `possible`; none where it means something else.
std::optional<TransferAction> actionOf(const QKeyEvent &key, TransferActions possible)
{
    const bool ctrl = key.modifiers() & Qt::ControlModifier;
    std::optional<TransferAction> action;
    if (key.key() == Qt::Key_Space)
        action = possible.testFlag(TransferAction::Resume) ? TransferAction::Resume
                                                           : TransferAction::Pause;
    else if (key.key() == Qt::Key_Delete)
        action = possible.testFlag(TransferAction::Cancel) ? TransferAction::Cancel
                                                           : TransferAction::Remove;
    else if (ctrl && key.key() == Qt::Key_Up)
        action = TransferAction::MoveUp;
    else if (ctrl && key.key() == Qt::Key_Down)
        action = TransferAction::MoveDown;
    else if (ctrl && key.key() == Qt::Key_R)
        action = TransferAction::Retry;
    else if (key.matches(QKeySequence::Copy))
        action = TransferAction::CopyText;
    return action && possible.testFlag(*action) ? action : std::nullopt;
}

} // namespace

TransferList::TransferList(const Theme &theme, QWidget *parent)
    : RowList(parent)
    , m_rows(new TransferDelegate(theme, this))
{
    setItemDelegate(m_rows);
    setAccessibleName(tr("Transfers"));
    setDragEnabled(true);
    setAcceptDrops(true); // of its own rows; what comes from outside goes to the pane behind
    connect(m_rows, &RowDelegate::buttonClicked, this, [this](int id, const QModelIndex &index) {
        act(static_cast<TransferAction>(id), index);
    });
    connect(this, &RowList::opened, this, &TransferList::open);
    connect(this, &QAbstractItemView::doubleClicked, this, &TransferList::open);
    connect(this, &RowList::menuWanted, this, &TransferList::showMenu);
}

void TransferList::act(TransferAction action, const QModelIndex &index)
{
    if (actionsAt(index).testFlag(action))
        emit wanted(action, index.data(TransferModel::IdRole).value<TransferId>());
}

void TransferList::open(const QModelIndex &index)
{
    act(index.data(TransferModel::TextRole).toBool() ? TransferAction::ShowText
                                                     : TransferAction::OpenFolder,
        index);
}

void TransferList::keyPressEvent(QKeyEvent *event)
{
    const auto index = currentIndex();
    if (const auto action = actionOf(*event, actionsAt(index)))
        act(*action, index);
    else
        RowList::keyPressEvent(event);
}

void TransferList::showMenu(const QModelIndex &index, const QPoint &globalPosition)
{
    struct Entry {
        TransferAction action;
        QString text;
    };
    const Entry entries[] = {
        {TransferAction::ShowText, tr("&Show the text\tReturn")},
        {TransferAction::CopyText, tr("C&opy the text\tCtrl+C")},
        {TransferAction::OpenFolder, tr("&Open the folder\tReturn")},
        {TransferAction::Pause, tr("&Pause\tSpace")},
        {TransferAction::Resume, tr("&Resume\tSpace")},
        {TransferAction::Retry, tr("Send &again\tCtrl+R")},
        {TransferAction::MoveUp, tr("Send &earlier\tCtrl+Up")},
        {TransferAction::MoveDown, tr("Send &later\tCtrl+Down")},
        {TransferAction::Limit, tr("L&imit the speed…")},
        {TransferAction::Cancel, tr("&Cancel the transfer\tDel")},
        {TransferAction::Remove, tr("Remove from the &list\tDel")},
    };
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QPersistentModelIndex row(index);
    const auto possible = actionsAt(index);
    for (const auto &entry : entries)
        if (possible.testFlag(entry.action))
            menu->addAction(entry.text, this,
                            [this, row, action = entry.action] { act(action, row); });
    menu->addSeparator();
    menu->addAction(tr("Copy the &details"), this, [row] {
        QGuiApplication::clipboard()->setText(row.data(Qt::AccessibleTextRole).toString());
    });
    menu->popup(globalPosition);
}

void TransferList::dragEnterEvent(QDragEnterEvent *event)
{
    // Ignored, a drag from outside reaches the pane, which takes files.
    event->setAccepted(event->source() == this);
}

void TransferList::dragMoveEvent(QDragMoveEvent *event)
{
    const auto index = indexAt(event->position().toPoint());
    const bool possible = event->source() == this && isInLine(index);
    setDropTarget(possible ? index : QModelIndex());
    event->setAccepted(possible);
}

void TransferList::dragLeaveEvent(QDragLeaveEvent *) { setDropTarget({}); }

void TransferList::dropEvent(QDropEvent *event)
{
    const auto target = indexAt(event->position().toPoint());
    setDropTarget({});
    const auto row = currentIndex(); // pressing a row to drag it made it current
    if (event->source() != this || !isInLine(target) || !isInLine(row) || target == row)
        return;
    event->setDropAction(Qt::CopyAction); // nothing is to be removed by the view
    event->accept();
    emit moveWanted(row.data(TransferModel::IdRole).value<TransferId>(),
                    target.data(TransferModel::PlaceRole).toInt());
}

void TransferList::setDropTarget(const QModelIndex &index)
{
    m_rows->setDropTarget(index);
    viewport()->update();
}

} // namespace postern::gui
