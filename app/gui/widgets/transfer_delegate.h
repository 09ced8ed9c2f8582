#pragma once
// Paints a transfer: direction, name, state, path badge, bar, amounts, or what went wrong
// and what to do. All rows have one height, so that a thousand of them scroll smoothly.
// Thread: GUI.

#include "app/gui/widgets/row_delegate.h"

namespace postern::gui {

class TransferDelegate : public RowDelegate {
    Q_OBJECT

public:
    enum Button { OpenFolder, Cancel };

    using RowDelegate::RowDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    QList<RowButton> buttonsOf(const QModelIndex &index) const override;
    int buttonsRight(const QRect &row) const override;

private:
    QColor toneColor(const QModelIndex &index) const;
    void paintCard(QPainter &painter, const QStyleOptionViewItem &option) const;
    void paintDirection(QPainter &painter, const QRect &circle, const QModelIndex &index) const;
    void paintTitle(QPainter &painter, const QRect &line, const QStyleOptionViewItem &option,
                    const QModelIndex &index) const;
    void paintBar(QPainter &painter, const QRect &bar, const QModelIndex &index) const;
};

} // namespace postern::gui
