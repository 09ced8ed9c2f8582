// The QUIC machine in virtual time: bad links, hostile bytes, greedy and silent peers.
#include "tests/support/quic_flow.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

class QuicConnectionTest : public QObject {
    Q_OBJECT

private slots:
    void arrivesWholeOverAnyLink_data()
    {
        QTest::addColumn<double>("loss");
        QTest::addColumn<double>("reorder");
        QTest::addColumn<int>("delayMs");
        QTest::addColumn<bool>("cubic");
        QTest::newRow("clean") << 0.0 << 0.0 << 1 << false;
        QTest::newRow("reordered") << 0.0 << 0.3 << 10 << false;
        QTest::newRow("2% lost") << 0.02 << 0.0 << 20 << false;
        QTest::newRow("10% lost and reordered, far away") << 0.1 << 0.2 << 120 << false;
        QTest::newRow("clean, CUBIC") << 0.0 << 0.0 << 1 << true;
        QTest::newRow("2% lost, CUBIC") << 0.02 << 0.0 << 20 << true;
    }
    void arrivesWholeOverAnyLink()
    {
        QFETCH(double, loss);
        QFETCH(double, reorder);
        QFETCH(int, delayMs);
        QFETCH(bool, cubic);
        QuicOptions options;
        options.congestion = cubic ? Congestion::Cubic : Congestion::Bbr;
        LinkOptions link;
        link.loss = loss;
        link.reorder = reorder;
        link.delay = std::chrono::milliseconds(delayMs);
        link.bytesPerSecond = 25e6;
        const std::uint64_t first = seedOfRun();
        for (link.seed = first; link.seed < first + 5; ++link.seed) {
            VirtualQuic quic(link, matching(), options);
            QVERIFY(quic.run([&] { return established(quic); }, 10s));
            QCOMPARE(quic.a.machine->peer(), keyOfB().id());
            QCOMPARE(quic.b.machine->peer(), keyOfA().id());
            std::vector<std::unique_ptr<Flow>> flows;
            attach(quic, flows);
            flows.push_back(std::make_unique<Flow>(quic, 3'000'000));
            QVERIFY2(quic.run([&] { return flows[0]->complete(); }, 300s),
                     qPrintable(QString::number(link.seed)));
            QVERIFY(flows[0]->intact);
            QVERIFY(quic.run([&] { return quic.a.machine->allAcknowledged(); }, 60s));
        }
    }

    /// The path's checks have measured it: nobody waits the second that RFC 9002 would.
    void lostHandshakePacketCostsFewRoundTrips()
    {
        QuicOptions options;
        for (std::size_t lost = 1; lost <= 12; ++lost) {
            LinkOptions link;
            link.delay = 20ms;
            link.losesOf[lost % 2] = (lost + 1) / 2;
            options.roundTrip = 2 * link.delay;
            VirtualQuic quic(link, matching(), options);
            QVERIFY2(quic.run([&] { return established(quic); }, 300ms),
                     qPrintable(QString::number(lost)));
        }
    }

    void writerNeverExceedsItsQueueNorTheReadersWindow()
    {
        LinkOptions link;
        link.seed = seedOfRun();
        VirtualQuic quic(link, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 64 * 1024 * 1024));
        flows[0]->consumes = false;
        quic.run([] { return false; }, 10s);
        QVERIFY(!quic.a.machine->error());
        QVERIFY(flows[0]->got > 0 && flows[0]->got <= STREAM_WINDOW_BYTES);
        // Everything the window let through has been read: the rest is the writer's queue.
        const std::size_t queued = flows[0]->written() - flows[0]->got;
        QVERIFY2(queued > 0 && queued <= WRITE_QUEUE_BYTES + BLOCK,
                 qPrintable(QString::number(queued)));
        QVERIFY(quic.a.machine->writableBytes(flows[0]->stream) < WRITE_QUEUE_BYTES);

