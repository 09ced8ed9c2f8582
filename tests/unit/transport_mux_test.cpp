// The frames and streams of the TLS channel, without TLS: two muxes joined in memory, and
// one that listens to a peer who breaks the rules.
#include "core/transport/close_code.h"
#include "core/transport/stream_mux.h"

#include <QTest>
#include <QtEndian>

#include <map>
#include <random>

using namespace postern;

namespace {

class Recorder : public PeerChannelObserver {
public:
    Recorder(StreamMux &mux, bool consumes)
        : m_mux(mux)
        , m_consumes(consumes)
    {
        mux.setObserver(this);
    }
    void streamData(StreamId stream, ByteView data, bool end) override
    {
        bytes[stream] += data.size();
        total += data.size();
        finished[stream] = end;
        if (m_consumes)
            m_mux.consume(stream, data.size());
    }
    void streamWritable(StreamId) override { ++writable; }
    void streamReset(StreamId stream) override { resets.push_back(stream); }
    void channelClosed(const Error &) override { }

    std::map<StreamId, std::size_t> bytes;
    std::map<StreamId, bool> finished;
    std::size_t total = 0;
    int writable = 0;
    std::vector<StreamId> resets;

private:
    StreamMux &m_mux;
    bool m_consumes;
};

/// What a driver would encrypt and send next; empty if nothing may be.
QByteArray taken(StreamMux &mux)
{
    const StreamMux::Output output = mux.takeOutput();
    QByteArray bytes = output.frames;
    for (std::size_t i = 0; i < output.payloadParts; ++i)
        bytes += toByteArray(output.payload[i]);
    mux.outputDone();
    return bytes;
}

struct Joined {
    explicit Joined(bool consumes = true)
        : a(ChannelRole::Initiator)
        , b(ChannelRole::Responder)
        , atA(a, true)
        , atB(b, consumes)
    {
    }

    /// Carries bytes both ways until nothing moves or `bytes` have gone from a to b.
    void carry(std::size_t most = std::numeric_limits<std::size_t>::max())
    {
        std::size_t carried = 0;
        for (bool moved = true; moved && carried < most;) {
            const QByteArray toB = taken(a);
            carried += static_cast<std::size_t>(toB.size());
            QVERIFY(b.receive(viewOf(toB)).ok());
            const QByteArray toA = taken(b);
            QVERIFY(a.receive(viewOf(toA)).ok());
            moved = !toA.isEmpty() || !toB.isEmpty();
        }
    }

