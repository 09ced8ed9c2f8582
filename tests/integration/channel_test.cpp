// Channels over real sockets: what must hold whatever carries the bytes.
#include "core/transport/send_buffer.h"
#include "tests/support/channel_pair.h"

#include <QTest>

#include <xxhash.h>

#include <random>

using namespace postern;
using namespace postern::test;

namespace {

const Endpoint LOOPBACK{IpAddress::v4(127, 0, 0, 1), 0};
constexpr int LONG_MS = 60'000;

std::unique_ptr<ChannelPair> connectPair(const QString &kind, const PairKeys &keys = {})
{
    if (kind == QStringLiteral("tls"))
        return connectTls(keys);
    return connectQuic(keys, {}, kind == QStringLiteral("quic"));
}

/// What is larger than an Ethernet frame finds no room, however often it is tried.
class NarrowPath final : public SocketPath {
public:
    using SocketPath::SocketPath;
    SendResult send(ByteView bytes, const SendOptions &options) override
    {
        const auto one = options.segmentSize > 0 ? options.segmentSize : bytes.size();
        if (one <= ETHERNET_UDP_PAYLOAD)
            return SocketPath::send(bytes, options);
        ++refused;
        return {SendStatus::WouldBlock, 0};
    }
    int refused = 0;
};

/// Writes as much as the channel invites until `total` bytes have been written, then finishes.
class Feeder {
public:
    Feeder(PeerChannel &channel, ChannelObserver &observer, StreamId stream, std::size_t total)
        : m_channel(channel)
        , m_stream(stream)
        , m_left(total)
        , m_hash(XXH3_createState())
    {
        XXH3_64bits_reset(m_hash);
        observer.onWritable = [this](StreamId) { feed(); };
        feed();
    }
    ~Feeder() { XXH3_freeState(m_hash); }

    void feed()
    {
        while (m_left > 0 && m_channel.writableBytes(m_stream) > 0) {
            QByteArray block(static_cast<qsizetype>(std::min<std::size_t>(m_left, 256 * 1024)),
                             Qt::Uninitialized);
            for (auto &byte : block)
                byte = static_cast<char>((m_seed = m_seed * 1664525 + 1013904223) >> 24);
            XXH3_64bits_update(m_hash, block.constData(), static_cast<size_t>(block.size()));
            m_left -= static_cast<std::size_t>(block.size());
            m_channel.write(m_stream, block);
            most = std::max(most, WRITE_QUEUE_BYTES - m_channel.writableBytes(m_stream));
        }
        if (m_left == 0)
            m_channel.finish(m_stream);
    }
    XXH64_hash_t hash() const { return XXH3_64bits_digest(m_hash); }

    std::size_t most = 0;

private:
    PeerChannel &m_channel;
    StreamId m_stream;
    std::size_t m_left;
    std::uint32_t m_seed = 1;
    XXH3_state_t *m_hash;
};

} // namespace

class ChannelTest : public QObject {
    Q_OBJECT

private:
    static void kinds()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("TLS over TCP") << QStringLiteral("tls");
        QTest::newRow("QUIC") << QStringLiteral("quic");
        QTest::newRow("QUIC, portable sockets") << QStringLiteral("quic-portable");
    }

