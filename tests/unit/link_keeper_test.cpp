// When a link looks for another channel, in virtual time, and who goes first.

#include "core/peer/glare.h"
#include "core/peer/link_keeper.h"

#include <QTest>

using namespace postern;
using Order = LinkKeeper::Order;

namespace {

/// A path that is fine until it is cut, and a keeper that looks as often as it asks to.
struct Scene {
    LinkKeeper keeper;
    Instant now{1h};
    bool wanted = true;
    bool cut = false;
    Instant progress = now;
    Instant since = Instant::min(); ///< something has been outstanding
    Duration roundTrip = 20ms;
    std::optional<Duration> life;

    Order step()
    {
        if (!cut)
            progress = now;
        return keeper.check(now, {wanted, false, {cut, since, progress, roundTrip}, life});
    }
    /// Looks until it wants something; how long that took.
    std::pair<Order, Duration> until(Duration patience)
    {
        const Instant began = now;
        while (now - began < patience) {
            const Order order = step();
            if (order != Order::None)
                return {order, now - began};
            now = std::max(now + 1ms, keeper.deadline(now, true));
        }
        return {Order::None, patience};
    }
    void open(PathKind kind)
    {
        keeper.opened(now, kind);
        cut = false;
    }
};

} // namespace

class LinkKeeperTest : public QObject {
    Q_OBJECT

private slots:
    void leavesAGoodPathAlone_data()
    {
        QTest::addColumn<PathKind>("kind");
        for (const auto kind : {PathKind::Lan, PathKind::Tcp, PathKind::Udp})
            QTest::newRow(qPrintable(pathKindName(kind))) << kind;
    }
    void leavesAGoodPathAlone()
    {
        QFETCH(PathKind, kind);
        Scene scene;
        scene.open(kind);
        QCOMPARE(scene.until(1h).first, Order::None);
    }

    void repairsASilentPathWithinASecond_data()
    {
        QTest::addColumn<int>("roundTripMs");
        QTest::addColumn<int>("atMostMs");
        QTest::newRow("near") << 1 << 900;
        QTest::newRow("40 ms") << 40 << 900;
        QTest::newRow("satellite") << 600 << 2000; // not taken for dead at every lost packet
    }
    void repairsASilentPathWithinASecond()
    {
        QFETCH(int, roundTripMs);
        QFETCH(int, atMostMs);
        Scene scene;
        scene.roundTrip = std::chrono::milliseconds(roundTripMs);
        scene.open(PathKind::Udp);
        QCOMPARE(scene.until(10s).first, Order::None);
        scene.cut = true;
        const auto [order, after] = scene.until(10s);
        QCOMPARE(order, Order::Repair);
        QVERIFY(after >= 3 * scene.roundTrip);
        QVERIFY(after <= std::chrono::milliseconds(atMostMs));
        QVERIFY(scene.keeper.isBroken());
    }

