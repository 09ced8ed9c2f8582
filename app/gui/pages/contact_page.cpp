#include "app/gui/pages/contact_page.h"

#include "app/gui/models/contact_model.h"
#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/empty_state.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/text_label.h"
#include "app/gui/widgets/transfer_list.h"

#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr int WIDEST_MENU = 240;
}

ContactPage::ContactPage(const Theme &theme, TransferModel &transfers, QWidget *parent)
    : DropArea(theme, parent)
    , m_model(transfers)
    , m_transfers(&transfers)
    , m_strip(new MessageStrip(theme, this))
    , m_body(new QStackedWidget(this))
    , m_list(new TransferList(theme, this))
    , m_empty(new EmptyState(theme, this))
{
    m_list->setModel(&m_transfers);
    m_body->addWidget(m_list);
    m_body->addWidget(m_empty);
    m_header = makeHeader(theme);
    m_listHeader = makeListHeader();

    auto *strip = new QVBoxLayout;
    strip->setContentsMargins(space::M, 0, space::M, space::S);
    strip->addWidget(m_strip);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_header);
    layout->addLayout(strip);
    layout->addWidget(m_listHeader);
    layout->addWidget(m_body, 1);

    connect(m_empty, &EmptyState::buttonClicked, this, &ContactPage::sendFilesWanted);
    connect(m_strip, &MessageStrip::firstClicked, this, [this] { stripAnswered(true); });
    connect(m_strip, &MessageStrip::secondClicked, this, [this] { stripAnswered(false); });
    connect(&transfers, &TransferModel::settled, this, &ContactPage::refreshBody);
    present(std::nullopt);
}

QWidget *ContactPage::makeHeader(const Theme &theme)
{
    auto *header = new QWidget(this);
    m_name = new ElidedLabel(header);
    m_name->setPixelSize(20);
    m_name->setBold(true);
    m_presence = new ElidedLabel(header);
    m_presence->setMuted(true);
    m_presence->setElideMode(Qt::ElideRight);
    m_sendFiles = textButton(tr("Send &files…"), "primary", header);
    m_sendFiles->setToolTip(plainToolTip(tr("Send files (Ctrl+O)")));
    m_sendFolder = textButton(tr("Send f&older…"), "", header);
    m_sendFolder->setToolTip(plainToolTip(tr("Send a folder (Ctrl+Shift+O)")));
    m_sendText =
        iconButton(theme, QStringLiteral("text"), tr("Send a text or link (Ctrl+T)"), header);
    m_shield = iconButton(theme, QStringLiteral("shield"), tr("Safety number"), header);
    m_more = iconButton(theme, QStringLiteral("more"), tr("More about this contact"), header);

    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_name);
    words->addWidget(m_presence);
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(space::L, space::M, space::M, space::M);
    layout->setSpacing(space::S);
    layout->addLayout(words, 1);
    layout->addSpacing(space::S);
    layout->addWidget(m_sendFolder);
    layout->addWidget(m_sendFiles);
    layout->addWidget(m_sendText);
    layout->addWidget(m_shield);
    layout->addWidget(m_more);

    connect(m_sendFiles, &QPushButton::clicked, this, &ContactPage::sendFilesWanted);
    connect(m_sendFolder, &QPushButton::clicked, this, &ContactPage::sendFolderWanted);
    connect(m_sendText, &QToolButton::clicked, this, &ContactPage::sendTextWanted);
    connect(m_shield, &QToolButton::clicked, this,
            [this] { emit safetyNumberWanted(m_contact->name); });
    connect(m_more, &QToolButton::clicked, this, &ContactPage::showMenu);
    return header;
}

QWidget *ContactPage::makeListHeader()
{
    auto *header = new QWidget(this);
    m_clear = textButton(tr("C&lear finished"), "link", header);
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(space::L, 0, space::M, space::XS);
    layout->addWidget(textLabel(tr("Transfers"), "muted", header));
    layout->addStretch();
    layout->addWidget(m_clear);
    connect(m_clear, &QPushButton::clicked, this, [this] { emit clearWanted(m_contact->name); });
    return header;
}

void ContactPage::present(const std::optional<ContactInfo> &contact, const QStringList &recipients)
{
    m_contact = contact;
    m_recipients = recipients;
    m_transfers.setContact(contact ? contact->name : QString());
    refresh();
}

void ContactPage::setOthers(Others others)
{
    m_others = others;
    refreshBody();
}

void ContactPage::refresh()
{
    m_header->setVisible(m_contact.has_value());
    if (m_contact) {
        const bool canSend = canSendTo(*m_contact) || !m_recipients.isEmpty();
        m_name->setText(contactTitle(*m_contact));
        const auto rule = ruleText(*m_contact);
        m_presence->setText(presenceText(*m_contact)
                            + (rule.isEmpty() ? rule : QStringLiteral(" · ") + rule));
        m_sendFiles->setEnabled(canSend);
        m_sendFolder->setEnabled(canSend);
        m_sendText->setEnabled(canSend);
        m_shield->setVisible(m_contact->state == ContactState::Accepted
                             && !m_contact->safetyNumber.isEmpty());
        const auto to =
            m_recipients.isEmpty() ? quotable(contactTitle(*m_contact)) : listText(m_recipients);
        setInvitation(canSend ? tr("Drop to send to %1").arg(to) : QString());
    } else {
        setInvitation({});
    }
    refreshStrip();
    refreshBody();
}

