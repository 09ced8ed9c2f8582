#include "app/gui/dialogs/add_contact_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/text_label.h"

#include <QLineEdit>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr int WIDTH = 400;
constexpr int LONGEST_NAME = 128;
} // namespace

AddContactDialog::AddContactDialog(const QString &server, QWidget *parent)
    : QDialog(parent)
    , m_name(new QLineEdit(this))
    , m_complaint(wrappedLabel({}, "error", this))
    , m_add(textButton(tr("Send &request"), "primary", this))
{
    setWindowTitle(tr("Add a contact"));
    setFixedWidth(WIDTH);
    auto *label = textLabel(tr("&Name"), "", this);
    label->setBuddy(m_name);
    m_name->setMaxLength(LONGEST_NAME);
    m_name->setAccessibleName(tr("Name"));
    m_complaint->hide();
    auto *cancel = textButton(tr("Cancel"), "", this);
    m_add->setDefault(true);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_add);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::XS);
    layout->addWidget(textLabel(tr("Add a contact"), "title", this));
    layout->addWidget(wrappedLabel(tr("Enter the name they use on %1. They are asked, and you can "
                                      "send each other files as soon as they accept.")
                                       .arg(quotable(server)),
                                   "muted", this));
    layout->addSpacing(space::M);
    layout->addWidget(label);
    layout->addWidget(m_name);
    layout->addWidget(m_complaint);
    layout->addSpacing(space::M);
    layout->addLayout(buttons);

    connect(m_add, &QPushButton::clicked, this, &AddContactDialog::submit);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_name, &QLineEdit::textEdited, m_complaint, &QWidget::hide);
    m_name->setFocus();
}

void AddContactDialog::submit()
{
    const auto name = m_name->text().trimmed();
    if (name.isEmpty())
        return fail(tr("Enter a name."));
    setBusy(true);
    emit addWanted(name);
}

void AddContactDialog::fail(const QString &sentence)
{
    setBusy(false);
    m_complaint->setText(visibleText(sentence));
    m_complaint->show();
    m_name->setAccessibleDescription(sentence);
    m_name->setFocus(Qt::OtherFocusReason);
    m_name->selectAll();
}

void AddContactDialog::setBusy(bool busy)
{
    m_complaint->hide();
    m_name->setEnabled(!busy);
    m_add->setEnabled(!busy);
    m_add->setText(busy ? tr("Sending…") : tr("Send &request"));
}

} // namespace postern::gui
