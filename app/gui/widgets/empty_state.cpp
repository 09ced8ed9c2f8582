#include "app/gui/widgets/empty_state.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QVBoxLayout>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr QSize PICTURE{200, 140};
constexpr int SENTENCE_WIDTH = 320;
} // namespace

EmptyState::EmptyState(const Theme &theme, QWidget *parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_picture(new QLabel(this))
    , m_sentence(wrappedLabel({}, "muted", this))
    , m_button(textButton({}, "primary", this))
{
    m_picture->setFixedSize(PICTURE);
    m_sentence->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    setSentenceWidth(SENTENCE_WIDTH);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::XL);
    layout->setSpacing(space::M);
    layout->addStretch(2);
    layout->addWidget(m_picture, 0, Qt::AlignHCenter);
    layout->addWidget(m_sentence, 0, Qt::AlignHCenter);
    layout->addWidget(m_button, 0, Qt::AlignHCenter);
    layout->addStretch(3);

    connect(m_button, &QPushButton::clicked, this, &EmptyState::buttonClicked);
    connect(&theme, &Theme::changed, this, &EmptyState::paintIllustration);
}

void EmptyState::present(const QString &illustration, const QString &sentence,
                         const QString &button)
{
    if (illustration != m_illustration) {
        m_illustration = illustration;
        paintIllustration();
    }
    m_sentence->setText(sentence);
    setSentenceWidth(m_sentence->width());
    m_button->setText(button);
    m_button->setVisible(!button.isEmpty());
}

QString EmptyState::sentence() const { return m_sentence->text(); }

void EmptyState::setSentenceWidth(int width)
{
    // A centred label is given the height of the layout's width, not of its own.
    m_sentence->setFixedSize(width, std::max(0, m_sentence->heightForWidth(width)));
}

void EmptyState::paintIllustration()
{
    if (!m_illustration.isEmpty())
        m_picture->setPixmap(m_theme.illustration(m_illustration, PICTURE, devicePixelRatioF()));
}

} // namespace postern::gui
