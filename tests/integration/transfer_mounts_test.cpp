// A disk that is full, fills up or can't be written: real mounts, in a mount namespace of our
// own. Needs root.

#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QDirIterator>
#include <QProcess>
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

/// A disk that takes "A" and "a" for one name: the first kind that this machine can make.
struct FoldingDisk {
    QTemporaryDir image;
    QTemporaryDir at;
    QString kind; ///< empty: none can be made

    FoldingDisk()
    {
        struct Way {
            const char *kind;
            const char *commands;
        };
        static constexpr Way WAYS[] = {
            {"vfat", "mkfs.vfat disk && mount -o loop,utf8 -t vfat disk \"$AT\""},
            {"exfat", "mkfs.exfat disk && mount -o loop -t exfat disk \"$AT\""},
            {"exfat by fuse",
             "mkfs.exfat disk && loop=$(losetup -f --show disk)"
             " && { mount.exfat-fuse $loop \"$AT\" || { losetup -d $loop; false; }; }"},
            {"ext4 that folds",
             "mkfs.ext4 -q -O casefold disk && mount -o loop disk \"$AT\""
             " && mkdir \"$AT/folds\" && chattr +F \"$AT/folds\""}};
        for (const Way &way : WAYS) {
            const QString script = QStringLiteral("cd '%1' && AT='%2' && rm -f disk"
                                                  " && truncate -s 32M disk && %3")
                                       .arg(image.path(), at.path(), QLatin1String(way.commands));
            QProcess shell;
            shell.start("sh", {"-c", script});
            if (shell.waitForFinished() && shell.exitCode() == 0) {
                kind = QLatin1String(way.kind);
                return;
            }
        }
    }
    ~FoldingDisk()
    {
        ::umount2(qPrintable(at.path()), 0);
        QProcess::execute("sh",
                          {"-c",
                           QStringLiteral("losetup -j '%1/disk' | cut -d: -f1"
                                          " | xargs -r -n1 losetup -d")
                               .arg(image.path())});
    }
    QString folder(const QString &name) const
    {
        const QString parent = at.path() + (kind == "ext4 that folds" ? "/folds/" : "/");
        QDir().mkpath(parent + name);
        return parent + name;
    }
};

/// Every file below, by its content.
QByteArrayList contents(const QString &folder)
{
    QByteArrayList all;
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext())
        all.append(get(files.next()));
    std::sort(all.begin(), all.end());
    return all;
}

} // namespace

class TransferMountsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_from;
    std::unique_ptr<FoldingDisk> m_folding; ///< once it is needed

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

    /// The kinds of names of which the history of such programs tells.
    void keepsHostileNamesApart_data()
    {
        QTest::addColumn<QByteArrayList>("names");
        const auto row = [](const char *kind, const QByteArrayList &names) {
            QTest::newRow(kind) << names;
        };
        row("case", {"Readme", "README", "readme", "readMe (2)"});
        row("case beyond ASCII", {"\xc3\x89t\xc3\xa9", "\xc3\xa9t\xc3\xa9"});
        row("composed and not", {"\xc3\xa9", "e\xcc\x81", "E\xcc\x81"});
        row("case of folders", {"Sub/x", "sub/x", "SUB/X"});
        row("separators", {"a\\b", "..\\..\\b", "C:\\x", "\\\\host\\x"});
        row("streams", {"a.txt", "a.txt:evil", "a.txt::$DATA"});
        row("wildcards", {"a*b", "a?b", "a_b", "<a>", "\"a\"", "a|b"});
        row("devices", {"CON", "con", "nul.txt", "COM1", "LPT\xc2\xb9"});
        row("trailing dots and spaces", {"a", "a.", "a..", "a ", "a. ."});
        row("dots", {"...", ". .", " ."});
        row("controls and overrides",
            {"a\nb", "a\x1b[31m",
             "a\xe2\x80\xae"
             "gnp.exe"});
        row("long", {QByteArray(255, 'n'), QByteArray(254, 'n') + 'N'});
        row("a folder's refused name", {"a:b/c", "a?b/c", "A:B/d"});
    }
    void keepsHostileNamesApart()
    {
        QFETCH(const QByteArrayList, names);
        if (!m_folding)
            m_folding = std::make_unique<FoldingDisk>();
        if (m_folding->kind.isEmpty())
            QSKIP("no disk that folds case can be made here: needs loop devices, and vfat, exfat "
                  "or an ext4 that folds");
        qInfo("on %s", qPrintable(m_folding->kind));
        auto from = std::make_shared<MemoryFileSystem>();
        QByteArrayList sent;
        for (const QByteArray &name : names) {
            from->put(QStringLiteral("/src/dir/") + QString::fromUtf8(name), "of " + name);
            sent.append("of " + name);
        }
        std::sort(sent.begin(), sent.end());
        const QString into = m_folding->folder(QString::fromLatin1(QTest::currentDataTag()));
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*from, {"/src/dir"}, cancelled);
        QVERIFY(source.ok());
        TransferPair pair(from, systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(into); };
        Outgoing &sending = pair.a.send(*source);
        QVERIFY(pair.settle());
        QVERIFY2(sending.stage() == TransferStage::Delivered,
                 qPrintable(pair.b.incoming.empty() || !pair.b.incoming[0]->snapshot().problem
                                ? QString("no reason")
                                : pair.b.incoming[0]->snapshot().problem->message));
        QCOMPARE(namesIn(into), QStringList{"dir"});
        QCOMPARE(contents(into + "/dir"), sent);
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
