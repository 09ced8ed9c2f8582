#include "app/gui/widgets/drop_area.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/dropped_files.h"

#include <QDragEnterEvent>
#include <QPainter>

namespace postern::gui {

/// Lies over the whole pane while files hover, and lets every event through.
class DropArea::Overlay : public QWidget {
public:
    Overlay(const Theme &theme, QWidget *parent)
        : QWidget(parent)
        , m_theme(theme)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        hide();
    }

    void setSentence(const QString &sentence) { m_sentence = sentence; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        auto ground = m_theme.colors().window;
        ground.setAlpha(235);
        painter.fillRect(rect(), ground);
        painter.setPen(QPen(m_theme.colors().accent, 2, Qt::DashLine));
        painter.setBrush(m_theme.colors().accentSoft);
        painter.drawRoundedRect(QRectF(rect()).adjusted(space::M, space::M, -space::M, -space::M),
                                12, 12);
        constexpr int ICON = 48;
        painter.drawPixmap((width() - ICON) / 2, height() / 2 - ICON - space::S,
                           m_theme.pixmap(QStringLiteral("send"), ICON, m_theme.colors().accent,
                                          devicePixelRatioF()));
        auto heading = font();
        heading.setPixelSize(15);
        heading.setWeight(QFont::DemiBold);
        painter.setFont(heading);
        painter.setPen(m_theme.colors().text);
        const QRect line(space::XL, height() / 2 + space::S, width() - 2 * space::XL, space::L);
        painter.drawText(
            line, Qt::AlignCenter | Qt::TextSingleLine,
            painter.fontMetrics().elidedText(m_sentence, Qt::ElideMiddle, line.width()));
    }

private:
    const Theme &m_theme;
    QString m_sentence;
};

DropArea::DropArea(const Theme &theme, QWidget *parent)
    : QWidget(parent)
    , m_overlay(new Overlay(theme, this))
{
    setAcceptDrops(true);
}

void DropArea::setInvitation(const QString &sentence)
{
    m_invitation = sentence;
    m_overlay->setSentence(sentence);
}

bool DropArea::highlighted() const { return !m_overlay->isHidden(); }

void DropArea::dragEnterEvent(QDragEnterEvent *event)
{
    if (m_invitation.isEmpty() || !canBeSent(event->mimeData()))
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    setHighlighted(true);
}

void DropArea::dragLeaveEvent(QDragLeaveEvent *) { setHighlighted(false); }

void DropArea::dropEvent(QDropEvent *event)
{
    setHighlighted(false);
    if (m_invitation.isEmpty() || !canBeSent(event->mimeData()))
        return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    emit dropped(event->mimeData());
}

void DropArea::resizeEvent(QResizeEvent *) { m_overlay->setGeometry(rect()); }

void DropArea::setHighlighted(bool on)
{
    m_overlay->setGeometry(rect());
    m_overlay->setVisible(on);
    m_overlay->raise();
}

} // namespace postern::gui
