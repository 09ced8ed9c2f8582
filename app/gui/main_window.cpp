#include "app/gui/main_window.h"

#include "app/gui/dialogs/question.h"
#include "app/gui/flows/account_flow.h"
#include "app/gui/flows/contact_flow.h"
#include "app/gui/flows/history_flow.h"
#include "app/gui/flows/offer_flow.h"
#include "app/gui/flows/send_flow.h"
#include "app/gui/flows/transfer_flow.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/pages/history_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/pages/settings_page.h"
#include "app/gui/pages/welcome_page.h"
#include "app/gui/settings.h"
#include "app/gui/text/display_text.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/status_line.h"
#include "app/gui/widgets/transfer_list.h"

#include <QCloseEvent>
#include <QFileDialog>
#include <QMimeData>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr QSize FIRST_SIZE{1000, 660};
constexpr QSize SMALLEST{760, 480};
constexpr std::chrono::milliseconds CONTACTS_EVERY{50};
} // namespace

MainWindow::MainWindow(Engine &engine, Settings &settings, Theme &theme, DesktopNotifier &notifier)
    : m_engine(engine)
    , m_settings(settings)
    , m_pages(new QStackedWidget(this))
    , m_welcome(new WelcomePage(theme, this))
    , m_home(new HomePage(theme, m_contacts, m_transfers, this))
    , m_settingsPage(new SettingsPage(theme, settings, this))
    , m_historyPage(new HistoryPage(theme, m_historyModel, this))
    , m_status(new StatusLine(theme, this))
    , m_account(new AccountFlow(engine, *m_welcome, this))
    , m_contactFlow(new ContactFlow(engine, m_contacts, theme, this))
    , m_send(new SendFlow(engine, m_contacts, this))
    , m_offers(new OfferFlow(engine, notifier, theme, this))
    , m_transferFlow(new TransferFlow(engine, m_transfers, notifier, this))
    , m_history(new HistoryFlow(engine, *m_historyPage, m_historyModel, this))
{
    setWindowTitle(tr("Postern"));
    setMinimumSize(SMALLEST);
    auto *centre = new QWidget(this);
    auto *layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_status);
    setCentralWidget(centre);
    for (auto *page :
         {static_cast<QWidget *>(m_welcome), static_cast<QWidget *>(m_home),
          static_cast<QWidget *>(m_historyPage), static_cast<QWidget *>(m_settingsPage)})
        m_pages->addWidget(page);

    if (!restoreGeometry(settings.windowGeometry()))
        resize(FIRST_SIZE);
    if (const auto sizes = settings.paneSizes(); !sizes.isEmpty())
        m_home->setPaneSizes(sizes);

    m_contactsDue.setSingleShot(true);
    m_contactsDue.setInterval(CONTACTS_EVERY);
    wireEngine();
    wireHome();
    wireContactPage();
    wireTransfers();
    wireSettings();
    addShortcuts();
}

void MainWindow::wireEngine()
{
    connect(&m_engine, &Engine::sessionChanged, this, &MainWindow::presentSession);
    connect(&m_engine, &Engine::contactsChanged, &m_contactsDue, [this] {
        if (!m_contactsDue.isActive())
            m_contactsDue.start();
    });
    connect(&m_contactsDue, &QTimer::timeout, this, &MainWindow::refreshContacts);
    connect(&m_engine, &Engine::transferChanged, &m_transfers, &TransferModel::update);
    connect(&m_transfers, &TransferModel::settled, this,
            [this] { emit activityChanged(m_transfers.runningCount()); });

    connect(m_account, &AccountFlow::signedIn, this, [this] {
        showPage(m_home);
        m_transfers.setOwnName(m_engine.session().account.user);
        m_transfers.replace(m_engine.transfers());
        refreshContacts();
        startReceiving();
    });
    connect(m_account, &AccountFlow::signedOut, this, [this] {
        showPage(m_welcome);
        m_transfers.replace({});
        refreshContacts();
    });
    connect(m_account, &AccountFlow::failed, m_home, &HomePage::report);
    connect(m_status, &StatusLine::signInWanted, m_account, &AccountFlow::signInAgain);
}

