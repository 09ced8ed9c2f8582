#include "app/gui/app.h"

#include "app/gui/desktop/appearance.h"
#include "app/gui/desktop/notifier.h"
#include "app/gui/desktop/tray.h"
#include "app/gui/main_window.h"
#include "app/gui/pages/settings_page.h"

#include <QApplication>
#include <QDesktopServices>
#include <QLocale>
#include <QTimer>
#include <QTranslator>
#include <QUrl>

namespace postern::gui {

namespace {

EngineOptions withSettings(EngineOptions options, const Settings &settings)
{
    options.port = settings.port();
    options.mapPort = settings.mapsPort();
    options.deviceName = settings.deviceName();
    return options;
}

} // namespace

App::App(QApplication &application, const EngineOptions &options, const MakeEngine &makeEngine)
    : m_settings(options.profile)
    , m_notifier(createDesktopNotifier())
    , m_engine(makeEngine(withSettings(options, m_settings)))
{
    m_theme.choose(m_settings.theme());
    m_theme.dress(application);
    m_window = std::make_unique<MainWindow>(*m_engine, m_settings, m_theme, *m_notifier);
    connect(m_window.get(), &MainWindow::quitDecided, &application, &QCoreApplication::quit);
    connect(m_window.get(), &MainWindow::openFolderWanted, this,
            [](const QString &folder) { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
    connect(m_window.get(), &MainWindow::openLinkWanted, this,
            [](const QUrl &link) { QDesktopServices::openUrl(link); });
    // Hidden in the tray the program goes on; only quit() ends it.
    application.setQuitOnLastWindowClosed(false);
}

App::~App() = default;

void App::start()
{
    m_window->show();
    // The desktop's services may be slow to answer or to start: only after the first paint.
    QTimer::singleShot(0, this, [this] {
        m_window->start();
        m_appearance = watchAppearance([this](bool dark) { m_theme.setSystemDark(dark); });
        startTray();
    });
}

void App::startTray()
{
    m_tray = std::make_unique<Tray>();
    m_window->setTrayAvailable(m_tray->available());
    connect(m_tray.get(), &Tray::openWanted, m_window.get(), &MainWindow::bringToFront);
    connect(m_tray.get(), &Tray::quitWanted, m_window.get(), &MainWindow::quit);
    connect(m_window.get(), &MainWindow::activityChanged, m_tray.get(), [this](int running) {
        m_tray->setStatus(running > 0 ? tr("Postern: %n transfer(s) running", nullptr, running)
                                      : tr("Postern"));
    });
}

void installTranslations(QApplication &application)
{
    auto *translator = new QTranslator(&application);
    const auto prefix = QStringLiteral("postern_");
    const auto folder = QStringLiteral(":/i18n");
    // English has a file too: it holds the plural forms.
    if (translator->load(QLocale(), prefix, QString(), folder)
        || translator->load(prefix + QStringLiteral("en"), folder))
        application.installTranslator(translator);
}

} // namespace postern::gui
