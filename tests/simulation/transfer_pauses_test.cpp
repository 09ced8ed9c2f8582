// Pauses from either side, a disk that makes trouble, offers that are taken in part, texts and
// limits: two real transfer links in virtual time.

#include "core/transfer/choice.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

#include <cstring>
#include <random>

using namespace postern;
using namespace postern::test;

namespace {

const char *const DESTINATION = "/into";
const char *const JOURNALS = "/journals";

QByteArray noise(qsizetype bytes, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    QByteArray made(bytes, Qt::Uninitialized);
    for (qsizetype at = 0; at < bytes; at += 8) {
        const std::uint64_t some = random();
        std::memcpy(made.data() + at, &some,
                    static_cast<std::size_t>(std::min<qsizetype>(8, bytes - at)));
    }
    return made;
}

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

class TransferPausesTest : public QObject {
    Q_OBJECT

private slots:
    /// From the wish to send, and from the receiver's yes: whatever lies between.
    void tellsWhenTheFirstByteWent()
    {
        Scene scene;
        scene.from->put("/src/file", noise(300'000, 1));
        OutgoingOptions options;
        options.paused = true;
        options.wishedAt = scene.pair.executor.now() - 300ms;
        scene.pair.a.send(scene.scan({"/src/file"}), options);
        scene.rest();
        QCOMPARE(scene.sending().snapshot().firstByteMs, -1);
        QCOMPARE(scene.receiving().snapshot().firstByteMs, -1); // it has said yes
        scene.pair.executor.after(700ms, [&scene] { scene.sending().setPaused(false); });
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().snapshot().firstByteMs, 1000);
        QCOMPARE(scene.receiving().snapshot().firstByteMs, 700);
    }

    void pausesFromEitherSide_data()
    {
        QTest::addColumn<bool>("bySender");
        QTest::newRow("sender") << true;
        QTest::newRow("receiver") << false;
    }
    void pausesFromEitherSide()
    {
        QFETCH(const bool, bySender);
        Scene scene;
        const QByteArray content = noise(24 * 1024 * 1024, 1);
        scene.from->put("/src/film", content);
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 2 * 1024 * 1024; }));

        const auto pause = [&](bool on) {
            if (bySender)
                scene.sending().setPaused(on);
            else
                scene.receiving().setPaused(on);
        };
        pause(true);
        scene.rest();
        const qint64 stoppedAt = scene.receiving().snapshot().bytes;
        QVERIFY(stoppedAt < content.size());
        QCOMPARE(scene.sending().snapshot().pausedHere, bySender);
        QCOMPARE(scene.sending().snapshot().pausedThere, !bySender);
        QCOMPARE(scene.receiving().snapshot().pausedHere, !bySender);
        QCOMPARE(scene.receiving().snapshot().pausedThere, bySender);
        for (int timer = 0; timer < 20 && scene.pair.executor.skipToTimer(); ++timer)
            scene.rest();
        QCOMPARE(scene.receiving().snapshot().bytes, stoppedAt);

