#include "app/gui/widgets/row_painting.h"

#include "app/gui/theme/theme.h"

#include <QPainter>
#include <QStyleOptionViewItem>

namespace postern::gui {

void paintRowBackground(QPainter &painter, const Theme &theme, const QStyleOptionViewItem &option)
{
    const auto &colors = theme.colors();
    const QRectF card = QRectF(option.rect).adjusted(space::S, 2, -space::S, -2);
    const bool selected = option.state & QStyle::State_Selected;
    const bool hovered = option.state & QStyle::State_MouseOver;
    painter.setPen(Qt::NoPen);
    if (selected || hovered) {
        painter.setBrush(selected ? colors.selected : colors.hover);
        painter.drawRoundedRect(card, space::RADIUS, space::RADIUS);
    }
    if (option.state & QStyle::State_HasFocus) {
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(card.adjusted(1, 1, -1, -1), space::RADIUS - 1, space::RADIUS - 1);
    }
}

void paintAvatar(QPainter &painter, const Theme &theme, const QRect &rect, const QString &letter,
                 ContactModel::Presence presence, const QColor &behind)
{
    using Presence = ContactModel::Presence;
    const auto &colors = theme.colors();
    painter.setPen(Qt::NoPen);
    // On a selected row the soft ground would vanish in the selection.
    painter.setBrush(behind == colors.selected ? colors.surface : colors.accentSoft);
    painter.drawEllipse(rect);
    auto font = painter.font();
    font.setPixelSize(rect.height() * 2 / 5);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(colors.accent);
    painter.drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, letter);
    if (presence == Presence::Unknown)
        return;

    constexpr int DOT = 11;
    QRectF dot(rect.right() - DOT + 2, rect.bottom() - DOT + 2, DOT, DOT);
    painter.setPen(Qt::NoPen);
    painter.setBrush(behind);
    painter.drawEllipse(dot.adjusted(-2, -2, 2, 2));
    // Told by shape too, not only by colour: filled takes files, half-ring is online only,
    // an empty ring is offline.
    if (presence == Presence::Receiving) {
        painter.setBrush(colors.good);
        painter.drawEllipse(dot);
        return;
    }
    painter.setBrush(presence == Presence::Online ? colors.warningSoft : behind);
    painter.setPen(QPen(presence == Presence::Online ? colors.warning : colors.edge, 2));
    painter.drawEllipse(dot.adjusted(1, 1, -1, -1));
}

QRect paintBadge(QPainter &painter, const QString &text, const QColor &ink, const QColor &ground,
                 int right, int centreY)
{
    auto font = painter.font();
    font.setPixelSize(11);
    font.setWeight(QFont::DemiBold);
    const QFontMetrics metrics(font);
    const int width = std::max(metrics.horizontalAdvance(text) + 12, 20);
    const QRect rect(right - width, centreY - 9, width, 18);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(rect, 9, 9);
    painter.setFont(font);
    painter.setPen(ink);
    painter.drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, text);
    return rect;
}

void paintRowButton(QPainter &painter, const Theme &theme, const QRect &rect, const QString &icon,
                    const QColor &ink, bool hovered)
{
    if (hovered) {
        painter.setPen(QPen(theme.colors().line, 1));
        painter.setBrush(theme.colors().surface);
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    }
    constexpr int SIZE = 18;
    const auto scale = painter.device()->devicePixelRatioF();
    painter.drawPixmap(rect.center().x() - SIZE / 2 + 1, rect.center().y() - SIZE / 2 + 1,
                       theme.pixmap(icon, SIZE, ink, scale));
}

void paintLine(QPainter &painter, const QRect &rect, const QString &text, const QColor &ink,
               const QFont &font, Qt::TextElideMode elide)
{
    painter.setFont(font);
    painter.setPen(ink);
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                     QFontMetrics(font).elidedText(text, elide, rect.width()));
}

} // namespace postern::gui
