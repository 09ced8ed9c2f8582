// A peer that breaks the rules: its transfer ends with a sentence, nothing is written under a
// final name, nothing is claimed to be delivered, and the channel lives on.

#include "core/transfer/block_hash.h"
#include "core/wire/frame.h"
#include "core/wire/manifest_page.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

using namespace postern;
using namespace postern::test;
using namespace postern::wire;

namespace {

const TransferId ID = *TransferId::fromBytes(viewOf(QByteArray(16, 'i')));

template<typename M> QByteArray say(const M &message) { return frameOf(encode(message)); }

QByteArray offer(quint32 files, quint32 folders, qint64 bytes)
{
    TransferOffer message;
    message.transfer = ID;
    message.totals = {files, folders, bytes};
    return say(message);
}

QByteArray textOffer(const QString &text, const TransferTotals &totals)
{
    TransferOffer message;
    message.transfer = ID;
    message.totals = totals;
    message.text = text;
    return say(message);
}

QByteArray manifest(const QList<ManifestEntry> &entries)
{
    TransferManifest page;
    for (const ManifestEntry &entry : entries)
        appendManifestEntry(page.entries, entry);
    return say(page);
}

/// A page of this entry, and these beside it.
QByteArray withAttributes(const ManifestEntry &entry, const QByteArray &folderAttributes)
{
    TransferManifest page;
    appendManifestEntry(page.entries, entry);
    page.folderAttributes = folderAttributes;
    return say(page);
}

ManifestEntry file(const QByteArray &name, qint64 size, quint32 depth = 0)
{
    return {EntryKind::File, false, depth, name, size, 0, {}};
}

/// A frame with one record; its hash fits unless told otherwise.
QByteArray block(quint32 entry, qint64 offset, const QByteArray &data, bool damaged = false)
{
    BlockHash hash = blockHash(viewOf(data));
    hash[0] ^= damaged ? 1 : 0;
    return encodeBlockHead(
               {{RecordKind::Data, entry, offset, static_cast<quint32>(data.size()), hash}})
        + data;
}

/// The other end of a real link: says what a test wants, remembers what it hears.
class RawPeer final : public PeerChannelObserver {
public:
    explicit RawPeer(PeerChannel &channel)
        : m_channel(channel)
    {
        channel.setObserver(this);
    }
    StreamId open(const QByteArray &bytes)
    {
        const StreamId stream = *m_channel.openStream();
        m_channel.write(stream, bytes);
        return stream;
    }
    void streamData(StreamId stream, ByteView data, bool) override
    {
        last = stream;
        m_channel.consume(stream, data.size());
        heard += toByteArray(data);
    }
    void streamWritable(StreamId) override { }
    void streamReset(StreamId) override { ++resets; }
    void channelClosed(const Error &) override { closed = true; }

    StreamId last = 0;
    QByteArray heard;
    int resets = 0;
    bool closed = false;

private:
    PeerChannel &m_channel;
};

/// Our side of the link, and the raw peer beside it.
struct Scene {
    SteppedExecutor executor;
    LoopbackPair channels;
    std::shared_ptr<MemoryFileSystem> files = std::make_shared<MemoryFileSystem>();
    RawPeer peer{channels.a()};
    TransferSide us{channels.b(), files, executor};

    Scene()
    {
        (void)files->folder("/into");
        us.onOffer = [](Incoming &incoming) { incoming.accept("/into"); };
    }
    void run()
    {
        while (channels.pump(1) || executor.step() || executor.skipToTimer()) { }
    }
};

} // namespace

