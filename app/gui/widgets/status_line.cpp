#include "app/gui/widgets/status_line.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"

#include <QHBoxLayout>

namespace postern::gui {

StatusLine::StatusLine(const Theme &theme, QWidget *parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_dot(new QWidget(this))
    , m_words(new ElidedLabel(this))
    , m_address(new ElidedLabel(this))
    , m_signIn(textButton(tr("Sign &in again"), "link", this))
{
    setProperty("role", QStringLiteral("status"));
    m_dot->setFixedSize(8, 8);
    m_words->setPixelSize(12);
    m_words->setMuted(true);
    m_words->setElideMode(Qt::ElideRight);
    m_words->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_address->setPixelSize(12);
    m_address->setMuted(true);
    m_signIn->hide();

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::M, space::XS, space::M, space::XS);
    layout->setSpacing(space::S);
    layout->addWidget(m_dot);
    layout->addWidget(m_words, 1);
    layout->addWidget(m_signIn);
    layout->addWidget(m_address);
    setFixedHeight(32);

    connect(m_signIn, &QPushButton::clicked, this, &StatusLine::signInWanted);
    connect(&theme, &Theme::changed, this, &StatusLine::paintDot);
}

void StatusLine::present(Light light, const QString &sentence, const QString &address,
                         bool canSignIn)
{
    m_light = light;
    m_words->setText(sentence);
    m_address->setText(address);
    m_address->setVisible(!address.isEmpty());
    m_signIn->setVisible(canSignIn);
    paintDot();
}

QString StatusLine::sentence() const { return m_words->text(); }

void StatusLine::paintDot()
{
    const auto &colors = m_theme.colors();
    const QColor lights[] = {colors.edge, colors.warning, colors.good, colors.danger};
    m_dot->setStyleSheet(QStringLiteral("background: %1; border-radius: 4px;")
                             .arg(lights[static_cast<int>(m_light)].name()));
}

} // namespace postern::gui
