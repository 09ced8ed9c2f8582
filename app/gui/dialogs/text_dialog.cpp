#include "app/gui/dialogs/text_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QPlainTextEdit>
#include <QUrl>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr QSize SIZE{520, 340};
}

TextDialog::TextDialog(const QString &heading, const QString &text, QWidget *parent)
    : QDialog(parent)
    , m_body(new QPlainTextEdit(this))
{
    setWindowTitle(isLink(text) ? tr("Link") : tr("Text"));
    resize(SIZE);
    m_body->setPlainText(text);
    m_body->setReadOnly(true);
    m_body->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_body->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_body->setAccessibleName(heading);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addStretch();
    auto *close = textButton(tr("C&lose"), "", this);
    auto *copy = textButton(tr("&Copy"), "primary", this);
    buttons->addWidget(close);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::S);
    layout->addWidget(wrappedLabel(heading, "heading", this));
    layout->addWidget(m_body, 1);
    if (isLink(text)) {
        const QUrl link(text.trimmed(), QUrl::StrictMode);
        // As the network knows it: letters that only look like others show themselves.
        layout->addWidget(
            wrappedLabel(tr("Leads to %1").arg(link.host(QUrl::FullyEncoded)), "muted", this));
        m_open = textButton(tr("&Open in the browser"), "", this);
        buttons->addWidget(m_open);
        connect(m_open, &QPushButton::clicked, this, [this, link] { emit openLinkWanted(link); });
    }
    buttons->addWidget(copy);
    layout->addSpacing(space::S);
    layout->addLayout(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(copy, &QPushButton::clicked, this,
            [text] { QGuiApplication::clipboard()->setText(text); });
    copy->setFocus();
}

} // namespace postern::gui
