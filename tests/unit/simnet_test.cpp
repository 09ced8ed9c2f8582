// The simulated NAT is what the simulations rest on, so it is tested as a NAT: by the
// questions of FACTS section 1 and of RFC 4787.

#include "tests/support/simnet/world.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;

namespace {

const Endpoint INSIDE{IpAddress::v4(192, 168, 1, 2), 5000};
const Endpoint S{IpAddress::v4(198, 18, 0, 1), 1000};
const Endpoint S_OTHER_PORT{S.address, 1001};
const Endpoint ELSEWHERE{IpAddress::v4(198, 18, 0, 2), 1000};
const IpAddress OUTER = IpAddress::v4(203, 0, 113, 1);

NatProfile profile(Mapping mapping, Filtering filtering, Allocation allocation = Allocation::Random)
{
    return {.mapping = mapping, .filtering = filtering, .allocation = allocation};
}

} // namespace

class SimnetTest : public QObject {
    Q_OBJECT

private slots:
    void mapping_data()
    {
        QTest::addColumn<int>("mapping");
        QTest::addColumn<bool>("newForOtherPort"); // question C
        QTest::addColumn<bool>("newForOtherAddress"); // question D
        QTest::newRow("EIM") << int(Mapping::EndpointIndependent) << false << false;
        QTest::newRow("ADM") << int(Mapping::AddressDependent) << false << true;
        QTest::newRow("APDM") << int(Mapping::AddressAndPortDependent) << true << true;
    }
    void mapping()
    {
        QFETCH(int, mapping);
        QFETCH(bool, newForOtherPort);
        QFETCH(bool, newForOtherAddress);
        NatBox nat(profile(static_cast<Mapping>(mapping), Filtering::AddressAndPortDependent),
                   OUTER, 7);
        const Instant now{};
        const auto first = nat.outbound(now, INSIDE, S);
        QCOMPARE(first->address, OUTER);
        QCOMPARE(nat.outbound(now, INSIDE, S), first);
        QCOMPARE(nat.outbound(now, INSIDE, S_OTHER_PORT) != first, newForOtherPort);
        QCOMPARE(nat.outbound(now, INSIDE, ELSEWHERE) != first, newForOtherAddress);
        QVERIFY(nat.outbound(now, {INSIDE.address, 5001}, S) != first);
        QVERIFY(nat.outbound(now, {IpAddress::v4(192, 168, 1, 3), 5000}, S) != first);
    }

    void filtering_data()
    {
        QTest::addColumn<int>("filtering");
        QTest::addColumn<bool>("letsOtherPortIn");
        QTest::addColumn<bool>("letsOtherAddressIn");
        QTest::newRow("EIF") << int(Filtering::EndpointIndependent) << true << true;
        QTest::newRow("ADF") << int(Filtering::AddressDependent) << true << false;
        QTest::newRow("APDF") << int(Filtering::AddressAndPortDependent) << false << false;
    }
    void filtering()
    {
        QFETCH(int, filtering);
        QFETCH(bool, letsOtherPortIn);
        QFETCH(bool, letsOtherAddressIn);
        NatBox nat(profile(Mapping::EndpointIndependent, static_cast<Filtering>(filtering)), OUTER,
                   7);
        const Instant now{};
        const auto port = nat.outbound(now, INSIDE, S)->port;
        QCOMPARE(nat.inbound(now, port, S), INSIDE);
        QCOMPARE(nat.inbound(now, port, S_OTHER_PORT).has_value(), letsOtherPortIn);
        QCOMPARE(nat.inbound(now, port, ELSEWHERE).has_value(), letsOtherAddressIn);
        QVERIFY(!nat.inbound(now, static_cast<std::uint16_t>(port ^ 1), S));
    }

    void allocatesPorts()
    {
        const Instant now{};
        NatBox preserving(profile(Mapping::EndpointIndependent, Filtering::EndpointIndependent,
                                  Allocation::Preserve),
                          OUTER, 7);
        QCOMPARE(preserving.outbound(now, INSIDE, S)->port, INSIDE.port);
        const auto collided =
            preserving.outbound(now, {IpAddress::v4(192, 168, 1, 3), INSIDE.port}, S);
        QVERIFY(collided->port != INSIDE.port);

        NatBox sequential(profile(Mapping::AddressAndPortDependent,
                                  Filtering::AddressAndPortDependent, Allocation::Sequential),
                          OUTER, 7);
        const auto first = sequential.outbound(now, INSIDE, S)->port;
        QCOMPARE(sequential.outbound(now, INSIDE, ELSEWHERE)->port, first + 1);
    }

    void forgetsIdleMappings()
    {
        NatBox nat(profile(Mapping::EndpointIndependent, Filtering::EndpointIndependent), OUTER, 7);
        const Instant start{};
        const auto port = nat.outbound(start, INSIDE, S)->port;
        QVERIFY(nat.inbound(start + 119s, port, S)); // which counts as use
        QVERIFY(nat.inbound(start + 230s, port, S));
        QVERIFY(!nat.inbound(start + 360s, port, S));
        QCOMPARE(nat.mappings(start + 360s), 0u);
    }

