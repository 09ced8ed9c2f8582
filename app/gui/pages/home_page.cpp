#include "app/gui/pages/home_page.h"

#include "app/gui/models/contact_model.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/contact_delegate.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/empty_state.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/text_label.h"

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>

namespace postern::gui {

namespace {
constexpr int SIDEBAR_WIDTH = 288;
}

HomePage::HomePage(const Theme &theme, ContactModel &contacts, TransferModel &transfers,
                   QWidget *parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_contacts(contacts)
    , m_panes(new QSplitter(Qt::Horizontal, this))
    , m_page(new ContactPage(theme, transfers, this))
    , m_report(new MessageStrip(theme, this))
    , m_offers(new MessageStrip(theme, this))
{
    auto *right = new QWidget(this);
    auto *strips = new QVBoxLayout;
    strips->setContentsMargins(space::M, 0, space::M, 0);
    strips->setSpacing(space::S);
    strips->addWidget(m_report);
    strips->addWidget(m_offers);
    auto *rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, space::S, 0, 0);
    rightLayout->setSpacing(0);
    rightLayout->addLayout(strips);
    rightLayout->addWidget(m_page, 1);

    m_panes->addWidget(makeSidebar());
    m_panes->addWidget(right);
    m_panes->setChildrenCollapsible(false);
    m_panes->setHandleWidth(1);
    m_panes->setStretchFactor(1, 1);
    m_panes->setSizes({SIDEBAR_WIDTH, 3 * SIDEBAR_WIDTH});
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_panes);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &current) {
                m_chosen = current.data(ContactModel::NameRole).toString();
                refresh();
            });
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &HomePage::selectionMoved);
    connect(m_list->rows(), &RowDelegate::buttonClicked, this,
            [this](int button, const QModelIndex &index) {
                const auto name = index.data(ContactModel::NameRole).toString();
                if (button == ContactDelegate::Accept)
                    emit acceptWanted(name);
                else
                    emit refuseWanted(name);
            });
    connect(m_list, &RowList::opened, m_page->sendFilesButton(),
            [this] { m_page->sendFilesButton()->setFocus(Qt::ShortcutFocusReason); });
    connect(m_noContacts, &EmptyState::buttonClicked, this, &HomePage::addContactWanted);
    connect(m_offers, &MessageStrip::firstClicked, this, &HomePage::reviewOffersWanted);
    refresh();
}

QWidget *HomePage::makeSidebar()
{
    auto *sidebar = new QFrame(this);
    sidebar->setProperty("role", QStringLiteral("sidebar"));
    sidebar->setMinimumWidth(220);

    auto *mark = new QLabel(sidebar);
    mark->setPixmap(QIcon(QStringLiteral(":/icons/postern.svg")).pixmap(24, 24));
    auto *add =
        iconButton(m_theme, QStringLiteral("add-contact"), tr("Add a contact (Ctrl+N)"), sidebar);
    auto *history = iconButton(m_theme, QStringLiteral("history"), tr("History (Ctrl+H)"), sidebar);
    auto *settings =
        iconButton(m_theme, QStringLiteral("settings"), tr("Settings (Ctrl+,)"), sidebar);
    connect(add, &QToolButton::clicked, this, &HomePage::addContactWanted);
    connect(history, &QToolButton::clicked, this, &HomePage::historyWanted);
    connect(settings, &QToolButton::clicked, this, &HomePage::settingsWanted);

    auto *header = new QHBoxLayout;
    header->setContentsMargins(space::M, space::M, space::S, space::S);
    header->setSpacing(space::S);
    header->addWidget(mark);
    header->addWidget(textLabel(tr("Postern"), "heading", sidebar), 1);
    header->addWidget(add);
    header->addWidget(history);
    header->addWidget(settings);

    m_list = new ContactList(m_theme, sidebar);
    m_list->setModel(&m_contacts);
    m_noContacts = new EmptyState(m_theme, sidebar);
    m_noContacts->setSentenceWidth(SIDEBAR_WIDTH - 3 * space::L);
    m_noContacts->present(QStringLiteral("no-contacts"),
                          tr("Add someone by name to send each other files."), tr("Add a contact"));
    m_left = new QStackedWidget(sidebar);
    m_left->addWidget(m_list);
    m_left->addWidget(m_noContacts);

    auto *layout = new QVBoxLayout(sidebar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(header);
    layout->addWidget(m_left, 1);
    return sidebar;
}

QString HomePage::chosenContact() const { return m_chosen; }

QStringList HomePage::chosenContacts() const
{
    const auto several = m_list->chosenContacts();
    if (several.size() > 1)
        return several;
    const auto *contact = m_contacts.find(m_chosen);
    return contact && canSendTo(*contact) ? QStringList(m_chosen) : QStringList();
}

void HomePage::selectionMoved()
{
    // What is shown on the right is what is selected, also where a click took another away.
    const auto rows = m_list->selectionModel()->selectedIndexes();
    if (rows.size() == 1 && rows.first() != m_list->currentIndex())
        m_list->selectionModel()->setCurrentIndex(rows.first(), QItemSelectionModel::NoUpdate);
    refresh();
}

void HomePage::choose(const QString &contact)
{
    const int row = m_contacts.rowOf(contact);
    if (row >= 0)
        m_list->selectionModel()->setCurrentIndex(m_contacts.index(row),
                                                  QItemSelectionModel::ClearAndSelect);
}

void HomePage::refresh()
{
    const bool none = m_contacts.rowCount() == 0;
    m_left->setCurrentWidget(none ? static_cast<QWidget *>(m_noContacts) : m_list);
    const auto *contact = m_contacts.find(m_chosen);
    m_page->setOthers(none                            ? ContactPage::Others::None
                          : m_contacts.anyoneOnline() ? ContactPage::Others::Online
                                                      : ContactPage::Others::Offline);
    QStringList recipients;
    if (const auto chosen = chosenContacts(); chosen.size() > 1)
        for (const auto &name : chosen)
            recipients.append(contactTitle(*m_contacts.find(name)));
    m_page->present(contact ? std::optional(*contact) : std::nullopt, recipients);
}

void HomePage::report(const QString &sentence)
{
    m_report->say(MessageStrip::Kind::Danger, visibleText(sentence));
}

void HomePage::setWaitingOffers(int count)
{
    if (count == 0)
        m_offers->hide();
    else
        m_offers->say(MessageStrip::Kind::Info,
                      tr("%n offer(s) wait for your answer.", nullptr, count), tr("Re&view"));
}

QByteArray HomePage::paneSizes() const { return m_panes->saveState(); }

void HomePage::setPaneSizes(const QByteArray &sizes) { m_panes->restoreState(sizes); }

} // namespace postern::gui
