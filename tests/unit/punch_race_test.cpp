// The choice among ways that run at once, in virtual time: who is dialled, who is awaited,
// who wins; and what a hostile peer can't make us do.

#include "core/punch/race.h"

#include <QTest>

using namespace postern;
using namespace postern::punch;

namespace {

Endpoint at(const QString &text) { return *Endpoint::parse(text); }

Candidate tcp(const char *text, CandidateType type = CandidateType::Host)
{
    return {Transport::Tcp, type, at(QLatin1String(text)), {}, candidatePriority(type, 65535)};
}

PathReport udp(const char *text, CandidateType type, Duration roundTrip)
{
    const Endpoint remote = at(QLatin1String(text));
    return {remote, type, strategyOf(Transport::Udp, type, remote), roundTrip, {}};
}

RaceConfig config(Role role = Role::Controlling, PathFilter filter = PathFilter::Auto)
{
    RaceConfig c;
    c.role = role;
    c.filter = filter;
    c.surroundings.local = {
        {QStringLiteral("eth0"), IpAddress::v4(192, 168, 1, 10), 24, true, false}};
    c.surroundings.ownPublic = {IpAddress::v4(203, 0, 113, 1)};
    c.ownTcpPort = 47100;
    return c;
}

template<typename Action> QList<Action> take(Race &race)
{
    QList<Action> taken;
    while (auto action = race.pollAction())
        if (const auto *wanted = std::get_if<Action>(&*action))
            taken.append(*wanted);
    return taken;
}

/// Plays all deadlines up to the instant.
void play(Race &race, Instant until)
{
    while (race.nextDeadline() <= until)
        race.handleTimeout(race.nextDeadline());
}

} // namespace

