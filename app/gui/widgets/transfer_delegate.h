#pragma once
// Paints a transfer: direction, name, state, path badge, bar, amounts, or what went wrong
// and what to do. All rows have one height, so that a thousand of them scroll smoothly.
// Thread: GUI.

#include "app/gui/models/transfer_actions.h"
#include "app/gui/widgets/row_delegate.h"

namespace postern::gui {

class TransferDelegate : public RowDelegate {
    Q_OBJECT

public:
    using RowDelegate::RowDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    /// Where an action's button is; an invalid rect where it is only in the menu.
    QRect actionRect(TransferAction action, const QRect &row, const QModelIndex &index) const
    {
        return buttonRect(static_cast<int>(action), row, index);
    }
    /// Lights up the row whose place a dragged one would take; an invalid index for none.
    void setDropTarget(const QModelIndex &index) { m_dropTarget = index; }

protected:
    QList<RowButton> buttonsOf(const QModelIndex &index) const override;
    int buttonsRight(const QRect &row) const override;

private:
    QColor toneColor(const QModelIndex &index) const;
    void paintCard(QPainter &painter, const QStyleOptionViewItem &option,
                   const QModelIndex &index) const;
    void paintDirection(QPainter &painter, const QRect &circle, const QModelIndex &index) const;
    void paintTitle(QPainter &painter, const QRect &line, const QStyleOptionViewItem &option,
                    const QModelIndex &index) const;
    void paintBar(QPainter &painter, const QRect &bar, const QModelIndex &index) const;

    QPersistentModelIndex m_dropTarget;
};

} // namespace postern::gui
