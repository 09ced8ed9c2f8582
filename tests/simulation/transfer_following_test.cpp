// What changed while a folder was sent is offered once more and lands in that folder: two real
// transfer links in virtual time. Whatever does not follow is received as any other offer.

#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

namespace {

const char *const DESTINATION = "/into";
const char *const JOURNALS = "/journals";
constexpr qsizetype LARGE = 3'000'000;

DeviceId device(char letter) { return *DeviceId::fromBytes(viewOf(QByteArray(32, letter))); }

LoopbackOptions lineFrom(char letter)
{
    LoopbackOptions options;
    options.deviceA = device(letter);
    options.deviceB = device('b');
    return options;
}

/// Anna has sent a folder to Bob, and two files of it changed meanwhile.
struct Scene {
    Scene()
        : pair(from, into, 1, lineFrom('a'), JOURNALS)
    {
        for (auto *disk : {from.get(), into.get()})
            (void)disk->folder(JOURNALS);
        (void)into->folder(DESTINATION);
        (void)into->folder("/elsewhere");
        pair.b.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
        from->put("/src/d/a", content(LARGE));
        for (const char *path : {"/src/d/e/b", "/src/d/e/same", "/src/d/g/h", "/src/z"})
            from->put(path, "before");
    }
    std::shared_ptr<const Source> scan(const QStringList &paths) const
    {
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*from, paths, cancelled);
        return source ? *source : nullptr;
    }
    /// Those that follow are then in `changed`.
    bool sendFirst(const QStringList &paths = {"/src/d"})
    {
        Outgoing &sending = pair.a.send(scan(paths), {}, first);
        while (pair.b.incoming.empty() || pair.b.incoming.back()->snapshot().bytes == 0)
            if (!pair.pump() && !pair.executor.step() && !pair.executor.skipToTimer())
                return false;
        for (const char *path : {"/src/d/e/b", "/src/d/g/h", "/src/z"})
            from->put(path, "behind");
        (void)pair.settle();
        changed = sending.changedPaths();
        return sending.stage() == TransferStage::Failed;
    }
    Outgoing &follow(TransferSide &by, const TransferId &followed)
    {
        OutgoingOptions options;
        options.follows = followed;
        return by.send(scan(changed), options);
    }
    bool sendChanged()
    {
        Outgoing &sending = follow(pair.a, first);
        return pair.settle() && sending.stage() == TransferStage::Delivered;
    }
    MemoryTree arrived() const
    {
        MemoryTree tree = into->tree(into->folder(DESTINATION));
        std::erase_if(tree, [](const auto &entry) { return entry.first.endsWith('/'); });
        return tree;
    }
    QStringList notes() const { return pair.b.incoming.back()->snapshot().notes; }

    std::shared_ptr<MemoryFileSystem> from = std::make_shared<MemoryFileSystem>();
    std::shared_ptr<MemoryFileSystem> into = std::make_shared<MemoryFileSystem>();
    TransferPair pair;
    TransferId first = *TransferId::fromBytes(viewOf(QByteArray(16, '1')));
    QStringList changed;
};

/// What has arrived of the folder under this name when nothing of it is missing.
MemoryTree whole(const QByteArray &name, const QByteArray &of = "behind")
{
    return {{name + "/a", content(LARGE)},
            {name + "/e/b", of},
            {name + "/e/same", "before"},
            {name + "/g/h", of}};
}

MemoryTree without(MemoryTree tree, const QByteArray &path)
{
    tree.erase(path);
    return tree;
}

MemoryTree with(MemoryTree tree, const MemoryTree &more)
{
    tree.insert(more.begin(), more.end());
    return tree;
}

} // namespace

class TransferFollowingTest : public QObject {
    Q_OBJECT

    using Change = std::function<void(Scene &)>;

private slots:
    void landsInTheFolderThatCameBefore()
    {
        Scene scene;
        QVERIFY(scene.sendFirst());
        QCOMPARE(scene.changed.size(), 2);
        QVERIFY(scene.sendChanged());
        QVERIFY(scene.arrived() == whole("d"));
        QCOMPARE(scene.pair.b.incoming.back()->snapshot().location, "/into/d");
        QVERIFY(scene.notes().isEmpty());
    }