class PunchRaceTest : public QObject {
    Q_OBJECT

private slots:
    void dialsLikelyAddressesFirstAndPaced()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start,
                       {tcp("10.9.9.9:1"), tcp("198.51.100.7:2", CandidateType::Public),
                        tcp("192.168.1.20:3"), tcp("172.17.0.1:4"), tcp("10.8.8.8:5")});
        const auto first = take<Dial>(race);
        QCOMPARE(first.size(), 3);
        QCOMPARE(first[0].to, at(QStringLiteral("192.168.1.20:3")));
        QCOMPARE(first[1].to, at(QStringLiteral("198.51.100.7:2")));
        QVERIFY(race.nextDeadline() > start);
        play(race, start + 1s);
        QCOMPARE(take<Dial>(race).size(), 2);
    }

    void dialsTheNextAtOnceWhenOneFails()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start,
                       {tcp("192.168.1.20:1"), tcp("192.168.1.21:1"), tcp("192.168.1.22:1"),
                        tcp("192.168.1.23:1")});
        const auto dials = take<Dial>(race);
        race.failed(start + 1ms, dials[0].id);
        QCOMPARE(take<Dial>(race).size(), 1);
    }

    void cantBeMadeToScanOrFlood()
    {
        const Instant start{};
        Race race(config(), start);
        QList<Candidate> hostile{tcp("127.0.0.1:22"), tcp("224.0.0.1:80"),
                                 tcp("0.0.0.0:80"),   tcp("192.168.1.10:47100"),
                                 tcp("[::1]:631"),    tcp("255.255.255.255:9"),
                                 tcp("192.168.1.1:0")};
        for (int port = 1; port <= 100; ++port)
            hostile.append({Transport::Tcp,
                            CandidateType::Public,
                            at(QStringLiteral("198.51.100.9:%1").arg(port)),
                            {},
                            1});
        race.setRemote(start, hostile);
        race.setRemote(start, hostile); // telling it twice buys nothing
        play(race, start + 60s);
        const auto dials = take<Dial>(race);
        QCOMPARE(dials.size(), 8);
        for (const auto &dial : dials)
            QVERIFY(dial.to.address == IpAddress::v4(198, 51, 100, 9));
    }

    void dialsLoopbackWhereWeOfferedItOurselves()
    {
        auto c = config();
        c.loopbackAllowed = true;
        Race race(c, Instant{});
        race.setRemote(Instant{}, {tcp("127.0.0.1:47101"), tcp("127.0.0.1:47100")});
        const auto dials = take<Dial>(race);
        QCOMPARE(dials.size(), 1); // the other is our own listener
        QCOMPARE(dials[0].to.port, 47101);
    }

    void theOnlyReadyWayWinsAtOnce()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {});
        const auto id = race.udpValidated(
            start + 40ms, udp("198.51.100.7:9", CandidateType::ServerReflexive, 40ms));
        QVERIFY(id);
        QCOMPARE(take<Secure>(race).size(), 1);
        race.secured(start + 90ms, *id);
        const auto won = take<Won>(race);
        QCOMPARE(won.size(), 1);
        QCOMPARE(won[0].pathClass, PathClass::Udp);
        QCOMPARE(strategyName(won[0].strategy), QStringLiteral("udp-punch"));
    }

    void awaitsABetterWayThatIsAlive()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {tcp("192.168.1.20:7")});
        const auto dial = take<Dial>(race).at(0);
        const auto path =
            race.udpValidated(start + 1ms, udp("192.168.1.20:7", CandidateType::Host, 1ms));
        race.tcpConnected(start + 2ms, dial.id);
        race.secured(start + 4ms, *path);
        QVERIFY(take<Won>(race).isEmpty());
        race.secured(start + 9ms, dial.id);
        const auto won = take<Won>(race);
        QCOMPARE(won.size(), 1);
        QCOMPARE(won[0].id, dial.id);
        QCOMPARE(won[0].pathClass, PathClass::Lan);
        QCOMPARE(strategyName(won[0].strategy), QStringLiteral("tcp-host"));
    }

    void stopsAwaitingAfterTheGrace()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {tcp("192.168.1.20:7")});
        const auto dial = take<Dial>(race).at(0);
        race.tcpConnected(start + 2ms, dial.id);
        const auto path = race.udpValidated(
            start + 40ms, udp("198.51.100.7:9", CandidateType::ServerReflexive, 40ms));
        race.secured(start + 90ms, *path);
        play(race, start + 189ms); // 90 and the least for a handshake, more than 2 x 40
        QVERIFY(take<Won>(race).isEmpty());
        play(race, start + 190ms);
        const auto won = take<Won>(race);
        QCOMPARE(won.size(), 1);
        QCOMPARE(won[0].id, *path);
        race.secured(start + 191ms, dial.id); // too late: nothing more happens
        QVERIFY(take<Won>(race).isEmpty());
    }

    void aSilentDialIsNotAwaitedLong()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {tcp("198.51.100.7:7", CandidateType::Public)});
        const auto path = race.udpValidated(
            start + 40ms, udp("198.51.100.7:9", CandidateType::ServerReflexive, 40ms));
        race.secured(start + 81ms, *path); // the dial had 2 x 40 ms already
        QCOMPARE(take<Won>(race).size(), 1);
    }

    void awaitsThePeersDialWhereWeAreReachable()
    {
        const Instant start{};
        for (const bool comes : {true, false}) {
            auto reachable = config();
            reachable.reachable = true;
            Race race(reachable, start);
            race.setRemote(start, {});
            const auto path = race.udpValidated(
                start + 4ms, udp("198.51.100.7:9", CandidateType::ServerReflexive, 4ms));
            race.secured(start + 8ms, *path);
            play(race, start + 50ms);
            QVERIFY(take<Won>(race).isEmpty());
            if (comes) {
                const auto dial =
                    race.tcpAccepted(start + 50ms, *Endpoint::parse("198.51.100.7:8"));
                race.secured(start + 60ms, *dial);
                QCOMPARE(take<Won>(race).value(0).id, *dial);
            } else {
                play(race, start + 108ms);
                QCOMPARE(take<Won>(race).value(0).id, *path);
            }
        }
    }

    void filters_data()
    {
        QTest::addColumn<int>("filter");
        QTest::addColumn<int>("dials");
        QTest::addColumn<bool>("takesUdpLan");
        QTest::addColumn<bool>("takesUdpPunched");
        QTest::newRow("auto") << int(PathFilter::Auto) << 2 << true << true;
        QTest::newRow("lan") << int(PathFilter::Lan) << 1 << true << false;
        QTest::newRow("tcp") << int(PathFilter::Tcp) << 2 << false << false;
        QTest::newRow("udp") << int(PathFilter::Udp) << 0 << true << true;
    }
    void filters()
    {
        QFETCH(int, filter);
        QFETCH(int, dials);
        QFETCH(bool, takesUdpLan);
        QFETCH(bool, takesUdpPunched);
        const Instant start{};
        Race race(config(Role::Controlling, static_cast<PathFilter>(filter)), start);
        race.setRemote(start,
                       {tcp("192.168.1.20:7"), tcp("198.51.100.7:7", CandidateType::Public)});
        QCOMPARE(take<Dial>(race).size(), dials);
        QCOMPARE(
            race.udpValidated(start, udp("192.168.1.20:7", CandidateType::Host, 1ms)).has_value(),
            takesUdpLan);
        QCOMPARE(
            race.udpValidated(start, udp("198.51.100.7:9", CandidateType::ServerReflexive, 40ms))
                .has_value(),
            takesUdpPunched);
    }

    void aForcedTransportNamesTheKind()
    {
        const Instant start{};
        Race race(config(Role::Controlling, PathFilter::Udp), start);
        race.setRemote(start, {});
        const auto id = race.udpValidated(start, udp("192.168.1.20:7", CandidateType::Host, 1ms));
        race.secured(start + 2ms, *id);
        QCOMPARE(take<Won>(race).at(0).pathClass, PathClass::Udp);
    }

    void onlyTheControllingSideDecides()
    {
        const Instant start{};
        Race race(config(Role::Controlled), start);
        race.setRemote(start, {tcp("192.168.1.20:7")});
        const auto dial = take<Dial>(race).at(0);
        race.tcpConnected(start + 1ms, dial.id);
        race.secured(start + 5ms, dial.id);
        const auto accepted = race.tcpAccepted(start + 6ms, at(QStringLiteral("192.168.1.20:5")));
        play(race, start + 5s);
        QVERIFY(take<Won>(race).isEmpty());
        race.peerChose(start + 5s, *accepted);
        const auto won = take<Won>(race);
        QCOMPARE(won.size(), 1);
        QCOMPARE(won[0].id, *accepted);
    }

    void peersBehindOneNatCountAsLan()
    {
        auto c = config();
        c.surroundings.peerPublic = {IpAddress::v4(203, 0, 113, 1)};
        Race race(c, Instant{});
        race.setRemote(Instant{}, {tcp("100.70.0.9:7")});
        const auto dial = take<Dial>(race).at(0);
        race.tcpConnected(Instant{} + 1ms, dial.id);
        race.secured(Instant{} + 2ms, dial.id);
        QCOMPARE(take<Won>(race).at(0).pathClass, PathClass::Lan);
    }

    void saysSoWhenNoWayIsLeft()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {tcp("192.168.1.20:7")});
        const auto dial = take<Dial>(race).at(0);
        race.failed(start + 1ms, dial.id);
        QVERIFY(take<NoPath>(race).isEmpty());
        race.udpExhausted(start + 8s);
        QCOMPARE(take<NoPath>(race).size(), 1);
        QCOMPARE(race.nextDeadline(), NEVER);
    }

    void endsInBoundedTimeWhateverIsSilent()
    {
        const Instant start{};
        Race race(config(), start);
        race.setRemote(start, {tcp("192.168.1.20:7")});
        play(race, start + 15s);
        QCOMPARE(take<NoPath>(race).size(), 1);
    }
};

QTEST_GUILESS_MAIN(PunchRaceTest)
#include "punch_race_test.moc"
