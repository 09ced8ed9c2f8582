// What more than bytes a disk holds: links, holes, marks, and what crashes leave behind; and what
// the thread that writes received files may touch.

#include "core/transfer/leftovers.h"
#include "core/transfer/thread_confinement.h"
#include "core/transfer/worker_pool.h"
#include "tests/support/disk_tree.h"
#include "tests/support/transfer_pair.h"

#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <future>
#include <sys/stat.h>
#include <unistd.h>

#ifdef Q_OS_LINUX
#include <sys/xattr.h>
#endif

using namespace postern;
using namespace postern::test;

namespace {

std::shared_ptr<const Source> scan(const QString &path)
{
    const std::atomic<bool> cancelled = false;
    auto source = scanSource(*systemFileSystem(), {path}, cancelled);
    if (!source)
        qFatal("%s", qPrintable(source.error().message));
    return *source;
}

void makeLink(const QByteArray &target, const QString &path)
{
    QDir().mkpath(QFileInfo(path).path());
    if (::symlink(target.constData(), QFile::encodeName(path).constData()) < 0)
        qFatal("can't link %s", qPrintable(path));
}

QByteArray targetOf(const QString &path)
{
    QByteArray target(4096, '\0');
    const ssize_t size = ::readlink(QFile::encodeName(path).constData(), target.data(), 4096);
    target.truncate(std::max<ssize_t>(size, 0));
    return target;
}

struct stat statusOf(const QString &path)
{
    struct stat status { };
    ::lstat(QFile::encodeName(path).constData(), &status);
    return status;
}

bool write(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write("x") == 1;
}

const DeviceId FROM = *DeviceId::fromBytes(viewOf(QByteArray(32, 'f')));
TransferId number(char c) { return *TransferId::fromBytes(viewOf(QByteArray(16, c))); }

constexpr qint64 DAY_NS = qint64{24} * 3600 * 1'000'000'000;

/// A profile's journals, and parts in the folder they speak of.
struct Leftovers {
    QTemporaryDir profile;
    QTemporaryDir into;
    JournalHome home{systemFileSystem(), profile.path()};
    qint64 now = QDateTime::currentMSecsSinceEpoch() * 1'000'000;

    QString part(char c) const
    {
        return into.filePath(QString::fromLatin1(partFolderName(FROM, number(c))));
    }
    void make(char c, bool ended = false)
    {
        put(part(c) + "/dir/half", "half");
        auto journal = ReceiveJournal::create(
            home, {journal::VERSION, FROM, number(c), QByteArray(16, 'l'), into.path()});
        if (!journal || (ended && !(*journal)->note(journal::Ended{"words"})))
            qFatal("no journal");
    }
    qsizetype journals() const { return namesIn(profile.path()).size(); }
    QStringList parts() const { return namesIn(into.path()); }
};

} // namespace

class TransferKindsTest : public QObject {
    Q_OBJECT

private slots:
    void sendsLinksThatStayInside()
    {
        QTemporaryDir from, into;
        const QString top = from.filePath("top");
        put(top + "/file", "content");
        put(top + "/deep/er/file", "other");
        put(from.filePath("outside"), "secret");
        makeLink("file", top + "/beside");
        makeLink("deep/er", top + "/to a folder");
        makeLink("../../file", top + "/deep/er/up");
        makeLink("not there", top + "/dangling");
        makeLink("../outside", top + "/leaves");
        makeLink("deep/../../outside", top + "/leaves through a folder");
        makeLink("/etc/passwd", top + "/absolute");
        TransferPair pair(systemFileSystem(), systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(into.path()); };
        Outgoing &sending = pair.a.send(scan(top));
        QVERIFY(pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().notes.size(), 3);
        QCOMPARE(sending.snapshot().filesDone, sending.snapshot().files);
        const QString got = into.filePath("top");
        QCOMPARE(namesIn(got), (QStringList{"beside", "dangling", "deep", "file", "to a folder"}));
        QCOMPARE(targetOf(got + "/beside"), "file");
        QCOMPARE(targetOf(got + "/to a folder"), "deep/er");
        QCOMPARE(targetOf(got + "/deep/er/up"), "../../file");
        QCOMPARE(targetOf(got + "/dangling"), "not there");
        QCOMPARE(get(got + "/deep/er/up"), "content");
    }