void ContactPage::refreshStrip()
{
    using Kind = MessageStrip::Kind;
    m_strip->hide();
    if (!m_contact)
        return;
    const auto name = quotable(contactTitle(*m_contact));
    if (!m_recipients.isEmpty()) {
        m_strip->say(Kind::Info, tr("What you send now goes to %1.").arg(listText(m_recipients)));
        m_strip->setClosable(false);
    } else if (m_contact->state == ContactState::AsksUs) {
        m_strip->say(Kind::Info,
                     tr("%1 wants to be your contact. Accept only people you know.").arg(name),
                     tr("&Accept"), tr("&Refuse"));
    } else if (m_contact->state == ContactState::Blocked) {
        m_strip->say(Kind::Warning,
                     tr("You blocked %1. Nothing is sent or received, and no request reaches you.")
                         .arg(name),
                     tr("&Unblock"));
    } else if (m_contact->trust() == KeyTrust::Changed) {
        m_strip->say(Kind::Danger,
                     tr("The key of %1 has changed. Nothing is sent or received until you decide "
                        "whether it is really them.")
                         .arg(name),
                     tr("&Decide…"));
    } else if (m_contact->trust() == KeyTrust::New) {
        m_strip->say(Kind::Warning, tr("%1 uses a new device.").arg(name), tr("&Look at it…"));
    }
}

void ContactPage::stripAnswered(bool first)
{
    const auto contact = *m_contact; // an answer may change what is presented
    if (contact.state == ContactState::AsksUs) {
        if (first)
            emit acceptWanted(contact.name);
        else
            emit refuseWanted(contact.name);
    } else if (contact.state == ContactState::Blocked) {
        emit unblockWanted(contact.name);
    } else {
        emit decisionWanted(contact.name);
    }
}

void ContactPage::refreshBody()
{
    const bool any = m_contact && m_transfers.rowCount() > 0;
    m_listHeader->setVisible(any);
    m_body->setCurrentWidget(any ? static_cast<QWidget *>(m_list) : m_empty);
    if (any) {
        m_clear->setEnabled(m_model.hasFinished(m_contact->name));
        return;
    }
    if (!m_contact) {
        if (m_others == Others::None)
            m_empty->present(QStringLiteral("no-transfers"),
                             tr("What you send and receive will be listed here."), {});
        else if (m_others == Others::Offline)
            m_empty->present(QStringLiteral("nobody-online"),
                             tr("Nobody is online right now. Choose a contact to send something "
                                "that waits for them."),
                             {});
        else
            m_empty->present(QStringLiteral("choose-contact"),
                             tr("Choose a contact to see what you sent each other."), {});
        return;
    }
    const auto name = quotable(contactTitle(*m_contact));
    if (m_contact->state == ContactState::OwnDevices && m_contact->devices.isEmpty())
        m_empty->present(QStringLiteral("choose-contact"),
                         tr("Sign in on another computer with this account to send files to "
                            "yourself."),
                         {});
    else if (!canSendTo(*m_contact))
        m_empty->present(
            QStringLiteral("closed"),
            m_contact->state == ContactState::AskedByUs
                ? tr("You can send files as soon as %1 accepts your request.").arg(name)
                : tr("Files can be sent once the question above is answered."),
            {});
    else if (!m_contact->online())
        m_empty->present(
            QStringLiteral("nobody-online"),
            tr("%1 is offline. What you send now waits until they are back.").arg(name),
            tr("Send files…"));
    else
        m_empty->present(QStringLiteral("no-transfers"),
                         tr("Drop files or folders here to send them to %1.").arg(name),
                         tr("Send files…"));
}

QString ContactPage::menuLabel(const QString &foreign) const
{
    // A lone & in a device's name must not become a mnemonic.
    return fitted(foreign, fontMetrics(), WIDEST_MENU).replace(u'&', QStringLiteral("&&"));
}

void ContactPage::showMenu()
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto name = m_contact->name;
    menu->addAction(tr("Send to se&veral…\tCtrl+Shift+S"), this, &ContactPage::sendToSeveralWanted);
    if (m_contact->devices.size() > 1 && canSendTo(*m_contact)) {
        auto *devices = menu->addMenu(tr("Send files to &device"));
        for (const auto &device : m_contact->devices) {
            const auto label = menuLabel(device.name);
            auto *action =
                devices->addAction(device.online ? label : tr("%1 (offline)").arg(label), this,
                                   [this, id = device.id] { emit sendToDeviceWanted(id); });
            action->setEnabled(device.trust != KeyTrust::Changed);
        }
        menu->addSeparator();
    }
    if (canSendTo(*m_contact)) {
        menu->addAction(tr("When they &send something…"), this,
                        [this, name] { emit ruleWanted(name); });
        menu->addAction(tr("&History with them"), this, [this, name] { emit historyWanted(name); });
        menu->addSeparator();
    }
    if (m_contact->state == ContactState::OwnDevices) {
        auto *revoke = menu->addMenu(tr("Sign &out a device"));
        for (const auto &device : m_contact->devices)
            revoke->addAction(menuLabel(device.name), this,
                              [this, device] { emit revokeWanted(device.id, device.name); });
    } else {
        if (!m_contact->safetyNumber.isEmpty())
            menu->addAction(tr("Safety &number…"), this,
                            [this, name] { emit safetyNumberWanted(name); });
        menu->addAction(tr("&Remove contact…"), this, [this, name] { emit removeWanted(name); });
        if (m_contact->state != ContactState::Blocked)
            menu->addAction(tr("&Block…"), this, [this, name] { emit blockWanted(name); });
    }
    menu->popup(m_more->mapToGlobal(QPoint(0, m_more->height())));
}

} // namespace postern::gui
