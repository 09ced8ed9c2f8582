// What a sender reads from goes away, comes back or changes, a receiver starts again without its
// disk, small transfers run beside large ones: two real transfer links in virtual time.

#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

#include <random>

using namespace postern;
using namespace postern::test;

namespace {

const char *const DESTINATION = "/into";
const char *const JOURNALS = "/journals";
constexpr qsizetype MIB = 1024 * 1024;

QByteArray noise(qsizetype bytes, std::uint64_t seed)
{
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed + 1));
    QByteArray made(bytes, Qt::Uninitialized);
    for (char &byte : made)
        byte = static_cast<char>(random() >> 8);
    return made;
}

/// A drive, or a folder, that can be taken out and put back.
class Drive {
public:
    Drive(MemoryFileSystem &files, const QString &parent, const QByteArray &name)
        : m_files(files)
        , m_parent(parent)
        , m_name(name)
    {
    }
    void takeOut()
    {
        auto &children = m_files.folder(m_parent).children;
        m_out = children.at(m_name);
        children.erase(m_name);
    }
    /// Files that are open can't be read any more either.
    void takeOutWhileRead()
    {
        takeOut();
        m_files.fault = [](const char *operation) -> std::optional<Error> {
            if (operation == QByteArray("read"))
                return Error{ErrorCode::FileNotReadable, QStringLiteral("no such device")};
            return std::nullopt;
        };
    }
    enum class Numbers { New, Old };
    void putBack(Numbers numbers = Numbers::New)
    {
        if (numbers == Numbers::New)
            renumber(*m_out);
        m_files.folder(m_parent).children[m_name] = m_out;
        m_files.fault = {};
    }

private:
    static void renumber(MemoryNode &node) // another mount is another device
    {
        node.identity ^= 0x9e3779b97f4a7c15ULL; // as FileInfo::identity holds the device's number
        for (const auto &[name, child] : node.children)
            renumber(*child);
    }
    MemoryFileSystem &m_files;
    QString m_parent;
    QByteArray m_name;
    std::shared_ptr<MemoryNode> m_out;
};

/// Two people, the first with files to send.
struct Scene {
    explicit Scene(std::uint64_t seed = 1)
        : from(std::make_shared<MemoryFileSystem>())
        , into(std::make_shared<MemoryFileSystem>())
        , pair(from, into, seed, {}, JOURNALS)
    {
        for (auto *disk : {from.get(), into.get()})
            (void)disk->folder(JOURNALS);
        (void)into->folder(DESTINATION);
        pair.b.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
    }
    std::shared_ptr<const Source> scan(const QStringList &paths) const
    {
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*from, paths, cancelled);
        return source ? *source : nullptr;
    }
    /// Steps until it is so; false if it never comes to be.
    template<typename F> bool until(F so)
    {
        for (int i = 0; i < 1'000'000; ++i) {
            if (so())
                return true;
            if (!pair.pump() && !pair.executor.step() && !pair.executor.skipToTimer())
                return so();
        }
        return false;
    }
    /// Runs what needs no timer.
    void rest()
    {
        while (pair.pump() || pair.executor.step()) { }
    }
    Outgoing &sending() { return *pair.a.outgoing.back(); }
    Incoming &receiving() { return *pair.b.incoming.back(); }
    qint64 verified() const
    {
        return pair.b.incoming.empty() ? 0 : pair.b.incoming.back()->snapshot().bytes;
    }
    MemoryTree arrived() const { return into->tree(into->folder(DESTINATION)); }

    std::shared_ptr<MemoryFileSystem> from;
    std::shared_ptr<MemoryFileSystem> into;
    TransferPair pair;
};

} // namespace

Q_DECLARE_METATYPE(Drive::Numbers)

