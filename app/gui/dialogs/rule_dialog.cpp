#include "app/gui/dialogs/rule_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/text_label.h"

#include <QButtonGroup>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QRadioButton>
#include <QVBoxLayout>

#include <cmath>

namespace postern::gui {

namespace {

constexpr int WIDTH = 460;
constexpr double MEGABYTE = 1e6;
constexpr double LARGEST = 100'000'000; ///< MB
constexpr double SUGGESTED = 100; ///< MB

QString usualText(AcceptPolicy policy)
{
    switch (policy) {
    case AcceptPolicy::Contacts: return RuleDialog::tr("As in &Settings: accept from all contacts");
    case AcceptPolicy::Ask: return RuleDialog::tr("As in &Settings: ask me each time");
    case AcceptPolicy::None: return RuleDialog::tr("As in &Settings: receive nothing");
    }
    return {};
}

} // namespace

RuleDialog::RuleDialog(const ContactInfo &contact, const ReceiveOptions &usual, QWidget *parent)
    : QDialog(parent)
    , m_contact(contact)
    , m_usual(usual)
    , m_into(contact.rule ? contact.rule->into : QString())
{
    setWindowTitle(tr("When they send something"));
    setFixedWidth(WIDTH);
    auto *name = new ElidedLabel(this);
    name->setText(contactTitle(contact));
    name->setMuted(true);
    auto *cancel = textButton(tr("Cancel"), "", this);
    m_save = textButton(tr("Sa&ve"), "primary", this);
    m_save->setDefault(true);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_save);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::XS);
    layout->addWidget(textLabel(tr("When they send something"), "title", this));
    layout->addWidget(name);
    layout->addSpacing(space::M);
    layout->addWidget(makeChoices());
    layout->addSpacing(space::S);
    layout->addWidget(makeFolder());
    layout->addSpacing(space::M);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_save, &QPushButton::clicked, this, &RuleDialog::save);
    connect(m_choices, &QButtonGroup::idToggled, this, &RuleDialog::refresh);
    m_choices->checkedButton()->setFocus();
    refresh();
}

QWidget *RuleDialog::makeChoices()
{
    using Take = ContactRule::Take;
    auto *box = new QWidget(this);
    m_choices = new QButtonGroup(this);
    m_size = new QDoubleSpinBox(box);
    m_size->setRange(0.1, LARGEST);
    m_size->setDecimals(1);
    m_size->setSuffix(tr(" MB"));
    m_size->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_size->setAccessibleName(tr("Largest size accepted without asking"));
    const bool sized = m_contact.rule && m_contact.rule->take == Take::BelowSize;
    m_size->setValue(sized ? static_cast<double>(m_contact.rule->belowBytes) / MEGABYTE
                           : SUGGESTED);

    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::XS);
    const auto add = [this, box](int id, const QString &text) {
        auto *choice = new QRadioButton(text, box);
        m_choices->addButton(choice, id);
        return choice;
    };
    const auto idOf = [](Take take) { return static_cast<int>(take); };
    layout->addWidget(add(USUAL, usualText(m_usual.accept)));
    layout->addWidget(add(idOf(Take::Ask), tr("&Ask me each time")));
    layout->addWidget(add(idOf(Take::Always), tr("Accept a&lways")));
    auto *row = new QHBoxLayout;
    row->setSpacing(space::S);
    row->addWidget(add(idOf(Take::BelowSize), tr("Accept &up to")));
    row->addWidget(m_size);
    row->addWidget(textLabel(tr("and ask about more"), "", box), 1);
    layout->addLayout(row);
    layout->addWidget(add(idOf(Take::Never), tr("Accept &nothing")));
    m_choices->button(m_contact.rule ? idOf(m_contact.rule->take) : USUAL)->setChecked(true);
    return box;
}

QWidget *RuleDialog::makeFolder()
{
    m_folderBox = new QWidget(this);
    m_folder = new ElidedLabel(m_folderBox);
    auto *change = textButton(tr("C&hange…"), "", m_folderBox);
    m_usualFolder = textButton(tr("Usual &folder"), "link", m_folderBox);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(textLabel(tr("Save into"), "muted", m_folderBox));
    words->addWidget(m_folder);
    auto *layout = new QHBoxLayout(m_folderBox);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::S);
    layout->addLayout(words, 1);
    layout->addWidget(m_usualFolder, 0, Qt::AlignVCenter);
    layout->addWidget(change, 0, Qt::AlignVCenter);
    connect(change, &QPushButton::clicked, this, &RuleDialog::chooseFolder);
    connect(m_usualFolder, &QPushButton::clicked, this, [this] { setFolder({}); });
    return m_folderBox;
}

void RuleDialog::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("Save into"), m_into.isEmpty() ? m_usual.into : m_into);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &RuleDialog::setFolder);
    dialog->open();
}

void RuleDialog::setFolder(const QString &folder)
{
    m_into = folder;
    refresh();
}

void RuleDialog::refresh()
{
    const int choice = m_choices->checkedId();
    m_size->setEnabled(choice == static_cast<int>(ContactRule::Take::BelowSize));
    m_folderBox->setEnabled(choice != USUAL
                            && choice != static_cast<int>(ContactRule::Take::Never));
    m_folder->setText(m_into.isEmpty() ? m_usual.into : m_into);
    m_usualFolder->setVisible(!m_into.isEmpty());
}

void RuleDialog::save()
{
    std::optional<ContactRule> rule;
    if (const int choice = m_choices->checkedId(); choice != USUAL) {
        rule = ContactRule{static_cast<ContactRule::Take>(choice), 0, m_into};
        if (rule->take == ContactRule::Take::BelowSize)
            rule->belowBytes = std::llround(m_size->value() * MEGABYTE);
    }
    emit ruleWanted(rule);
    accept();
}

} // namespace postern::gui