    /// What there is may be the file as it was before, or somebody else's: it stays.
    void replacesNothing()
    {
        Scene scene;
        QVERIFY(scene.sendFirst());
        scene.into->put("/into/d/e/b", "old");
        QVERIFY(scene.sendChanged());
        auto wanted = whole("d");
        wanted["d/e/b"] = "old";
        wanted["d/e/b (2)"] = "behind";
        QVERIFY(scene.arrived() == wanted);
        QCOMPARE(scene.notes().size(), 1);
        QVERIFY(scene.notes().first().contains("d/e/b"));
    }

    void knowsTheNameThatTheFolderGot()
    {
        Scene scene;
        scene.into->put("/into/d/mine", "mine");
        scene.into->put("/into/d (2)/mine", "mine");
        QVERIFY(scene.sendFirst());
        QVERIFY(scene.sendChanged());
        QVERIFY(scene.arrived()
                == with(whole("d (3)"), {{"d/mine", "mine"}, {"d (2)/mine", "mine"}}));
        QCOMPARE(scene.pair.b.incoming.back()->snapshot().location, "/into/d (3)");
    }

    /// It is in no folder: it gets its name as any file does.
    void givesASingleFileTheNextFreeName()
    {
        Scene scene;
        QVERIFY(scene.sendFirst({"/src/d", "/src/z"}));
        QVERIFY(scene.changed.contains("/src/z"));
        scene.into->put("/into/z", "mine");
        QVERIFY(scene.sendChanged());
        QVERIFY(scene.arrived() == with(whole("d"), {{"z", "mine"}, {"z (2)", "behind"}}));
    }

    /// It changed once more, and follows what followed.
    void followsWhatFollowed()
    {
        Scene scene;
        QVERIFY(scene.sendFirst());
        OutgoingOptions options;
        options.follows = scene.first;
        const auto second = *TransferId::fromBytes(viewOf(QByteArray(16, '2')));
        const auto source = scene.scan(scene.changed);
        scene.from->put("/src/d/e/b", "changed again");
        Outgoing &sending = scene.pair.a.send(source, options, second);
        QVERIFY(scene.pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Failed);
        QVERIFY(scene.arrived() == without(whole("d"), "d/e/b"));
        scene.changed = sending.changedPaths();
        scene.first = second;
        QVERIFY(scene.sendChanged());
        auto wanted = whole("d");
        wanted["d/e/b"] = "changed again";
        QVERIFY(scene.arrived() == wanted);
    }

    void goesBesideWhatIsNotAFolderAnyMore_data()
    {
        QTest::addColumn<Change>("change");
        QTest::newRow("a link") << Change([](Scene &scene) {
            scene.into->remove("/into/d/g");
            scene.into->link("/into/d/g", "../../elsewhere");
        });
        QTest::newRow("a file") << Change([](Scene &scene) {
            scene.into->remove("/into/d/g");
            scene.into->put("/into/d/g", "mine");
        });
    }
    void goesBesideWhatIsNotAFolderAnyMore()
    {
        QFETCH(const Change, change);
        Scene scene;
        QVERIFY(scene.sendFirst());
        change(scene);
        QVERIFY(scene.sendChanged());
        auto tree = scene.arrived();
        QCOMPARE(tree["d/e/b"], "behind");
        QCOMPARE(tree["d/g (2)/h"], "behind");
        QVERIFY(scene.into->folder("/elsewhere").children.empty());
    }