void MainWindow::wireHome()
{
    connect(m_home, &HomePage::addContactWanted, m_contactFlow, &ContactFlow::add);
    connect(m_home, &HomePage::historyWanted, m_history, [this] { m_history->show({}); });
    connect(m_home, &HomePage::settingsWanted, this, &MainWindow::showSettings);
    connect(m_home, &HomePage::reviewOffersWanted, m_offers, &OfferFlow::review);
    connect(m_home, &HomePage::acceptWanted, m_contactFlow, &ContactFlow::accept);
    connect(m_home, &HomePage::refuseWanted, m_contactFlow, &ContactFlow::refuse);
    connect(m_home->contactList(), &ContactList::dropped, this,
            [this](const QStringList &contacts, const QMimeData *mime) {
                if (contacts.size() == 1)
                    m_home->choose(contacts.first());
                m_send->send(contacts, mime);
            });
    connect(m_contactFlow, &ContactFlow::failed, m_home, &HomePage::report);
    connect(m_send, &SendFlow::failed, m_home, &HomePage::report);
    connect(m_offers, &OfferFlow::failed, m_home, &HomePage::report);
    connect(m_offers, &OfferFlow::windowWanted, this, &MainWindow::bringToFront);
    connect(m_offers, &OfferFlow::waitingChanged, this,
            [this](int postponed, const QHash<QString, int> &byContact) {
                m_home->setWaitingOffers(postponed);
                m_contacts.setPendingOffers(byContact);
            });
}

void MainWindow::wireContactPage()
{
    auto *page = m_home->contactPage();
    const auto chosen = [this] { return m_home->chosenContacts(); };
    connect(page, &DropArea::dropped, this,
            [this, chosen](const QMimeData *mime) { m_send->send(chosen(), mime); });
    connect(page, &ContactPage::sendFilesWanted, this,
            [this, chosen] { m_send->chooseFiles(chosen()); });
    connect(page, &ContactPage::sendFolderWanted, this,
            [this, chosen] { m_send->chooseFolder(chosen()); });
    connect(page, &ContactPage::sendToDeviceWanted, this, [this](const DeviceId &device) {
        m_send->chooseFiles({m_home->chosenContact()}, device);
    });
    connect(page, &ContactPage::sendTextWanted, this,
            [this, chosen] { m_send->writeText(chosen()); });
    connect(page, &ContactPage::sendToSeveralWanted, this,
            [this, chosen] { m_send->chooseRecipients(chosen()); });
    connect(page, &ContactPage::acceptWanted, m_contactFlow, &ContactFlow::accept);
    connect(page, &ContactPage::refuseWanted, m_contactFlow, &ContactFlow::refuse);
    connect(page, &ContactPage::safetyNumberWanted, m_contactFlow, &ContactFlow::showSafetyNumber);
    connect(page, &ContactPage::decisionWanted, m_contactFlow, &ContactFlow::showSafetyNumber);
    connect(page, &ContactPage::ruleWanted, this, [this](const QString &contact) {
        m_contactFlow->editRule(contact, {m_settings.downloadFolder(), m_settings.acceptPolicy()});
    });
    connect(page, &ContactPage::historyWanted, m_history, &HistoryFlow::show);
    connect(page, &ContactPage::removeWanted, m_contactFlow, &ContactFlow::remove);
    connect(page, &ContactPage::blockWanted, m_contactFlow, &ContactFlow::block);
    connect(page, &ContactPage::unblockWanted, m_contactFlow, &ContactFlow::unblock);
    connect(page, &ContactPage::revokeWanted, m_contactFlow, &ContactFlow::revoke);
}

void MainWindow::wireTransfers()
{
    auto *page = m_home->contactPage();
    connect(page, &ContactPage::clearWanted, &m_transfers, &TransferModel::clearFinished);
    connect(page->transferList(), &TransferList::wanted, m_transferFlow, &TransferFlow::act);
    connect(page->transferList(), &TransferList::moveWanted, m_transferFlow, &TransferFlow::move);
    connect(m_transferFlow, &TransferFlow::openFolderWanted, this, &MainWindow::openFolderWanted);
    connect(m_transferFlow, &TransferFlow::openLinkWanted, this, &MainWindow::openLinkWanted);
    connect(m_transferFlow, &TransferFlow::contactWanted, this, [this](const QString &contact) {
        bringToFront();
        if (m_pages->currentWidget() != m_welcome)
            showPage(m_home);
        m_home->choose(contact);
    });
}

void MainWindow::wireSettings()
{
    const auto goHome = [this] {
        showPage(m_home);
        m_home->contactList()->setFocus(Qt::OtherFocusReason);
    };
    connect(m_settingsPage, &SettingsPage::closed, this, goHome);
    connect(m_historyPage, &HistoryPage::closed, this, goHome);
    connect(m_history, &HistoryFlow::pageWanted, this, [this] { showPage(m_historyPage); });
    connect(m_history, &HistoryFlow::openFolderWanted, this, &MainWindow::openFolderWanted);
    connect(m_settingsPage, &SettingsPage::signOutWanted, m_account, &AccountFlow::signOut);
    connect(m_settingsPage, &SettingsPage::receivingChanged, this, &MainWindow::startReceiving);
    connect(m_settingsPage, &SettingsPage::limitsChanged, this,
            [this](const RateLimits &limits) { m_engine.setRateLimits(limits); });
    connect(m_settingsPage, &SettingsPage::chooseFolderWanted, this,
            &MainWindow::chooseDownloadFolder);
    connect(m_settingsPage, &SettingsPage::measureWanted, this, [this] {
        m_engine.measureNetwork(
            NetworkMeasurement::Quick, m_settingsPage,
            [this](const Result<NetworkInfo> &network) { m_settingsPage->present(network); });
    });
}

