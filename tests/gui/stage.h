#pragma once
// A whole window on a scripted engine, for tests of the GUI and for its screenshots.

#include "app/gui/app.h"
#include "app/gui/desktop/notifier.h"
#include "app/gui/main_window.h"
#include "tests/support/scripted_engine.h"

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>

namespace postern::test {

/// Remembers what it was told, and answers when a test says so.
class RecordingNotifier : public gui::DesktopNotifier {
public:
    void tell(const OfferInfo &offer) override { told.append(offer.id); }
    void withdraw(const TransferId &id) override { withdrawn.append(id); }

    void say(const gui::Notice &notice) override { notices.append(notice); }

    QList<TransferId> told;
    QList<gui::Notice> notices;
    QList<TransferId> withdrawn;
};

struct Stage {
    Stage()
        : settings(profile.path())
    {
        settings.setDownloadFolder(profile.path());
        theme.dress(*qobject_cast<QApplication *>(QCoreApplication::instance()));
        window = std::make_unique<gui::MainWindow>(engine, settings, theme, notifier);
    }

    /// Online as anna with these contacts, the window shown.
    void open(const QList<ContactInfo> &contacts)
    {
        engine.contactList = contacts;
        engine.goOnline(QStringLiteral("anna"), QStringLiteral("meet.example.org:7788"));
        window->start();
        window->show();
    }

    QTemporaryDir profile;
    gui::Settings settings;
    gui::Theme theme;
    ScriptedEngine engine;
    RecordingNotifier notifier;
    std::unique_ptr<gui::MainWindow> window;
};

/// Runs a test class under a screen where there is one, else without.
template<typename Test> int runGuiTest(int argc, char *argv[])
{
    if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    gui::installTranslations(application);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace postern::test
