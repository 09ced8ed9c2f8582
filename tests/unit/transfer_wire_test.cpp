// Manifest pages, block frames and messages: what is sent comes back equal, what breaks a
// rule is refused, and a hostile offer gets nowhere.

#include "core/base/random.h"
#include "core/transfer/block_hash.h"
#include "core/transfer/block_packing.h"
#include "core/transfer/manifest.h"
#include "core/wire/block_frame.h"
#include "core/wire/manifest_page.h"
#include "core/wire/transfer_messages.h"

#include <QRandomGenerator>
#include <QTest>

using namespace postern;
using namespace postern::wire;

namespace {

ManifestEntry file(const QByteArray &name, quint32 depth = 0, qint64 size = 1)
{
    return {EntryKind::File, false, depth, name, size, 1'700'000'000'123'456'789, {}};
}
ManifestEntry folder(const QByteArray &name, quint32 depth = 0)
{
    return {EntryKind::Folder, false, depth, name, 0, -1, {}};
}
ManifestEntry link(const QByteArray &name, quint32 depth, const QByteArray &target)
{
    return {EntryKind::Link, false, depth, name, 0, 5, target};
}

BlockRecord record(quint32 entry, qint64 offset, const QByteArray &data)
{
    return {RecordKind::Data, entry, offset, static_cast<quint32>(data.size()),
            blockHash(viewOf(data))};
}
BlockRecord hole(quint32 entry, qint64 offset, qint64 bytes)
{
    return {.kind = RecordKind::Hole, .entry = entry, .offset = offset, .hole = bytes};
}

} // namespace