class TransferHostileTest : public QObject {
    Q_OBJECT

private slots:
    void refusesHostileOffers_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char *what, const QByteArray &bytes) {
            QTest::newRow(what) << bytes;
        };
        row("nothing offered", offer(0, 0, 0));
        row("more than there can be", offer(2'000'001, 0, 0));
        row("negative bytes", offer(1, 0, -1));
        row("bytes beyond any disk", offer(1, 0, std::numeric_limits<qint64>::max()));
        row("more files than told", offer(1, 0, 2) + manifest({file("a", 1), file("b", 1)}));
        row("more bytes than told", offer(2, 0, 1) + manifest({file("a", 2)}));
        row("fewer bytes than told", offer(1, 0, 5) + manifest({file("a", 4)}));
        row("folders for files",
            offer(1, 0, 0) + manifest({{EntryKind::Folder, false, 0, "d", 0, 0, {}}}));
        row("empty page", offer(1, 0, 0) + manifest({}));
        row("child of a file", offer(2, 0, 2) + manifest({file("a", 1), file("b", 1, 1)}));
        row("broken page", offer(1, 0, 1) + say(TransferManifest{QByteArray("\xff\xff\xff"), {}}));
        row("attributes of no folder",
            offer(1, 0, 1) + withAttributes(file("a", 1), QByteArray::fromHex("00 03 016100")));
        const ManifestEntry dir{EntryKind::Folder, false, 0, "d", 0, 0, {}};
        row("attributes of a folder elsewhere",
            offer(0, 1, 0) + withAttributes(dir, QByteArray::fromHex("01 03 016100")));
        row("where a folder came from, by the sender",
            offer(0, 1, 0)
                + withAttributes(
                    dir, QByteArray::fromHex("00 11") + packAttributes({{"xdg.origin.url", "x"}})));
        row("broken attributes of a folder",
            offer(0, 1, 0) + withAttributes(dir, QByteArray::fromHex("00 7f 016100")));
        row("a receiver's message", offer(1, 0, 1) + say(TransferAccept{}));
        row("no message", offer(1, 0, 1) + frameOf("garbage"));
        row("a frame too long", offer(1, 0, 1) + QByteArray("\x7f\xff\xff\xff", 4));
        row("no offer at all", frameOf("garbage"));
        row("a first frame too long", QByteArray("\0\1\0\0", 4) + QByteArray(65'536, 'x'));
        row("a text and files", textOffer("x", {1, 0, 1}));
        row("a text that is not as long as told", textOffer("x", {0, 0, 2}));
        row("a text too long", textOffer(QString(33'000, u'x'), {0, 0, 33'000}));
        row("data of no transfer", say(TransferData{ID}) + block(0, 0, "x"));
    }
    void refusesHostileOffers()
    {
        QFETCH(QByteArray, bytes);
        Scene scene;
        scene.peer.open(bytes);
        scene.run();
        QVERIFY(scene.us.incoming.empty());
        QVERIFY(!scene.peer.heard.isEmpty() || scene.peer.resets > 0); // it is told
        QVERIFY(!scene.peer.closed);

        scene.peer.open(offer(1, 0, 1) + manifest({file("fine", 1)})); // the channel lives on
        scene.run();
        QCOMPARE(scene.us.incoming.size(), std::size_t{1});
    }

    void refusesHostileData_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("finished");
        QTest::addColumn<ErrorCode>("code");
        const auto row = [](const char *what, const QByteArray &bytes, bool finished = false,
                            ErrorCode code = ErrorCode::Protocol) {
            QTest::newRow(what) << bytes << finished << code;
        };
        // Offered: 0 folder "d", 1 file "d/a" of 4 bytes, 2 empty file "d/b", 3 file "c" of 2.
        row("an entry that is none", block(9, 0, "x"));
        row("bytes of a folder", block(0, 0, "x"));
        row("not the next file", block(2, 0, ""));
        row("not the next byte", block(1, 1, "bcd"));
        row("too many bytes", block(1, 0, "abcde"));
        row("no bytes", block(1, 0, ""));
        row("the same again", block(1, 0, "ab") + block(1, 0, "ab"));
        row("back to an earlier file", block(1, 0, "abcd") + block(2, 0, "") + block(1, 0, "abcd"));
        row("damaged", block(1, 0, "abcd", true), false, ErrorCode::Corrupt);
        row("nonsense", QByteArray(100, '\xff'));
        QByteArray head = block(1, 0, "abcd").chopped(4);
        markPacked(head, 3);
        row("packed nonsense", head + "xyz");
        row("ends at once", "", true);
        row("ends early", block(1, 0, "abcd") + block(2, 0, ""), true);
        row("ends within a frame", block(1, 0, "abcd").chopped(1), true);
        row("goes on after the last file",
            block(1, 0, "abcd") + block(2, 0, "") + block(3, 0, "xy") + block(3, 0, "xy"));
    }
    void refusesHostileData()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, finished);
        QFETCH(ErrorCode, code);
        Scene scene;
        scene.peer.open(offer(3, 1, 6)
                        + manifest({{EntryKind::Folder, false, 0, "d", 0, 0, {}},
                                    file("a", 4, 1),
                                    file("b", 0, 1),
                                    file("c", 2)}));
        scene.run();
        QCOMPARE(scene.us.incoming.at(0)->stage(), TransferStage::Transferring);
        const StreamId data = scene.peer.open(say(TransferData{ID}) + bytes);
        if (finished)
            scene.channels.a().finish(data);
        scene.run();
        const auto snapshot = scene.us.incoming.at(0)->snapshot();
        QCOMPARE(snapshot.stage, TransferStage::Failed);
        QCOMPARE(snapshot.problem->code, code);
        QVERIFY(scene.files->folder("/into").children.empty());
        QVERIFY(!scene.peer.closed);
    }

    void believesNoResume_data()
    {
        QTest::addColumn<quint64>("attachment");
        QTest::addColumn<bool>("sameList");
        QTest::addColumn<bool>("goesOn");
        QTest::newRow("as agreed") << quint64{8} << true << true;
        QTest::newRow("overtaken") << quint64{7} << true << false;
        QTest::newRow("from before") << quint64{0} << true << false;
        QTest::newRow("another list") << quint64{8} << false << false;
    }
    void believesNoResume()
    {
        QFETCH(quint64, attachment);
        QFETCH(bool, sameList);
        QFETCH(bool, goesOn);
        Scene scene;
        TransferOffer first;
        first.transfer = ID;
        first.attachment = 7;
        first.totals = {1, 0, 4};
        scene.peer.open(say(first) + manifest({file("a", 4)}));
        scene.run();
        TransferResume resume;
        resume.transfer = ID;
        resume.attachment = attachment;
        resume.list = sameList ? scene.us.incoming.at(0)->listHash() : QByteArray(16, 'x');
        scene.peer.heard.clear();
        scene.peer.open(say(resume));
        scene.run();
        FrameReader reader;
        reader.append(viewOf(scene.peer.heard));
        const auto frame = reader.next();
        const auto message = frame && *frame ? decode<FromReceiver>(**frame)
                                             : Result<FromReceiver>(ErrorCode::NotFound, {});
        QCOMPARE(message && std::holds_alternative<TransferAccept>(*message), goesOn);
        const quint64 counts = goesOn ? attachment : 7;
        TransferData data;
        data.transfer = ID;
        data.attachment = counts + 1; // neither the one nor the other
        scene.peer.open(say(data) + block(0, 0, "XXXX"));
        scene.run();
        QCOMPARE(scene.us.incoming.at(0)->stage(), TransferStage::Transferring);
        data.attachment = counts;
        scene.channels.a().finish(scene.peer.open(say(data) + block(0, 0, "abcd")));
        scene.run();
        QCOMPARE(scene.us.incoming.at(0)->stage(), TransferStage::Delivered);
    }

    void saysThatItKnowsNothing()
    {
        Scene scene;
        TransferResume resume;
        resume.transfer = ID;
        resume.attachment = 1;
        scene.peer.open(say(resume));
        scene.run();
        QVERIFY(scene.peer.heard.contains(TransferUnknown::TYPE));
        QVERIFY(scene.us.incoming.empty());
    }

    /// It left on a slower channel, before the sender came back on a faster one and was told that
    /// we don't know the transfer: the one that follows is the one that counts.
    void takesNoOfferThatWasOvertaken()
    {
        Scene scene;
        const auto offerOf = [](quint64 attachment) {
            TransferOffer message;
            message.transfer = ID;
            message.attachment = attachment;
            message.totals = {1, 0, 0};
            return say(message) + manifest({file("a", 0)});
        };
        TransferResume resume;
        resume.transfer = ID;
        resume.attachment = 2;
        scene.peer.open(say(resume));
        scene.run();
        QVERIFY(scene.peer.heard.contains(TransferUnknown::TYPE));
        const int resets = scene.peer.resets;
        scene.peer.open(offerOf(1));
        scene.run();
        QCOMPARE(scene.us.incoming.size(), std::size_t{0});
        QCOMPARE(scene.peer.resets, resets + 1);
        scene.peer.open(offerOf(2));
        scene.run();
        QCOMPARE(scene.us.incoming.size(), std::size_t{1});
        QVERIFY(scene.peer.heard.contains(TransferAccept::TYPE));
        QVERIFY(!scene.peer.heard.contains(TransferDecline::TYPE));
    }

    void takesOneDataStreamOnly()
    {
        Scene scene;
        scene.peer.open(offer(1, 0, 4) + manifest({file("a", 4)}));
        scene.run();
        scene.peer.open(say(TransferData{ID}) + block(0, 0, "ab"));
        scene.run();
        scene.peer.open(say(TransferData{ID}) + block(0, 0, "XXXX"));
        scene.run();
        QCOMPARE(scene.peer.resets, 1);
        QCOMPARE(scene.us.incoming.at(0)->stage(), TransferStage::Transferring);
    }

    void limitsOffersThatWait()
    {
        Scene scene;
        scene.us.onOffer = {};
        for (int i = 0; i < 40; ++i) {
            TransferOffer message;
            message.transfer = *TransferId::fromBytes(viewOf(QByteArray(16, char(i + 1))));
            message.totals = {1, 0, 1};
            scene.peer.open(say(message) + manifest({file("a", 1)}));
            scene.run();
        }
        QCOMPARE(scene.us.incoming.size(), std::size_t{16});
    }

    void endsWhenTheReceiverBreaksTheRules_data()
    {
        QTest::addColumn<QByteArray>("answer");
        const auto row = [](const char *what, const QByteArray &answer) {
            QTest::newRow(what) << answer;
        };
        const QByteArray accept = say(TransferAccept{});
        const auto from = [](quint32 entry, qint64 offset) {
            TransferAccept message;
            message.entry = entry;
            message.offset = offset;
            return say(message);
        };
        row("accepts twice", accept + accept);
        row("accepts from nowhere", from(7, 0));
        row("accepts from beyond the end", from(0, 5));
        row("accepts from before the start", from(0, -1));
        row("declines after accepting", accept + say(TransferDecline{}));
        row("progress before accepting", say(TransferProgress{1, 0}));
        row("more progress than bytes", accept + say(TransferProgress{5, 1}));
        row("progress that falls",
            accept + say(TransferProgress{3, 0}) + say(TransferProgress{2, 0}));
        row("delivered before accepting", say(TransferDelivered{4, 1, 0}));
        row("delivered before all was sent", accept + say(TransferDelivered{4, 1, 0}));
        row("leaves nothing out, at length", say(TransferChoice{}));
        row("leaves everything out", say(TransferChoice{QByteArray("\0\1", 2)}) + accept);
        row("leaves out what there is not", say(TransferChoice{QByteArray("\5\1")}) + accept);
        row("leaves out too much to hold",
            say(TransferChoice{QByteArray(48 * 1024, '\1')})
                + say(TransferChoice{QByteArray(48 * 1024, '\1')})
                + say(TransferChoice{QByteArray(1, '\1')}));
        row("garbage", frameOf("garbage"));
        row("a sender's message", say(TransferManifest{}));
    }
    void endsWhenTheReceiverBreaksTheRules()
    {
        QFETCH(QByteArray, answer);
        Scene scene;
        scene.files->put("/src/a", "four");
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*scene.files, {"/src/a"}, cancelled);
        Outgoing &sending = scene.us.send(*source);
        scene.channels.pump();
        scene.channels.a().write(scene.peer.last, answer);
        scene.channels.pump(); // before the disk has been asked for anything
        QCOMPARE(sending.stage(), TransferStage::Failed);
        QCOMPARE(sending.snapshot().problem->code, ErrorCode::Protocol);
        scene.run();
        QVERIFY(!scene.peer.closed);
    }

    void declinesWhenAnOfferIsDropped()
    {
        Scene scene;
        scene.us.onOffer = {};
        scene.peer.open(offer(1, 0, 1) + manifest({file("a", 1)}));
        scene.run();
        scene.us.incoming.clear();
        scene.run();
        FrameReader reader;
        reader.append(viewOf(scene.peer.heard));
        const auto frame = reader.next();
        QVERIFY(frame && *frame);
        const auto message = decode<FromReceiver>(**frame);
        QVERIFY(message && std::holds_alternative<TransferDecline>(*message));
    }
};

QTEST_GUILESS_MAIN(TransferHostileTest)
#include "transfer_hostile_test.moc"
