#pragma once
// The one window: pages, models and flows, wired. Decisions live in the flows. Thread: GUI.

#include "app/gui/models/contact_model.h"
#include "app/gui/models/history_model.h"
#include "app/gui/models/transfer_model.h"
#include "core/engine.h"

#include <QMainWindow>
#include <QTimer>

class QStackedWidget;
class QUrl;

namespace postern::gui {

class AccountFlow;
class ContactFlow;
class DesktopNotifier;
class HistoryFlow;
class HistoryPage;
class HomePage;
class OfferFlow;
class SendFlow;
class Settings;
class SettingsPage;
class StatusLine;
class Theme;
class TransferFlow;
class WelcomePage;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(Engine &engine, Settings &settings, Theme &theme, DesktopNotifier &notifier);

    /// Connects with the stored account or asks for one.
    void start();
    void bringToFront();
    void setTrayAvailable(bool available);
    /// Asks first while transfers run.
    void quit();

    HomePage *homePage() const { return m_home; }
    WelcomePage *welcomePage() const { return m_welcome; }
    HistoryPage *historyPage() const { return m_historyPage; }
    SettingsPage *settingsPage() const { return m_settingsPage; }
    StatusLine *statusLine() const { return m_status; }
    OfferFlow *offers() const { return m_offers; }
    void showSettings();

signals:
    void quitDecided();
    void openFolderWanted(const QString &folder);
    void openLinkWanted(const QUrl &link);
    void activityChanged(int running);

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    void wireEngine();
    void wireHome();
    void wireContactPage();
    void wireTransfers();
    void wireSettings();
    void addShortcuts();
    void presentSession(const SessionInfo &session);
    void showPage(QWidget *page);
    void refreshContacts();
    void startReceiving();
    void chooseDownloadFolder();

    Engine &m_engine;
    Settings &m_settings;
    ContactModel m_contacts;
    TransferModel m_transfers;
    HistoryModel m_historyModel;
    QTimer m_contactsDue; ///< gathers bursts of presence into one pass
    QStackedWidget *m_pages;
    WelcomePage *m_welcome;
    HomePage *m_home;
    SettingsPage *m_settingsPage;
    HistoryPage *m_historyPage;
    StatusLine *m_status;
    AccountFlow *m_account;
    ContactFlow *m_contactFlow;
    SendFlow *m_send;
    OfferFlow *m_offers;
    TransferFlow *m_transferFlow;
    HistoryFlow *m_history;
    bool m_trayAvailable = false;
    bool m_quitting = false;
};

} // namespace postern::gui