class TransferSourcesTest : public QObject {
    Q_OBJECT

private slots:
    void waitsForASourceThatIsAway()
    {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const auto which = QStringLiteral("seed %1").arg(seed).toUtf8();
            Scene scene(seed);
            MemoryTree all{{"dir/", {}}};
            for (int i = 0; i < 12; ++i) {
                const QByteArray content = noise(700'000, seed * 100 + static_cast<unsigned>(i));
                const QByteArray name = "dir/" + QByteArray::number(100 + i);
                scene.from->put("/media/stick/" + name, content);
                all[name] = content;
            }
            scene.pair.a.send(scene.scan({"/media/stick/dir"}));
            const auto at = static_cast<qint64>(seed) * 50'000;
            QVERIFY2(scene.until([&] { return scene.verified() >= at; }), which);
            Drive stick(*scene.from, "/media", "stick");
            stick.takeOutWhileRead();
            QVERIFY2(scene.until([&] { return scene.sending().snapshot().trouble.has_value(); }),
                     which);
            scene.rest();
            QVERIFY2(scene.receiving().snapshot().trouble.has_value(), which);
            const Instant before = scene.pair.executor.now();
            for (int tries = 0; tries < 5; ++tries) {
                QVERIFY2(scene.pair.executor.skipToTimer(), which);
                scene.rest();
                QCOMPARE(scene.sending().stage(), TransferStage::Transferring);
            }
            QVERIFY2(scene.pair.executor.now() - before > 30s, which); // looked for calmly
            QVERIFY2(!scene.sending().snapshot().stalled, which);
            QVERIFY2(!scene.receiving().snapshot().stalled, which);
            stick.putBack();
            QVERIFY2(scene.pair.settle(), which);
            QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
            QVERIFY2(!scene.receiving().snapshot().trouble, which);
            QVERIFY2(scene.arrived() == all, which);
        }
    }