    void isReceivedAsAnyOtherWhereItDoesNotFollow_data()
    {
        QTest::addColumn<Change>("change");
        QTest::newRow("another number")
            << Change([](Scene &s) { s.first = randomId<TransferId>(); });
        QTest::newRow("no number") << Change([](Scene &s) { s.first = {}; });
        QTest::newRow("the folder was moved away") << Change([](Scene &s) {
            auto &children = s.into->folder(DESTINATION).children;
            s.into->folder("/elsewhere").children["d"] = children.at("d");
            children.erase("d");
            (void)s.into->folder("/into/d");
        });
        QTest::newRow("a link to the folder") << Change([](Scene &s) {
            auto &children = s.into->folder(DESTINATION).children;
            s.into->folder("/elsewhere").children["d"] = children.at("d");
            children.erase("d");
            s.into->link("/into/d", "../elsewhere/d");
        });
        QTest::newRow("with a file that was never left out")
            << Change([](Scene &s) { s.changed.append("/src/./d/e/same"); });
        QTest::newRow("with a file that was never offered") << Change([](Scene &s) {
            s.from->put("/src/d/e/.hidden", "run me");
            s.changed.append("/src/./d/e/.hidden");
        });
        QTest::newRow("with a link") << Change([](Scene &s) {
            s.from->link("/src/d/e/link", "b");
            s.changed.append("/src/./d/e/link");
        });
        QTest::newRow("with a folder for nothing") << Change([](Scene &s) {
            (void)s.from->folder("/src/d/e/hooks");
            s.changed.append("/src/./d/e/hooks");
        });
        QTest::newRow("into another folder") << Change([](Scene &s) {
            s.pair.b.onOffer = [](Incoming &offer) {
                QCOMPARE(offer.fillsIn(), DESTINATION);
                offer.accept("/elsewhere");
            };
        });
        QTest::newRow("gone within the moment between") << Change([](Scene &s) {
            s.pair.b.onOffer = [&s](Incoming &offer) {
                QCOMPARE(offer.fillsIn(), DESTINATION);
                s.into->remove("/into/d");
                (void)s.into->folder("/into/d");
                offer.accept(DESTINATION);
            };
        });
    }
    void isReceivedAsAnyOtherWhereItDoesNotFollow()
    {
        QFETCH(const Change, change);
        Scene scene;
        QVERIFY(scene.sendFirst());
        change(scene);
        QVERIFY(scene.sendChanged());
        const QString location = scene.pair.b.incoming.back()->snapshot().location;
        const bool elsewhere = location == "/elsewhere/d";
        QVERIFY(elsewhere || location == "/into/d (2)");
        QCOMPARE(scene.into->tree(scene.into->folder(location))["e/b"], "behind");
        QVERIFY(!scene.arrived().contains("d/e/b"));
        QCOMPARE(scene.into->tree(scene.into->folder("/elsewhere")).contains("d/e/b"), elsewhere);
    }

    /// The number counts only with its device.
    void letsNobodyElseFollow()
    {
        Scene scene;
        QVERIFY(scene.sendFirst());
        LoopbackPair line(lineFrom('m'));
        TransferSide mallory(line.a(), scene.from, scene.pair.executor);
        scene.pair.b.link->attach(line.b());
        Outgoing &sending = scene.follow(mallory, scene.first);
        while (line.pump(1) || scene.pair.executor.step() || scene.pair.executor.skipToTimer()) { }
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(scene.arrived().count("d/e/b"), std::size_t{0});
        QCOMPARE(scene.arrived()["d (2)/e/b"], "behind");
        scene.pair.b.link.reset();
    }

