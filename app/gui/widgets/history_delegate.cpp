#include "app/gui/widgets/history_delegate.h"

#include "app/gui/models/history_model.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/row_painting.h"

#include <QPainter>

namespace postern::gui {

namespace {
constexpr int HEIGHT = 60;
constexpr int CIRCLE = 34;
constexpr int ICON = 18;
constexpr int EDGE = space::S; ///< of the row's background, which paintRowBackground insets
} // namespace

void HistoryDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                            const QModelIndex &index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintRowBackground(*painter, m_theme, option);
    const auto &colors = m_theme.colors();
    const bool well = index.data(HistoryModel::WellRole).toBool();
    const auto row = option.rect;
    const QRect circle(row.left() + EDGE + space::S, row.center().y() - CIRCLE / 2 + 1, CIRCLE,
                       CIRCLE);
    painter->setPen(Qt::NoPen);
    painter->setBrush(option.state & QStyle::State_Selected ? colors.surface
                          : well                            ? colors.accentSoft
                                                            : colors.hover);
    painter->drawEllipse(circle);
    const auto icon = index.data(HistoryModel::TextRole).toBool() ? QStringLiteral("text")
        : index.data(HistoryModel::SendingRole).toBool()          ? QStringLiteral("send")
                                                                  : QStringLiteral("receive");
    painter->drawPixmap(circle.left() + (CIRCLE - ICON) / 2, circle.top() + (CIRCLE - ICON) / 2,
                        m_theme.pixmap(icon, ICON, well ? colors.accent : colors.muted,
                                       painter->device()->devicePixelRatioF()));

    auto small = option.font;
    small.setPixelSize(12);
    auto bold = option.font;
    bold.setWeight(QFont::DemiBold);
    const int left = circle.right() + space::M;
    int right = paintButtons(*painter, option, index);
    const QRect lower(left, row.center().y() + 2, right - left, 18);
    paintLine(*painter, lower, index.data(HistoryModel::SummaryRole).toString(), colors.muted,
              small, Qt::ElideRight);
    small.setWeight(QFont::DemiBold);
    const auto word = index.data(HistoryModel::ResultRole).toString();
    const int width = QFontMetrics(small).horizontalAdvance(word) + 2;
    const int top = row.center().y() - 19;
    paintLine(*painter, QRect(right - width, top, width, 20), word,
              well ? colors.good : colors.danger, small);
    right -= width + space::M;
    paintLine(*painter, QRect(left, top, right - left, 20),
              index.data(HistoryModel::TitleRole).toString(), colors.text, bold);
    painter->restore();
}

QSize HistoryDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {320, HEIGHT};
}

QList<RowButton> HistoryDelegate::buttonsOf(const QModelIndex &index) const
{
    const auto ink = m_theme.colors().muted;
    QList<RowButton> buttons;
    if (!index.data(HistoryModel::FolderRole).toString().isEmpty())
        buttons.append({OpenFolder, QStringLiteral("folder"), tr("Open the folder"), ink, {}});
    buttons.append({Clear, QStringLiteral("close"), tr("Remove from the history (Del)"), ink, {}});
    return buttons;
}

int HistoryDelegate::buttonsRight(const QRect &row) const { return row.right() - EDGE - space::S; }

} // namespace postern::gui
