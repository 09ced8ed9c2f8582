// Notifications over a real session bus: what is asked of the desktop, and its answers.

#include "tests/gui/stage.h"

#include <QDBusConnection>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

/// Stands where a desktop's notification service stands.
class FakeDesktop : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")

public:
    struct Shown {
        uint number;
        QString summary;
        QString body;
        QStringList actions;
    };
    QList<Shown> shown;
    QList<uint> closed;

public slots:
    uint Notify(const QString &, uint, const QString &, const QString &summary, const QString &body,
                const QStringList &actions, const QVariantMap &, int)
    {
        shown.append({static_cast<uint>(shown.size() + 1), summary, body, actions});
        return shown.last().number;
    }
    void CloseNotification(uint number) { closed.append(number); }

signals:
    void ActionInvoked(uint number, const QString &action);
    void NotificationClosed(uint number, uint reason);
};

class GuiNotifierTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void asksAndAnswers();
    void withdrawsWhatIsShown();
    void withdrawnBeforeItWasShown();

private:
    QProcess m_bus;
    FakeDesktop m_desktop;
};

void GuiNotifierTest::initTestCase()
{
    const auto program = QStandardPaths::findExecutable("dbus-daemon");
    if (program.isEmpty())
        QSKIP("needs dbus-daemon");
    m_bus.start(program, {"--session", "--nofork", "--print-address"});
    QVERIFY(m_bus.waitForReadyRead(10'000));
    // Qt reads the address when the bus is first used: here, and by nothing before.
    qputenv("DBUS_SESSION_BUS_ADDRESS", m_bus.readLine().trimmed());

    auto desktop = QDBusConnection::connectToBus(QDBusConnection::SessionBus, "desktop");
    QVERIFY(desktop.isConnected());
    QVERIFY(desktop.registerObject("/org/freedesktop/Notifications", &m_desktop,
                                   QDBusConnection::ExportAllSlots
                                       | QDBusConnection::ExportAllSignals));
    QVERIFY(desktop.registerService("org.freedesktop.Notifications"));
}

void GuiNotifierTest::cleanupTestCase()
{
    m_bus.terminate();
    m_bus.waitForFinished();
}

void GuiNotifierTest::asksAndAnswers()
{
    const auto notifier = createDesktopNotifier();
    QSignalSpy accepted(notifier.get(), &DesktopNotifier::accepted);
    QSignalSpy declined(notifier.get(), &DesktopNotifier::declined);
    QSignalSpy opened(notifier.get(), &DesktopNotifier::opened);
    m_desktop.shown.clear();
    notifier->tell(offerOf(1, "ben", "<i>a</i>.txt", 12));
    QTRY_COMPARE(m_desktop.shown.size(), 1);
    const auto shown = m_desktop.shown[0];
    QVERIFY(shown.summary.contains("ben"));
    QVERIFY(shown.body.contains("&lt;i&gt;a&lt;/i&gt;.txt")); // a name is no markup
    QVERIFY(shown.actions.contains("accept") && shown.actions.contains("decline"));
    QTest::qWait(50); // the number of the notification travels back
    emit m_desktop.ActionInvoked(shown.number, "accept");
    QTRY_COMPARE(accepted.count(), 1);
    QCOMPARE(accepted[0][0].value<TransferId>(), transferId(1));
    emit m_desktop.ActionInvoked(shown.number, "decline");
    QTRY_COMPARE(declined.count(), 1);
    emit m_desktop.ActionInvoked(shown.number, "default");
    QTRY_COMPARE(opened.count(), 1);
    emit m_desktop.ActionInvoked(999, "accept"); // another program's
    emit m_desktop.NotificationClosed(shown.number, 1);
    emit m_desktop.ActionInvoked(shown.number, "accept"); // after it was closed
    QTest::qWait(50);
    QCOMPARE(accepted.count(), 1);
}

void GuiNotifierTest::withdrawsWhatIsShown()
{
    const auto notifier = createDesktopNotifier();
    m_desktop.shown.clear();
    m_desktop.closed.clear();
    notifier->tell(offerOf(2, "ben", "b.txt", 12));
    QTRY_COMPARE(m_desktop.shown.size(), 1);
    QTest::qWait(50);
    notifier->withdraw(transferId(2));
    QTRY_COMPARE(m_desktop.closed, QList<uint>{m_desktop.shown[0].number});
}

void GuiNotifierTest::withdrawnBeforeItWasShown()
{
    const auto notifier = createDesktopNotifier();
    m_desktop.shown.clear();
    m_desktop.closed.clear();
    notifier->tell(offerOf(3, "ben", "c.txt", 12));
    notifier->withdraw(transferId(3)); // its number is still unknown
    QTRY_COMPARE(m_desktop.closed.size(), 1);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiNotifierTest>(argc, argv); }

#include "gui_notifier_test.moc"
