#include "app/gui/dialogs/send_text_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr QSize SIZE{520, 340};
}

SendTextDialog::SendTextDialog(const QString &recipients, const QString &text, QWidget *parent)
    : QDialog(parent)
    , m_body(new QPlainTextEdit(this))
    , m_hint(textLabel({}, "muted", this))
    , m_send(textButton(tr("&Send"), "primary", this))
{
    setWindowTitle(tr("Send a text or link"));
    resize(SIZE);
    auto *to = wrappedLabel(tr("To %1").arg(recipients), "muted", this);
    m_body->setPlainText(text);
    m_body->setTabChangesFocus(true);
    m_body->setAccessibleName(tr("Text or link"));
    m_body->setPlaceholderText(tr("Write or paste a text or a link"));
    auto *cancel = textButton(tr("Cancel"), "", this);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addWidget(m_hint, 1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_send);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::S);
    layout->addWidget(textLabel(tr("Send a text or link"), "title", this));
    layout->addWidget(to);
    layout->addWidget(m_body, 1);
    layout->addSpacing(space::S);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_send, &QPushButton::clicked, this, &SendTextDialog::submit);
    connect(m_body, &QPlainTextEdit::textChanged, this, &SendTextDialog::refresh);
    m_body->moveCursor(QTextCursor::End);
    m_body->setFocus();
    refresh();
}

void SendTextDialog::refresh()
{
    const auto text = m_body->toPlainText();
    const auto bytes = text.toUtf8().size();
    const bool tooLong = bytes > TEXT_LIMIT;
    m_send->setEnabled(!text.trimmed().isEmpty() && !tooLong);
    m_hint->setText(tooLong
                        ? tr("Too long by %1: send it as a file.").arg(byteText(bytes - TEXT_LIMIT))
                        : tr("Ctrl+Return sends"));
}

void SendTextDialog::submit()
{
    if (!m_send->isEnabled())
        return;
    emit sendWanted(m_body->toPlainText());
    accept();
}

void SendTextDialog::keyPressEvent(QKeyEvent *event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && event->modifiers() & Qt::ControlModifier)
        submit();
    else
        QDialog::keyPressEvent(event);
}

} // namespace postern::gui
