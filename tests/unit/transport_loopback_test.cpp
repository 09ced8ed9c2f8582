// The send buffer, and the in-memory channel that other tests stand on.
#include "core/transport/send_buffer.h"
#include "tests/support/loopback_channel.h"

#include <QTest>

#include <map>

using namespace postern;

namespace {

class Recorder : public PeerChannelObserver {
public:
    explicit Recorder(PeerChannel &channel, bool consumes = true)
        : m_channel(channel)
        , m_consumes(consumes)
    {
        channel.setObserver(this);
    }
    void streamData(StreamId stream, ByteView data, bool end) override
    {
        received[stream] += toByteArray(data);
        finished[stream] = end;
        if (m_consumes)
            m_channel.consume(stream, data.size());
    }
    void streamWritable(StreamId) override { ++writable; }
    void streamReset(StreamId) override { ++resets; }
    void channelClosed(const Error &reason) override { closed = reason; }

    std::map<StreamId, QByteArray> received;
    std::map<StreamId, bool> finished;
    int writable = 0;
    int resets = 0;
    std::optional<Error> closed;

private:
    PeerChannel &m_channel;
    bool m_consumes;
};

QByteArray joined(std::span<const ByteView> views)
{
    QByteArray all;
    for (const ByteView view : views)
        all += toByteArray(view);
    return all;
}

} // namespace

class TransportLoopbackTest : public QObject {
    Q_OBJECT

private slots:
    void sendBufferKeepsBytesUntilAcknowledged()
    {
        SendBuffer buffer;
        buffer.append("hello ");
        buffer.append("wide ");
        buffer.append("world");
        std::array<ByteView, 8> views;
        std::size_t count = buffer.peek(views, 8);
        QCOMPARE(joined({views.data(), count}), QByteArray("hello wi"));
        buffer.markSent(8);
        count = buffer.peek(views, 100);
        QCOMPARE(joined({views.data(), count}), QByteArray("de world"));
        buffer.markAcknowledged(3);
        QCOMPARE(buffer.unacknowledged(), std::size_t{5});
        buffer.markSent(8);
        buffer.markAcknowledged(13);
        QCOMPARE(buffer.unacknowledged(), std::size_t{0});
        QCOMPARE(buffer.unsent(), std::size_t{0});
        QCOMPARE(buffer.peek(views, 100), std::size_t{0});
    }

    void sendBufferTellsWhenHalfEmpty()
    {
        SendBuffer buffer;
        buffer.append(QByteArray(qsizetype{WRITE_QUEUE_BYTES}, 'x'));
        QCOMPARE(buffer.writable(), std::size_t{0});
        buffer.markSent(WRITE_QUEUE_BYTES / 2 - 1);
        QVERIFY(!buffer.takeBecameWritable());
        buffer.markSent(1);
        QVERIFY(buffer.takeBecameWritable());
        QVERIFY(!buffer.takeBecameWritable());
    }

    void carriesStreamsBothWays()
    {
        test::LoopbackPair pair;
        Recorder a(pair.a());
        Recorder b(pair.b());
        const StreamId fromA = *pair.a().openStream();
        const StreamId fromB = *pair.b().openStream();
        pair.a().write(fromA, "question");
        pair.b().write(fromB, "other");
        QVERIFY(pair.pump());
        QCOMPARE(b.received[fromA], QByteArray("question"));
        QCOMPARE(a.received[fromB], QByteArray("other"));
        pair.b().write(fromA, "answer");
        pair.b().finish(fromA);
        pair.a().finish(fromA);
        QVERIFY(pair.pump());
        QCOMPARE(a.received[fromA], QByteArray("answer"));
        QVERIFY(a.finished[fromA] && b.finished[fromA]);
        QVERIFY(!pair.pump());
    }

    void readerThatDoesNotConsumeStopsTheWriter()
    {
        test::LoopbackPair pair({.window = 100'000});
        Recorder a(pair.a());
        Recorder b(pair.b(), false);
        const StreamId stream = *pair.a().openStream();
        pair.a().write(stream, QByteArray(5'000'000, 'x'));
        QCOMPARE(pair.a().writableBytes(stream), std::size_t{0});
        pair.pump();
        QCOMPARE(b.received[stream].size(), 100'000);
        QCOMPARE(a.writable, 0);
        while (b.received[stream].size() < 5'000'000) {
            pair.b().consume(stream, 100'000);
            QVERIFY(pair.pump());
        }
        QCOMPARE(a.writable, 1);
    }

    void resetAndCloseAndCut()
    {
        test::LoopbackPair pair;
        Recorder a(pair.a());
        Recorder b(pair.b());
        const StreamId stream = *pair.a().openStream();
        pair.a().write(stream, "x");
        pair.pump();
        pair.b().reset(stream);
        pair.pump();
        QCOMPARE(a.resets, 1);
        const StreamId last = *pair.a().openStream();
        pair.a().write(last, "flushed first");
        pair.a().close({ErrorCode::Cancelled, "bye"});
        pair.pump();
        QCOMPARE(b.received[last], QByteArray("flushed first"));
        QVERIFY(a.closed && b.closed);
        QCOMPARE(b.closed->code, ErrorCode::Cancelled);

        test::LoopbackPair lost;
        Recorder c(lost.a());
        Recorder d(lost.b());
        lost.cutAfter(100'000, {ErrorCode::Disconnected, "gone"});
        const StreamId half = *lost.a().openStream();
        lost.a().write(half, QByteArray(1'000'000, 'x'));
        lost.pump();
        QVERIFY(c.closed && d.closed);
        QVERIFY(d.received[half].size() >= 100'000 && d.received[half].size() < 200'000);
    }
};

QTEST_APPLESS_MAIN(TransportLoopbackTest)
#include "transport_loopback_test.moc"
