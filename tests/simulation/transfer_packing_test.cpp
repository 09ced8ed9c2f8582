// Blocks that travel packed: smaller on the wire, the same at the end; only to who unpacks.

#include "core/base/random.h"
#include "core/transfer/block_hash.h"
#include "core/transfer/block_packing.h"
#include "core/wire/frame.h"
#include "core/wire/manifest_page.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

namespace {

constexpr qsizetype BYTES = 3'000'000;

QByteArray noise(qsizetype bytes)
{
    QByteArray made(bytes, Qt::Uninitialized);
    fillRandom(MutableByteView(reinterpret_cast<std::uint8_t *>(made.data()),
                               static_cast<std::size_t>(made.size())));
    return made;
}

QByteArray words(qsizetype bytes)
{
    QByteArray made;
    for (int i = 0; made.size() < bytes; ++i)
        made += "line " + QByteArray::number(i) + " says what the one before said\n";
    made.truncate(bytes);
    return made;
}

std::shared_ptr<const Source> scan(MemoryFileSystem &files, const QString &path)
{
    const std::atomic<bool> cancelled = false;
    return *scanSource(files, {path}, cancelled);
}

} // namespace

class TransferPackingTest : public QObject {
    Q_OBJECT

private slots:
    void arrivesWholeAndTravelsSmall_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<double>("most"); // of its size, on the wire
        QTest::newRow("words") << words(BYTES) << 0.3;
        QTest::newRow("noise") << noise(BYTES) << 1.01;
        QTest::newRow("words, then noise") << words(BYTES) + noise(BYTES) << 0.66;
        QTest::newRow("one value") << QByteArray(BYTES, 'a') << 0.01;
    }
    void arrivesWholeAndTravelsSmall()
    {
        QFETCH(QByteArray, content);
        QFETCH(double, most);
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        from->put("/src/a", content);
        (void)into->folder("/into");
        TransferPair pair(from, into);
        pair.b.onOffer = [](Incoming &offer) { offer.accept("/into"); };
        Outgoing &sending = pair.a.send(scan(*from, "/src/a"));
        QVERIFY(pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(sending.snapshot().bytes, qint64{content.size()}); // progress is of the content
        const MemoryTree arrived = into->tree(into->folder("/into"));
        QVERIFY(arrived.size() == 1 && arrived.begin()->second == content);
        const auto travelled = static_cast<double>(pair.channels.bytesDelivered());
        QVERIFY2(travelled < most * static_cast<double>(content.size()) + 4000,
                 qPrintable(QString::number(travelled)));
    }

    /// A list and what is on its way share the memory: the longer it is, the less may come.
    void aLongListLeavesANarrowWindow()
    {
        const auto windowFor = [](int files) {
            auto from = std::make_shared<MemoryFileSystem>();
            auto into = std::make_shared<MemoryFileSystem>();
            for (int i = 0; i < files; ++i)
                from->put(QStringLiteral("/src/d/%1").arg(i), "x");
            (void)into->folder("/into");
            TransferPair pair(from, into);
            pair.b.onOffer = [](Incoming &offer) { offer.accept("/into"); };
            const Outgoing &sending = pair.a.send(scan(*from, "/src/d"));
            pair.settle();
            return sending.stage() == TransferStage::Delivered ? pair.channels.widenedTo() : 0;
        };
        constexpr int MANY = 2000;
        const std::uint64_t few = windowFor(1);
        const std::uint64_t many = windowFor(MANY);
        QVERIFY(few > STREAM_WINDOW_BYTES - 1000 && few <= STREAM_WINDOW_BYTES);
        QVERIFY2(many > 0 && many + 32 * MANY <= few, qPrintable(QString::number(many)));
    }

    /// More frames than may wait for the disk come before it has written one.
    void aSlowDiskHoldsFewFrames()
    {
        constexpr qsizetype FRAMES = 10'000;
        auto into = std::make_shared<MemoryFileSystem>();
        (void)into->folder("/into");
        SteppedExecutor executor;
        LoopbackPair channels(
            {.deviceA = {}, .deviceB = {}, .path = {}, .window = 64 * 1024 * 1024});
        TransferSide side(channels.b(), into, executor);
        side.onOffer = [](Incoming &offer) { offer.accept("/into"); };
        struct Sender final : PeerChannelObserver {
            void streamData(StreamId, ByteView data, bool) override { heard += toByteArray(data); }
            void streamWritable(StreamId) override { }
            void streamReset(StreamId) override { ++resets; }
            void channelClosed(const Error &) override { }
            QByteArray heard;
            int resets = 0;
        } sender;
        channels.a().setObserver(&sender);
        const auto id = randomId<TransferId>();
        wire::TransferOffer offer;
        offer.transfer = id;
        offer.totals = {1, 0, FRAMES};
        wire::TransferManifest page;
        wire::appendManifestEntry(page.entries,
                                  {wire::EntryKind::File, false, 0, "a", FRAMES, 0, {}});
        channels.a().write(*channels.a().openStream(),
                           frameOf(wire::encode(offer)) + frameOf(wire::encode(page)));
        while (channels.pump(1) || executor.step()) { }
        QCOMPARE(side.incoming.at(0)->stage(), TransferStage::Transferring);
        QByteArray bytes = frameOf(wire::encode(wire::TransferData{id}));
        for (qsizetype i = 0; i < FRAMES; ++i)
            bytes +=
                wire::encodeBlockHead({{wire::RecordKind::Data, 0, i, 1, blockHash(viewOf("x"))}})
                + "x";
        const StreamId data = *channels.a().openStream();
        channels.a().write(data, bytes);
        channels.a().finish(data);
        while (channels.pump(1)) { } // the disk does nothing meanwhile
        QCOMPARE(side.incoming.at(0)->stage(), TransferStage::Transferring);
        while (channels.pump(1) || executor.step() || executor.skipToTimer()) { }
        QCOMPARE(side.incoming.at(0)->stage(), TransferStage::Delivered);
        const MemoryTree arrived = into->tree(into->folder("/into"));
        QCOMPARE(arrived.begin()->second, QByteArray(FRAMES, 'x'));
    }

    void isNotPackedForWhoDoesNotUnpack()
    {
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        from->put("/src/a", words(BYTES));
        SteppedExecutor executor;
        LoopbackPair channels;
        // A receiver that accepts, says nothing of zstd, and reads everything.
        struct Reader final : PeerChannelObserver {
            explicit Reader(PeerChannel &itsChannel)
                : channel(itsChannel)
            {
                channel.setObserver(this);
            }
            void streamData(StreamId stream, ByteView data, bool) override
            {
                if (!std::exchange(accepted, true))
                    channel.write(stream, frameOf(wire::encode(wire::TransferAccept{})));
                channel.consume(stream, data.size());
            }
            void streamWritable(StreamId) override { }
            void streamReset(StreamId) override { }
            void channelClosed(const Error &) override { }
            PeerChannel &channel;
            bool accepted = false;
        } reader(channels.b());
        TransferSide side(channels.a(), from, executor);
        Outgoing &sending = side.send(scan(*from, "/src/a"));
        while (sending.stage() != TransferStage::Verifying
               && (channels.pump(1) || executor.step() || executor.skipToTimer())) { }
        QCOMPARE(sending.stage(), TransferStage::Verifying);
        while (channels.pump(1)) { }
        QVERIFY(channels.bytesDelivered() > std::size_t{BYTES});
    }
};

QTEST_APPLESS_MAIN(TransferPackingTest)
#include "transfer_packing_test.moc"
