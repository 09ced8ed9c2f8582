// Transfers on the real disk: what is sent arrives as it was, or not at all.

#include "core/transfer/worker_pool.h"
#include "tests/support/disk_tree.h"
#include "tests/support/transfer_pair.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace postern;
using namespace postern::test;

namespace {

std::shared_ptr<const Source> scan(const QStringList &paths)
{
    const std::atomic<bool> cancelled = false;
    auto source = scanSource(*systemFileSystem(), paths, cancelled);
    if (!source)
        qFatal("%s", qPrintable(source.error().message));
    return *source;
}

/// A sender and a receiver on this disk; the receiver accepts into its own folder.
struct DiskPair {
    QTemporaryDir from;
    QTemporaryDir into;
    TransferPair pair{systemFileSystem(), systemFileSystem()};

    DiskPair()
    {
        pair.b.onOffer = [this](Incoming &offer) { offer.accept(into.path()); };
    }
    Outgoing &send(const QStringList &names)
    {
        QStringList paths;
        for (const QString &name : names)
            paths.append(from.filePath(name));
        return pair.a.send(scan(paths));
    }
    Incoming &incoming() { return *pair.b.incoming.at(0); }
    QStringList arrived() const { return namesIn(into.path()); }
};

} // namespace

class TransferDiskTest : public QObject {
    Q_OBJECT

private slots:
    void deliversOneFile()
    {
        DiskPair disk;
        const QByteArray bytes = content(3'000'000);
        put(disk.from.filePath("a.bin"), bytes);
        Outgoing &sending = disk.send({"a.bin"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().bytes, 3'000'000);
        QCOMPARE(disk.incoming().stage(), TransferStage::Delivered);
        QCOMPARE(disk.incoming().snapshot().location, disk.into.filePath("a.bin"));
        QCOMPARE(get(disk.into.filePath("a.bin")), bytes);
        QCOMPARE(disk.arrived(), QStringList{"a.bin"});
        QVERIFY(!disk.pair.a.link->busy());
        QVERIFY(!disk.pair.b.link->busy());
    }

    void deliversAFolderOfEverything()
    {
        DiskPair disk;
        const QString top = disk.from.filePath("top");
        for (int i = 0; i < 1000; ++i)
            put(top + QStringLiteral("/many/%1/file %2.txt").arg(i % 7).arg(i),
                content(i % 50 * 37));
        put(top + "/empty file", {});
        QDir().mkpath(top + "/empty folder/and inside it another");
        put(top + QStringLiteral("/名字/文件.txt"), "zh");
        put(top + QStringLiteral("/ملف/اسم.txt"), "ar");
        put(top + QStringLiteral("/👩‍👩‍👧‍👦/🎉.png"), "emoji");
        put(top + '/' + QString(251, 'n') + ".txt", "255 bytes");
        put(top + '/' + QString(83, u'名') + ".1.txt", "255 bytes of Chinese");
        put(top + "/run.sh", "#!/bin/sh\n");
        QVERIFY(QFile::setPermissions(top + "/run.sh", QFile::Permissions(0x7755)));
        put(top + "/large", content(5'000'001));
        setModified(top + "/many/3/file 3.txt", 1'000'000'007, 123'456'789);
        setModified(top + "/run.sh", -86'400, 5);
        setModified(top + "/empty folder", 1'234'567'890, 0);
        setModified(top + "/many", 1'234'567'891, 0);

        Outgoing &sending = disk.send({"top"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().filesDone, sending.snapshot().files);
        QCOMPARE(disk.arrived(), QStringList{"top"});
        QCOMPARE(describeTree(disk.into.filePath("top")), describeTree(top));
        QVERIFY(disk.incoming().snapshot().notes.isEmpty());
    }

    /// What runs on systems without POSIX; it keeps times to the millisecond.
    void deliversThroughThePortableLayer()
    {
        QTemporaryDir from, into;
        put(from.filePath("dir/sub/file.txt"), content(700'000));
        put(from.filePath("dir/empty"), {});
        put(from.filePath("dir/run.sh"), "#!/bin/sh");
        QVERIFY(QFile::setPermissions(from.filePath("dir/run.sh"), QFile::Permissions(0x7755)));
        setModified(from.filePath("dir/run.sh"), 1'000'000'007, 123'000'000);
        QFile::link("/etc/passwd", from.filePath("dir/link"));
        put(into.filePath("dir/old"), "old");
        TransferPair pair(portableFileSystem(), portableFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(into.path()); };
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*portableFileSystem(), {from.filePath("dir")}, cancelled);
        QVERIFY(source.ok());
        Outgoing &sending = pair.a.send(*source);
        QVERIFY(pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(namesIn(into.path()), (QStringList{"dir", "dir (2)"}));
        QCOMPARE(namesIn(into.filePath("dir")), QStringList{"old"});
        QCOMPARE(namesIn(into.filePath("dir (2)")), (QStringList{"empty", "run.sh", "sub"}));
        QCOMPARE(get(into.filePath("dir (2)/sub/file.txt")), content(700'000));
        const QFileInfo script(into.filePath("dir (2)/run.sh"));
        QVERIFY(script.isExecutable());
        QCOMPARE(script.lastModified().toMSecsSinceEpoch(), 1'000'000'007'123);
    }

    void neverReplacesOrMerges()
    {
        DiskPair disk;
        put(disk.from.filePath("a.txt"), "new");
        put(disk.from.filePath("dir/x"), "new");
        put(disk.into.filePath("a.txt"), "old");
        put(disk.into.filePath("a (2).txt"), "old 2");
        put(disk.into.filePath("dir/x"), "old");
        disk.send({"a.txt", "dir"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(get(disk.into.filePath("a.txt")), "old");
        QCOMPARE(get(disk.into.filePath("a (2).txt")), "old 2");
        QCOMPARE(get(disk.into.filePath("a (3).txt")), "new");
        QCOMPARE(get(disk.into.filePath("dir/x")), "old");
        QCOMPARE(get(disk.into.filePath("dir (2)/x")), "new");
        QCOMPARE(disk.incoming().snapshot().notes.size(), 2);
    }

    void keepsEqualNamesOfSeveralPathsApart()
    {
        DiskPair disk;
        put(disk.from.filePath("one/a.txt"), "1");
        put(disk.from.filePath("two/a.txt"), "2");
        disk.send({"one/a.txt", "two/a.txt"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(get(disk.into.filePath("a.txt")), "1");
        QCOMPARE(get(disk.into.filePath("a (2).txt")), "2");
    }

    void leavesOutLinksAndSpecialFiles()
    {
        DiskPair disk;
        put(disk.from.filePath("secret"), "outside");
        put(disk.from.filePath("dir/file"), "inside");
        QFile::link(disk.from.filePath("secret"), disk.from.filePath("dir/link"));
        QFile::link("/", disk.from.filePath("dir/root"));
        QCOMPARE(::mkfifo(qPrintable(disk.from.filePath("dir/pipe")), 0600), 0);
        Outgoing &sending = disk.send({"dir"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(namesIn(disk.into.filePath("dir")), QStringList{"file"});
        QCOMPARE(sending.snapshot().notes.size(), 3);
    }

    void followsALinkThatAPersonChose()
    {
        DiskPair disk;
        put(disk.from.filePath("real.txt"), "content");
        QFile::link(disk.from.filePath("real.txt"), disk.from.filePath("shown.txt"));
        disk.send({"shown.txt"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(disk.arrived(), QStringList{"shown.txt"});
        QVERIFY(!QFileInfo(disk.into.filePath("shown.txt")).isSymLink());
        QCOMPARE(get(disk.into.filePath("shown.txt")), "content");
    }

    void makesBytesThatAreNoTextReadable()
    {
        DiskPair disk;
        QDir().mkpath(disk.from.filePath("dir"));
        const QByteArray path = QFile::encodeName(disk.from.filePath("dir")) + "/b\xff\xfe.txt";
        const int fd = ::open(path.constData(), O_CREAT | O_WRONLY, 0600);
        QVERIFY(fd >= 0);
        QCOMPARE(::write(fd, "x", 1), 1);
        ::close(fd);
        Outgoing &sending = disk.send({"dir"});
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().notes.size(), 1);
        QCOMPARE(get(disk.into.filePath(QStringLiteral("dir/b\ufffd\ufffd.txt"))), "x");
        ::unlink(path.constData()); // QTemporaryDir could not
    }

    void tellsWhatCannotBeSent_data()
    {
        QTest::addColumn<QStringList>("paths");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("nothing") << QStringList{} << ErrorCode::InvalidArgument;
        QTest::newRow("missing") << QStringList{"/no/such/file"} << ErrorCode::FileNotFound;
        QTest::newRow("the root") << QStringList{"/"} << ErrorCode::InvalidArgument;
        QTest::newRow("a device") << QStringList{"/dev/null"} << ErrorCode::InvalidArgument;
    }
    void tellsWhatCannotBeSent()
    {
        QFETCH(QStringList, paths);
        QFETCH(ErrorCode, code);
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*systemFileSystem(), paths, cancelled);
        QVERIFY(!source);
        QCOMPARE(source.error().code, code);
        QVERIFY(source.error().message.endsWith('.'));
    }

    void doesNotDeliverAChangedFile_data()
    {
        using Change = std::function<void(const QString &)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("gone") << Change([](const QString &path) { QFile::remove(path); })
                              << ErrorCode::FileNotFound;
        QTest::newRow("longer") << Change([](const QString &path) { append(path, "more"); })
                                << ErrorCode::FileChanged;
        QTest::newRow("shorter") << Change([](const QString &path) { QFile::resize(path, 9); })
                                 << ErrorCode::FileChanged;
        QTest::newRow("rewritten") << Change([](const QString &path) {
            put(path, QByteArray(QFileInfo(path).size(), 'z'));
        }) << ErrorCode::FileChanged;
        QTest::newRow("replaced, same size and time") << Change([](const QString &path) {
            struct stat before { };
            ::stat(qPrintable(path), &before);
            put(path + ".new", QByteArray(before.st_size, 'z'));
            setModified(path + ".new", before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
            ::rename(qPrintable(path + ".new"), qPrintable(path));
        }) << ErrorCode::FileChanged;
        QTest::newRow("a link instead") << Change([](const QString &path) {
            QFile::remove(path);
            QFile::link("/etc/passwd", path);
        }) << ErrorCode::Internal; // any code: it is not read, whatever the system calls it
    }
    void doesNotDeliverAChangedFile()
    {
        QFETCH(std::function<void(const QString &)>, change);
        QFETCH(ErrorCode, code);
        for (const bool midway : {false, true}) {
            DiskPair disk;
            put(disk.from.filePath("dir/bad"), content(20'000'000));
            put(disk.from.filePath("dir/good"), "good");
            Outgoing &sending = disk.send({"dir"});
            if (midway)
                while (disk.pair.channels.bytesDelivered() < 3'000'000)
                    disk.pair.channels.pump(1) || disk.pair.executor.step();
            change(disk.from.filePath("dir/bad"));
            QVERIFY(disk.pair.settle());
            const auto snapshot = sending.snapshot();
            QCOMPARE(snapshot.stage, TransferStage::Failed);
            QVERIFY(snapshot.problem->message.contains("dir/bad"));
            QVERIFY(snapshot.problem->message.endsWith("Everything else was delivered."));
            if (code != ErrorCode::Internal)
                QCOMPARE(snapshot.problem->code, code);
            QCOMPARE(disk.incoming().snapshot().problem->message, snapshot.problem->message);
            QCOMPARE(namesIn(disk.into.filePath("dir")), QStringList{"good"});
        }
    }

    void cancels_data()
    {
        QTest::addColumn<bool>("bySender");
        QTest::newRow("sender") << true;
        QTest::newRow("receiver") << false;
    }
    void cancels()
    {
        QFETCH(bool, bySender);
        DiskPair disk;
        put(disk.from.filePath("dir/a"), content(20'000'000));
        Outgoing &sending = disk.send({"dir"});
        while (disk.pair.channels.bytesDelivered() < 3'000'000)
            disk.pair.channels.pump(1) || disk.pair.executor.step();
        QCOMPARE(disk.arrived().size(), 1); // the hidden folder
        if (bySender)
            sending.cancel();
        else
            disk.incoming().cancel();
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Cancelled);
        QCOMPARE(disk.incoming().stage(), TransferStage::Cancelled);
        QCOMPARE(disk.arrived(), QStringList());
        QVERIFY(!disk.pair.a.link->busy());
        QVERIFY(!disk.pair.b.link->busy());
    }

    void runsSeveralBothWays()
    {
        DiskPair disk;
        QTemporaryDir back;
        disk.pair.a.onOffer = [&](Incoming &offer) { offer.accept(back.path()); };
        for (int i = 0; i < 5; ++i) {
            put(disk.from.filePath(QString::number(i)), content(1'000'000 * i + 1));
            disk.send({QString::number(i)});
            disk.pair.b.send(scan({disk.from.filePath(QString::number(i))}));
        }
        QVERIFY(disk.pair.settle());
        for (int i = 0; i < 5; ++i) {
            QCOMPARE(disk.pair.a.outgoing.at(i)->stage(), TransferStage::Delivered);
            QCOMPARE(disk.pair.b.outgoing.at(i)->stage(), TransferStage::Delivered);
            const QString name = QString::number(i);
            QCOMPARE(get(disk.into.filePath(name)), get(disk.from.filePath(name)));
            QCOMPARE(get(back.filePath(name)), get(disk.from.filePath(name)));
        }
    }

    void checksTheDestination()
    {
        DiskPair disk;
        put(disk.from.filePath("a"), "a");
        std::optional<DestinationCheck> good, missing;
        disk.pair.b.onOffer = [&](Incoming &offer) {
            offer.check(disk.into.path(), {}, [&](DestinationCheck check) { good = check; });
            offer.check("/no/such/folder", {}, [&](DestinationCheck check) { missing = check; });
        };
        disk.send({"a"});
        QVERIFY(disk.pair.settle());
        QVERIFY(good && !good->problem && good->freeBytes > 0);
        QVERIFY(missing && missing->problem);
        QCOMPARE(missing->problem->code, ErrorCode::FileNotFound);
        QCOMPARE(disk.arrived(), QStringList());
        disk.incoming().accept("/no/such/folder");
        QVERIFY(disk.pair.settle());
        QCOMPARE(disk.incoming().snapshot().problem->code, ErrorCode::FileNotFound);
        QCOMPARE(disk.pair.a.outgoing.at(0)->stage(), TransferStage::Declined);
    }

    void keepsToTheRateLimit()
    {
        DiskPair disk;
        put(disk.from.filePath("a"), content(4'000'000));
        const Instant begin = disk.pair.executor.now();
        Outgoing &sending = disk.pair.a.send(scan({disk.from.filePath("a")}), {1'000'000});
        QVERIFY(disk.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        const double seconds =
            std::chrono::duration<double>(disk.pair.executor.now() - begin).count();
        QVERIFY2(seconds > 3.6 && seconds < 4.2, qPrintable(QString::number(seconds)));
    }

    /// The same with real threads, as the engine runs it.
    void worksWithThreads()
    {
        QTemporaryDir from, into;
        const int megabytes = qEnvironmentVariableIntValue("POSTERN_TEST_MEGABYTES");
        put(from.filePath("large"), content((megabytes ? megabytes : 40) * qsizetype{1'000'000}));
        for (int i = 0; i < 500; ++i)
            put(from.filePath(QStringLiteral("many/%1").arg(i)), content(4096));
        QObject engine;
        WorkerPool pool({[&](Continuation call) { QMetaObject::invokeMethod(&engine, call); },
                         [&](Duration delay, Continuation call) {
                             QTimer::singleShot(std::chrono::ceil<std::chrono::milliseconds>(delay),
                                                &engine, call);
                         }});
        LoopbackPair channels;
        TransferSide a(channels.a(), systemFileSystem(), pool);
        TransferSide b(channels.b(), systemFileSystem(), pool);
        b.onOffer = [&](Incoming &offer) { offer.accept(into.path()); };
        QElapsedTimer clock;
        clock.start();
        Outgoing &large = a.send(scan({from.filePath("large")}));
        Outgoing &many = a.send(scan({from.filePath("many")}));
        while (!isFinal(large.stage()) || !isFinal(many.stage())) {
            channels.pump(1);
            QCoreApplication::processEvents();
        }
        qInfo("%lld ms", clock.elapsed());
        QCOMPARE(large.stage(), TransferStage::Delivered);
        QCOMPARE(many.stage(), TransferStage::Delivered);
        QCOMPARE(describeTree(into.path()), describeTree(from.path()));
    }
};

QTEST_GUILESS_MAIN(TransferDiskTest)
#include "transfer_disk_test.moc"
