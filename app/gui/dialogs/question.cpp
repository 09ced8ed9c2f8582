#include "app/gui/dialogs/question.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr int WIDTH = 420;
}

Question::Question(const QString &title, const QString &explanation, QWidget *parent)
    : QDialog(parent)
    , m_answers(new QHBoxLayout)
{
    setWindowTitle(title);
    setAttribute(Qt::WA_DeleteOnClose);
    setFixedWidth(WIDTH);
    m_answers->setSpacing(space::S);
    m_answers->addStretch();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::S);
    auto *heading = wrappedLabel(title, "heading", this);
    layout->addWidget(heading);
    layout->addWidget(wrappedLabel(explanation, "muted", this));
    layout->addSpacing(space::M);
    layout->addLayout(m_answers);
}

QPushButton *Question::addAnswer(const QString &text, const char *role,
                                 std::function<void()> chosen)
{
    auto *button = textButton(text, role, this);
    m_answers->insertWidget(1, button);
    connect(button, &QPushButton::clicked, this, [this, chosen = std::move(chosen)] {
        if (chosen)
            chosen();
        accept();
    });
    return button;
}

} // namespace postern::gui