        pause(false);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        QCOMPARE(scene.arrived(), (MemoryTree{{"film", content}}));
    }

    void bothMustTakeTheirPauseBack()
    {
        Scene scene;
        scene.from->put("/src/film", noise(20 * 1024 * 1024, 2));
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        scene.sending().setPaused(true);
        scene.receiving().setPaused(true);
        scene.rest();
        scene.sending().setPaused(false);
        scene.rest();
        QCOMPARE(scene.sending().stage(), TransferStage::Transferring);
        QVERIFY(scene.sending().snapshot().pausedThere);
        scene.receiving().setPaused(false);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
    }

    void pausedBeforeItBegins()
    {
        Scene scene;
        scene.from->put("/src/note", "some");
        OutgoingOptions options;
        options.paused = true;
        scene.pair.a.send(scene.scan({"/src/note"}), options);
        scene.rest();
        QVERIFY(!scene.arrived().contains("note"));
        QVERIFY(scene.receiving().snapshot().pausedThere);
        scene.sending().setPaused(false);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.arrived(), (MemoryTree{{"note", "some"}}));
    }

    void staysPausedOnAnotherChannel()
    {
        Scene scene;
        scene.pair.a.endsWithChannel = scene.pair.b.endsWithChannel = false;
        scene.from->put("/src/film", noise(20 * 1024 * 1024, 3));
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        scene.receiving().setPaused(true);
        scene.rest();
        LoopbackPair other;
        scene.pair.b.link->attach(other.b());
        scene.pair.a.link->attach(other.a());
        const auto pump = [&] { return other.pump(1) || scene.pair.pump(); };
        while (pump() || scene.pair.executor.step()) { }
        QVERIFY(scene.sending().snapshot().pausedThere);
        QCOMPARE(scene.sending().stage(), TransferStage::Transferring);
        scene.receiving().setPaused(false);
        while (pump() || scene.pair.executor.step()) { }
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        scene.pair.a.link.reset();
        scene.pair.b.link.reset();
    }

    void waitsForADiskThatIsFull()
    {
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            Scene scene(seed);
            const QByteArray film = noise(6 * 1024 * 1024 + 17, seed);
            const QByteArray note = noise(3'000, seed + 1);
            scene.from->put("/src/dir/film", film);
            scene.from->put("/src/dir/note", note);
            scene.pair.a.send(scene.scan({"/src/dir"}));
            bool full = false;
            scene.into->fault = [&full](const char *operation) -> std::optional<Error> {
                if (full
                    && (operation == QByteArray("write") || operation == QByteArray("createFile")))
                    return Error{ErrorCode::DiskFull, QStringLiteral("no room")};
                return std::nullopt;
            };
            const qint64 at = static_cast<qint64>(seed) * 50'000;
            QVERIFY(scene.until([&] { return scene.verified() >= at; }));
            full = true;
            QVERIFY2(scene.until([&] { return scene.receiving().snapshot().trouble.has_value(); }),
                     qPrintable(QStringLiteral("seed %1").arg(seed)));
            scene.rest();
            QVERIFY(scene.sending().snapshot().trouble.has_value());
            QCOMPARE(scene.sending().snapshot().trouble->code, ErrorCode::DiskFull);
            for (int tries = 0; tries < 3; ++tries) { // still full
                QVERIFY(scene.pair.executor.skipToTimer());
                scene.rest();
                QCOMPARE(scene.receiving().stage(), TransferStage::Transferring);
            }
            full = false;
            QVERIFY2(scene.pair.settle(), qPrintable(QStringLiteral("seed %1").arg(seed)));
            QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
            QCOMPARE(scene.receiving().stage(), TransferStage::Delivered);
            QCOMPARE(scene.arrived(),
                     (MemoryTree{{"dir/", {}}, {"dir/film", film}, {"dir/note", note}}));
        }
    }

    void tidiesUpWhatIsCancelledInTrouble()
    {
        Scene scene;
        scene.from->put("/src/film", noise(6 * 1024 * 1024, 4));
        scene.pair.a.send(scene.scan({"/src/film"}));
        QVERIFY(scene.until([&] { return scene.verified() > 0; }));
        scene.into->fault = [](const char *operation) -> std::optional<Error> {
            if (operation == QByteArray("write"))
                return Error{ErrorCode::DiskFull, QStringLiteral("no room")};
            return std::nullopt;
        };
        QVERIFY(scene.until([&] { return scene.receiving().snapshot().trouble.has_value(); }));
        scene.into->fault = {};
        scene.receiving().cancel();
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Cancelled);
        QCOMPARE(scene.arrived(), MemoryTree());
        scene.receiving().hashes()->forget(); // once the history has them
        QCOMPARE(scene.into->tree(scene.into->folder(JOURNALS)), MemoryTree());
    }

    void takesPartOfAnOffer()
    {
        Scene scene;
        for (const char *name : {"a/1", "a/2", "a/b/3", "a/b/4", "c/5"})
            scene.from->put(QStringLiteral("/src/") + name, name);
        scene.from->put("/src/d", "d");
        scene.pair.b.onOffer = [](Incoming &offer) {
            QList<quint32> out;
            const auto entries = offer.entries(100);
            for (qsizetype i = 0; i < entries.size(); ++i)
                if (entries[i].path == "a/b" || entries[i].path == "a/2" || entries[i].path == "c")
                    out.append(static_cast<quint32>(i));
            QCOMPARE(out.size(), 3);
            QVERIFY(offer.leaveOut(out).ok());
            offer.accept(DESTINATION);
        };
        scene.pair.a.send(scene.scan({"/src/a", "/src/c", "/src/d"}));
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        QCOMPARE(scene.sending().snapshot().files, 2);
        QCOMPARE(scene.receiving().snapshot().files, 2);
        QCOMPARE(scene.arrived(), (MemoryTree{{"a/", {}}, {"a/1", "a/1"}, {"d", "d"}}));
        QCOMPARE(scene.into->tree(scene.into->folder(JOURNALS)).count("choice"), 0U);
    }

    void takesPartOverSeveralChannels()
    {
        Scene scene;
        scene.pair.a.endsWithChannel = scene.pair.b.endsWithChannel = false;
        const QByteArray film = noise(8 * 1024 * 1024, 5);
        scene.from->put("/src/a/1", "unwanted");
        scene.from->put("/src/a/2", film);
        scene.pair.b.onOffer = [](Incoming &offer) {
            QVERIFY(offer.leaveOut({1}).ok());
            offer.accept(DESTINATION);
        };
        scene.pair.a.send(scene.scan({"/src/a"}));
        QVERIFY(scene.until([&] { return scene.verified() > 1024 * 1024; }));
        LoopbackPair other;
        scene.pair.b.link->attach(other.b());
        scene.pair.a.link->attach(other.a());
        while (other.pump(1) || scene.pair.pump() || scene.pair.executor.step()) { }
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        QCOMPARE(scene.arrived(), (MemoryTree{{"a/", {}}, {"a/2", film}}));
        scene.pair.a.link.reset();
        scene.pair.b.link.reset();
    }

    void refusesToLeaveEverythingOut()
    {
        Scene scene;
        scene.from->put("/src/a/1", "1");
        bool refused = false;
        scene.pair.b.onOffer = [&](Incoming &offer) {
            refused = !offer.leaveOut({0}).ok();
            offer.accept(DESTINATION);
        };
        scene.pair.a.send(scene.scan({"/src/a"}));
        QVERIFY(scene.pair.settle());
        QVERIFY(refused);
        QCOMPARE(scene.arrived(), (MemoryTree{{"a/", {}}, {"a/1", "1"}}));
    }

    void believesNoChoiceThatDoesNotFit()
    {
        Manifest manifest;
        for (const quint32 depth : {0U, 1U, 1U, 0U}) {
            wire::ManifestEntry entry;
            entry.kind = manifest.count() == 0 ? wire::EntryKind::Folder : wire::EntryKind::File;
            entry.depth = depth;
            entry.name = "n" + QByteArray::number(manifest.count());
            QVERIFY(manifest.append(entry).ok());
        }
        const QList<QPair<QByteArray, bool>> cases{
            {QByteArray::fromHex("0101"), true}, // the first file
            {QByteArray::fromHex("0003"), true}, // the folder with all in it
            {QByteArray::fromHex("0001"), false}, // the folder without what it holds
            {QByteArray::fromHex("0004"), false}, // everything
            {QByteArray::fromHex("0105"), false}, // beyond the list
            {QByteArray::fromHex("0100"), false}, // an empty run
            {QByteArray::fromHex("01010001"), false}, // runs that touch
            {QByteArray::fromHex("01"), false},
            {QByteArray::fromHex("ffffffffffff"), false},
            {QByteArray::fromHex("01ffffffff0f"), false},
        };
        for (const auto &[packed, fits] : cases)
            QVERIFY2(Choice::parse(manifest, packed).ok() == fits, packed.toHex().constData());
        for (std::uint64_t seed = 1; seed <= 200; ++seed) { // there and back
            std::mt19937_64 random(seed);
            QList<quint32> out;
            for (quint32 entry = 0; entry < manifest.count(); ++entry)
                if (random() % 3 == 0)
                    out.append(entry);
            const auto made = Choice::of(manifest, out);
            if (!made || made->isAll())
                continue;
            const auto read = Choice::parse(manifest, made->packed());
            QVERIFY2(read.ok(), qPrintable(QStringLiteral("seed %1").arg(seed)));
            QCOMPARE(read->packed(), made->packed());
        }
    }

    void deliversATextOnceItIsKept()
    {
        Scene scene;
        const QString text =
            QStringLiteral("https://example.org/a?b=1&c=<b>2</b>\nsecond \u202eline");
        scene.pair.b.onOffer = [](Incoming &offer) { offer.accept({}); };
        scene.pair.a.send(textSource(text));
        scene.rest();
        QCOMPARE(scene.receiving().text(), text);
        QCOMPARE(scene.receiving().stage(), TransferStage::Preparing);
        QVERIFY(!isFinal(scene.sending().stage()));
        scene.receiving().textKept({});
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
        QCOMPARE(scene.receiving().stage(), TransferStage::Delivered);
        QCOMPARE(scene.receiving().snapshot().title,
                 QStringLiteral("https://example.org/a?b=1&c=<b>2</b>"));
    }

    void tellsOfATextThatCouldNotBeKept()
    {
        Scene scene;
        scene.pair.b.onOffer = [](Incoming &offer) { offer.accept({}); };
        scene.pair.a.send(textSource("hello"));
        scene.rest();
        scene.receiving().textKept(Error{ErrorCode::DiskFull, "no room"});
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Failed);
    }

    void limitsAllTransfersTogetherAndFairly()
    {
        Scene scene;
        constexpr qint64 RATE = 10 * 1024 * 1024;
        constexpr int TRANSFERS = 5;
        OutgoingOptions options;
        options.shared = std::make_shared<SharedRate>(RATE);
        for (int i = 0; i < TRANSFERS; ++i) {
            const QString path = QStringLiteral("/src/%1").arg(i);
            scene.from->put(path, noise(40 * 1024 * 1024, static_cast<std::uint64_t>(i)));
            scene.pair.a.send(scene.scan({path}), options);
        }
        const Instant begun = scene.pair.executor.now();
        while (scene.pair.executor.now() - begun < 10s) {
            scene.rest();
            QVERIFY(scene.pair.executor.skipToTimer());
        }
        scene.rest();
        qint64 all = 0;
        QList<qint64> each;
        for (const auto &one : scene.pair.a.outgoing) {
            each.append(one->snapshot().bytes);
            all += each.back();
        }
        const double seconds =
            std::chrono::duration<double>(scene.pair.executor.now() - begun).count();
        const double rate = static_cast<double>(all) / seconds;
        QVERIFY2(rate > 0.95 * RATE && rate < 1.05 * RATE, qPrintable(QString::number(rate)));
        for (const qint64 bytes : each)
            QVERIFY2(std::abs(static_cast<double>(bytes) * TRANSFERS / static_cast<double>(all) - 1)
                         < 0.1,
                     qPrintable(QStringLiteral("%1 of %2").arg(bytes).arg(all)));
    }

    void aReceiverLimitsWhatItTakes()
    {
        Scene scene;
        constexpr qint64 RATE = 1024 * 1024;
        scene.from->put("/src/film", noise(40 * 1024 * 1024, 9));
        scene.pair.b.onOffer = [](Incoming &offer) {
            offer.setRate(RATE);
            offer.accept(DESTINATION);
        };
        scene.pair.a.send(scene.scan({"/src/film"}));
        const Instant begun = scene.pair.executor.now();
        while (scene.pair.executor.now() - begun < 20s) {
            scene.rest();
            QVERIFY(scene.pair.executor.skipToTimer());
        }
        // What the channel's window let through before the limit could be felt comes on top.
        const qint64 taken = scene.receiving().snapshot().bytes;
        QVERIFY2(taken > 18 * RATE && taken < 32 * RATE, qPrintable(QString::number(taken)));
        scene.receiving().setRate(0);
        QVERIFY(scene.pair.settle());
        QCOMPARE(scene.sending().stage(), TransferStage::Delivered);
    }
};

QTEST_GUILESS_MAIN(TransferPausesTest)
#include "transfer_pauses_test.moc"
