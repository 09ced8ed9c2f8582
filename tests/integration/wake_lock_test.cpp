// Keeping the machine awake, over a real system bus of our own. The logind on it is the test's:
// it hands out the end of a pipe, as the real one does, and sees at the other when it is closed.

#include "core/engine/wake_keeper.h"

#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTest>

#include <QDBusConnection>
#include <QDBusContext>
#include <QDBusUnixFileDescriptor>

#include <array>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace postern;

namespace {

constexpr int PATIENCE_MS = 10'000;

TransferInfo transfer(const TransferId &id, TransferState state)
{
    TransferInfo info;
    info.id = id;
    info.state = state;
    return info;
}

} // namespace

class FakeLogind : public QObject, protected QDBusContext {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.login1.Manager")

public:
    ~FakeLogind() override { forget(); }

    void forget()
    {
        for (const int end : m_ends)
            ::close(end);
        m_ends.clear();
        asked.clear();
        refuseSleep = false;
    }

    /// Locks that are still held; the holder's end of a pipe that is closed hangs ours up.
    int held() const
    {
        int open = 0;
        for (const int end : m_ends) {
            pollfd one{end, POLLIN, 0};
            open += ::poll(&one, 1, 0) == 0 ? 1 : 0;
        }
        return open;
    }

    QStringList asked; ///< what, who and mode of each call
    bool refuseSleep = false;

public slots:
    QDBusUnixFileDescriptor Inhibit(const QString &what, const QString &who, const QString &why,
                                    const QString &mode)
    {
        asked.append(QStringList{what, who, mode}.join(u'/'));
        if (why.isEmpty() || (refuseSleep && what.contains("sleep"))) {
            sendErrorReply(QDBusError::AccessDenied, QStringLiteral("not from here"));
            return {};
        }
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
            return {};
        m_ends.append(pipe[0]);
        QDBusUnixFileDescriptor given(pipe[1]); // has a copy of its own
        ::close(pipe[1]);
        return given;
    }

private:
    QList<int> m_ends;
};

class WakeLockTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable("dbus-daemon").isEmpty())
            QSKIP("no dbus-daemon here");
        m_bus.start("dbus-daemon", {"--session", "--nofork", "--nopidfile", "--print-address"});
        QVERIFY(m_bus.waitForReadyRead(PATIENCE_MS));
        const QByteArray address = m_bus.readLine().trimmed();
        qputenv("DBUS_SYSTEM_BUS_ADDRESS", address); // nobody asked for the system bus so far
        auto side = QDBusConnection::connectToBus(QString::fromUtf8(address), "logind");
        QVERIFY2(side.isConnected(), qPrintable(side.lastError().message()));
        QVERIFY(side.registerObject("/org/freedesktop/login1", &m_logind,
                                    QDBusConnection::ExportAllSlots));
        QVERIFY(side.registerService("org.freedesktop.login1"));
    }

    void init() { m_logind.forget(); }

    void holdsWhileAnyTransferIsUnderWay()
    {
        WakeKeeper keeper;
        const auto one = randomId<TransferId>();
        const auto other = randomId<TransferId>();
        keeper.transferChanged(transfer(one, TransferState::Transferring));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 1, PATIENCE_MS);
        QCOMPARE(m_logind.asked, QStringList{"sleep:idle/Postern/block"});

        keeper.transferChanged(transfer(other, TransferState::Stalled));
        keeper.transferChanged(transfer(one, TransferState::Delivered));
        QVERIFY(keeper.isAwake());
        QCOMPARE(m_logind.held(), 1);

        keeper.transferChanged(transfer(other, TransferState::Failed));
        QVERIFY(!keeper.isAwake());
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 0, PATIENCE_MS);
        QCOMPARE(m_logind.asked.size(), 1);
    }

    void aPauseLetsTheMachineSleep()
    {
        WakeKeeper keeper;
        const auto id = randomId<TransferId>();
        keeper.transferChanged(transfer(id, TransferState::Transferring));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 1, PATIENCE_MS);
        keeper.transferChanged(transfer(id, TransferState::Paused));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 0, PATIENCE_MS);
        keeper.transferChanged(transfer(id, TransferState::Transferring));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 1, PATIENCE_MS);
    }

    void whatWaitsKeepsNobodyAwake()
    {
        WakeKeeper keeper;
        for (const auto state : {TransferState::WaitingForContact, TransferState::Queued,
                                 TransferState::Offered, TransferState::Paused}) {
            keeper.transferChanged(transfer(randomId<TransferId>(), state));
            QVERIFY(!keeper.isAwake());
        }
    }

    void anAnswerThatComesTooLateHoldsNothing()
    {
        // logind is in this thread: it can't have answered when the lock goes again.
        net::WakeLock(QStringLiteral("too short"));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.asked.size(), 1, PATIENCE_MS);
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 0, PATIENCE_MS);
    }

    void aSessionThatMayNotBlockSleepIsAtLeastNotIdle()
    {
        m_logind.refuseSleep = true;
        net::WakeLock lock(QStringLiteral("from afar"));
        QTRY_COMPARE_WITH_TIMEOUT(m_logind.held(), 1, PATIENCE_MS);
        const QStringList expected{"sleep:idle/Postern/block", "idle/Postern/block"};
        QCOMPARE(m_logind.asked, expected);
    }

    void everyEventGoesOnToTheFaces()
    {
        WakeKeeper keeper;
        QList<TransferState> told;
        EngineEvents events;
        events.transfer = [&told](const TransferInfo &info) { told.append(info.state); };
        const auto watched = keeper.watching(events);
        const auto id = randomId<TransferId>();
        watched.transfer(transfer(id, TransferState::Connecting));
        QVERIFY(keeper.isAwake());
        watched.transfer(transfer(id, TransferState::Cancelled));
        QVERIFY(!keeper.isAwake());
        const QList<TransferState> expected{TransferState::Connecting, TransferState::Cancelled};
        QCOMPARE(told, expected);
    }

    void cleanupTestCase()
    {
        QDBusConnection::disconnectFromBus("logind");
        m_bus.terminate();
        if (m_bus.state() != QProcess::NotRunning)
            m_bus.waitForFinished(PATIENCE_MS);
    }

private:
    QProcess m_bus;
    FakeLogind m_logind;
};

QTEST_GUILESS_MAIN(WakeLockTest)
#include "wake_lock_test.moc"
