#include "app/gui/widgets/elided_label.h"

#include "app/gui/text/display_text.h"

#include <QPainter>
#include <QStyle>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr int WIDEST_WISH = 360; ///< pixels; beyond this a long name is elided, not obeyed
constexpr int NARROWEST = 48;
} // namespace

ElidedLabel::ElidedLabel(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ElidedLabel::setText(const QString &foreign)
{
    if (foreign == m_text)
        return;
    m_text = foreign;
    const auto visible = visibleText(foreign);
    setToolTip(plainToolTip(visible));
    setAccessibleName(visible);
    updateGeometry();
    update();
}

QString ElidedLabel::shownText() const
{
    return fontMetrics().elidedText(visibleText(m_text), m_elide, width());
}

void ElidedLabel::setMuted(bool muted)
{
    setProperty("role", muted ? QStringLiteral("muted") : QString());
    style()->unpolish(this);
    style()->polish(this);
}

void ElidedLabel::setBold(bool bold)
{
    auto changed = font();
    changed.setWeight(bold ? QFont::DemiBold : QFont::Normal);
    setFont(changed);
}

void ElidedLabel::setElideMode(Qt::TextElideMode mode)
{
    m_elide = mode;
    update();
}

void ElidedLabel::setPixelSize(int size)
{
    auto changed = font();
    changed.setPixelSize(size);
    setFont(changed);
}

QSize ElidedLabel::sizeHint() const
{
    const auto metrics = fontMetrics();
    return {std::min(metrics.horizontalAdvance(visibleText(m_text)) + 2, WIDEST_WISH),
            metrics.height()};
}

QSize ElidedLabel::minimumSizeHint() const { return {NARROWEST, fontMetrics().height()}; }

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(palette().color(QPalette::WindowText));
    // Left to right whatever the name is written in: rows stay aligned, ends stay visible.
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, shownText());
}

} // namespace postern::gui
