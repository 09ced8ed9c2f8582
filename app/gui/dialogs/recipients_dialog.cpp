#include "app/gui/dialogs/recipients_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/text_label.h"

#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr int WIDTH = 440;
constexpr int LIST_HEIGHT = 260;
} // namespace

RecipientsDialog::RecipientsDialog(const QString &what, const QList<ContactInfo> &contacts,
                                   const QStringList &preset, QWidget *parent)
    : QDialog(parent)
    , m_search(new QLineEdit(this))
    , m_list(new QListWidget(this))
    , m_send(textButton({}, "primary", this))
{
    setWindowTitle(tr("Send to"));
    setFixedWidth(WIDTH);
    auto *about = new ElidedLabel(this);
    about->setText(what);
    about->setMuted(true);
    m_search->setPlaceholderText(tr("Find a contact"));
    m_search->setAccessibleName(tr("Find a contact"));
    m_search->setClearButtonEnabled(true);
    m_list->setProperty("role", QStringLiteral("boxed"));
    m_list->setAccessibleName(tr("Contacts"));
    m_list->setFixedHeight(LIST_HEIGHT);
    m_list->setUniformItemSizes(true);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (const auto &contact : contacts) {
        const auto title = contactTitle(contact);
        auto *item = new QListWidgetItem(
            contact.online() ? title : tr("%1 (offline: sent later)").arg(title), m_list);
        item->setData(Qt::UserRole, contact.name);
        item->setToolTip(plainToolTip(presenceText(contact)));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(preset.contains(contact.name) ? Qt::Checked : Qt::Unchecked);
    }
    auto *cancel = textButton(tr("Cancel"), "", this);
    m_send->setDefault(true);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_send);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::S);
    layout->addWidget(textLabel(tr("Send to"), "title", this));
    layout->addWidget(about);
    layout->addWidget(m_search);
    layout->addWidget(m_list);
    layout->addSpacing(space::S);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_search, &QLineEdit::textChanged, this, &RecipientsDialog::filter);
    connect(m_list, &QListWidget::itemChanged, this, &RecipientsDialog::refresh);
    connect(m_send, &QPushButton::clicked, this, [this] {
        emit chosen(ticked());
        accept();
    });
    refresh();
    m_list->setFocus();
    m_list->setCurrentRow(0);
}

QStringList RecipientsDialog::ticked() const
{
    QStringList names;
    for (int row = 0; row < m_list->count(); ++row)
        if (m_list->item(row)->checkState() == Qt::Checked)
            names.append(m_list->item(row)->data(Qt::UserRole).toString());
    return names;
}

void RecipientsDialog::filter(const QString &words)
{
    // What is ticked stays in sight: nobody is sent to unseen.
    for (int row = 0; row < m_list->count(); ++row) {
        auto *item = m_list->item(row);
        item->setHidden(item->checkState() != Qt::Checked
                        && !item->text().contains(words, Qt::CaseInsensitive));
    }
}

void RecipientsDialog::refresh()
{
    const auto count = ticked().size();
    m_send->setText(count > 1 ? tr("&Send to %n contact(s)", nullptr, static_cast<int>(count))
                              : tr("&Send"));
    m_send->setEnabled(count > 0);
}

} // namespace postern::gui
