#pragma once
// Paints a contact: picture with presence, name, what can be said of it, offers that wait,
// a warning where its key changed; a request has its two answers in the row. Thread: GUI.

#include "app/gui/widgets/row_delegate.h"

namespace postern::gui {

class ContactDelegate : public RowDelegate {
    Q_OBJECT

public:
    enum Button { Accept, Refuse };

    using RowDelegate::RowDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    /// Lights up the row under a drag; an invalid index for none.
    void setDropTarget(const QModelIndex &index) { m_dropTarget = index; }

protected:
    QList<RowButton> buttonsOf(const QModelIndex &index) const override;
    int buttonsRight(const QRect &row) const override;

private:
    int paintMarks(QPainter &painter, const QModelIndex &index, int right, int centreY) const;

    QPersistentModelIndex m_dropTarget;
};

} // namespace postern::gui
