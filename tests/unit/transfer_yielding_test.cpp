// The rate that yields, against a link with a queue in virtual time.
#include "core/transfer/yielding_rate.h"

#include <QTest>

#include <algorithm>
#include <vector>

using namespace postern;

namespace {

constexpr Duration TICK = 5ms;
constexpr Duration TELL = 50ms;

/// A bottleneck with a queue that we share with others, who take what they want.
struct Link {
    double capacity = 25e6; ///< bytes a second
    Duration roundTrip = 80ms; ///< with an empty queue
    Duration longestQueue = 200ms;
    double othersWant = 0; ///< bytes a second, whatever the queue
    double weWant = 1e12;

    Instant now{1h};
    YieldingRate rate{now};
    double queued = 0; ///< bytes
    double sent = 0;
    double carried = 0; ///< of ours, since begin()
    Duration longestWait{};

    Duration wait() const
    {
        return std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(queued / capacity));
    }
    void begin()
    {
        carried = 0;
        longestWait = {};
    }
    void run(Duration time)
    {
        const std::chrono::duration<double> tick = TICK;
        for (const Instant end = now + time; now < end; now += TICK) {
            const double ours =
                std::min(static_cast<double>(rate.bytesPerSecond()), weWant) * tick.count();
            const double others = othersWant * tick.count();
            const double room = capacity * tick.count()
                + capacity * std::chrono::duration<double>(longestQueue).count() - queued;
            const double taken = std::min(1.0, room / std::max(ours + others, 1.0));
            queued = std::max(0.0, queued + (ours + others) * taken - capacity * tick.count());
            sent += ours;
            carried += ours * taken;
            longestWait = std::max(longestWait, wait());
            if (now.time_since_epoch() % TELL == Duration::zero())
                rate.note(now, roundTrip + wait(), static_cast<qint64>(sent));
        }
    }
    double share(Duration time) const
    {
        return carried / capacity / std::chrono::duration<double>(time).count();
    }
};

} // namespace

class TransferYieldingTest : public QObject {
    Q_OBJECT

private slots:
    void takesTheWholeLinkAlone_data()
    {
        QTest::addColumn<double>("capacity");
        QTest::addColumn<int>("roundTripMs");
        QTest::newRow("home, far") << 25e6 << 80;
        QTest::newRow("slow") << 500e3 << 40;
        QTest::newRow("very fast, near") << 1e9 << 1;
        QTest::newRow("around the world") << 125e6 << 300;
    }
    void takesTheWholeLinkAlone()
    {
        QFETCH(double, capacity);
        QFETCH(int, roundTripMs);
        Link link;
        link.capacity = capacity;
        link.roundTrip = std::chrono::milliseconds(roundTripMs);
        link.run(15s); // until it has grown
        link.begin();
        link.run(120s);
        QVERIFY2(link.share(120s) > 0.93, qPrintable(QString::number(link.share(120s))));
        QVERIFY2(link.longestWait < 2 * YieldingRate::TARGET,
                 qPrintable(QString::number(toMilliseconds(link.longestWait))));
    }

    void makesRoomAndComesBack()
    {
        Link link;
        link.run(30s);
        QVERIFY(link.rate.bytesPerSecond() > 20'000'000);
        link.othersWant = 0.9 * link.capacity;
        link.run(1500ms);
        link.begin();
        link.run(30s);
        QVERIFY2(link.share(30s) < 0.15, qPrintable(QString::number(link.share(30s))));
        link.othersWant = 0;
        link.run(5s);
        link.begin();
        link.run(20s);
        QVERIFY2(link.share(20s) > 0.9, qPrintable(QString::number(link.share(20s))));
    }

    /// Others who fill every queue, as most TCP does, get all but a trickle.
    void yieldsToThoseWhoFillTheQueue()
    {
        Link link;
        link.run(30s);
        link.othersWant = 1.05 * link.capacity;
        link.run(2s); // a few round trips of 280 ms
        link.begin();
        link.run(20s);
        QVERIFY2(link.share(20s) < 0.02, qPrintable(QString::number(link.share(20s))));
        QVERIFY(link.rate.bytesPerSecond() >= YieldingRate::LEAST);
    }

    /// A longer way is not a queue: it is known as one after the base delays are forgotten.
    void learnsThatTheWayHasBecomeLonger()
    {
        Link link;
        link.run(30s);
        link.roundTrip = 200ms;
        link.run(150s);
        link.begin();
        link.run(30s);
        QVERIFY2(link.share(30s) > 0.9, qPrintable(QString::number(link.share(30s))));
    }

    void savesNothingUpWhileIdle()
    {
        Link link;
        link.weWant = 1e6;
        link.run(60s);
        QVERIFY2(link.rate.bytesPerSecond() <= 2'100'000,
                 qPrintable(QString::number(link.rate.bytesPerSecond())));
    }

    void unknownRoundTripsChangeNothing()
    {
        YieldingRate rate{Instant(1h)};
        const qint64 before = rate.bytesPerSecond();
        for (int i = 1; i <= 100; ++i)
            rate.note(Instant(1h) + i * 100ms, Duration::zero(), i * 1'000'000);
        QCOMPARE(rate.bytesPerSecond(), before);
    }
};

QTEST_GUILESS_MAIN(TransferYieldingTest)
#include "transfer_yielding_test.moc"