private slots:
    void movesMuchUnharmed_data() { kinds(); }
    void movesMuchUnharmed()
    {
        QFETCH(QString, kind);
        const bool portable = kind == QStringLiteral("quic-portable");
        const std::size_t total = std::size_t{portable ? 32u : 256u} * 1024 * 1024;
        const auto pair = connectPair(kind);
        QTRY_VERIFY(pair->settled());
        QVERIFY(pair->open());
        QCOMPARE(pair->a->peer(), keyOfB().id());
        QCOMPARE(pair->b->peer(), keyOfA().id());

        XXH3_state_t *hash = XXH3_createState();
        XXH3_64bits_reset(hash);
        pair->atB.onData = [hash](StreamId, ByteView data) {
            XXH3_64bits_update(hash, data.data(), data.size());
        };
        const StreamId stream = *pair->a->openStream();
        Feeder feeder(*pair->a, pair->atA, stream, total);
        QTRY_VERIFY_WITH_TIMEOUT(pair->atB.streams[stream].finished, LONG_MS);
        QCOMPARE(pair->atB.streams[stream].bytes, total);
        QCOMPARE(XXH3_64bits_digest(hash), feeder.hash());
        QVERIFY(feeder.most <= WRITE_QUEUE_BYTES + 256 * 1024);
        XXH3_freeState(hash);

        pair->b->write(stream, "got it");
        pair->b->finish(stream);
        QTRY_VERIFY(pair->atA.streams[stream].finished);
        QCOMPARE(pair->atA.streams[stream].head, QByteArray("got it"));
        QVERIFY(!pair->atA.closed && !pair->atB.closed);
    }

    void readerThatDoesNotConsumeHoldsTheWriter_data() { kinds(); }
    void readerThatDoesNotConsumeHoldsTheWriter()
    {
        QFETCH(QString, kind);
        const auto pair = connectPair(kind);
        pair->consumesB = false;
        QTRY_VERIFY(pair->settled());
        QVERIFY(pair->open());
        const StreamId stream = *pair->a->openStream();
        constexpr std::size_t TOTAL = 64 * 1024 * 1024;
        Feeder feeder(*pair->a, pair->atA, stream, TOTAL);
        // The other streams still have room of their own.
        const StreamId other = *pair->a->openStream();
        QTRY_VERIFY(pair->atB.streams[stream].bytes >= 2 * 1024 * 1024);
        pair->a->write(other, "small");
        QTRY_COMPARE(pair->atB.streams[other].head, QByteArray("small"));
        QVERIFY(pair->atB.streams[stream].bytes <= STREAM_WINDOW_BYTES);
        QVERIFY(pair->a->writableBytes(stream) < WRITE_QUEUE_BYTES);

        pair->atB.onData = [&](StreamId id, ByteView) { pair->atB.consume(id); };
        pair->atB.consume(stream);
        QTRY_VERIFY_WITH_TIMEOUT(pair->atB.streams[stream].finished, LONG_MS);
        QCOMPARE(pair->atB.streams[stream].bytes, TOTAL);
    }

    void manyStreamsBothWays_data() { kinds(); }
    void manyStreamsBothWays()
    {
        QFETCH(QString, kind);
        const auto pair = connectPair(kind);
        QTRY_VERIFY(pair->settled());
        QVERIFY(pair->open());
        std::vector<StreamId> streams;
        for (int i = 0; i < 100; ++i) {
            PeerChannel &opener = i % 2 == 0 ? *pair->a : *pair->b;
            const Result<StreamId> stream = opener.openStream();
            QVERIFY(stream.ok());
            streams.push_back(*stream);
            opener.write(*stream, QByteArray(100'000, static_cast<char>('a' + i % 26)));
            opener.finish(*stream);
        }
        const auto allDone = [&] {
            return std::all_of(streams.begin(), streams.end(), [&](StreamId id) {
                return pair->atA.streams[id].finished || pair->atB.streams[id].finished;
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(allDone(), LONG_MS);
        for (std::size_t i = 0; i < streams.size(); ++i) {
            const ChannelObserver &reader = i % 2 == 0 ? pair->atB : pair->atA;
            QCOMPARE(reader.streams.at(streams[i]).bytes, std::size_t{100'000});
            QCOMPARE(reader.streams.at(streams[i]).head.back(), static_cast<char>('a' + i % 26));
        }
    }

    void resetReachesTheOtherSide_data() { kinds(); }
    void resetReachesTheOtherSide()
    {
        QFETCH(QString, kind);
        const auto pair = connectPair(kind);
        QTRY_VERIFY(pair->open());
        const StreamId stream = *pair->a->openStream();
        pair->a->write(stream, "first");
        QTRY_COMPARE(pair->atB.streams[stream].bytes, std::size_t{5});
        pair->b->reset(stream);
        QTRY_VERIFY(pair->atA.streams[stream].reset);
        QCOMPARE(pair->a->writableBytes(stream), std::size_t{0});
        const StreamId next = *pair->a->openStream();
        pair->a->write(next, "second");
        QTRY_COMPARE(pair->atB.streams[next].bytes, std::size_t{6});
        QVERIFY(!pair->atA.closed && !pair->atB.closed);
    }

    void closeFlushesAndTellsWhy_data() { kinds(); }
    void closeFlushesAndTellsWhy()
    {
        QFETCH(QString, kind);
        const auto pair = connectPair(kind);
        QTRY_VERIFY(pair->open());
        const StreamId stream = *pair->a->openStream();
        pair->a->write(stream, QByteArray(3'000'000, 'x'));
        pair->a->finish(stream);
        pair->a->close({ErrorCode::Cancelled, QStringLiteral("No more of this.")});
        QVERIFY(!pair->atA.closed); // never from inside a call
        QTRY_VERIFY(pair->atA.closed && pair->atB.closed);
        QCOMPARE(pair->atB.streams[stream].bytes, std::size_t{3'000'000});
        QVERIFY(pair->atB.streams[stream].finished);
        QCOMPARE(pair->atA.closed->message, QStringLiteral("No more of this."));
        QCOMPARE(pair->atB.closed->code, ErrorCode::Cancelled);
        QCOMPARE(pair->a->writableBytes(stream), std::size_t{0});
    }

    void wrongKeysEndItBeforeAnyByte_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<bool>("initiatorIsWrong");
        for (const QString &kind : {QStringLiteral("tls"), QStringLiteral("quic")})
            for (const bool initiator : {false, true})
                QTest::addRow("%s, the %s is someone else", qPrintable(kind),
                              initiator ? "initiator" : "responder")
                    << kind << initiator;
    }
    void wrongKeysEndItBeforeAnyByte()
    {
        QFETCH(QString, kind);
        QFETCH(bool, initiatorIsWrong);
        PairKeys keys;
        (initiatorIsWrong ? keys.a : keys.b) = keyOfStranger();
        const auto pair = connectPair(kind, keys);
        QTRY_VERIFY(pair->settled());
        if (!initiatorIsWrong) {
            QCOMPARE(pair->outcomeA->error().code, ErrorCode::PeerKeyMismatch);
            QVERIFY(!pair->outcomeB->ok());
            return;
        }
        QVERIFY(!pair->outcomeB->ok());
        QCOMPARE(pair->outcomeB->error().code, ErrorCode::PeerKeyMismatch);
        // TLS 1.3 lets the client finish first: it may have thought itself done.
        if (pair->outcomeA->ok()) {
            QTRY_VERIFY(pair->atA.closed);
            QCOMPARE(pair->atA.closed->code, ErrorCode::PeerKeyMismatch);
        }
        QVERIFY(pair->atA.streams.empty() && pair->atB.streams.empty());
    }

    void observerMayDestroyItsChannel_data() { kinds(); }
    void observerMayDestroyItsChannel()
    {
        QFETCH(QString, kind);
        const auto pair = connectPair(kind);
        QTRY_VERIFY(pair->open());
        pair->consumesB = false;
        pair->atB.attach(*pair->b, false);
        pair->atB.onData = [&](StreamId, ByteView) { pair->b.reset(); };
        const StreamId stream = *pair->a->openStream();
        pair->atA.onClosed = [&] { pair->a.reset(); };
        pair->a->write(stream, QByteArray(1'000'000, 'x'));
        QTRY_VERIFY(!pair->b);
        if (kind == QStringLiteral("tls")) {
            QTRY_VERIFY(!pair->a);
            QCOMPARE(pair->atA.closed->code, ErrorCode::Disconnected);
        }
    }
    void garbageIsRefusedAtOnce()
    {
        std::optional<Result<void>> outcome;
        std::unique_ptr<TlsChannel> channel;
        const auto listener = std::move(*TcpListener::listen(LOOPBACK, {}));
        listener->setAcceptor([&](std::unique_ptr<TcpSocket> socket) {
            channel = TlsChannel::start(std::move(socket), ChannelRole::Responder, keyOfB(),
                                        {keyOfA().id()}, {}, [&](Result<void> r) { outcome = r; });
        });
        const auto stranger = std::move(*TcpSocket::connect(listener->local(), [](auto) {}));
        QTRY_VERIFY(channel);
        stranger->write(viewOf("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n"));
        QTRY_VERIFY(outcome);
        QCOMPARE(outcome->error().code, ErrorCode::Protocol);
    }

    void dawdlingStrangersAreDropped_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("the head of a record") << QByteArray("\x16\x03\x01\x02\x00\x01", 6);
    }
    void dawdlingStrangersAreDropped()
    {
        QFETCH(QByteArray, said);
        std::optional<Result<void>> outcome;
        std::unique_ptr<TlsChannel> channel;
        ChannelTiming timing;
        timing.handshake = 100ms;
        const auto listener = std::move(*TcpListener::listen(LOOPBACK, {}));
        listener->setAcceptor([&](std::unique_ptr<TcpSocket> socket) {
            channel = TlsChannel::start(
                std::move(socket), ChannelRole::Responder, keyOfB(), {keyOfA().id()}, {},
                [&](Result<void> r) { outcome = r; }, timing);
        });
        const auto stranger = std::move(*TcpSocket::connect(listener->local(), [](auto) {}));
        QTRY_VERIFY(channel);
        if (!said.isEmpty())
            stranger->write(viewOf(said));
        QTRY_VERIFY(outcome);
        QCOMPARE(outcome->error().code, ErrorCode::Timeout);
    }

    void strangersDatagramsDoNotDisturb()
    {
        const auto pair = connectQuic();
        const auto stranger = std::move(*UdpSocket::bind(LOOPBACK));
        std::mt19937 random(7);
        for (int i = 0; i < 500; ++i) {
            QByteArray bytes(1 + static_cast<qsizetype>(random() % 1400), '\xc3');
            for (auto &byte : bytes)
                byte = static_cast<char>(random());
            stranger->send(pair->udpB->local(), viewOf(bytes));
            pair->udpA->send(pair->udpB->local(), viewOf(bytes));
        }
        QTRY_VERIFY(pair->settled());
        QVERIFY(pair->open());
        const StreamId stream = *pair->a->openStream();
        pair->a->write(stream, "still here");
        QTRY_COMPARE(pair->atB.streams[stream].head, QByteArray("still here"));
    }

    void deadPathsAreNoticedAndIdleOnesLive_data() { kinds(); }
    void deadPathsAreNoticedAndIdleOnesLive()
    {
        QFETCH(QString, kind);
        ChannelTiming timing;
        timing.keepAlive = 100ms;
        timing.silence = 1s;
        QuicOptions options;
        options.timing = timing;
        const auto pair = kind == QStringLiteral("tls")
            ? connectTls({}, timing)
            : connectQuic({}, options, kind == QStringLiteral("quic"));
        QTRY_VERIFY(pair->open());
        // Idle, and alive well past the limit of silence.
        const Instant start = monotonicNow();
        QTRY_VERIFY(monotonicNow() - start > 1500ms || pair->atA.closed);
        QVERIFY(!pair->atA.closed && !pair->atB.closed);
        if (kind == QStringLiteral("tls"))
            return; // silence on an open TCP connection: dawdling strangers, above
        pair->udpA->setReceiver(nullptr);
        pair->udpB->setReceiver(nullptr);
        QTRY_VERIFY(pair->atA.closed && pair->atB.closed);
        QCOMPARE(pair->atA.closed->code, ErrorCode::Disconnected);
    }

    void whatTheLinkRefusesForeverCountsAsLost()
    {
        QuicOptions options;
        options.largestPayload = JUMBO_UDP_PAYLOAD; // it will be probed
        const auto pair = connectQuic({}, options);
        auto narrow = std::make_unique<NarrowPath>(pair->udpA, pair->udpB->local());
        const int &refused = narrow->refused;
        static_cast<QuicChannel &>(*pair->a).setPath(std::move(narrow), pair->a->path());
        QTRY_VERIFY(pair->open());
        constexpr std::size_t TOTAL = 1024 * 1024;
        const StreamId stream = *pair->a->openStream();
        Feeder feeder(*pair->a, pair->atA, stream, TOTAL);
        QTRY_VERIFY(pair->atB.streams[stream].finished);
        QCOMPARE(pair->atB.streams[stream].bytes, TOTAL);
        QVERIFY(refused > 0);
    }

    void movesToAnotherPathMidStream()
    {
        const auto pair = connectQuic();
        QTRY_VERIFY(pair->open());
        constexpr std::size_t TOTAL = 48 * 1024 * 1024;
        XXH3_state_t *hash = XXH3_createState();
        XXH3_64bits_reset(hash);
        pair->atB.onData = [hash](StreamId, ByteView data) {
            XXH3_64bits_update(hash, data.data(), data.size());
        };
        const StreamId stream = *pair->a->openStream();
        Feeder feeder(*pair->a, pair->atA, stream, TOTAL);
        for (int change = 1; change <= 2; ++change) {
            QTRY_VERIFY(pair->atB.streams[stream].bytes > change * TOTAL / 3);
            std::shared_ptr<UdpSocket> a = std::move(*UdpSocket::bind(LOOPBACK));
            std::shared_ptr<UdpSocket> b = std::move(*UdpSocket::bind(LOOPBACK));
            const PathInfo path = pair->a->path();
            static_cast<QuicChannel &>(*pair->b).setPath(
                std::make_unique<SocketPath>(b, a->local()), path);
            static_cast<QuicChannel &>(*pair->a).setPath(
                std::make_unique<SocketPath>(a, b->local()), path);
            QCOMPARE(pair->a->path().remote, b->local());
        }
        QTRY_VERIFY_WITH_TIMEOUT(pair->atB.streams[stream].finished, LONG_MS);
        QCOMPARE(XXH3_64bits_digest(hash), feeder.hash());
        XXH3_freeState(hash);
    }
};

QTEST_GUILESS_MAIN(ChannelTest)
#include "channel_test.moc"