    /// A transfer that is held back to a rate is quiet in between; then it says something, and
    /// that has not been acknowledged yet.
    void doubtsBeforeItRepairs()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        QCOMPARE(scene.until(10s).first, Order::None);
        QVERIFY(!scene.keeper.isInDoubt()); // nothing is ever outstanding for long
        scene.cut = true;
        scene.now += 400ms;
        QCOMPARE(scene.step(), Order::None);
        QVERIFY(scene.keeper.isInDoubt() && !scene.keeper.isBroken());
        scene.keeper.surroundingsChanged();
        QCOMPARE(scene.step(), Order::None); // an upgrade would be in the way of the repair
        scene.cut = false;
        QCOMPARE(scene.step(), Order::Upgrade);
        QVERIFY(!scene.keeper.isInDoubt());
    }

    void aRepairHasSeenWhatChangedBefore()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.cut = true;
        scene.now += 400ms;
        QCOMPARE(scene.step(), Order::None);
        scene.keeper.surroundingsChanged();
        QCOMPARE(scene.until(1s).first, Order::Repair);
        scene.open(PathKind::Udp);
        QCOMPARE(scene.until(1min).first, Order::None);
        scene.keeper.surroundingsChanged();
        QCOMPARE(scene.until(1s).first, Order::Upgrade);
    }

    void waitsForAnAnswerFromWhenItAsked()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        for (int pause = 0; pause < 20; ++pause) {
            scene.now += 5s;
            scene.since = scene.now;
            QCOMPARE(
                scene.keeper.check(scene.now, {true, false, {true, scene.since, {}, 40ms}, {}}),
                Order::None);
        }
        scene.cut = true;
        scene.since = scene.now;
        const auto [order, after] = scene.until(10s);
        QCOMPARE(order, Order::Repair);
        QVERIFY(after >= KeeperTimings().stall);
    }

    void repairsAtOnceWhatCanNotLive()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        QCOMPARE(scene.until(10s).first, Order::None);
        scene.keeper.pathDied(scene.now);
        QCOMPARE(
            scene.keeper.check(scene.now, {true, false, {false, {}, scene.progress, 40ms}, {}}),
            Order::Repair);
        QVERIFY(scene.keeper.isBroken());
        scene.keeper.nothingFound(scene.now);
        scene.now += 1s; // something passes all the same
        QCOMPARE(scene.until(1min).first, Order::None);
        QVERIFY(!scene.keeper.isBroken());
    }

    void triesAgainAtOnceWhenTheWorldChanges()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.keeper.lost(scene.now);
        for (int tries = 0; tries < 10; ++tries) {
            QCOMPARE(scene.until(1min).first, Order::Repair);
            scene.keeper.nothingFound(scene.now);
        }
        QCOMPARE(scene.step(), Order::None);
        scene.keeper.surroundingsChanged();
        QCOMPARE(scene.step(), Order::Repair);
    }

    void takesARecoveredPathBack()
    {
        Scene scene;
        scene.open(PathKind::Tcp);
        scene.cut = true;
        QCOMPARE(scene.until(10s).first, Order::Repair);
        scene.keeper.nothingFound(scene.now);
        scene.cut = false;
        QCOMPARE(scene.until(1min).first, Order::None);
        QVERIFY(!scene.keeper.isBroken());
    }

    void repairsAgainAndAgain()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.keeper.lost(scene.now);
        QCOMPARE(scene.step(), Order::Repair); // at once
        Duration longest{};
        for (int tries = 0; tries < 50; ++tries) {
            scene.keeper.nothingFound(scene.now);
            const auto [order, after] = scene.until(1min);
            QCOMPARE(order, Order::Repair);
            longest = std::max(longest, after);
        }
        QVERIFY(longest <= 1100ms); // what an outage may cost beyond its end
    }

    void givesUpInTheEnd()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.keeper.lost(scene.now);
        const Instant lostAt = scene.now;
        for (;;) {
            const auto [order, after] = scene.until(10min);
            if (order == Order::GiveUp)
                break;
            QCOMPARE(order, Order::Repair);
            scene.keeper.nothingFound(scene.now);
        }
        QVERIFY(scene.now - lostAt >= KeeperTimings().patience);
    }

    void seeksABetterPathThanTheRelay()
    {
        Scene scene;
        scene.open(PathKind::Relay);
        const KeeperTimings timings;
        for (const auto wait : {timings.firstUpgrade, timings.secondUpgrade, timings.laterUpgrades,
                                timings.laterUpgrades}) {
            const auto [order, after] = scene.until(1h);
            QCOMPARE(order, Order::Upgrade);
            QVERIFY(after >= wait && after <= wait + timings.look);
            scene.keeper.nothingFound(scene.now);
        }
        scene.keeper.surroundingsChanged(); // then at once
        QCOMPARE(scene.until(1h), std::pair(Order::Upgrade, Duration::zero()));
        scene.open(PathKind::Udp);
        QCOMPARE(scene.until(1h).first, Order::None);
    }

    void aDeathEndsAnUpgrade()
    {
        Scene scene;
        scene.open(PathKind::Relay);
        QCOMPARE(scene.until(1min).first, Order::Upgrade);
        scene.cut = true;
        QCOMPARE(scene.until(1min).first, Order::Repair);
    }

    void renewsBeforeTheCut()
    {
        Scene scene;
        scene.life = 60s;
        for (int paths = 0; paths < 3; ++paths) { // each of them
            scene.open(PathKind::Udp);
            const auto [order, after] = scene.until(10min);
            QCOMPARE(order, Order::Renew);
            QVERIFY(after >= 45s && after <= 51s);
            QVERIFY(!scene.keeper.isBroken());
        }
        scene.open(PathKind::Udp);
        scene.life.reset();
        QCOMPARE(scene.until(1h).first, Order::None);
        scene.life = 60s; // it was measured meanwhile
        QCOMPARE(scene.until(1h), std::pair(Order::Renew, Duration::zero()));
    }

    void aRenewalThatFoundNothingIsTriedAgainBeforeTheCut()
    {
        Scene scene;
        scene.life = 60s;
        scene.open(PathKind::Udp);
        Duration age = scene.until(10min).second;
        for (int tries = 0; tries < 3; ++tries) {
            scene.keeper.nothingFound(scene.now);
            const auto [order, after] = scene.until(10min);
            QCOMPARE(order, Order::Renew);
            age += after;
        }
        QVERIFY(age < 60s);
        scene.cut = true; // it comes all the same, while a renewal is under way
        QCOMPARE(scene.until(1min).first, Order::Repair);
    }

    void wantsNothingForNobody()
    {
        Scene scene;
        scene.wanted = false;
        scene.open(PathKind::Relay);
        scene.cut = true;
        QCOMPARE(scene.until(1h).first, Order::None);
        scene.keeper.lost(scene.now);
        QCOMPARE(scene.until(1h).first, Order::None);
        QCOMPARE(scene.keeper.deadline(scene.now, false), NEVER);
    }

    void leavesTheOtherSideItsTurn()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.keeper.lost(scene.now);
        scene.keeper.theyBegan(scene.now);
        const auto [order, after] = scene.until(1min);
        QCOMPARE(order, Order::Repair);
        QVERIFY(after >= KeeperTimings().theirTurn);
    }

    void takesItsTurnOnceTheirsHasEnded()
    {
        Scene scene;
        scene.open(PathKind::Udp);
        scene.cut = true;
        QCOMPARE(scene.until(1min).first, Order::Repair);
        scene.keeper.theyBegan(scene.now);
        QCOMPARE(scene.until(1s).first, Order::None);
        scene.keeper.theyFoundNothing();
        QCOMPARE(scene.step(), Order::Repair);
    }

    void oneOfTwoOffersThatMeetGivesWay()
    {
        const auto theirs = randomId<SessionId>();
        for (const SessionId &to : {theirs, SessionId()}) {
            QVERIFY(oursGoesFirst({true, 50ms, to, theirs}));
            QVERIFY(!oursGoesFirst({false, 50ms, to, theirs}));
            QVERIFY(!oursGoesFirst({true, GLARE, to, theirs})); // nobody answered ours
        }
    }

    void anOfferToASessionThatIsOverGivesWay()
    {
        const auto before = randomId<SessionId>();
        const auto now = randomId<SessionId>();
        QVERIFY(!oursGoesFirst({true, 50ms, before, now}));
    }
};

QTEST_GUILESS_MAIN(LinkKeeperTest)
#include "link_keeper_test.moc"
