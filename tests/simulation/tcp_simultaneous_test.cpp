// TCP through both sides' NATs by SYNs that cross: every filtering with every answer to a SYN that
// comes too early (silence, ICMP, a reset), both sides', over many seeds with delay, reorder and
// loss. Where both NATs map by port alone a connection must come; where one gives each destination
// a port of its own there can't be one, and the attempt must end with a bounded number of SYNs,
// unless the next port follows the last: then it is told ahead.
//
// POSTERN_SIM_SEED plays a single seed.

#include "core/peer/port_plan.h"
#include "tests/support/simnet/meeting.h"
#include "tests/support/simnet/seeds.h"
#include "tests/support/simnet/tcp_peer.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;
using punch::Role;
using punch::SimultaneousOpen;

Q_DECLARE_METATYPE(NatProfile)

namespace {

constexpr int SEEDS = 60;
constexpr Filtering FILTERINGS[] = {Filtering::EndpointIndependent, Filtering::AddressDependent,
                                    Filtering::AddressAndPortDependent};
constexpr Unsolicited MANNERS[] = {Unsolicited::Drop, Unsolicited::Icmp, Unsolicited::Reset};
constexpr const char *FILTERING_NAMES[] = {"EIF", "ADF", "APDF"};
constexpr const char *MANNER_NAMES[] = {"silent", "ICMP", "RST"};

struct Outcome {
    bool connected = false;
    Duration took{};
    int syns = 0;
    int refused = 0;
};

struct Scene {
    NatProfile first;
    NatProfile second;
    double loss = 0;
    Duration jitter{};
    bool isAlive = true; ///< false: the second peer never hears of rounds
    std::optional<FirewallProfile> firewall{}; ///< both sides have IPv6 behind one, and use it
    /// Both know what their NATs do, and the outside of their port only as far as programs do.
    bool isMeasured = false;
};

/// From the first word to the end.
Outcome finish(World &world, TcpPeer &a, TcpPeer &b)
{
    const Instant begun = world.now();
    a.begin();
    world.runUntil(begun + 60s, [&] {
        return (a.connectedAt && b.connectedAt) || (a.isExhausted() && b.isExhausted());
    });
    if (!(a.connectedAt && b.connectedAt))
        world.runUntil(world.now() + 5s); // greetings under way
    Outcome outcome;
    outcome.syns = a.syns + b.syns;
    outcome.refused = a.refused + b.refused;
    outcome.connected = a.connectedAt && b.connectedAt;
    if (outcome.connected)
        outcome.took = std::max(*a.connectedAt, *b.connectedAt) - begun;
    return outcome;
}

Outcome play(const Scene &scene, std::uint64_t seed)
{
    World world(seed);
    auto &link = world.internet().link;
    link.delay = std::chrono::milliseconds(5 + seed * 7 % 90);
    link.jitter = scene.jitter;
    link.loss = scene.loss;
    const auto settle = [&](const NatProfile &tcp) -> Nat & {
        return world.addNat(world.internet(), FULL_CONE, {}, tcp);
    };
    Nat &firstNat = settle(scene.first);
    Nat &secondNat = settle(scene.second);
    Host &firstHost = world.addHost(firstNat.inside());
    Host &secondHost = world.addHost(secondNat.inside());
    // What the rendezvous saw each at, by the connection that stays open.
    const Endpoint server{IpAddress::v4(198, 18, 0, 200), 7788};
    const auto seen = [&](Nat &nat, Host &host) {
        return *nat.box(true).outbound(world.now(), {host.address(), TcpPeer::PORT}, server);
    };
    if (scene.firewall) {
        world.addV6(firstHost, firstNat.inside(), scene.firewall);
        world.addV6(secondHost, secondNat.inside(), scene.firewall);
    }
    const auto reachedAt = [&](Nat &nat, Host &host) {
        return host.addressV6() ? Endpoint{*host.addressV6(), TcpPeer::PORT} : seen(nat, host);
    };
    const auto offered = [&](Nat &nat, Host &host) {
        return scene.isMeasured ? Endpoint{nat.box(true).outer(), TcpPeer::PORT}
                                : reachedAt(nat, host);
    };
    TcpPeer a(world, firstHost);
    TcpPeer b(world, secondHost);
    const auto samples = [&](TcpPeer &peer, Nat &nat, Host &host) {
        peer.sampleTakes = 2 * link.delay;
        peer.sample = [&](std::uint16_t inner) {
            return nat.box(true).outbound(world.now(), {host.address(), inner}, server)->port;
        };
    };
    samples(a, firstNat, firstHost);
    samples(b, secondNat, secondHost);
    const Duration signal = link.delay + std::chrono::milliseconds(seed % 40);
    a.tell = [&](const SimultaneousOpen::Tell &told) {
        if (scene.isAlive)
            world.after(signal, [&b, told] { b.peerTold(told); });
    };
    b.tell = [&](const SimultaneousOpen::Tell &told) {
        world.after(signal, [&a, told] { a.peerTold(told); });
    };
    const auto ports = [&](const NatProfile &tcp) {
        return scene.isMeasured ? tcpPortsOf(describe({tcp}).udp) : TcpPorts();
    };
    const TcpPorts first = ports(scene.first);
    const TcpPorts second = ports(scene.second);
    a.start({Role::Controlling, {offered(secondNat, secondHost)}}, first.ports, first.step,
            second.ports);
    b.start({Role::Controlled, {offered(firstNat, firstHost)}}, second.ports, second.step,
            first.ports);
    return finish(world, a, b);
}

NatProfile cone(Filtering filtering, Unsolicited manner)
{
    return {.filtering = filtering, .allocation = Allocation::Random, .unsolicited = manner};
}

} // namespace

