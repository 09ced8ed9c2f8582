// The network watch against a real kernel: in a network namespace of its own, where addresses
// may come and go. The test starts itself again inside it.

#include "core/net/network_watch.h"

#include <QProcess>
#include <QTest>

using namespace postern;

namespace {

constexpr int PATIENCE_MS = 10'000;
constexpr int QUIET_MS = 1'500; ///< three times what the watch waits for things to settle

bool ip(const QStringList &arguments) { return QProcess::execute("ip", arguments) == 0; }

/// Several changes within a moment.
bool ipBatch(const QByteArray &commands)
{
    QProcess batch;
    batch.start("ip", {"-batch", "-"});
    batch.write(commands);
    batch.closeWriteChannel();
    return batch.waitForFinished() && batch.exitCode() == 0;
}

} // namespace

class NetWatchTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (!ip({"link", "set", "lo", "up"}))
            QSKIP("no rights to change the network here");
    }

    void tellsOtherAddressesOnce()
    {
        int told = 0;
        NetworkWatch watch([&] { ++told; });
        QVERIFY(ipBatch("address add 192.0.2.77/24 dev lo\naddress add 2001:db8::77/64 dev lo\n"));
        QTRY_COMPARE_WITH_TIMEOUT(told, 1, PATIENCE_MS);
        QVERIFY(ip({"address", "del", "192.0.2.77/24", "dev", "lo"}));
        QTRY_COMPARE_WITH_TIMEOUT(told, 2, PATIENCE_MS);
        QVERIFY(ip({"link", "set", "lo", "down"}));
        QTRY_COMPARE_WITH_TIMEOUT(told, 3, PATIENCE_MS);
    }

    void keepsQuietAboutWhatDoesNotCount()
    {
        QVERIFY(ip({"link", "set", "lo", "up"}));
        int told = 0;
        NetworkWatch watch([&] { ++told; });
        QVERIFY(ip({"address", "add", "127.0.0.2/8", "dev", "lo"}));
        QVERIFY(ip({"address", "add", "169.254.7.7/16", "dev", "lo"}));
        QTest::qWait(QUIET_MS);
        QCOMPARE(told, 0);
    }

    void mayBeDestroyedByItsOwnCall()
    {
        bool told = false;
        std::unique_ptr<NetworkWatch> watch;
        watch = std::make_unique<NetworkWatch>([&] {
            watch.reset();
            told = true;
        });
        QVERIFY(ip({"address", "add", "192.0.2.78/24", "dev", "lo"}));
        QTRY_VERIFY_WITH_TIMEOUT(told, PATIENCE_MS);
    }
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QStringList arguments = app.arguments();
    if (arguments.removeAll("--inside") > 0) {
        NetWatchTest test;
        return QTest::qExec(&test, arguments);
    }
    const QStringList inside{"--net", "--map-root-user", app.applicationFilePath(), "--inside"};
    if (QProcess::execute("unshare", {"--net", "--map-root-user", "true"}) != 0) {
        std::printf("SKIPPED: no network namespaces here\n");
        return 0;
    }
    return QProcess::execute("unshare", inside + arguments.mid(1));
}

#include "net_watch_test.moc"
