// QUIC on long, lossy, wide and late lines in virtual time: how much of the line a stream fills,
// what padding teaches, and how large packets may be.
#include "tests/support/quic_flow.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

class QuicLines : public QObject {
    Q_OBJECT

private slots:
    void fillsALongLossyLink_data()
    {
        QTest::addColumn<int>("lateMs");
        QTest::newRow("idle machines") << 0;
        // Without making up for late turns of the pacing this sinks to 20%, and then to nothing.
        QTest::newRow("busy machines") << 5;
    }
    void fillsALongLossyLink()
    {
        QFETCH(int, lateMs);
        LinkOptions link;
        link.lateBy = std::chrono::milliseconds(lateMs);
        link.bytesPerSecond = 25e6; // 200 Mbit/s
        link.delay = 40ms;
        link.loss = 0.01;
        link.seed = seedOfRun();
        QuicOptions options;
        options.roundTrip = 2 * link.delay;
        VirtualQuic quic(link, matching(), options);
        QVERIFY(quic.run([&] { return quic.a.machine->isEstablished(); }, 10s));
        constexpr std::size_t TOTAL = 100 * 1024 * 1024;
        QVERIFY(offerAndAccept(quic, TOTAL));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, TOTAL));
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 600s));
        const double seconds = std::chrono::duration<double>(quic.elapsed()).count();
        const double share = static_cast<double>(TOTAL) / seconds / link.bytesPerSecond;
        qInfo("100 MiB over 200 Mbit/s, 80 ms, 1%% lost each way: %.1f%% of the link", share * 100);
        QVERIFY(share > (lateMs == 0 ? 0.75 : 0.6));
    }

    void findsHowLargePacketsMayBe_data()
    {
        QTest::addColumn<std::size_t>("ours"); // what A's first link takes
        QTest::addColumn<std::size_t>("theirs");
        QTest::addColumn<std::size_t>("carries");
        QTest::addColumn<double>("loss");
        QTest::newRow("jumbo on both sides")
            << std::size_t{8952} << std::size_t{8952} << std::size_t{8952} << 0.0;
        QTest::newRow("and 2% lost")
            << std::size_t{8952} << std::size_t{8952} << std::size_t{8952} << 0.02;
        QTest::newRow("the peer's link is Ethernet")
            << std::size_t{8952} << std::size_t{1452} << std::size_t{1452} << 0.0;
        QTest::newRow("a switch between takes half")
            << std::size_t{8952} << std::size_t{8952} << std::size_t{4500} << 0.0;
    }
    void findsHowLargePacketsMayBe()
    {
        QFETCH(std::size_t, ours);
        QFETCH(std::size_t, theirs);
        QFETCH(std::size_t, carries);
        QFETCH(double, loss);
        LinkOptions link;
        link.largest = carries;
        link.loss = loss;
        link.seed = seedOfRun();
        QuicOptions options;
        options.largestPayload = ours;
        QuicOptions peersOptions;
        peersOptions.largestPayload = theirs;
        VirtualQuic quic(link, matching(), options, peersOptions);
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 20'000'000));
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 60s));
        QVERIFY(flows[0]->intact);
        const std::size_t most = carries == 4500 ? 4452 : carries;
        const double average = 20e6 / static_cast<double>(quic.a.datagramsSent);
        qInfo("%zu datagrams, %.0f bytes of data in each", quic.a.datagramsSent, average);
        QVERIFY(average > 0.85 * static_cast<double>(most));
        // Only probes did not fit: three of each size at most.
        QVERIFY2(quic.a.tooLarge <= 6, qPrintable(QString::number(quic.a.tooLarge)));
        QVERIFY(quic.b.tooLarge <= 6);
    }

    /// Else BBR sends 1.8 times the packets that are needed.
    void fullCreditEndsTheStart()
    {
        LinkOptions link;
        link.bytesPerSecond = 125e6; // 1 Gbit/s
        link.delay = 100ms;
        link.seed = seedOfRun();
        VirtualQuic quic(link, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        constexpr std::size_t TOTAL = 600 * 1024 * 1024;
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, TOTAL));
        QVERIFY(quic.run([&] { return flows[0]->complete(); }, 60s));
        const double sent = static_cast<double>(quic.a.datagramsSent) * 1400 / TOTAL;
        QVERIFY2(sent < 1.4, qPrintable(QString::number(sent)));
    }

    void paddingTeachesThePathAndIsBounded()
    {
        LinkOptions link;
        link.bytesPerSecond = 25e6;
        link.delay = 40ms;
        link.seed = seedOfRun();
        const auto datagramsOfAnIdleSecond = [&](std::uint64_t expected) {
            VirtualQuic quic(link, matching());
            quic.run([&] { return established(quic); }, 10s);
            std::size_t told = 0;
            quic.b.onEvent = [&](const QuicEvent &event, ByteView) {
                told += event.kind == QuicEvent::Kind::Data ? 1 : 0;
            };
            const std::size_t before = quic.a.datagramsSent;
            quic.a.machine->expectData(expected);
            quic.pump(quic.a);
            quic.run([] { return false; }, 1s);
            return told == 0 && !quic.b.machine->error() ? quic.a.datagramsSent - before : 0;
        };
        const std::size_t none = datagramsOfAnIdleSecond(0);
        const std::size_t little = datagramsOfAnIdleSecond(4 * 1024 * 1024);
        const std::size_t most = datagramsOfAnIdleSecond(std::uint64_t{1} << 50);
        // A 64th of 4 MiB in packets of 1200 bytes or more; with a few that acknowledge.
        QVERIFY2(little > none + 40 && little < none + 70, qPrintable(QString::number(little)));
        QVERIFY2(most > none + 350 && most < none + 550, qPrintable(QString::number(most)));
    }

    /// Whenever content comes, its first packet leaves at once.
    void paddingLeavesRoomForContent()
    {
        LinkOptions link;
        link.bytesPerSecond = 25e6;
        link.delay = 40ms;
        link.seed = seedOfRun();
        for (auto wait = 1ms; wait < 200ms; wait += 7ms) {
            VirtualQuic quic(link, matching());
            QVERIFY(quic.run([&] { return established(quic); }, 10s));
            quic.a.machine->expectData(std::uint64_t{1} << 50);
            quic.pump(quic.a);
            quic.run([] { return false; }, wait);
            std::vector<std::unique_ptr<Flow>> flows;
            attach(quic, flows);
            flows.push_back(std::make_unique<Flow>(quic, 20'000));
            quic.pump(quic.a);
            QVERIFY2(quic.run([&] { return flows[0]->got > 0; }, link.delay + 10ms),
                     qPrintable(QStringLiteral("content that came after %1 ms").arg(wait.count())));
        }
    }

    void dataEndsPadding()
    {
        LinkOptions link;
        link.bytesPerSecond = 25e6;
        link.delay = 40ms;
        link.seed = seedOfRun();
        VirtualQuic quic(link, matching());
        QVERIFY(quic.run([&] { return established(quic); }, 10s));
        quic.a.machine->expectData(std::uint64_t{1} << 50);
        std::vector<std::unique_ptr<Flow>> flows;
        attach(quic, flows);
        flows.push_back(std::make_unique<Flow>(quic, 20'000));
        const std::size_t before = quic.a.datagramsSent;
        quic.pump(quic.a);
        QVERIFY(quic.run([&] { return quic.a.machine->allAcknowledged(); }, 10s));
        QVERIFY(flows[0]->complete() && flows[0]->intact);
        QVERIFY(quic.a.datagramsSent - before < 30);
    }
};

QTEST_GUILESS_MAIN(QuicLines)
#include "quic_lines_test.moc"