    void forgetsTheOldest()
    {
        IncomingBook book;
        const auto id = [](std::size_t number) {
            return *TransferId::fromBytes(
                viewOf(QByteArray::number(number).rightJustified(16, '0')));
        };
        for (std::size_t i = 0; i <= IncomingBook::MOST_WITH_GAPS; ++i)
            book.noteGaps(device('a'), id(i), std::make_shared<Gaps>());
        QVERIFY(!book.gaps(device('a'), id(0)));
        QVERIFY(book.gaps(device('a'), id(1)));
        QVERIFY(!book.gaps(device('m'), id(1)));

        Gaps gaps;
        for (int i = 0; i < 100'000; ++i)
            gaps.noteMissing(QString::number(i), QStringLiteral("%1/x").arg(i));
        gaps.notePlaced("0", {"0", 1});
        QVERIFY(gaps.canBeFilled());
        Gaps late = gaps;
        late.notePlaced("99999", {"99999", 1}); // was beyond what is remembered
        Manifest manifest;
        QVERIFY(manifest.append({wire::EntryKind::Folder, false, 0, "99999", 0, 0, {}}).ok());
        QVERIFY(manifest.append({wire::EntryKind::File, false, 1, "x", 0, 0, {}}).ok());
        late.into = "/into";
        MemoryFileSystem files;
        (void)files.folder("/into/99999");
        const auto named = nameSafely(std::move(manifest), NameRules::ofThisSystem());
        QVERIFY(late.filledBy(*named, files).empty());
    }

    void goesOnAfterACrash_data()
    {
        using Names = MemoryFileSystem::Names;
        QTest::addColumn<std::optional<Names>>("loss");
        QTest::newRow("killed") << std::optional<Names>();
        QTest::newRow("power loss, names as now") << std::optional(Names::AsNow);
        QTest::newRow("power loss, names as synced") << std::optional(Names::AsSynced);
    }
    /// The receiver ends at any operation of its disk: each file is there once, and in the folder
    /// if the receiver had got as far as to note that.
    void goesOnAfterACrash()
    {
        QFETCH(const std::optional<MemoryFileSystem::Names>, loss);
        int inPlace = 0;
        bool stopped = true;
        for (int stopsAt = 1; stopped; ++stopsAt) {
            const auto which = QStringLiteral("operation %1").arg(stopsAt).toUtf8();
            Scene scene;
            QVERIFY(scene.sendFirst());
            scene.into->syncAll();
            scene.pair.a.endsWithChannel = scene.pair.b.endsWithChannel = false;
            stopped = false;
            int operations = 0;
            scene.into->fault = [&](const char *) -> std::optional<Error> {
                stopped = stopped || ++operations == stopsAt;
                return stopped ? std::optional(Error{ErrorCode::Internal, "gone"}) : std::nullopt;
            };
            Outgoing &sending = scene.follow(scene.pair.a, scene.first);
            while (!stopped && (scene.pair.pump() || scene.pair.executor.step())) { }
            scene.pair.channels.cut({ErrorCode::Disconnected, {}});
            scene.pair.channels.pump();
            stopped = true; // for whatever it still has in mind
            scene.pair.b.incoming.clear();
            scene.pair.b.link.reset();
            while (scene.pair.executor.step()) { }
            stopped = operations >= stopsAt;
            scene.into->fault = {};
            if (loss)
                scene.into->powerLoss(*loss);

            LoopbackPair line(lineFrom('a'));
            TransferSide again(scene.into, scene.pair.executor, JOURNALS);
            again.endsWithChannel = false;
            again.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
            again.link->attach(line.b());
            scene.pair.a.link->attach(line.a());
            while (line.pump(1) || scene.pair.executor.step()
                   || (!isFinal(sending.stage()) && scene.pair.executor.skipToTimer())) { }
            QVERIFY2(sending.stage() == TransferStage::Delivered, which);
            MemoryTree tree = scene.arrived();
            const bool beside = tree.contains("d (2)/e/b");
            const auto lacking = without(without(whole("d"), "d/e/b"), "d/g/h");
            QVERIFY2(tree
                         == (beside
                                 ? with(lacking, {{"d (2)/e/b", "behind"}, {"d (2)/g/h", "behind"}})
                                 : whole("d")),
                     which);
            inPlace += stopped && !beside;
            QVERIFY2(inPlace == 0 || !beside, which); // once noted, for good
            scene.pair.a.link.reset();
            again.link.reset();
            while (scene.pair.executor.step()) { }
        }
        QVERIFY(inPlace > 10);
    }
};

QTEST_GUILESS_MAIN(TransferFollowingTest)
#include "transfer_following_test.moc"