    StreamMux a;
    StreamMux b;
    Recorder atA;
    Recorder atB;
};

QByteArray frame(MuxFrameType type, std::uint32_t stream, const QByteArray &payload = {})
{
    QByteArray bytes;
    appendMuxHeader(bytes, {type, static_cast<std::uint32_t>(payload.size()), stream});
    return bytes + payload;
}

QByteArray number64(quint64 value)
{
    QByteArray bytes(8, Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

} // namespace

class TransportMuxTest : public QObject {
    Q_OBJECT

private slots:
    void framesSurviveAnyCut()
    {
        std::mt19937 random(20221122);
        QByteArray wire;
        QByteArray payloads;
        for (int i = 0; i < 50; ++i) {
            const QByteArray payload(static_cast<qsizetype>(random() % 400), char(i));
            wire += frame(MuxFrameType::Data, 7, payload);
            wire += frame(MuxFrameType::Credit, 7, number64(quint64(i)));
            wire += frame(MuxFrameType::KeepAlive, 0);
            payloads += payload;
        }
        for (const std::size_t cut : {1, 2, 3, 7, 8, 9, 100, 100'000}) {
            MuxFrameReader reader;
            QByteArray got;
            int credits = 0;
            int ends = 0;
            ByteView rest = viewOf(wire);
            while (!rest.empty()) {
                ByteView part = rest.first(std::min(cut, rest.size()));
                rest = rest.subspan(part.size());
                for (;;) {
                    const auto piece = reader.next(part);
                    QVERIFY(piece.ok());
                    if (!*piece)
                        break;
                    ends += (*piece)->last ? 1 : 0;
                    if ((*piece)->header.type == MuxFrameType::Data)
                        got += toByteArray((*piece)->payload);
                    else if ((*piece)->header.type == MuxFrameType::Credit)
                        QCOMPARE(qFromBigEndian<quint64>((*piece)->payload.data()),
                                 quint64(credits++));
                }
            }
            QCOMPARE(got, payloads);
            QCOMPARE(credits, 50);
            QCOMPARE(ends, 150);
        }
    }

    void brokenRulesEndIt_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("refused");
        const QByteArray some(100, 'x');
        QTest::newRow("good data") << frame(MuxFrameType::Data, 1, some) << false;
        QTest::newRow("late bytes of a stream of ours")
            << frame(MuxFrameType::Data, 2, some) << false;
        QTest::newRow("unknown type") << QByteArray("\x06\0\0\0\0\0\0\1", 8) << true;
        QTest::newRow("data too long") << QByteArray("\x00\x04\x00\x01\0\0\0\1", 8) << true;
        QTest::newRow("credit of a wrong length")
            << frame(MuxFrameType::Credit, 1, QByteArray(7, '\0')) << true;
        QTest::newRow("reset with a payload") << frame(MuxFrameType::Reset, 1, some) << true;
        QTest::newRow("data on stream 0") << frame(MuxFrameType::Data, 0, some) << true;
        QTest::newRow("a stream of ours that we did not open")
            << frame(MuxFrameType::Data, 4, some) << true;
        QTest::newRow("too many streams at once")
            << frame(MuxFrameType::Data, 2 * MAX_STREAMS_EACH + 1, some) << true;
        QTest::newRow("the last stream that fits")
            << frame(MuxFrameType::Data, 2 * MAX_STREAMS_EACH - 1, some) << false;
        QTest::newRow("the highest number") << frame(MuxFrameType::Data, 0xffffffff, some) << true;
        QTest::newRow("data after the end")
            << frame(MuxFrameType::DataEnd, 1, some) + frame(MuxFrameType::Data, 1, some) << true;
        QByteArray flood;
        for (std::uint64_t i = 0; i <= FIRST_WINDOW_BYTES / MAX_MUX_PAYLOAD; ++i)
            flood += frame(MuxFrameType::Data, 1, QByteArray(MAX_MUX_PAYLOAD, 'x'));
        QTest::newRow("more than the credit of a stream") << flood << true;
    }
    void brokenRulesEndIt()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, refused);
        StreamMux mux(ChannelRole::Responder);
        Recorder observer(mux, false);
        QCOMPARE(*mux.openStream(), StreamId{2});
        const Result<void> taken = mux.receive(viewOf(bytes));
        QCOMPARE(taken.ok(), !refused);
        if (refused)
            QCOMPARE(taken.error().code, ErrorCode::Protocol);
    }

    void allStreamsTogetherAreBounded()
    {
        StreamMux mux(ChannelRole::Responder);
        Recorder observer(mux, false);
        Result<void> taken;
        for (std::uint32_t stream = 1; taken && stream < 100; stream += 2)
            for (int i = 0; taken && i < 16; ++i)
                taken = mux.receive(
                    viewOf(frame(MuxFrameType::Data, stream, QByteArray(MAX_MUX_PAYLOAD, 'x'))));
        QVERIFY(!taken);
        QVERIFY(observer.total <= CHANNEL_WINDOW_BYTES);
    }

    void readerThatDoesNotConsumeHoldsTheWriter()
    {
        Joined joined(false);
        const StreamId stream = *joined.a.openStream();
        std::size_t written = 0;
        const QByteArray block(256 * 1024, 'x');
        const auto writeAndCarry = [&] {
            for (int i = 0; i < 1000; ++i) {
                while (joined.a.writableBytes(stream) > 0) {
                    joined.a.write(stream, block);
                    written += static_cast<std::size_t>(block.size());
                }
                joined.carry();
            }
        };
        writeAndCarry();
        QCOMPARE(joined.atB.bytes[stream], std::size_t{FIRST_WINDOW_BYTES});
        joined.b.widen(stream, 2 * STREAM_WINDOW_BYTES); // more than there is
        joined.b.widen(stream, FIRST_WINDOW_BYTES); // takes nothing back
        writeAndCarry();
        QCOMPARE(joined.atB.bytes[stream], std::size_t{STREAM_WINDOW_BYTES});
        QVERIFY(written - joined.atB.total <= WRITE_QUEUE_BYTES + 256 * 1024);
        // Other streams go on until the window of all is used up too.
        const StreamId other = *joined.a.openStream();
        joined.a.write(other, "small");
        joined.carry();
        QCOMPARE(joined.atB.bytes[other], std::size_t{5});

        joined.atA.writable = 0;
        joined.b.consume(stream, STREAM_WINDOW_BYTES);
        joined.carry();
        QCOMPARE(joined.atB.bytes[stream], written);
        QCOMPARE(joined.atA.writable, 1);
    }

