#pragma once
// Paints a transfer that is over: direction, name, result, and with whom, when and how.
// Thread: GUI.

#include "app/gui/widgets/row_delegate.h"

namespace postern::gui {

class HistoryDelegate : public RowDelegate {
    Q_OBJECT

public:
    enum Button { OpenFolder, Clear };

    using RowDelegate::RowDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    QList<RowButton> buttonsOf(const QModelIndex &index) const override;
    int buttonsRight(const QRect &row) const override;
};

} // namespace postern::gui
