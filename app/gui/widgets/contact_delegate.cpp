#include "app/gui/widgets/contact_delegate.h"

#include "app/gui/models/contact_model.h"
#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/row_painting.h"

#include <QPainter>

namespace postern::gui {

namespace {
constexpr int HEIGHT = 64;
constexpr int AVATAR = 40;
constexpr int MARK = 18;
} // namespace

void ContactDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                            const QModelIndex &index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const auto &colors = m_theme.colors();
    paintRowBackground(*painter, m_theme, option);
    if (m_dropTarget.isValid() && m_dropTarget == index) {
        painter->setPen(QPen(colors.accent, 2));
        painter->setBrush(colors.accentSoft);
        painter->drawRoundedRect(QRectF(option.rect).adjusted(space::S + 1, 3, -space::S - 1, -3),
                                 space::RADIUS, space::RADIUS);
    }

    const auto row = option.rect;
    const QRect avatar(row.left() + space::M, row.center().y() - AVATAR / 2, AVATAR, AVATAR);
    const auto behind = option.state & QStyle::State_Selected ? colors.selected
        : option.state & QStyle::State_MouseOver              ? colors.hover
                                                              : colors.sidebar;
    const auto presence =
        static_cast<ContactModel::Presence>(index.data(ContactModel::PresenceRole).toInt());
    const auto title = index.data(ContactModel::TitleRole).toString();
    paintAvatar(*painter, m_theme, avatar, initials(title), presence, behind);

    int right = paintButtons(*painter, option, index);
    right = paintMarks(*painter, index, right, row.center().y());

    const int left = avatar.right() + space::S + space::XS;
    const QRect upper(left, row.center().y() - 20, right - left, 20);
    const QRect lower(left, row.center().y() + 1, right - left, 18);
    auto bold = option.font;
    bold.setWeight(QFont::DemiBold);
    auto small = option.font;
    small.setPixelSize(12);
    const bool alarm = index.data(ContactModel::AlarmRole).toBool();
    paintLine(*painter, upper, title, colors.text, bold);
    paintLine(*painter, lower, index.data(ContactModel::SummaryRole).toString(),
              alarm ? colors.danger : colors.muted, small, Qt::ElideRight);
    painter->restore();
}

int ContactDelegate::paintMarks(QPainter &painter, const QModelIndex &index, int right,
                                int centreY) const
{
    const auto &colors = m_theme.colors();
    const int offers = index.data(ContactModel::OffersRole).toInt();
    if (offers > 0)
        right = paintBadge(painter, QString::number(offers), colors.onAccent, colors.accent, right,
                           centreY)
                    .left()
            - space::S;
    const bool alarm = index.data(ContactModel::AlarmRole).toBool();
    if (!alarm && !index.data(ContactModel::VerifiedRole).toBool())
        return right;
    painter.drawPixmap(
        right - MARK, centreY - MARK / 2,
        m_theme.pixmap(alarm ? QStringLiteral("warning") : QStringLiteral("shield-check"), MARK,
                       alarm ? colors.danger : colors.muted,
                       painter.device()->devicePixelRatioF()));
    return right - MARK - space::S;
}

QSize ContactDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {160, HEIGHT};
}

QList<RowButton> ContactDelegate::buttonsOf(const QModelIndex &index) const
{
    if (!index.data(ContactModel::AsksRole).toBool())
        return {};
    return {
        {Accept, QStringLiteral("check"), tr("Accept the request"), m_theme.colors().good, {}},
        {Refuse, QStringLiteral("close"), tr("Refuse the request"), m_theme.colors().muted, {}}};
}

int ContactDelegate::buttonsRight(const QRect &row) const { return row.right() - space::M; }

} // namespace postern::gui
