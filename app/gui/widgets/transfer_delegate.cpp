#include "app/gui/widgets/transfer_delegate.h"

#include "app/gui/models/transfer_model.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/row_painting.h"

#include <QPainter>
#include <QTextLayout>

namespace postern::gui {

namespace {

constexpr int HEIGHT = 84;
constexpr int CIRCLE = 36;
constexpr int TITLE_LINE = 20;
constexpr int SMALL_LINE = 18;
constexpr int TIGHT_LINE = 16; ///< two of them fit beneath a bar
constexpr int BAR = 5;

QRect cardOf(const QRect &row) { return row.adjusted(space::M, space::XS, -space::M, -space::XS); }

QFont smallFont(const QFont &font)
{
    auto small = font;
    small.setPixelSize(12);
    return small;
}

/// Breaks a sentence over two lines; only what does not fit even there is elided. Returns
/// the number of lines used.
int paintSentence(QPainter &painter, const QRect &rect, const QString &sentence, const QColor &ink,
                  const QFont &font, int height = SMALL_LINE)
{
    QTextLayout layout(sentence, font);
    layout.beginLayout();
    auto line = layout.createLine();
    line.setLineWidth(rect.width());
    const auto length = line.textLength();
    layout.endLayout();
    const QRect first(rect.left(), rect.top(), rect.width(), height);
    if (length >= sentence.size()) {
        paintLine(painter, first, sentence, ink, font, Qt::ElideRight);
        return 1;
    }
    paintLine(painter, first, sentence.left(length).trimmed(), ink, font, Qt::ElideRight);
    paintLine(painter, first.translated(0, height), sentence.mid(length), ink, font,
              Qt::ElideRight);
    return 2;
}

} // namespace

void TransferDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                             const QModelIndex &index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const auto &colors = m_theme.colors();
    const auto card = cardOf(option.rect);
    paintCard(*painter, option, index);
    const QRect circle(card.left() + space::M, card.center().y() - CIRCLE / 2 + 1, CIRCLE, CIRCLE);
    paintDirection(*painter, circle, index);

    const int left = circle.right() + space::M;
    const int right = std::min(paintButtons(*painter, option, index), card.right() + 1 - space::M);
    const auto line = [left, right](int top, int height) {
        return QRect(left, top, right - left, height);
    };
    const auto small = smallFont(option.font);
    const auto detail = index.data(TransferModel::DetailRole).toString();
    const auto problem = index.data(TransferModel::ProblemRole).toString();
    const bool bar = index.data(TransferModel::FractionRole).toDouble() >= 0;

    if (!problem.isEmpty() && !bar) {
        paintTitle(*painter, line(card.top() + 9, TITLE_LINE), option, index);
        const int used = paintSentence(*painter, line(card.top() + 31, 2 * SMALL_LINE), problem,
                                       toneColor(index), small);
        if (used == 1)
            paintLine(*painter, line(card.top() + 31 + SMALL_LINE, SMALL_LINE), detail,
                      colors.muted, small, Qt::ElideRight);
    } else if (bar && !problem.isEmpty()) {
        paintTitle(*painter, line(card.top() + 7, TITLE_LINE), option, index);
        paintBar(*painter, line(card.top() + 31, BAR), index);
        paintSentence(*painter, line(card.top() + 39, 2 * TIGHT_LINE), problem, colors.warning,
                      small, TIGHT_LINE);
    } else if (bar) {
        paintTitle(*painter, line(card.top() + 9, TITLE_LINE), option, index);
        paintBar(*painter, line(card.top() + 36, BAR), index);
        paintLine(*painter, line(card.top() + 47, SMALL_LINE), detail, colors.muted, small,
                  Qt::ElideRight);
    } else {
        paintTitle(*painter, line(card.top() + 17, TITLE_LINE), option, index);
        paintLine(*painter, line(card.top() + 40, SMALL_LINE), detail, colors.muted, small,
                  Qt::ElideRight);
    }
    painter->restore();
}

void TransferDelegate::paintCard(QPainter &painter, const QStyleOptionViewItem &option,
                                 const QModelIndex &index) const
{
    const auto &colors = m_theme.colors();
    const bool selected = option.state & QStyle::State_Selected;
    const bool target = m_dropTarget.isValid() && m_dropTarget == index;
    const bool strong = target || (selected && option.widget && option.widget->hasFocus());
    painter.setPen(strong ? QPen(colors.accent, 2) : QPen(selected ? colors.edge : colors.line, 1));
    painter.setBrush(target ? colors.accentSoft : colors.surface);
    const qreal inset = strong ? 1 : 0.5;
    painter.drawRoundedRect(QRectF(cardOf(option.rect)).adjusted(inset, inset, -inset, -inset), 10,
                            10);
}

