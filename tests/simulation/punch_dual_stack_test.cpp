// IPv6 beside IPv4: two hosts with both, behind NATs for the one and behind firewalls that keep
// state, and translate nothing, for the other. Where IPv4 leads to a relay, IPv6 is the direct
// path; where both lead there, IPv6 is taken; an IPv6 that one side lacks, or that leads nowhere,
// costs no time.
//
// POSTERN_SIM_SEED plays a single seed.

#include "tests/support/simnet/meeting.h"
#include "tests/support/simnet/seeds.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;
using namespace postern::punch;

namespace {

constexpr int SEEDS = 100;
constexpr int MOST_PACKETS = 120; // of both sides
constexpr const char *FILTERING_NAMES[] = {"EIF", "ADF", "APDF"};
constexpr const char *MANNER_NAMES[] = {"silent", "ICMP", "RST"};

/// One side's network.
struct Home {
    NatProfile nat; ///< of IPv4
    bool hasV6 = true;
    std::optional<FirewallProfile> firewall = FirewallProfile();
};

struct Scene {
    Home first; ///< controls
    Home second;
    double loss = 0;
    Duration jitter{};
};

MeetingResult play(const Scene &scene, std::uint64_t seed)
{
    World world(seed);
    auto &link = world.internet().link;
    link.delay = std::chrono::milliseconds(5 + seed * 7 % 90);
    link.jitter = scene.jitter;
    link.loss = scene.loss;
    const StunServer server(world);
    const auto settle = [&](const Home &home) -> Host & {
        auto &inside = world.addNat(world.internet(), home.nat).inside();
        Host &host = world.addHost(inside);
        if (home.hasV6)
            world.addV6(host, inside, home.firewall);
        return host;
    };
    SimPeer a(world, settle(scene.first), false);
    SimPeer b(world, settle(scene.second), false);
    MeetingPlan plan;
    plan.signalling = link.delay + std::chrono::milliseconds(seed % 20);
    plan.first = describe({scene.first.nat});
    plan.second = describe({scene.second.nat});
    plan.first.roundTripMs = plan.second.roundTripMs =
        static_cast<quint16>(toMilliseconds(plan.signalling));
    return meet(world, server, a, b, plan);
}

Duration roundTrip(std::uint64_t seed)
{
    return 2 * (std::chrono::milliseconds(5 + seed * 7 % 90) + 400us);
}

} // namespace

class PunchDualStack : public QObject {
    Q_OBJECT

private slots:
    void firewallsOnBothSidesArePassed_data()
    {
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        QTest::addColumn<int>("manner");
        for (int first = 0; first < 3; ++first)
            for (int second = 0; second < 3; ++second)
                for (int manner = 0; manner < 3; ++manner)
                    QTest::addRow("%s + %s %s", FILTERING_NAMES[first], FILTERING_NAMES[second],
                                  MANNER_NAMES[manner])
                        << first << second << manner;
    }
    /// IPv4 would lead to a relay.
    void firewallsOnBothSidesArePassed()
    {
        QFETCH(int, first);
        QFETCH(int, second);
        QFETCH(int, manner);
        const auto firewall = [&](int filtering) {
            return FirewallProfile{Filtering(filtering), Unsolicited(manner)};
        };
        const Scene scene{{SYMMETRIC_RANDOM, true, firewall(first)},
                          {SYMMETRIC_RANDOM, true, firewall(second)},
                          0.02,
                          3ms};
        int soon = 0;
        int all = 0;
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result = play(scene, seed);
            QVERIFY2(result.direct, story(seed));
            QCOMPARE(result.family, IpAddress::Family::V6);
            QCOMPARE(result.strategy, Strategy::UdpHost);
            QVERIFY2(result.packets <= MOST_PACKETS, story(seed));
            ++all;
            soon += result.toPath <= roundTrip(seed) * 3 / 2 + 40ms ? 1 : 0;
        });
        QVERIFY2(soon >= 0.85 * all, QByteArray::number(soon)); // the others lost a packet
    }

    void aFirewallOnOneSideIsPassed_data()
    {
        QTest::addColumn<bool>("first");
        QTest::newRow("the offering side") << true;
        QTest::newRow("the answering side") << false;
    }
    void aFirewallOnOneSideIsPassed()
    {
        QFETCH(bool, first);
        const Home open{SYMMETRIC_RANDOM, true, {}};
        const Home closed{SYMMETRIC_RANDOM, true, FirewallProfile()};
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result =
                play({first ? closed : open, first ? open : closed, 0.02, 3ms}, seed);
            QVERIFY2(result.direct, story(seed));
            QCOMPARE(result.family, IpAddress::Family::V6);
        });
    }

    /// RFC 8445 section 5.1.2: an address of the host's own before one that a NAT gave.
    void ipv6IsPreferredWhereBothLeadThere_data()
    {
        QTest::addColumn<int>("nat");
        QTest::newRow("full cones") << 0;
        QTest::newRow("port restricted cones") << 1;
        QTest::newRow("masquerade") << 2;
    }
    void ipv6IsPreferredWhereBothLeadThere()
    {
        QFETCH(int, nat);
        const NatProfile nats[] = {FULL_CONE, PORT_RESTRICTED_CONE, LINUX_MASQUERADE};
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result = play({{nats[nat]}, {nats[nat]}, 0, 3ms}, seed);
            QVERIFY2(result.direct, story(seed));
            QVERIFY2(result.family == IpAddress::Family::V6, story(seed));
        });
    }

    void whereOneSideLacksItIpv4IsTaken_data()
    {
        QTest::addColumn<bool>("firstHasIt");
        QTest::newRow("the answering side lacks it") << true;
        QTest::newRow("the offering side lacks it") << false;
    }
    void whereOneSideLacksItIpv4IsTaken()
    {
        QFETCH(bool, firstHasIt);
        const Home with{PORT_RESTRICTED_CONE, true};
        const Home without{PORT_RESTRICTED_CONE, false};
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result =
                play({firstHasIt ? with : without, firstHasIt ? without : with}, seed);
            QVERIFY2(result.direct, story(seed));
            QCOMPARE(result.family, IpAddress::Family::V4);
            QCOMPARE(result.strategy, Strategy::UdpPunch);
            QVERIFY2(result.toPath <= roundTrip(seed) * 3 / 2 + 40ms, story(seed));
        });
    }

    /// Both have addresses, and a router in between that passes none of it.
    void anIpv6ThatLeadsNowhereCostsNoTime()
    {
        const FirewallProfile nowhere{.passesNothing = true};
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result =
                play({{PORT_RESTRICTED_CONE, true, nowhere}, {PORT_RESTRICTED_CONE, true, nowhere}},
                     seed);
            QVERIFY2(result.direct, story(seed));
            QCOMPARE(result.family, IpAddress::Family::V4);
            QVERIFY2(result.toPath <= roundTrip(seed) * 3 / 2 + 40ms, story(seed));
            QVERIFY2(result.packets <= MOST_PACKETS, story(seed));
        });
    }
};

QTEST_GUILESS_MAIN(PunchDualStack)
#include "punch_dual_stack_test.moc"
