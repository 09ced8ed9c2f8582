#include "app/gui/widgets/transfer_list.h"

#include "app/gui/models/transfer_model.h"
#include "app/gui/widgets/transfer_delegate.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

namespace postern::gui {

TransferList::TransferList(const Theme &theme, QWidget *parent)
    : RowList(parent)
    , m_rows(new TransferDelegate(theme, this))
{
    setItemDelegate(m_rows);
    setAccessibleName(tr("Transfers"));
    connect(m_rows, &RowDelegate::buttonClicked, this, [this](int id, const QModelIndex &index) {
        if (id == TransferDelegate::Cancel)
            cancel(index);
        else
            openFolder(index);
    });
    connect(this, &RowList::opened, this, &TransferList::openFolder);
    connect(this, &RowList::removed, this, &TransferList::cancel);
    connect(this, &QAbstractItemView::doubleClicked, this, &TransferList::openFolder);
    connect(this, &RowList::menuWanted, this, &TransferList::showMenu);
}

void TransferList::cancel(const QModelIndex &index)
{
    if (index.data(TransferModel::CanCancelRole).toBool())
        emit cancelWanted(index.data(TransferModel::IdRole).value<TransferId>());
}

void TransferList::openFolder(const QModelIndex &index)
{
    const auto folder = index.data(TransferModel::LocationRole).toString();
    if (!folder.isEmpty())
        emit openFolderWanted(folder);
}

void TransferList::showMenu(const QModelIndex &index, const QPoint &globalPosition)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QPersistentModelIndex row(index);
    auto *open = menu->addAction(tr("&Open the folder"), this, [this, row] { openFolder(row); });
    open->setEnabled(!index.data(TransferModel::LocationRole).toString().isEmpty());
    auto *copy = menu->addAction(tr("C&opy the details"), this, [row] {
        QGuiApplication::clipboard()->setText(row.data(Qt::AccessibleTextRole).toString());
    });
    copy->setEnabled(true);
    menu->addSeparator();
    auto *stop = menu->addAction(tr("&Cancel the transfer"), this, [this, row] { cancel(row); });
    stop->setEnabled(index.data(TransferModel::CanCancelRole).toBool());
    menu->popup(globalPosition);
}

} // namespace postern::gui