void MainWindow::addShortcuts()
{
    const auto add = [this](const QKeySequence &keys, auto action) {
        auto *shortcut = new QShortcut(keys, this);
        connect(shortcut, &QShortcut::activated, this, [this, action] {
            if (m_pages->currentWidget() == m_home)
                action();
        });
    };
    add(QKeySequence::New, [this] { m_contactFlow->add(); });
    add(QKeySequence::Open, [this] { m_home->contactPage()->sendFilesButton()->click(); });
    add(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
        [this] { emit m_home->contactPage()->sendFolderWanted(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_T),
        [this] { emit m_home->contactPage()->sendTextWanted(); });
    add(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S),
        [this] { emit m_home->contactPage()->sendToSeveralWanted(); });
    add(QKeySequence::Paste, [this] { m_send->paste(m_home->chosenContacts()); });
    add(QKeySequence(Qt::CTRL | Qt::Key_H), [this] { m_history->show({}); });
    add(QKeySequence(Qt::CTRL | Qt::Key_Comma), [this] { showSettings(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_L),
        [this] { m_home->contactList()->setFocus(Qt::ShortcutFocusReason); });
    auto *quitKeys = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q), this);
    connect(quitKeys, &QShortcut::activated, this, &MainWindow::quit);
}

void MainWindow::start()
{
    presentSession(m_engine.session());
    if (const auto limits = m_settings.rateLimits(); limits != RateLimits())
        m_engine.setRateLimits(limits);
    m_account->start();
}

void MainWindow::showPage(QWidget *page)
{
    m_pages->setCurrentWidget(page);
    m_status->setVisible(page != m_welcome); // the welcome page says itself how it goes
}

void MainWindow::presentSession(const SessionInfo &session)
{
    using Light = StatusLine::Light;
    auto light = Light::Waiting;
    if (session.state == SessionState::SignedOut)
        light = Light::Off;
    else if (session.state == SessionState::Online)
        light = Light::Good;
    else if (session.state == SessionState::Refused)
        light = Light::Bad;
    const bool seen = session.state == SessionState::Online && !session.publicAddress.isEmpty();
    m_status->present(light, sessionSentence(session),
                      seen ? tr("Seen as %1").arg(visibleText(session.publicAddress)) : QString(),
                      session.state == SessionState::Refused
                          || session.state == SessionState::SignedOut);
    m_settingsPage->present(session);
}

void MainWindow::refreshContacts()
{
    m_contacts.replace(m_engine.contacts());
    m_home->refresh();
}

void MainWindow::startReceiving()
{
    const auto policy = m_settings.acceptPolicy();
    if (policy == AcceptPolicy::None)
        m_engine.setReceiving(std::nullopt);
    else
        m_engine.setReceiving(ReceiveOptions{m_settings.downloadFolder(), policy});
}

void MainWindow::showSettings()
{
    m_settingsPage->present(m_engine.session());
    showPage(m_settingsPage);
    m_settingsPage->setFocus(Qt::OtherFocusReason);
}

void MainWindow::chooseDownloadFolder()
{
    auto *dialog =
        new QFileDialog(this, tr("Save received files into"), m_settings.downloadFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, m_settingsPage, &SettingsPage::setDownloadFolder);
    dialog->open();
}

void MainWindow::bringToFront()
{
    setWindowState(windowState() & ~Qt::WindowMinimized);
    show();
    raise();
    activateWindow();
}

void MainWindow::setTrayAvailable(bool available)
{
    m_trayAvailable = available;
    m_settingsPage->setTrayAvailable(available);
}

void MainWindow::quit()
{
    m_transfers.flush();
    const int running = m_transfers.runningCount();
    if (running == 0 || m_quitting) {
        m_settings.rememberWindow(saveGeometry(), m_home->paneSizes());
        m_quitting = true;
        emit quitDecided();
        return;
    }
    bringToFront();
    auto *question = new Question(tr("Quit while %n transfer(s) run?", nullptr, running),
                                  tr("They stop now. What can be resumed goes on later from where "
                                     "it was."),
                                  this);
    question->addAnswer(tr("&Quit"), "danger", [this] {
        m_quitting = true;
        quit();
    });
    question->addAnswer(tr("&Keep running"), "primary", {})->setFocus();
    question->open();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (m_quitting) {
        event->accept();
        return;
    }
    event->ignore();
    m_settings.rememberWindow(saveGeometry(), m_home->paneSizes());
    if (m_trayAvailable && m_settings.keepsInTray())
        hide();
    else
        quit();
}

} // namespace postern::gui
