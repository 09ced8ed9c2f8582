#include "app/gui/widgets/row_delegate.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/row_painting.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QToolTip>

namespace postern::gui {

RowDelegate::RowDelegate(const Theme &theme, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

QRect RowDelegate::buttonRect(int id, const QRect &row, const QModelIndex &index) const
{
    for (const auto &button : placedButtons(row, index))
        if (button.id == id)
            return button.rect;
    return {};
}

QList<RowButton> RowDelegate::placedButtons(const QRect &row, const QModelIndex &index) const
{
    auto buttons = buttonsOf(index);
    int right = buttonsRight(row);
    for (auto button = buttons.rbegin(); button != buttons.rend(); ++button) {
        button->rect = QRect(right - BUTTON, row.center().y() - BUTTON / 2, BUTTON, BUTTON);
        right -= BUTTON + space::XS / 2;
    }
    return buttons;
}

int RowDelegate::paintButtons(QPainter &painter, const QStyleOptionViewItem &option,
                              const QModelIndex &index) const
{
    const auto *view = qobject_cast<const QAbstractItemView *>(option.widget);
    const auto mouse = view && option.state & QStyle::State_MouseOver
        ? view->viewport()->mapFromGlobal(QCursor::pos())
        : QPoint(-1, -1);
    int left = buttonsRight(option.rect);
    for (const auto &button : placedButtons(option.rect, index)) {
        paintRowButton(painter, m_theme, button.rect, button.icon, button.ink,
                       button.rect.contains(mouse));
        left = std::min(left, button.rect.left() - space::S);
    }
    return left;
}

bool RowDelegate::editorEvent(QEvent *event, QAbstractItemModel *,
                              const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const bool press = event->type() == QEvent::MouseButtonPress;
    if (!press && event->type() != QEvent::MouseButtonRelease)
        return false;
    const auto *mouse = static_cast<QMouseEvent *>(event);
    if (mouse->button() != Qt::LeftButton)
        return false;
    for (const auto &button : placedButtons(option.rect, index)) {
        if (!button.rect.contains(mouse->position().toPoint()))
            continue;
        if (press)
            m_pressed = button.id;
        else if (m_pressed == button.id)
            emit buttonClicked(button.id, index);
        return true;
    }
    if (!press)
        m_pressed = -1;
    return false;
}

bool RowDelegate::helpEvent(QHelpEvent *event, QAbstractItemView *view,
                            const QStyleOptionViewItem &option, const QModelIndex &index)
{
    if (event->type() == QEvent::ToolTip)
        for (const auto &button : placedButtons(option.rect, index))
            if (button.rect.contains(event->pos())) {
                QToolTip::showText(event->globalPos(), plainToolTip(button.text), view);
                return true;
            }
    return QStyledItemDelegate::helpEvent(event, view, option, index);
}

} // namespace postern::gui