void TransferDelegate::paintDirection(QPainter &painter, const QRect &circle,
                                      const QModelIndex &index) const
{
    const auto &colors = m_theme.colors();
    const auto tone = static_cast<TransferModel::Tone>(index.data(TransferModel::ToneRole).toInt());
    const bool bad = tone == TransferModel::Tone::Bad;
    const bool quiet = tone == TransferModel::Tone::Quiet;
    painter.setPen(Qt::NoPen);
    painter.setBrush(bad ? colors.dangerSoft : (quiet ? colors.hover : colors.accentSoft));
    painter.drawEllipse(circle);
    const bool sending = index.data(TransferModel::SendingRole).toBool();
    const bool text = index.data(TransferModel::TextRole).toBool();
    const auto icon = text ? QStringLiteral("text")
        : sending          ? QStringLiteral("send")
                           : QStringLiteral("receive");
    constexpr int ICON = 20;
    painter.drawPixmap(circle.left() + (CIRCLE - ICON) / 2, circle.top() + (CIRCLE - ICON) / 2,
                       m_theme.pixmap(icon, ICON,
                                      bad ? colors.danger : (quiet ? colors.muted : colors.accent),
                                      painter.device()->devicePixelRatioF()));
}

void TransferDelegate::paintTitle(QPainter &painter, const QRect &line,
                                  const QStyleOptionViewItem &option,
                                  const QModelIndex &index) const
{
    const auto &colors = m_theme.colors();
    int right = line.right() + 1;
    const auto badge = index.data(TransferModel::BadgeRole).toString();
    if (!badge.isEmpty())
        right = paintBadge(painter, badge, colors.muted, colors.hover, right, line.center().y() + 1)
                    .left()
            - space::S;

    auto small = smallFont(option.font);
    small.setWeight(QFont::DemiBold);
    const auto word = index.data(TransferModel::StateRole).toString();
    // A word may hold a contact's name: the title keeps half of the line.
    const int width = std::min(QFontMetrics(small).horizontalAdvance(word) + 2, line.width() / 2);
    paintLine(painter, QRect(right - width, line.top(), width, line.height()), word,
              toneColor(index), small);
    right -= width + space::M;

    auto bold = option.font;
    bold.setWeight(QFont::DemiBold);
    paintLine(painter, QRect(line.left(), line.top(), right - line.left(), line.height()),
              index.data(TransferModel::TitleRole).toString(), colors.text, bold);
}

void TransferDelegate::paintBar(QPainter &painter, const QRect &bar, const QModelIndex &index) const
{
    const auto &colors = m_theme.colors();
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.line);
    painter.drawRoundedRect(bar, BAR / 2.0, BAR / 2.0);
    const auto fraction = index.data(TransferModel::FractionRole).toDouble();
    if (fraction <= 0)
        return;
    const auto tone = static_cast<TransferModel::Tone>(index.data(TransferModel::ToneRole).toInt());
    painter.setBrush(tone == TransferModel::Tone::Waiting ? colors.warning : colors.accent);
    painter.drawRoundedRect(
        QRectF(bar.left(), bar.top(), std::max<qreal>(BAR, bar.width() * fraction), bar.height()),
        BAR / 2.0, BAR / 2.0);
}

QColor TransferDelegate::toneColor(const QModelIndex &index) const
{
    const auto &colors = m_theme.colors();
    switch (static_cast<TransferModel::Tone>(index.data(TransferModel::ToneRole).toInt())) {
    case TransferModel::Tone::Active: return colors.accent;
    case TransferModel::Tone::Waiting: return colors.warning;
    case TransferModel::Tone::Good: return colors.good;
    case TransferModel::Tone::Bad: return colors.danger;
    case TransferModel::Tone::Quiet: break;
    }
    return colors.muted;
}

QSize TransferDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {320, HEIGHT};
}

QList<RowButton> TransferDelegate::buttonsOf(const QModelIndex &index) const
{
    struct Look {
        TransferAction action;
        const char *icon;
        QString text;
    };
    static const Look LOOKS[] = {
        {TransferAction::ShowText, "eye", tr("Show the text (Return)")},
        {TransferAction::CopyText, "copy", tr("Copy the text (Ctrl+C)")},
        {TransferAction::OpenFolder, "folder", tr("Open the folder (Return)")},
        {TransferAction::Retry, "retry", tr("Send again (Ctrl+R)")},
        {TransferAction::MoveUp, "up", tr("Send earlier (Ctrl+Up)")},
        {TransferAction::MoveDown, "down", tr("Send later (Ctrl+Down)")},
        {TransferAction::Pause, "pause", tr("Pause (Space)")},
        {TransferAction::Resume, "resume", tr("Resume (Space)")},
        {TransferAction::Cancel, "close", tr("Cancel (Del)")},
        {TransferAction::Remove, "close", tr("Remove from the list (Del)")},
    };
    const auto actions = TransferActions::fromInt(index.data(TransferModel::ActionsRole).toInt());
    const bool inLine = index.data(TransferModel::PlaceRole).toInt() >= 0;
    QList<RowButton> buttons;
    for (const auto &look : LOOKS) {
        // A row in line has its arrows; what it can do besides is in its menu.
        const bool crowded = inLine
            && (look.action == TransferAction::Pause || look.action == TransferAction::OpenFolder);
        if (actions.testFlag(look.action) && !crowded)
            buttons.append({static_cast<int>(look.action),
                            QLatin1String(look.icon),
                            look.text,
                            m_theme.colors().muted,
                            {}});
    }
    return buttons;
}

int TransferDelegate::buttonsRight(const QRect &row) const
{
    return cardOf(row).right() - space::S;
}

} // namespace postern::gui