        flows[0]->consumes = true;
        quic.b.machine->consume(flows[0]->stream, flows[0]->got);
        quic.pump(quic.b);
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 60s));
        QVERIFY(flows[0]->intact);
    }

    void streamIsNarrowUntilItsReaderWidensIt()
    {
        LinkOptions link;
        link.seed = seedOfRun();
        VirtualQuic quic(link, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 64 * 1024 * 1024));
        flows[0]->consumes = flows[0]->widens = false;
        quic.run([] { return false; }, 10s);
        QCOMPARE(flows[0]->got, std::size_t{FIRST_WINDOW_BYTES});

        quic.b.machine->widen(flows[0]->stream, 2 * FIRST_WINDOW_BYTES);
        quic.b.machine->widen(flows[0]->stream, FIRST_WINDOW_BYTES); // takes nothing back
        quic.pump(quic.b);
        quic.run([] { return false; }, 10s);
        QCOMPARE(flows[0]->got, std::size_t{2 * FIRST_WINDOW_BYTES});
        QVERIFY(!quic.a.machine->error() && !quic.b.machine->error());
    }

    void hundredStreamsShareFairly()
    {
        LinkOptions link;
        link.bytesPerSecond = 12.5e6;
        link.delay = 10ms;
        link.seed = seedOfRun();
        VirtualQuic quic(link, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        for (std::size_t i = 0; i < 100; ++i)
            flows.push_back(std::make_unique<Flow>(quic, 1'000'000, i));
        const auto share = [&](auto pick) {
            return (*pick(flows.begin(), flows.end(),
                          [](const auto &x, const auto &y) { return x->got < y->got; }))
                ->got;
        };
        using Iterator = decltype(flows)::iterator;
        // After half the time no stream may be far behind another.
        quic.run([] { return false; }, 4s);
        const std::size_t least =
            share([](Iterator x, Iterator y, auto f) { return std::min_element(x, y, f); });
        const std::size_t most =
            share([](Iterator x, Iterator y, auto f) { return std::max_element(x, y, f); });
        QVERIFY2(least > 0 && most - least <= 200'000,
                 qPrintable(QStringLiteral("%1 to %2").arg(least).arg(most)));
        const auto all = [&] {
            return std::all_of(flows.begin(), flows.end(),
                               [](const auto &flow) { return flow->complete() && flow->intact; });
        };
        QVERIFY(quic.run(all, 60s));
        // Streams that are over make room for new ones.
        QVERIFY(quic.run([&] { return quic.a.machine->openStream().ok(); }, 5s));
    }

    void streamsBeyondTheLimitAreRefused()
    {
        VirtualQuic quic({}, matching());
        QVERIFY(!quic.a.machine->openStream());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        for (std::size_t i = 0; i < MAX_STREAMS_EACH; ++i)
            QVERIFY(quic.a.machine->openStream().ok());
        const Result<StreamId> more = quic.a.machine->openStream();
        QVERIFY(!more);
        QCOMPARE(more.error().code, ErrorCode::LimitExceeded);
    }

    void wrongKeysEndIt_data()
    {
        QTest::addColumn<bool>("initiatorIsWrong");
        QTest::newRow("the initiator is someone else") << true;
        QTest::newRow("the responder is someone else") << false;
    }
    void wrongKeysEndIt()
    {
        QFETCH(bool, initiatorIsWrong);
        VirtualQuic::Keys keys = matching();
        (initiatorIsWrong ? keys.a : keys.b) = keyOfStranger();
        VirtualQuic quic({}, keys);
        QuicEnd &right = initiatorIsWrong ? quic.b : quic.a;
        QuicEnd &wrong = initiatorIsWrong ? quic.a : quic.b;
        std::size_t told = 0;
        quic.b.onEvent = [&](const QuicEvent &event, ByteView) {
            told += event.kind == QuicEvent::Kind::Data ? 1 : 0;
        };
        // The impostor writes as early as it can.
        quic.a.onEvent = [&](const QuicEvent &event, ByteView) {
            if (event.kind == QuicEvent::Kind::Established)
                quic.a.machine->write(*quic.a.machine->openStream(), "early");
        };
        QVERIFY(quic.run([&] { return right.machine->error() && wrong.machine->error(); }, 10s));
        QCOMPARE(right.machine->error()->code, ErrorCode::PeerKeyMismatch);
        QCOMPARE(wrong.machine->error()->code, ErrorCode::PeerKeyMismatch);
        QVERIFY(!right.machine->isEstablished());
        QCOMPARE(told, std::size_t{0});
    }

    void hostileBytesChangeNothing_data()
    {
        QTest::addColumn<bool>("early");
        QTest::newRow("before the handshake") << true;
        QTest::newRow("on an open connection") << false;
    }
    void hostileBytesChangeNothing()
    {
        QFETCH(bool, early);
        LinkOptions link;
        link.seed = seedOfRun();
        std::mt19937_64 random(link.seed);
        VirtualQuic quic(link, matching());
        if (!early)
            QVERIFY(quic.run([&] { return established(quic); }, 10s));
        for (int i = 0; i < 3000; ++i) {
            QByteArray bytes(static_cast<qsizetype>(random() % 1500 + 1), Qt::Uninitialized);
            for (auto &byte : bytes)
                byte = static_cast<char>(random());
            if (i % 3 == 0) // looks like a long header of version 1
                bytes.replace(0, std::min<qsizetype>(5, bytes.size()),
                              QByteArray("\xc0\x00\x00\x00\x01", 5).left(bytes.size()));
            if (i % 3 == 1) // looks like a short header
                bytes[0] = static_cast<char>(0x40 | (bytes[0] & 0x3f));
            quic.inject(i % 2 == 0 ? quic.a : quic.b, bytes);
        }
        QVERIFY(!quic.a.machine->error() && !quic.b.machine->error());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 100'000));
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 10s));
        QVERIFY(flows[0]->intact);
    }

    void damagedAndRepeatedPacketsChangeNothing()
    {
        LinkOptions link;
        link.seed = seedOfRun();
        std::mt19937_64 random(link.seed);
        VirtualQuic quic(link, matching());
        quic.pump(quic.a);
        const QByteArray first = quic.a.firstSent;
        QVERIFY(!first.isEmpty());
        for (int i = 0; i < 200; ++i) {
            QByteArray damaged = first;
            damaged[static_cast<qsizetype>(random() % static_cast<std::uint64_t>(first.size()))] =
                static_cast<char>(random());
            damaged.truncate(static_cast<qsizetype>(random() % 1200 + 1));
            quic.inject(quic.b, damaged);
        }
        for (int i = 0; i < 20; ++i)
            quic.inject(quic.b, first);
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        for (int i = 0; i < 20; ++i)
            quic.inject(quic.b, first);
        QVERIFY(!quic.b.machine->error());
    }

    void silenceIsNoticed()
    {
        VirtualQuic quic({}, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        // An idle connection lives by its keep-alives.
        QVERIFY(!quic.run([&] { return quic.a.machine->error().has_value(); }, 120s));
        quic.a.dead = quic.b.dead = true;
        const Duration before = quic.elapsed();
        QVERIFY(quic.run([&] { return quic.a.machine->error() && quic.b.machine->error(); }, 120s));
        QCOMPARE(quic.a.machine->error()->code, ErrorCode::Disconnected);
        // The idle time begins anew with the first keep-alive that is lost (RFC 9000 section 10.1).
        const ChannelTiming timing;
        QVERIFY(quic.elapsed() - before < timing.silence + 2 * timing.keepAlive);
    }

    /// How many datagrams follow in two seconds after the receiving program has died, which the
    /// receiving computer tells (ICMP) or not.
    static std::size_t sentAfterADeath(bool isTold)
    {
        LinkOptions link;
        link.bytesPerSecond = 12e6;
        link.delay = 20ms;
        VirtualQuic quic(link, matching());
        if (!quic.run([&] { return established(quic); }, 10s))
            return 0;
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 64 * BLOCK));
        quic.pump(quic.a);
        quic.run([&] { return flows.front()->got > 16 * BLOCK; }, 10s);
        quic.a.dead = quic.b.dead = true;
        const auto before = quic.a.datagramsSent;
        auto sent = before;
        quic.run(
            [&] {
                if (isTold && std::exchange(sent, quic.a.datagramsSent) != quic.a.datagramsSent)
                    quic.a.machine->doubt();
                return false;
            },
            2s);
        return quic.a.datagramsSent - before;
    }
    void deadPeerIsSentLess()
    {
        const auto untold = sentAfterADeath(false);
        const auto told = sentAfterADeath(true);
        QVERIFY2(told * 4 < untold * 3,
                 qPrintable(QStringLiteral("%1 and %2").arg(told).arg(untold)));
    }

    void lyingRouterStopsNothing()
    {
        VirtualQuic quic({}, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 16 * BLOCK));
        quic.pump(quic.a);
        std::size_t doubtedAt = 0;
        QVERIFY(quic.run(
            [&] {
                if (flows.front()->got > doubtedAt + BLOCK) {
                    doubtedAt = flows.front()->got;
                    quic.a.machine->doubt();
                }
                return flows.front()->complete();
            },
            20s));
        QVERIFY(flows.front()->intact);
    }

    void handshakeEndsInTime()
    {
        VirtualQuic quic({}, matching());
        quic.b.dead = true;
        QVERIFY(quic.run([&] { return quic.a.machine->error().has_value(); }, 60s));
        QCOMPARE(quic.a.machine->error()->code, ErrorCode::Timeout);
        QVERIFY(quic.elapsed() <= 11s);
    }

    void closeTellsThePeerWhy()
    {
        VirtualQuic quic({}, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        quic.a.machine->close(7, quic.now()); // Cancelled in close_code.h
        QVERIFY(quic.run([&] { return quic.b.machine->error().has_value(); }, 10s));
        QCOMPARE(quic.b.machine->error()->code, ErrorCode::Cancelled);
    }

    void resetFreesBothHalvesAndTheWindow()
    {
        VirtualQuic quic({}, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        // More than the channel's window in all: only what resets give back lets it go on.
        for (int round = 0; round < 30; ++round) {
            flows.clear();
            flows.push_back(std::make_unique<Flow>(quic, 20'000'000));
            flows[0]->consumes = false;
            QVERIFY(quic.run([&] { return flows[0]->got >= 2'000'000; }, 30s));
            quic.b.machine->reset(flows[0]->stream);
            quic.pump(quic.b);
            const StreamId stream = flows[0]->stream;
            QVERIFY(quic.run([&] { return quic.a.machine->writableBytes(stream) == 0; }, 10s));
            QVERIFY(!quic.a.machine->error() && !quic.b.machine->error());
        }
        flows.clear();
        flows.push_back(std::make_unique<Flow>(quic, 5'000'000));
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 30s));
    }
};

QTEST_APPLESS_MAIN(QuicConnectionTest)
#include "quic_connection_test.moc"
