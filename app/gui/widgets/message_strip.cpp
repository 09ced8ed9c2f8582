#include "app/gui/widgets/message_strip.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QHBoxLayout>
#include <QStyle>

namespace postern::gui {

MessageStrip::MessageStrip(const Theme &theme, QWidget *parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_icon(new QLabel(this))
    , m_sentence(wrappedLabel({}, "", this))
    , m_first(textButton({}, "primary", this))
    , m_second(textButton({}, "", this))
    , m_close(iconButton(theme, QStringLiteral("close"), tr("Close this message"), this))
{
    m_icon->setFixedSize(20, 20);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::M, space::S, space::S, space::S);
    layout->setSpacing(space::S);
    layout->addWidget(m_icon);
    layout->addSpacing(space::XS);
    layout->addWidget(m_sentence, 1);
    layout->addWidget(m_second);
    layout->addWidget(m_first);
    layout->addWidget(m_close);
    hide();

    connect(m_first, &QPushButton::clicked, this, &MessageStrip::firstClicked);
    connect(m_second, &QPushButton::clicked, this, &MessageStrip::secondClicked);
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    connect(&theme, &Theme::changed, this, &MessageStrip::paintIcon);
}

void MessageStrip::say(Kind kind, const QString &sentence, const QString &first,
                       const QString &second)
{
    static const char *const NAMES[] = {"info", "warning", "danger"};
    m_kind = kind;
    setProperty("strip", QString::fromLatin1(NAMES[static_cast<int>(kind)]));
    style()->unpolish(this);
    style()->polish(this);
    m_sentence->setText(sentence);
    setAccessibleName(sentence);
    m_first->setText(first);
    m_first->setVisible(!first.isEmpty());
    m_second->setText(second);
    m_second->setVisible(!second.isEmpty());
    m_close->setVisible(first.isEmpty());
    paintIcon();
    show();
}

QString MessageStrip::sentence() const { return isHidden() ? QString() : m_sentence->text(); }

void MessageStrip::setClosable(bool closable) { m_close->setVisible(closable); }

void MessageStrip::paintIcon()
{
    const auto &colors = m_theme.colors();
    const bool info = m_kind == Kind::Info;
    const auto ink =
        info ? colors.accent : (m_kind == Kind::Warning ? colors.warning : colors.danger);
    m_icon->setPixmap(m_theme.pixmap(info ? QStringLiteral("inbox") : QStringLiteral("warning"), 20,
                                     ink, devicePixelRatioF()));
}

} // namespace postern::gui