class TransferWireTest : public QObject {
    Q_OBJECT

private slots:
    void roundTripsPages()
    {
        QList<ManifestEntry> entries{folder("top"), file("a", 1, MAX_FILE_BYTES), file("b", 1, 0),
                                     folder(QByteArray(MAX_NAME_BYTES, 'n'), 1),
                                     link("l", 2, "../a")};
        entries[1].executable = true;
        entries[1].attributes = packAttributes({{"comment", "mine"}, {"xdg.tags", ""}});
        entries[2].mtimeNs = std::numeric_limits<qint64>::min();
        entries[2].attributes = packAttributes({{QByteArray(MAX_ATTRIBUTE_NAME_BYTES, 'n'),
                                                 QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, '\0')}});
        entries[3].mtimeNs = std::numeric_limits<qint64>::max();
        QByteArray page;
        for (const ManifestEntry &entry : entries)
            appendManifestEntry(page, entry);
        const auto back = decodeManifestPage(viewOf(page));
        QVERIFY(back.ok());
        QCOMPARE(*back, entries);
        for (qsizetype cut = 1; cut < page.size(); ++cut) // never more than was there
            if (const auto part = decodeManifestPage(viewOf(page.first(cut))))
                QVERIFY(part->size() < entries.size());
    }

    void tellsAttributesOfFoldersBesideThePage()
    {
        QList<ManifestEntry> entries{folder("top"), file("a", 1), folder("in", 1), folder("e", 1)};
        entries[0].attributes = packAttributes({{"comment", "mine"}, {"xdg.tags", ""}});
        entries[1].attributes = packAttributes({{"comment", "a file's"}});
        entries[3].attributes = packAttributes({{QByteArray(MAX_ATTRIBUTE_NAME_BYTES, 'n'),
                                                 QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, '\0')}});
        QByteArray page, beside;
        Manifest with, without;
        for (quint32 place = 0; place < 4; ++place) {
            appendManifestEntry(page, entries[place]);
            appendFolderAttributes(beside, place, entries[place]);
            QVERIFY(with.append(entries[place]).ok());
            QCOMPARE(with.entry(place), entries[place]);
        }
        auto back = decodeManifestPage(viewOf(page)); // all that an older receiver reads
        QVERIFY(back.ok());
        QVERIFY(back->at(0).attributes.isEmpty() && back->at(3).attributes.isEmpty());
        for (const ManifestEntry &entry : *back)
            QVERIFY(without.append(entry).ok());
        QCOMPARE(without.hash(), with.hash());
        QVERIFY(addFolderAttributes(*back, {}).ok());
        QVERIFY(addFolderAttributes(*back, viewOf(beside)).ok());
        QCOMPARE(*back, entries);
    }

    void refusesBrokenAttributesOfFolders_data()
    {
        QTest::addColumn<QByteArray>("packed");
        const auto row = [](const char *what, const QByteArray &packed) {
            QTest::newRow(what) << packed;
        };
        // The page: 0 folder, 1 file, 2 folder, 3 link.
        row("of a file", QByteArray::fromHex("01 03 016100"));
        row("of a link", QByteArray::fromHex("03 03 016100"));
        row("beyond the page", QByteArray::fromHex("04 03 016100"));
        row("far beyond the page", QByteArray::fromHex("ffffffffffffffffff01 03 016100"));
        row("places that descend", QByteArray::fromHex("02 03 016100 00 03 016100"));
        row("a place twice", QByteArray::fromHex("00 03 016100 00 03 016200"));
        row("none, though said so", QByteArray::fromHex("00 00"));
        row("no length", QByteArray::fromHex("00"));
        row("beyond the end", QByteArray::fromHex("00 7f 016100"));
        row("an attribute cut short", QByteArray::fromHex("00 03 016101"));
        row("garbage", QByteArray(20, '\xff'));
        const auto attributes = [&row](const char *what, const Attributes &all) {
            QByteArray packed;
            ManifestEntry entry = folder("d");
            entry.attributes = packAttributes(all);
            appendFolderAttributes(packed, 0, entry);
            row(what, packed);
        };
        attributes("where it came from, by the sender",
                   {{"xdg.origin.url", "https://forged.example"}});
        attributes("what a layered file system hides", {{"overlay.opaque", "y"}});
        attributes("too long", {{"a", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES + 1, 'v')}});
        attributes("too long together",
                   {{"a", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, 'v')},
                    {"b", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, 'v')}});
    }
    void refusesBrokenAttributesOfFolders()
    {
        QFETCH(const QByteArray, packed);
        QList<ManifestEntry> entries{folder("d"), file("a", 1), folder("e", 1), link("l", 2, "x")};
        const auto added = addFolderAttributes(entries, viewOf(packed));
        QVERIFY(!added);
        QCOMPARE(added.error().code, ErrorCode::Protocol);
    }

    void refusesBrokenAttributes_data()
    {
        QTest::addColumn<QByteArray>("packed");
        const auto attributes = [](const char *what, const QByteArray &packed) {
            QTest::newRow(what) << packed;
        };
        attributes("an attribute without a name", QByteArray::fromHex("0000"));
        attributes("attributes that descend", QByteArray::fromHex("016200 016100"));
        attributes("an attribute twice", QByteArray::fromHex("016100 016100"));
        attributes("an attribute's name of control", packAttributes({{"a\nb", "1"}}));
        attributes("an attribute's name too long",
                   packAttributes({{QByteArray(MAX_ATTRIBUTE_NAME_BYTES + 1, 'n'), ""}}));
        attributes("an attribute too long",
                   packAttributes({{"a", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES + 1, 'v')}}));
        attributes("attributes too long",
                   packAttributes({{"a", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, 'v')},
                                   {"b", QByteArray(MAX_ATTRIBUTE_VALUE_BYTES, 'v')}}));
        Attributes many;
        for (int i = 0; i <= int(MOST_ATTRIBUTES); ++i)
            many[QByteArray::number(i)] = "1";
        attributes("too many attributes", packAttributes(many));
        attributes("where it came from, by the sender",
                   packAttributes({{"XDG.Origin.url", "https://forged.example"}}));
        attributes("what a layered file system hides", packAttributes({{"overlay.opaque", "y"}}));
    }
    void refusesBrokenAttributes()
    {
        QFETCH(const QByteArray, packed);
        QVERIFY(!unpackAttributes(viewOf(packed)));
        ManifestEntry entry = file("a");
        entry.attributes = packed;
        QByteArray page;
        appendManifestEntry(page, entry);
        QVERIFY(!decodeManifestPage(viewOf(page)).ok());
    }

    void refusesBrokenPages_data()
    {
        QTest::addColumn<QByteArray>("page");
        const auto row = [](const char *what, const QByteArray &page) {
            QTest::newRow(what) << page;
        };
        row("unknown flag", QByteArray::fromHex("1000016100 00"));
        row("no attributes, though said so", QByteArray::fromHex("0800016100 00 00"));
        row("a folder's attributes", QByteArray::fromHex("09000161 00 03 016100"));
        row("an attribute cut short", QByteArray::fromHex("0800016100 00 03 016101"));
        row("folder and link", QByteArray::fromHex("0501016101 6200"));
        row("executable link", QByteArray::fromHex("0601016101 6200"));
        row("executable folder", QByteArray::fromHex("0300016100"));
        row("link to nothing", QByteArray::fromHex("0401016100 00"));
        row("empty name", QByteArray::fromHex("00000000 00"));
        row("name beyond the end", QByteArray::fromHex("00007f6100 00"));
        row("name too long", [] {
            QByteArray page;
            appendManifestEntry(page, file(QByteArray(MAX_NAME_BYTES + 1, 'n')));
            return page;
        }());
        row("too deep", [] {
            QByteArray page;
            appendManifestEntry(page, file("a", MAX_DEPTH_OF_TREE));
            return page;
        }());
        row("no text", QByteArray::fromHex("000001ff0000"));
        row("zero byte in a name", QByteArray::fromHex("000001000000"));
        row("lone surrogate", QByteArray::fromHex("000003eda0800000"));
        row("overlong slash", QByteArray::fromHex("000002c0af0000"));
        row("size of 2^60 + 1", [] {
            QByteArray page;
            appendManifestEntry(page, file("a", 0, MAX_FILE_BYTES + 1));
            return page;
        }());
        row("negative size", [] {
            QByteArray page;
            appendManifestEntry(page, file("a", 0, -1));
            return page;
        }());
        row("endless number", QByteArray::fromHex("0000016180808080808080808080808001"));
        row("number of 65 bits", QByteArray::fromHex("00000161ffffffffffffffffff0200"));
        row("no time", QByteArray::fromHex("0000016101"));
    }
    void refusesBrokenPages()
    {
        QFETCH(QByteArray, page);
        const auto entries = decodeManifestPage(viewOf(page));
        QVERIFY(!entries);
        QCOMPARE(entries.error().code, ErrorCode::Protocol);
    }

    void keepsLinksInside_data()
    {
        QTest::addColumn<QByteArray>("target");
        QTest::addColumn<int>("least"); // so deep a link may lead there; 0: none may
        const auto row = [](const char *what, const QByteArray &target, int least) {
            QTest::newRow(what) << target << least;
        };
        row("beside", "b", 1);
        row("below", "b/c/d", 1);
        row("dots in a name", "..b/c..", 1);
        row("one up", "../b", 2);
        row("two up", "../../b/c", 3);
        row("parent alone", "..", 0);
        row("empty", "", 0);
        row("itself", ".", 0);
        row("absolute", "/etc/passwd", 0);
        row("absolute inside", "/b", 0);
        row("up again, through what may be a link", "b/../c", 0);
        row("climbing behind a name", "b/../../../c", 0);
        row("dot first", "./b", 0);
        row("dot inside", "b/./c", 0);
        row("empty part", "b//c", 0);
        row("trailing slash", "b/", 0);
        row("other separator", "b\\c", 0);
        row("climbing by it", "..\\..\\c", 0);
        row("drive", "C:/b", 0);
        row("drive without slash", "C:b", 0);
        row("share", "\\\\host\\b", 0);
        row("zero byte", QByteArray("b\0c", 3), 0);
        row("newline", "b\nc", 0);
        row("longest", QByteArray(MAX_TARGET_BYTES, 'n'), 1);
        row("too long", QByteArray(MAX_TARGET_BYTES + 1, 'n'), 0);
    }
    void keepsLinksInside()
    {
        QFETCH(QByteArray, target);
        QFETCH(int, least);
        for (int depth = 0; depth < 5; ++depth) {
            const bool may = least > 0 && depth >= least;
            QCOMPARE(isInnerTarget(target, static_cast<quint32>(depth)), may);
            QByteArray page;
            Manifest manifest;
            for (int up = 0; up < depth; ++up)
                QVERIFY(manifest.append(folder("f", static_cast<quint32>(up))).ok());
            const auto entry = link("l", static_cast<quint32>(depth), target);
            appendManifestEntry(page, entry);
            QCOMPARE(decodeManifestPage(viewOf(page)).ok(), may);
            const auto appended = manifest.append(entry);
            QCOMPARE(appended.ok(), may);
            if (may)
                QCOMPARE(manifest.entry(manifest.count() - 1), entry);
        }
    }

    void countsLinksAsFilesWithoutData()
    {
        Manifest manifest;
        for (const ManifestEntry &entry :
             {folder("a"), link("b", 1, "c"), file("c", 1, 5), link("d", 1, "c")})
            QVERIFY(manifest.append(entry).ok());
        QCOMPARE(manifest.totals(), (TransferTotals{3, 1, 5}));
        QCOMPARE(manifest.nextFile(0), 2u);
        QCOMPARE(manifest.nextFile(3), 4u);
        QCOMPARE(manifest.filesBefore(3), 2u);
        QCOMPARE(manifest.size(1), 0);
        QCOMPARE(manifest.target(3), "c");
    }

    void holdsLongListsCompactly()
    {
        Manifest manifest;
        QVERIFY(manifest.append(folder("top")).ok());
        for (int i = 0; i < 50'000; ++i)
            QVERIFY(manifest
                        .append(file(QByteArray(1 + i % 300, 'n') + QByteArray::number(i), 1,
                                     MAX_FILE_BYTES / 100'000 + i))
                        .ok());
        for (const Manifest::Index i : {0, 1, 25'000, 49'999}) {
            const auto n = static_cast<int>(i);
            QCOMPARE(manifest.name(i + 1), QByteArray(1 + n % 300, 'n') + QByteArray::number(n));
            QCOMPARE(manifest.size(i + 1), MAX_FILE_BYTES / 100'000 + n);
            QCOMPARE(manifest.parent(i + 1), 0u);
        }
    }

    void buildsATree()
    {
        Manifest manifest;
        for (const ManifestEntry &entry :
             {folder("a"), folder("b", 1), file("c", 2, 5), file("d", 1, 6), file("e", 0, 7)})
            QVERIFY(manifest.append(entry).ok());
        QCOMPARE(manifest.path(2), "a/b/c");
        QCOMPARE(manifest.path(3), "a/d");
        QCOMPARE(manifest.parent(3), 0u);
        QCOMPARE(manifest.parent(4), Manifest::NONE);
        QCOMPARE(manifest.roots(), (std::vector<Manifest::Index>{0, 4}));
        QCOMPARE(manifest.totals(), (TransferTotals{3, 2, 18}));
        QCOMPARE(manifest.nextFile(0), 2u);
        QCOMPARE(manifest.entry(2), file("c", 2, 5));
    }

    void refusesTreesThatAreNone_data()
    {
        QTest::addColumn<QList<ManifestEntry>>("entries");
        using List = QList<ManifestEntry>;
        QTest::newRow("starts inside") << List{file("a", 1)};
        QTest::newRow("child of a file") << List{file("a"), file("b", 1)};
        QTest::newRow("child of a file inside") << List{folder("a"), file("b", 1), file("c", 2)};
        QTest::newRow("skips a level") << List{folder("a"), file("b", 2)};
        QTest::newRow("no name") << List{file("")};
        QTest::newRow("negative") << List{file("a", 0, -1)};
        QTest::newRow("huge") << List{file("a", 0, MAX_FILE_BYTES + 1)};
        QTest::newRow("sum overflows")
            << List{file("a", 0, MAX_FILE_BYTES), file("b", 0, MAX_FILE_BYTES),
                    file("c", 0, MAX_FILE_BYTES), file("d", 0, MAX_FILE_BYTES), file("e", 0, 1)};
    }
    void refusesTreesThatAreNone()
    {
        QFETCH(QList<ManifestEntry>, entries);
        Manifest manifest;
        Result<void> outcome;
        for (const ManifestEntry &entry : entries)
            if (outcome)
                outcome = manifest.append(entry);
        QVERIFY(!outcome);
    }

    void roundTripsFrames()
    {
        const QByteArray one(1000, '1'), two(MAX_BLOCK_BYTES - 1000, '2');
        const QList<BlockRecord> records{record(3, 0, one),
                                         record(4, 1 << 20, two),
                                         record(5, 0, {}),
                                         hole(6, 0, 77),
                                         {.kind = RecordKind::Changed, .entry = 6, .offset = 77},
                                         hole(7, 5, MAX_FILE_BYTES - 5)};
        const QByteArray stream = encodeBlockHead(records) + one + two;
        for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, std::size_t{1} << 24}) {
            BlockReader reader;
            QList<BlockFrame> frames;
            ByteView rest = viewOf(stream);
            while (!rest.empty()) {
                ByteView part = rest.first(std::min(step, rest.size()));
                rest = rest.subspan(part.size());
                while (!part.empty()) {
                    auto frame = reader.take(part);
                    QVERIFY(frame.ok());
                    if (*frame)
                        frames.append(**frame);
                }
            }
            QVERIFY(reader.betweenFrames());
            QCOMPARE(frames.size(), 1);
            QCOMPARE(frames[0].records, records);
            QCOMPARE(frames[0].data, one + two);
            QCOMPARE(frames[0].wireBytes(), static_cast<std::size_t>(stream.size()));
        }
    }

    void roundTripsPackedFrames()
    {
        const QByteArray content = QByteArray(200'000, '1') + QByteArray(1000, '2');
        const QList<BlockRecord> records{record(3, 0, content.left(200'000)),
                                         record(4, 0, content.mid(200'000))};
        BlockPacker packer;
        qint64 tried = 0;
        const auto packed = packer.pack(viewOf(content), tried);
        QVERIFY(packed && packed->size() < 1000);
        QVERIFY(tried >= content.size());
        QByteArray stream = encodeBlockHead(records);
        markPacked(stream, static_cast<quint32>(packed->size()));
        stream += *packed;
        BlockReader reader;
        std::optional<BlockFrame> frame;
        for (const char byte : stream) {
            QVERIFY(!frame);
            ByteView one(reinterpret_cast<const std::uint8_t *>(&byte), 1);
            auto taken = reader.take(one);
            QVERIFY(taken.ok());
            frame = std::move(*taken);
        }
        QVERIFY(frame && frame->packed && reader.betweenFrames());
        QCOMPARE(frame->wireBytes(), static_cast<std::size_t>(stream.size()));
        QCOMPARE(frame->contentBytes(), static_cast<std::size_t>(content.size()));
        QVERIFY(unpack(*frame));
        QCOMPARE(frame->data, content);
    }

    void leavesAloneWhatDoesNotShrink()
    {
        QByteArray random(256 * 1024, Qt::Uninitialized);
        fillRandom(MutableByteView(reinterpret_cast<std::uint8_t *>(random.data()),
                                   static_cast<std::size_t>(random.size())));
        BlockPacker packer;
        qint64 tried = 0;
        QVERIFY(!packer.pack(viewOf(random), tried));
        QVERIFY2(tried <= 16 * 1024, qPrintable(QString::number(tried))); // the trial was enough
        QVERIFY(!packer.pack(viewOf(random.left(4000)), tried));
        QVERIFY(!packer.pack({}, tried));
        QVERIFY(!packer.pack(viewOf(QByteArray(100, 'a')), tried));
    }

    void refusesWhatUnpacksToAnotherLength_data()
    {
        QTest::addColumn<int>("told");
        QTest::newRow("longer than told: a bomb") << 1000;
        QTest::newRow("one byte longer") << 999'999;
        QTest::newRow("shorter") << 1'000'001;
    }
    void refusesWhatUnpacksToAnotherLength()
    {
        QFETCH(int, told);
        BlockPacker packer;
        qint64 tried = 0;
        const auto packed = packer.pack(viewOf(QByteArray(1'000'000, 'b')), tried);
        QVERIFY(packed);
        BlockFrame frame{{record(0, 0, QByteArray(told, 'b'))}, *packed, true};
        QCOMPARE(unpack(frame).error().code, ErrorCode::Protocol);
        frame.data[frame.data.size() / 2] = char(0xff);
        QVERIFY(!unpack(frame));
        frame.data = "no zstd at all";
        QVERIFY(!unpack(frame));
    }

    void packsWhileTheLinkIsTheSlower()
    {
        PackingJudge judge;
        Instant now{1h};
        const auto second = [&](double rate, bool full) {
            for (int i = 0; i < 10; ++i) {
                now += 100ms;
                judge.sent(now, static_cast<qint64>(rate / 10), full);
            }
        };
        judge.begin(now, true);
        QVERIFY(!judge.worthIt()); // the next room, until it turns out to be slow
        second(2e6, true);
        QVERIFY(judge.worthIt());
        judge.begin(now, false);
        QVERIFY(judge.worthIt());
        second(1e9, true);
        QVERIFY(!judge.worthIt());
        second(50e6, true);
        QVERIFY(judge.worthIt());
        // This machine packs slower than the link takes it.
        for (int i = 0; i < 50; ++i)
            judge.packed(256 * 1024, 10ms);
        QVERIFY(!judge.worthIt());
        judge.begin(now, false);
        // The link is never full, since packing takes all the time there is.
        for (int i = 0; i < 50; ++i) {
            now += 10ms;
            judge.packed(256 * 1024, 9ms);
            judge.sent(now, 100'000, false);
        }
        QVERIFY(!judge.worthIt());
    }

    void refusesBrokenFrames_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char *what, QByteArray bytes) { QTest::newRow(what) << bytes; };
        const QByteArray good = encodeBlockHead({record(1, 0, "abc")});
        const auto with = [&](int at, char value) {
            QByteArray bytes = good;
            bytes[at] = value;
            return bytes;
        };
        row("no records", QByteArray(8, '\0'));
        row("too many records", QByteArray::fromHex("0401000000000000"));
        row("a packing that is none", with(3, 2));
        row("reserved bits", with(2, 1));
        const auto packed = [](quint32 length) {
            QByteArray head = encodeBlockHead({record(1, 0, "abc")});
            markPacked(head, length);
            return head;
        };
        row("packed into nothing", packed(0));
        row("packed, and not shorter", packed(3));
        row("too much data", QByteArray::fromHex("0001000000100001"));
        row("lengths don't add up", with(7, 4));
        row("unknown kind", with(8, static_cast<char>(RecordKind::COUNT)));
        const auto broken = [](qint64 offset, qint64 bytes, int at = -1) {
            QByteArray head = encodeBlockHead({hole(1, offset, bytes)});
            if (at >= 0)
                head[at] = 1;
            return head;
        };
        row("hole of nothing", broken(0, 0));
        row("hole of less", broken(0, -1));
        row("hole beyond any file", broken(1, MAX_FILE_BYTES));
        row("hole with a length of data", broken(0, 5, 24));
        row("hole with something behind its length", broken(0, 5, 40));
        row("bytes of a file that will not come", with(8, 1));
        row("negative offset", with(13, char(0x80)));
        row("offset beyond any file", with(13, char(0x20)));
        row("length beyond any block", with(21, char(0x7f)));
    }
    void refusesBrokenFrames()
    {
        QFETCH(QByteArray, bytes);
        BlockReader reader;
        ByteView view = viewOf(bytes);
        const auto frame = reader.take(view);
        QVERIFY(!frame);
        QCOMPARE(frame.error().code, ErrorCode::Protocol);
    }

    void roundTripsMessages()
    {
        TransferOffer offer;
        offer.transfer = randomId<TransferId>();
        offer.totals = {1, 2, 3};
        const auto opening = decode<TransferOpening>(encode(offer));
        QVERIFY(opening.ok());
        QCOMPARE(std::get<TransferOffer>(*opening).totals, offer.totals);
        const auto answer = decode<FromReceiver>(encode(TransferDecline{DeclineReason::Space}));
        QVERIFY(answer.ok());
        QCOMPARE(std::get<TransferDecline>(*answer).reason, DeclineReason::Space);
        QVERIFY(!decode<FromSender>(encode(TransferDecline{}))); // not theirs to say
    }

    void hashesAsTheStandardSays()
    {
        // XXH3-128 of the empty input, from the specification's test vectors.
        const BlockHash hash = blockHash({});
        QCOMPARE(toByteArray(hash).toHex(), "99aa06d3014798d86001c324468d497f");
    }

    void survivesRandomDamage()
    {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        QByteArray page;
        for (const ManifestEntry &entry : {folder("a"), folder("b", 1), file("c", 2), file("d", 1)})
            appendManifestEntry(page, entry);
        const QByteArray frame = encodeBlockHead({record(1, 0, "abc"), record(2, 0, "")}) + "abc";
        for (int round = 0; round < 20'000; ++round) {
            QByteArray bad = round % 2 ? page : frame;
            for (int flips = random.bounded(1, 5); flips > 0; --flips)
                bad[random.bounded(int(bad.size()))] = char(random.bounded(256));
            bad.truncate(random.bounded(int(bad.size()) + 1));
            (void)decodeManifestPage(viewOf(bad)).ok();
            BlockReader reader;
            ByteView view = viewOf(bad);
            while (!view.empty())
                if (!reader.take(view))
                    break;
        }
    }
};

QTEST_GUILESS_MAIN(TransferWireTest)
#include "transfer_wire_test.moc"