    void hundredStreamsTakeTurns()
    {
        Joined joined;
        std::vector<StreamId> streams;
        for (int i = 0; i < 100; ++i) {
            streams.push_back(*joined.a.openStream());
            joined.a.write(streams.back(), QByteArray(2'000'000, 'x'));
            joined.a.finish(streams.back());
        }
        joined.carry(50'000'000);
        std::size_t least = joined.atB.bytes[streams[0]];
        std::size_t most = least;
        for (const StreamId stream : streams) {
            least = std::min(least, joined.atB.bytes[stream]);
            most = std::max(most, joined.atB.bytes[stream]);
        }
        QVERIFY(least > 0 && most - least <= MAX_MUX_PAYLOAD);
        joined.carry();
        QCOMPARE(joined.atB.total, std::size_t{200'000'000});
    }

    void streamsEndAndMakeRoom()
    {
        Joined joined;
        for (int round = 0; round < 5; ++round) {
            std::vector<StreamId> streams;
            for (std::size_t i = 0; i < MAX_STREAMS_EACH; ++i) {
                const Result<StreamId> stream = joined.a.openStream();
                QVERIFY(stream.ok());
                streams.push_back(*stream);
                joined.a.write(*stream, "ask");
                joined.a.finish(*stream);
            }
            QCOMPARE(joined.a.openStream().error().code, ErrorCode::LimitExceeded);
            joined.carry();
            for (const StreamId stream : streams) {
                QVERIFY(joined.atB.finished[stream]);
                joined.b.write(stream, "answer");
                joined.b.finish(stream);
            }
            joined.carry();
            QCOMPARE(joined.atA.bytes[streams.back()], std::size_t{6});
            QVERIFY(joined.atA.finished[streams.back()]);
        }
    }

    void resetGivesTheWindowBack()
    {
        Joined joined(false);
        for (int round = 0; round < 20; ++round) {
            const StreamId stream = *joined.a.openStream();
            joined.a.write(stream, QByteArray(STREAM_WINDOW_BYTES, 'x'));
            joined.carry(4'000'000);
            joined.b.reset(stream);
            joined.carry();
            QCOMPARE(joined.atA.resets.back(), stream);
            QCOMPARE(joined.a.writableBytes(stream), std::size_t{0});
            joined.b.consume(stream, 1'000'000); // too late: nothing happens
        }
        const StreamId ownReset = *joined.a.openStream();
        joined.a.write(ownReset, "x");
        joined.carry();
        joined.a.reset(ownReset);
        joined.carry();
        QCOMPARE(joined.atB.resets, std::vector<StreamId>{ownReset});
    }

    void closeComesLast()
    {
        Joined joined;
        const StreamId stream = *joined.a.openStream();
        joined.a.write(stream, QByteArray(1'000'000, 'x'));
        joined.a.close(closeCodeOf(ErrorCode::Declined));
        QVERIFY(!joined.a.openStream());
        joined.carry();
        QCOMPARE(joined.atB.bytes[stream], std::size_t{1'000'000});
        QVERIFY(joined.a.allTaken());
        QVERIFY(joined.b.closedByPeer());
        QCOMPARE(errorOfCloseCode(*joined.b.closedByPeer()).code, ErrorCode::Declined);
    }

    void closeCodesAreStable()
    {
        for (const ErrorCode code : {ErrorCode::Disconnected, ErrorCode::Protocol,
                                     ErrorCode::Incompatible, ErrorCode::Cancelled})
            QCOMPARE(errorOfCloseCode(closeCodeOf(code)).code, code);
        QCOMPARE(closeCodeOf(ErrorCode::Cancelled), std::uint32_t{7});
        QCOMPARE(errorOfCloseCode(std::uint64_t{1} << 61).code, ErrorCode::Disconnected);
        QVERIFY(!errorOfCloseCode(12345).message.isEmpty());
    }
};

QTEST_APPLESS_MAIN(TransportMuxTest)
#include "transport_mux_test.moc"
