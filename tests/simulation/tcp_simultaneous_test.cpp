// TCP through both sides' NATs by SYNs that cross: every filtering with every answer to a SYN that
// comes too early (silence, ICMP, a reset), both sides', over many seeds with delay, reorder and
// loss. Where both NATs map by port alone a connection must come; where one gives each destination
// a port of its own there can't be one, and the attempt must end with a bounded number of SYNs.
//
// POSTERN_SIM_SEED plays a single seed.

#include "tests/support/simnet/tcp_peer.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;
using punch::Role;
using punch::SimultaneousOpen;

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
};

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
    TcpPeer a(world, firstHost);
    TcpPeer b(world, secondHost);
    const Duration signal = link.delay + std::chrono::milliseconds(seed % 40);
    a.tell = [&](int round) {
        if (scene.isAlive)
            world.after(signal, [&b, round] { b.peerTold(round); });
    };
    b.tell = [&](int round) { world.after(signal, [&a, round] { a.peerTold(round); }); };
    a.start({Role::Controlling, {reachedAt(secondNat, secondHost)}});
    b.start({Role::Controlled, {reachedAt(firstNat, firstHost)}});
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

NatProfile cone(Filtering filtering, Unsolicited manner)
{
    return {.filtering = filtering, .allocation = Allocation::Random, .unsolicited = manner};
}

QByteArray story(std::uint64_t seed) { return "seed " + QByteArray::number(quint64(seed)); }

template<typename Each> void forSeeds(Each each)
{
    bool single = false;
    const int only = qEnvironmentVariableIntValue("POSTERN_SIM_SEED", &single);
    for (int seed = single ? only : 1; seed <= (single ? only : SEEDS); ++seed) {
        each(static_cast<std::uint64_t>(seed));
        if (QTest::currentTestFailed())
            return;
    }
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
        forSeeds([&](std::uint64_t seed) {
            const auto outcome = play(scene, seed);
            refused += outcome.refused;
            QVERIFY2(outcome.connected, story(seed));
        });
        qInfo("%-22s %d dials refused in %d openings", QTest::currentDataTag(), refused, SEEDS);
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
        forSeeds([&](std::uint64_t seed) { QVERIFY2(play(scene, seed).connected, story(seed)); });
    }

    /// Half of the round trip through the rendezvous is how long the other waits: in calm weather
    /// the SYNs cross at once, and nothing is refused.
    void inCalmWeatherTheFirstSynsCross()
    {
        int refused = 0;
        forSeeds([&](std::uint64_t seed) {
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
        forSeeds([&](std::uint64_t seed) {
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
        forSeeds([&](std::uint64_t seed) {
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