    void refusesMoreThanItsTableHolds()
    {
        auto small = profile(Mapping::AddressAndPortDependent, Filtering::AddressDependent);
        small.tableSize = 10;
        NatBox nat(small, OUTER, 7);
        for (std::uint16_t port = 1; port <= 10; ++port)
            QVERIFY(nat.outbound(Instant{}, INSIDE, {S.address, port}));
        QVERIFY(!nat.outbound(Instant{}, INSIDE, {S.address, 11}));
    }

    void isPoisonedByAnEarlyProbeAsConntrackIs()
    {
        NatBox nat(LINUX_MASQUERADE, OUTER, 7);
        const Instant start{};
        const auto port = nat.outbound(start, INSIDE, S)->port;
        QCOMPARE(port, INSIDE.port);
        QVERIFY(!nat.inbound(start, port, ELSEWHERE)); // the peer's probe comes too early
        const auto remapped = nat.outbound(start + 1s, INSIDE, ELSEWHERE);
        QVERIFY(remapped->port != port);
        QCOMPARE(nat.inbound(start + 1s, remapped->port, ELSEWHERE), INSIDE);
        QVERIFY(!nat.inbound(start + 1s, remapped->port, S));
        QCOMPARE(nat.outbound(start + 1s, INSIDE, S)->port, port); // others are not concerned

        NatBox rested(LINUX_MASQUERADE, OUTER, 7);
        QVERIFY(!rested.inbound(start, INSIDE.port, ELSEWHERE));
        QCOMPARE(rested.outbound(start + 30s, INSIDE, ELSEWHERE)->port, INSIDE.port);
    }

    void routesBetweenHomes()
    {
        World world(1);
        auto &home = world.addNat(world.internet(), FULL_CONE);
        auto &alice = world.addHost(home.inside());
        auto &server = world.addHost(world.internet());
        QList<Endpoint> seen;
        server.listen(9, [&](const Endpoint &from, const QByteArray &bytes) {
            seen.append(from);
            server.send(9, from, bytes);
        });
        int echoes = 0;
        alice.listen(5000, [&](const Endpoint &, const QByteArray &) { ++echoes; });
        alice.send(5000, {server.address(), 9}, "x");
        alice.send(5000, {server.address(), 9}, "dies on the way", 2);
        world.runUntil(world.now() + 1s);
        QCOMPARE(seen, (QList<Endpoint>{{home.box().outer(), 5000}}));
        QCOMPARE(echoes, 1);
    }

    void hairpins_data()
    {
        QTest::addColumn<bool>("hairpin");
        QTest::newRow("with") << true;
        QTest::newRow("without") << false;
    }
    void hairpins()
    {
        QFETCH(bool, hairpin);
        World world(1);
        auto cone = FULL_CONE;
        cone.hairpin = hairpin;
        auto &home = world.addNat(world.internet(), cone);
        auto &alice = world.addHost(home.inside());
        auto &bob = world.addHost(home.inside());
        auto &server = world.addHost(world.internet());
        QList<Endpoint> seen;
        alice.listen(5000, [](const Endpoint &, const QByteArray &) {});
        bob.listen(6000, [&](const Endpoint &from, const QByteArray &) { seen.append(from); });
        bob.send(6000, {server.address(), 9}, "opens the mapping");
        world.runUntil(world.now() + 100ms);
        alice.send(5000, {home.box().outer(), 6000}, "x");
        world.runUntil(world.now() + 100ms);
        QCOMPARE(seen.size(), hairpin ? 1 : 0);
        if (hairpin)
            QCOMPARE(seen[0], (Endpoint{home.box().outer(), 5000})); // RFC 4787 REQ-9
    }

    void sameSeedSameWorld()
    {
        const auto play = [](std::uint64_t seed) {
            World world(seed);
            world.internet().link = {.delay = 10ms, .jitter = 30ms, .loss = 0.2, .hops = 3};
            auto &a = world.addHost(world.internet());
            auto &b = world.addHost(world.internet());
            QList<std::pair<qint64, QByteArray>> log;
            b.listen(1, [&](const Endpoint &, const QByteArray &bytes) {
                log.append({(world.now() - Instant{}).count(), bytes});
            });
            for (int i = 0; i < 100; ++i)
                a.send(1, {b.address(), 1}, QByteArray::number(i));
            world.runUntil(world.now() + 1s);
            return log;
        };
        const auto once = play(42);
        QCOMPARE(play(42), once);
        QVERIFY(play(43) != once);
        QVERIFY(once.size() > 60 && once.size() < 95); // about a fifth is lost
        QVERIFY(!std::is_sorted(once.begin(), once.end(), [](const auto &x, const auto &y) {
            return x.second.toInt() < y.second.toInt();
        }));
    }
};

QTEST_GUILESS_MAIN(SimnetTest)
#include "simnet_test.moc"
