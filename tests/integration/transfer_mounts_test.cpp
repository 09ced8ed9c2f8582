// A disk that is full, fills up or can't be written: real mounts, in a mount namespace of our
// own. Needs root.

#include "tests/support/disk_tree.h"
#include "tests/support/transfer_pair.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdio>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace postern;
using namespace postern::test;

namespace {

/// From here on our mounts are ours alone and end with us.
bool ownMounts()
{
    return ::unshare(CLONE_NEWNS) == 0
        && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

struct Mount {
    QTemporaryDir at;
    explicit Mount(const char *options, unsigned long flags = 0)
    {
        if (::mount("tmpfs", qPrintable(at.path()), "tmpfs", flags, options) != 0)
            qFatal("can't mount");
    }
    ~Mount() { ::umount2(qPrintable(at.path()), MNT_DETACH); }
};

} // namespace

class TransferMountsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_from;

    std::shared_ptr<const Source> source(const QString &name)
    {
        const std::atomic<bool> cancelled = false;
        return *scanSource(*systemFileSystem(), {m_from.filePath(name)}, cancelled);
    }

private slots:
    void initTestCase()
    {
        if (!ownMounts())
            QSKIP("mounting needs root");
        put(m_from.filePath("large"), content(3'000'000));
        for (int i = 0; i < 300; ++i)
            put(m_from.filePath(QStringLiteral("many/%1").arg(i)), content(4000));
    }

    void refusesWhatCannotBeTaken_data()
    {
        QTest::addColumn<bool>("readOnly");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("told");
        QTest::newRow("too small") << false << ErrorCode::DiskFull << "free";
        QTest::newRow("read-only") << true << ErrorCode::FileNotWritable << "can't be written";
    }
    void refusesWhatCannotBeTaken()
    {
        QFETCH(bool, readOnly);
        QFETCH(ErrorCode, code);
        QFETCH(QString, told);
        const Mount disk("size=2m", readOnly ? MS_RDONLY : 0);
        TransferPair pair(systemFileSystem(), systemFileSystem());
        std::optional<DestinationCheck> check;
        pair.b.onOffer = [&](Incoming &offer) {
            offer.check(disk.at.path(), {}, [&](DestinationCheck result) { check = result; });
        };
        Outgoing &sending = pair.a.send(source("large"));
        QVERIFY(pair.settle());
        QVERIFY(check && check->problem);
        QCOMPARE(check->problem->code, code);
        QVERIFY2(check->problem->message.contains(told), qPrintable(check->problem->message));

        pair.b.incoming[0]->accept(disk.at.path()); // nevertheless
        QVERIFY(pair.settle());
        QCOMPARE(pair.b.incoming[0]->snapshot().problem->code, code);
        QCOMPARE(sending.stage(), TransferStage::Declined);
        QCOMPARE(namesIn(disk.at.path()), QStringList());
    }

    void tellsWhenTheDiskFillsUp_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("one file") << "large";
        QTest::newRow("many files") << "many";
    }
    void tellsWhenTheDiskFillsUp()
    {
        QFETCH(QString, name);
        const Mount disk("size=4m");
        TransferPair pair(systemFileSystem(), systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(disk.at.path()); };
        Outgoing &sending = pair.a.send(source(name));
        while (sending.stage() == TransferStage::Offered)
            QVERIFY(pair.pump() || pair.executor.step());
        put(disk.at.filePath("somebody else's"), content(3'500'000)); // after the check
        QVERIFY(pair.settle());
        QCOMPARE(sending.snapshot().problem->code, ErrorCode::DiskFull);
        QCOMPARE(pair.b.incoming[0]->snapshot().problem->code, ErrorCode::DiskFull);
        QCOMPARE(namesIn(disk.at.path()), QStringList{"somebody else's"});
    }
};

QTEST_GUILESS_MAIN(TransferMountsTest)
#include "transfer_mounts_test.moc"
