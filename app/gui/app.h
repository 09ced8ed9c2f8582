#pragma once
// The program put together: profile, settings, theme, engine, window, tray. Thread: GUI.

#include "app/gui/settings.h"
#include "core/engine.h"

#include <QObject>

#include <memory>

class QApplication;

namespace postern::gui {

class DesktopNotifier;
class MainWindow;
class Tray;

class App : public QObject {
    Q_OBJECT

public:
    using MakeEngine = std::function<std::unique_ptr<Engine>(const EngineOptions &)>;

    /// Takes profile and secrets from `options`; port and device name come from the settings.
    App(QApplication &application, const EngineOptions &options, const MakeEngine &makeEngine);
    ~App() override;

    /// Shows the window and goes on with what can wait until it is painted.
    void start();

    MainWindow &window() { return *m_window; }
    Theme &theme() { return m_theme; }

private:
    void startTray();

    Settings m_settings;
    Theme m_theme;
    std::unique_ptr<QObject> m_appearance;
    std::unique_ptr<DesktopNotifier> m_notifier;
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<MainWindow> m_window;
    std::unique_ptr<Tray> m_tray;
};

/// Installs the translations of the system's language; English where there is none.
void installTranslations(QApplication &application);

} // namespace postern::gui