    void looksAtOnceWhenAskedTo()
    {
        Scene scene;
        for (int i = 0; i < 12; ++i)
            scene.from->put(QStringLiteral("/media/stick/dir/%1").arg(i), noise(700'000, 1));
        scene.pair.a.send(scene.scan({"/media/stick/dir"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        Drive stick(*scene.from, "/media", "stick");
        stick.takeOutWhileRead();
        QVERIFY(scene.until([&] { return scene.sending().snapshot().trouble.has_value(); }));
        scene.rest();
        stick.putBack();
        const Instant before = scene.pair.executor.now();
        scene.sending().setPaused(true);
        scene.sending().setPaused(false);
        scene.rest();
        QVERIFY(!scene.sending().snapshot().trouble);
        QCOMPARE(scene.pair.executor.now(), before);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
    }

    void tellsWhichFilesChanged()
    {
        Scene scene;
        scene.from->put("/src/d/a", noise(8 * MIB, 2));
        scene.from->put("/src/d/e/b", "before");
        scene.from->put("/src/d/e/c", "before");
        scene.from->put("/src/d/e/same", "same");
        scene.from->put("/src/d/f", "gone");
        scene.from->put("/src/d/g/h", "before");
        scene.pair.a.send(scene.scan({"/src/d"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        for (const char *path : {"/src/d/e/b", "/src/d/e/c", "/src/d/g/h"})
            scene.from->put(path, "behind");
        scene.from->remove("/src/d/f");
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Failed);
        QVERIFY(!scene.arrived().contains("d/e/b"));
        QCOMPARE(scene.sending().changedPaths(),
                 (QStringList{"/src/./d/e/b", "/src/./d/e/c", "/src/./d/g/h"}));

        scene.pair.a.send(scene.scan(scene.pair.a.outgoing.front()->changedPaths()));
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        const MemoryTree again{
            {"d (2)/e/b", "behind"}, {"d (2)/e/c", "behind"}, {"d (2)/g/h", "behind"}};
        for (const auto &[path, bytes] : again)
            QCOMPARE(scene.arrived()[path], bytes);
        QVERIFY(!scene.arrived().contains("d (2)/e/same"));
    }

    void aPauseIsNoStall()
    {
        Scene scene;
        scene.from->put("/src/film", noise(20 * MIB, 3));
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        scene.receiving().setPaused(true);
        scene.rest();
        scene.pair.executor.advance(1min);
        for (const TransferSnapshot &now :
             {scene.sending().snapshot(), scene.receiving().snapshot()}) {
            QVERIFY(now.isPaused());
            QVERIFY(!now.stalled);
            QCOMPARE(now.rate, 0.0);
            QCOMPARE(now.secondsLeft, -1);
        }
        scene.receiving().setPaused(false);
        QVERIFY(!scene.receiving().snapshot().stalled);
        scene.pair.pump();
        QVERIFY(!scene.sending().snapshot().stalled);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
    }

    void keepsWhatAnEarlierLifeBroughtWhenTheDiskIsMissing_data()
    {
        QTest::addColumn<Drive::Numbers>("numbers");
        QTest::newRow("the same device again") << Drive::Numbers::Old;
        QTest::newRow("another device") << Drive::Numbers::New;
    }
    void keepsWhatAnEarlierLifeBroughtWhenTheDiskIsMissing()
    {
        QFETCH(const Drive::Numbers, numbers);
        Scene scene;
        scene.pair.a.endsWithChannel = scene.pair.b.endsWithChannel = false;
        (void)scene.into->folder("/media/stick/into");
        scene.pair.b.onOffer = [](Incoming &offer) { offer.accept("/media/stick/into"); };
        const QByteArray film = noise(12 * MIB, 4);
        scene.from->put("/src/film", film);
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 4 * MIB; }));
        scene.pair.channels.cut({ErrorCode::Disconnected, {}});
        scene.rest();
        scene.receiving().putDown();
        scene.rest();

        Drive stick(*scene.into, "/media", "stick");
        stick.takeOut();
        LoopbackPair other;
        TransferSide again(scene.into, scene.pair.executor, JOURNALS);
        again.onOffer = [](Incoming &offer) {
            QVERIFY(offer.goesOn());
            offer.accept({});
        };
        again.link->attach(other.b());
        scene.pair.a.link->attach(other.a());
        const auto rest = [&] {
            while (other.pump(1) || scene.pair.executor.step()) { }
        };
        rest();
        QCOMPARE(again.incoming.size(), std::size_t{1});
        QVERIFY(again.incoming.front()->snapshot().trouble.has_value());
        QVERIFY(scene.sending().snapshot().trouble.has_value());
        QVERIFY(!isFinal(scene.sending().stage()));
        stick.putBack(numbers);
        const std::size_t before = other.bytesDelivered();
        while (!isFinal(scene.sending().stage()) && scene.pair.executor.skipToTimer())
            rest();
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        QVERIFY(other.bytesDelivered() - before < static_cast<std::size_t>(9 * MIB)); // it went on
        QCOMPARE(scene.into->tree(scene.into->folder("/media/stick/into")),
                 (MemoryTree{{"film", film}}));
        scene.pair.a.link.reset();
        again.link.reset();
        rest();
    }

    void carriesALongText()
    {
        Scene scene;
        const QString text(10'000, QChar(0x20ac)); // 30,000 bytes
        scene.pair.b.onOffer = [](Incoming &offer) { offer.accept({}); };
        scene.pair.a.send(textSource(text));
        scene.rest();
        QCOMPARE(scene.receiving().text(), text);
        scene.receiving().textKept({});
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
    }

    void aSmallOneDoesNotWaitForALargeOne()
    {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Scene scene(seed);
            scene.from->put("/src/film", noise(24 * MIB, seed));
            scene.from->put("/src/note", noise(MIB, seed + 1));
            scene.pair.a.send(scene.scan({"/src/film"}));
            QVERIFY(scene.until([&] { return scene.verified() > 4 * MIB; }));
            const qint64 before = scene.verified();
            const Outgoing &note = scene.pair.a.send(scene.scan({"/src/note"}));
            QVERIFY(scene.until([&] { return note.stage() == TransferStage::Delivered; }));
            const qint64 beside = scene.pair.b.incoming.front()->snapshot().bytes - before;
            QVERIFY2(beside <= 8 * MIB,
                     qPrintable(QStringLiteral("seed %1: %2 bytes").arg(seed).arg(beside)));
            QVERIFY(scene.pair.settle());
        }
    }
};

QTEST_GUILESS_MAIN(TransferSourcesTest)
#include "transfer_sources_test.moc"