    void keepsHoles()
    {
        QTemporaryDir from, into;
        constexpr qint64 SIZE = qint64{1} << 40;
        const QString path = from.filePath("disk.img");
        const QList<qint64> places{0, 1'000'000, (qint64{1} << 35) + 77, SIZE - (1 << 20)};
        {
            QFile file(path);
            QVERIFY(file.open(QIODevice::WriteOnly));
            if (!file.resize(SIZE))
                QSKIP("the file system here takes no file of 1 TiB");
            for (const qint64 place : places)
                QVERIFY(file.seek(place) && file.write(content(70'000, place)) == 70'000);
        }
        if (statusOf(path).st_blocks * 512 > SIZE / 2)
            QSKIP("the file system here keeps no holes");
        TransferPair pair(systemFileSystem(), systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(into.path()); };
        Outgoing &sending = pair.a.send(scan(path));
        QVERIFY(pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().bytes, SIZE);
        const QString got = into.filePath("disk.img");
        QCOMPARE(qint64{statusOf(got).st_size}, SIZE);
        QVERIFY(statusOf(got).st_blocks * 512 < 4'000'000);
        QFile file(got);
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (const qint64 place : places) {
            QVERIFY(file.seek(place));
            QCOMPARE(file.read(70'000), content(70'000, place));
        }
    }

    void carriesAttributesAndMarksWhatCameFromElsewhere()
    {
#ifdef Q_OS_LINUX
        QTemporaryDir from, into;
        const auto set = [](const QString &path, const char *name, const QByteArray &value) {
            return ::setxattr(QFile::encodeName(path).constData(), name, value.constData(),
                              static_cast<std::size_t>(value.size()), 0)
                == 0;
        };
        const auto attribute = [](const QString &path, const char *name) {
            QByteArray value(8192, '\0');
            const ssize_t size = ::getxattr(QFile::encodeName(path).constData(), name, value.data(),
                                            static_cast<std::size_t>(value.size()));
            return size < 0 ? QByteArray("<none>") : value.first(size);
        };
        const QString dir = from.filePath("dir");
        put(dir + "/a", content(300'000));
        put(dir + "/b", "b");
        QFile::setPermissions(dir + "/b", QFileDevice::ReadOwner);
        if (!set(dir + "/a", "user.postern.test", QByteArray("\0one", 4)))
            QSKIP("the file system here has no extended attributes");
        QVERIFY(set(dir + "/a", "user.xdg.origin.url", "https://forged.example"));
        QVERIFY(set(dir + "/a", "user.long", QByteArray(3'000, 'x')));
        put(dir + "/in/file", "content");
        QDir().mkpath(dir + "/empty");
        for (const char *folder : {"", "/in", "/empty"}) {
            QVERIFY(set(dir + folder, "user.postern.test", QByteArray("of") + folder));
            QVERIFY(set(dir + folder, "user.xdg.origin.url", "https://forged.example"));
            setModified(dir + folder, 1'234'567'890, 0);
        }
        TransferPair pair(systemFileSystem(), systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) {
            offer.setOrigin("postern:anna@example.org");
            offer.accept(into.path());
        };
        pair.a.send(scan(dir));
        QVERIFY(pair.settle());
        const QString got = into.filePath("dir");
        QCOMPARE(attribute(got + "/a", "user.postern.test"), QByteArray("\0one", 4));
        QCOMPARE(attribute(got + "/a", "user.long"), QByteArray(3'000, 'x'));
        for (const char *name : {"/a", "/b"})
            QCOMPARE(attribute(got + name, "user.xdg.origin.url"), "postern:anna@example.org");
        QCOMPARE(attribute(got + "/b", "user.postern.test"), "<none>");
        QCOMPARE(statusOf(got + "/a").st_mtime, statusOf(dir + "/a").st_mtime);
        for (const char *folder : {"", "/in", "/empty"}) {
            QCOMPARE(attribute(got + folder, "user.postern.test"), QByteArray("of") + folder);
            QCOMPARE(attribute(got + folder, "user.xdg.origin.url"), "<none>");
            QCOMPARE(statusOf(got + folder).st_mtime, 1'234'567'890);
        }
        QCOMPARE(attribute(got + "/in/file", "user.postern.test"), "<none>");
#else
        QSKIP("this system marks files otherwise");
#endif
    }

    void writesNowhereElse()
    {
        QTemporaryDir target, journals, elsewhere;
        const bool can =
            std::async(std::launch::async, [&] { return confineThread({target.path()}); }).get();
        if (!can)
            QSKIP("the kernel here can't confine a thread");
        WorkerPool pool({[](Continuation call) { call(); }, [](Duration, Continuation) {}}, 1);
        const auto lane = pool.makeConfinedLane({target.path(), journals.path()});
        std::promise<QStringList> promise;
        lane->run([&]() -> Continuation {
            QStringList went;
            for (const QString &path :
                 {target.filePath("a"), journals.filePath("b"), elsewhere.filePath("c"),
                  target.filePath("a/../../" + QFileInfo(elsewhere.path()).fileName() + "/d")})
                if (write(path))
                    went.append(QFileInfo(path).fileName());
            QDir(target.path()).mkdir("part");
            if (write(target.filePath("part/e"))
                && QFile::rename(target.filePath("part/e"), target.filePath("e")))
                went.append("moved");
            if (QFile::rename(target.filePath("a"), elsewhere.filePath("a")))
                went.append("moved out");
            if (QFile(QStringLiteral("/etc/passwd")).open(QIODevice::ReadOnly))
                went.append("read");
            promise.set_value(went);
            return {};
        });
        QCOMPARE(promise.get_future().get(), (QStringList{"a", "b", "moved"}));
        QVERIFY(write(elsewhere.filePath("free"))); // this thread is as it was
    }

    void sweepsOnlyWhatIsOver()
    {
        Leftovers left;
        left.make('a');
        left.make('b', true);
        put(left.into.filePath(".postern-part-of mine/file"), "a person's");
        put(left.into.filePath("file"), "a person's");
        QCOMPARE(sweepLeftovers(left.home, {}, left.now), 0);
        QVERIFY(QFileInfo::exists(left.part('a') + "/dir/half"));
        QVERIFY(!QFileInfo::exists(left.part('b')));
        QCOMPARE(left.journals(), 2); // one to go on with, one with last words
        QCOMPARE(sweepLeftovers(left.home, {}, left.now + 31 * DAY_NS), 2);
        QCOMPARE(left.journals(), 0);
        QCOMPARE(left.parts(), (QStringList{".postern-part-of mine", "file"}));
    }

    void sweepsWhatLiesBesideNothing()
    {
        Leftovers left;
        left.make('a');
        const QDir journals(left.home.folder);
        const QString journal =
            journals.entryList({QString::fromLatin1(RECEIVE_JOURNAL_PREFIX) + u'*'}).value(0);
        const QString beside = journal.mid(RECEIVE_JOURNAL_PREFIX.size());
        for (const QString &name :
             {"hashes-" + journal, "choice-" + beside, QString("hashes-in-gone"),
              QString("hashes-out-gone"), QString("choice-gone"), QString("hashes and mine")})
            put(journals.filePath(name), "x");
        QCOMPARE(sweepLeftovers(left.home, {}, left.now), 0); // they may have just been begun
        QCOMPARE(sweepLeftovers(left.home, {}, left.now + 2 * DAY_NS), 3);
        QCOMPARE(
            journals.entryList(QDir::Files),
            (QStringList{"choice-" + beside, "hashes and mine", "hashes-" + journal, journal}));
        QCOMPARE(sweepLeftovers(left.home, {}, left.now + 31 * DAY_NS), 3);
        QCOMPARE(journals.entryList(QDir::Files), QStringList{"hashes and mine"});
    }

    void leavesAloneWhatIsHeldOrLinked()
    {
        Leftovers left;
        left.make('a');
        QTemporaryDir theirs;
        put(theirs.filePath("precious"), "precious");
        makeLink(QFile::encodeName(theirs.path()), left.part('b'));
        QDir().mkpath(left.part('c'));
        makeLink(QFile::encodeName(theirs.path()), left.part('c') + "/link");
        const auto folder = systemFileSystem()->openFolder(left.part('a'));
        QVERIFY(folder.ok() && (*folder)->lock().ok());
        sweepLeftovers(left.home, {left.into.path()}, left.now + 31 * DAY_NS);
        QVERIFY(QFileInfo::exists(left.part('a') + "/dir/half"));
        QCOMPARE(left.journals(), 1);
        QVERIFY(statusOf(left.part('b')).st_ino != 0);
        QVERIFY(!QFileInfo::exists(left.part('c')));
        QCOMPARE(get(theirs.filePath("precious")), "precious");
    }
};

QTEST_GUILESS_MAIN(TransferKindsTest)
#include "transfer_kinds_test.moc"