class TcpSimultaneous : public QObject {
    Q_OBJECT

private slots:
    void endpointIndependentNatsAreAlwaysPassed_data()
    {
        QTest::addColumn<int>("firstFiltering");
        QTest::addColumn<int>("firstManner");
        QTest::addColumn<int>("secondFiltering");
        QTest::addColumn<int>("secondManner");
        for (int f = 0; f < 3; ++f)
            for (int m = 0; m < 3; ++m)
                for (int g = 0; g < 3; ++g)
                    for (int n = 0; n < 3; ++n)
                        QTest::addRow("%s %s + %s %s", FILTERING_NAMES[f], MANNER_NAMES[m],
                                      FILTERING_NAMES[g], MANNER_NAMES[n])
                            << f << m << g << n;
    }
    void endpointIndependentNatsAreAlwaysPassed()
    {
        QFETCH(int, firstFiltering);
        QFETCH(int, firstManner);
        QFETCH(int, secondFiltering);
        QFETCH(int, secondManner);
        const Scene scene{cone(FILTERINGS[firstFiltering], MANNERS[firstManner]),
                          cone(FILTERINGS[secondFiltering], MANNERS[secondManner]), 0.01, 3ms};
        int refused = 0;
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto outcome = play(scene, seed);
            refused += outcome.refused;
            QVERIFY2(outcome.connected, story(seed));
        });
        qInfo("%-22s %d dials refused in %d openings", QTest::currentDataTag(), refused, SEEDS);
    }

    void portsAreToldAhead_data()
    {
        QTest::addColumn<NatProfile>("first");
        QTest::addColumn<NatProfile>("second");
        QTest::addColumn<double>("least"); // share that must be connected
        const auto strict = Filtering::AddressAndPortDependent;
        for (int m = 0; m < 3; ++m) {
            const auto manner = MANNERS[m];
            const auto row = [&](const char *name, const NatProfile &one, const NatProfile &other,
                                 double least) {
                QTest::addRow("%s, %s", name, MANNER_NAMES[m]) << one << other << least;
            };
            const auto moved = cone(strict, manner);
            auto keeps = moved;
            keeps.allocation = Allocation::Preserve;
            auto next = moved;
            next.mapping = Mapping::AddressAndPortDependent;
            next.allocation = Allocation::Sequential;
            auto backward = next;
            backward.delta = -2;
            backward.mapping = Mapping::AddressDependent;
            auto busy = next;
            busy.foreignPerSecond = 10;
            row("moved + moved", moved, moved, 1);
            row("moved + keeps", moved, keeps, 1);
            row("sequential + keeps", next, keeps, 1);
            row("keeps + sequential", keeps, next, 1);
            row("sequential + moved", next, moved, 1);
            row("moved + backward", moved, backward, 1);
            row("sequential + sequential", next, next, 1);
            row("backward + sequential", backward, next, 1);
            row("busy sequential + keeps", busy, keeps, 0.95);
            // Both have to have been overtaken equally often.
            auto used = next;
            used.foreignPerSecond = 2;
            row("used sequential + used sequential", used, used, 0.8);
        }
    }
    void portsAreToldAhead()
    {
        QFETCH(NatProfile, first);
        QFETCH(NatProfile, second);
        QFETCH(double, least);
        int connected = 0;
        int played = 0;
        int most = 0;
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            Scene scene{first, second};
            scene.isMeasured = true;
            const auto outcome = play(scene, seed);
            ++played;
            connected += outcome.connected ? 1 : 0;
            most = std::max(most, outcome.syns);
            QVERIFY2(least < 1 || outcome.connected, story(seed));
        });
        qInfo("%-42s %d of %d, at most %d SYNs", QTest::currentDataTag(), connected, played, most);
        QVERIFY(connected >= least * played);
        QVERIFY(most <= 2 * 4 * int(SimultaneousOpen::MOST_WAYS) * SimultaneousOpen::ROUNDS
                    * SimultaneousOpen::DIALS_A_ROUND);
    }

    /// IPv6 has no NAT to pass, but firewalls that let in only what was asked for.
    void firewallsOfIpv6ArePassed_data()
    {
        QTest::addColumn<int>("filtering");
        QTest::addColumn<int>("manner");
        for (int f = 0; f < 3; ++f)
            for (int m = 0; m < 3; ++m)
                QTest::addRow("%s %s", FILTERING_NAMES[f], MANNER_NAMES[m]) << f << m;
    }
    void firewallsOfIpv6ArePassed()
    {
        QFETCH(int, filtering);
        QFETCH(int, manner);
        auto symmetric = cone(Filtering::AddressAndPortDependent, Unsolicited::Drop);
        symmetric.mapping = Mapping::AddressAndPortDependent;
        Scene scene{symmetric, symmetric, 0.01, 3ms};
        scene.firewall = {FILTERINGS[filtering], MANNERS[manner]};
        forSeeds(SEEDS,
                 [&](std::uint64_t seed) { QVERIFY2(play(scene, seed).connected, story(seed)); });
    }

    /// Half of the round trip through the rendezvous is how long the other waits: in calm weather
    /// the SYNs cross at once, and nothing is refused.
    void inCalmWeatherTheFirstSynsCross()
    {
        int refused = 0;
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto outcome =
                play({cone(Filtering::AddressAndPortDependent, Unsolicited::Reset),
                      cone(Filtering::AddressAndPortDependent, Unsolicited::Reset)},
                     seed);
            QVERIFY2(outcome.connected, story(seed));
            QVERIFY2(outcome.took < 1s, story(seed));
            refused += outcome.refused;
        });
        QVERIFY2(refused <= SEEDS / 10, QByteArray::number(refused));
    }

    void aNatThatGivesEachDestinationAPortEndsInABoundedNumberOfSyns_data()
    {
        QTest::addColumn<int>("manner");
        for (int manner = 0; manner < 3; ++manner)
            QTest::addRow("%s", MANNER_NAMES[manner]) << manner;
    }
    void aNatThatGivesEachDestinationAPortEndsInABoundedNumberOfSyns()
    {
        QFETCH(int, manner);
        auto symmetric = cone(Filtering::AddressAndPortDependent, MANNERS[manner]);
        symmetric.mapping = Mapping::AddressAndPortDependent;
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto outcome =
                play({symmetric, cone(Filtering::AddressAndPortDependent, MANNERS[manner])}, seed);
            QVERIFY2(!outcome.connected, story(seed));
            // each dial's SYN goes out at most four times
            QVERIFY2(outcome.syns
                         <= 2 * 4 * SimultaneousOpen::ROUNDS * SimultaneousOpen::DIALS_A_ROUND,
                     story(seed));
        });
    }

    /// A peer that names an address and never answers gets few SYNs sent there.
    void aSilentPeerIsGivenUp()
    {
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            Scene scene{cone(Filtering::EndpointIndependent, Unsolicited::Drop),
                        cone(Filtering::AddressAndPortDependent, Unsolicited::Reset)};
            scene.isAlive = false;
            const auto outcome = play(scene, seed);
            QVERIFY2(!outcome.connected, story(seed));
            QVERIFY2(outcome.syns <= 4 * SimultaneousOpen::ROUNDS * SimultaneousOpen::DIALS_A_ROUND,
                     story(seed));
        });
    }
};

QTEST_GUILESS_MAIN(TcpSimultaneous)
#include "tcp_simultaneous_test.moc"
