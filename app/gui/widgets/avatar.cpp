#include "app/gui/widgets/avatar.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/row_painting.h"

#include <QPainter>

namespace postern::gui {

Avatar::Avatar(const Theme &theme, const QString &letter, int size, QWidget *parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_letter(letter)
{
    setFixedSize(size, size);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Avatar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintAvatar(painter, m_theme, rect(), m_letter, ContactModel::Presence::Unknown,
                m_theme.colors().window);
}

} // namespace postern::gui
