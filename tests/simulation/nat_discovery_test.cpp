// Discovery over simulated NATs: every combination of mapping and filtering, every allocation
// of ports, hairpin, nesting, lifetimes, and servers that can do less. Virtual time; each row
// runs over many seeds, and a failure names its seed.

#include "core/nat/discovery.h"
#include "core/stun/binding.h"
#include "tests/support/sanitized.h"
#include "tests/support/simnet/world.h"

#include <QTest>

using namespace postern;
using namespace postern::nat;
namespace sim = postern::simnet;

namespace {

constexpr int SEEDS = SANITIZED ? 10 : 100;
constexpr std::uint16_t FIRST_PORT = 3478;
constexpr std::uint16_t SECOND_PORT = 3479;

/// What a STUN server can do.
enum class Server { TwoAddresses, TwoPorts, Plain };

/// RFC 5780's responder, as the rendezvous and coturn are: up to two addresses, two ports each.
class SimServer {
public:
    SimServer(sim::World &world, Server kind)
        : m_kind(kind)
    {
        const int addresses = kind == Server::TwoAddresses ? 2 : 1;
        for (int i = 0; i < addresses; ++i) {
            auto &host = world.addHost(world.internet());
            m_hosts.push_back(&host);
            for (const auto port : {FIRST_PORT, SECOND_PORT})
                if (port == FIRST_PORT || kind != Server::Plain)
                    host.listen(port, [this, i, port](const Endpoint &from, const QByteArray &b) {
                        answer(i, port, from, b);
                    });
        }
    }
    Endpoint address() const { return {m_hosts.front()->address(), FIRST_PORT}; }
    bool silent = false;

private:
    void answer(int host, std::uint16_t port, const Endpoint &from, const QByteArray &bytes)
    {
        const auto request = stun::Message::parse(viewOf(bytes));
        if (!request || !request->isBindingRequest() || silent)
            return;
        const auto change = stun::changeWanted(*request);
        const bool two = m_kind == Server::TwoAddresses;
        if ((change.address && !two) || (change.port && m_kind == Server::Plain)) {
            m_hosts[host]->send(port, from,
                                stun::bindingError(*request, stun::StunError::UnknownAttribute));
            return;
        }
        const int via = change.address ? 1 - host : host;
        const auto source = change.port ? FIRST_PORT + SECOND_PORT - port : port;
        stun::ResponderAddresses told{{m_hosts[via]->address(), port}, std::nullopt};
        if (two)
            told.other = {m_hosts[1 - host]->address(),
                          static_cast<std::uint16_t>(FIRST_PORT + SECOND_PORT - port)};
        Endpoint to = from;
        if (const auto value = request->find(stun::Attribute::ResponsePort))
            to.port = static_cast<std::uint16_t>(((*value)[0] << 8) | (*value)[1]);
        m_hosts[via]->send(static_cast<std::uint16_t>(source), to,
                           stun::bindingSuccess(*request, from, told));
    }

    Server m_kind;
    std::vector<sim::Host *> m_hosts;
};

/// Discovery on a simulated host: numbered sockets are ports of it.
class SimDiscovery {
public:
    SimDiscovery(sim::World &world, sim::Host &host, const SimServer &server, Server kind,
                 bool background)
        : m_world(world)
        , m_host(host)
        , m_discovery({server.address(),
                       kind == Server::TwoPorts ? Endpoint{server.address().address, SECOND_PORT}
                                                : Endpoint(),
                       {host.address()},
                       false,
                       background},
                      seededRandom(world.number()), world.now())
    {
        pump();
    }

    const NetworkBehaviour &behaviour() const { return m_discovery.behaviour(); }
    std::optional<Instant> verdictAt;
    bool finished = false;

private:
    void pump()
    {
        while (auto sending = m_discovery.pollTransmit(m_world.now())) {
            auto &port = m_ports[sending->socket];
            if (port == 0)
                port = open(sending->socket);
            m_host.send(port, sending->to, sending->bytes, sending->hopLimit);
        }
        while (const auto closed = m_discovery.pollClosed())
            m_host.close(m_ports[*closed]);
        while (const auto event = m_discovery.pollEvent()) {
            if (*event == DiscoveryEvent::Verdict)
                verdictAt = m_world.now();
            finished = finished || *event == DiscoveryEvent::Finished;
        }
        const Instant next = m_discovery.nextDeadline();
        if (next != NEVER && next < m_wakeAt)
            m_world.at(m_wakeAt = next, [this] {
                m_wakeAt = NEVER;
                m_discovery.handleTimeout(m_world.now());
                pump();
            });
    }
    std::uint16_t open(int socket)
    {
        const auto port = static_cast<std::uint16_t>(32'768 + m_world.number() % 28'000);
        m_host.listen(port, [this, socket](const Endpoint &from, const QByteArray &bytes) {
            m_discovery.receive(m_world.now(), socket, from, viewOf(bytes));
            pump();
        });
        m_discovery.opened(socket, {m_host.address(), port});
        return port;
    }

    sim::World &m_world;
    sim::Host &m_host;
    std::map<int, std::uint16_t> m_ports;
    Instant m_wakeAt = NEVER;
    Discovery m_discovery;
};

struct Outcome {
    NetworkBehaviour network;
    Duration verdict{};
    bool finished = false;
};

struct Scene {
    QList<sim::NatProfile> nats{}; ///< outermost first; none: public
    Server server = Server::TwoAddresses;
    double loss = 0;
    Duration jitter{};
    Duration foreignEvery{}; ///< another host behind the same NATs opens mappings so often
    bool silent = false;
    bool background = false;
    Duration toServer = 20ms; ///< one way
};

Outcome discover(const Scene &scene, std::uint64_t seed)
{
    sim::World world(seed);
    world.internet().link.delay = scene.toServer;
    world.internet().link.loss = scene.loss;
    world.internet().link.jitter = scene.jitter;
    SimServer server(world, scene.server);
    server.silent = scene.silent;
    sim::Network *network = &world.internet();
    for (const auto &profile : scene.nats)
        network = &world.addNat(*network, profile).inside();
    auto &host = world.addHost(*network);
    auto &neighbour = world.addHost(*network);
    std::uint16_t port = 10'000;
    std::function<void()> other = [&] {
        neighbour.send(port++, server.address(), "not STUN");
        world.after(scene.foreignEvery, other);
    };
    if (scene.foreignEvery > Duration())
        other();
    const Instant start = world.now();
    SimDiscovery discovery(world, host, server, scene.server, scene.background);
    world.runUntil(start + (scene.background ? Duration(30min) : Duration(4s)), [&] {
        return scene.background ? discovery.finished : discovery.verdictAt.has_value();
    });
    return {discovery.behaviour(), discovery.verdictAt.value_or(Instant::max()) - start,
            discovery.finished};
}

template<typename Enum, typename Other> Enum same(Other other)
{
    return static_cast<Enum>(static_cast<int>(other) + 1); // the simulator knows no Unknown
}

} // namespace

Q_DECLARE_METATYPE(postern::simnet::NatProfile)

class NatDiscoveryTest : public QObject {
    Q_OBJECT

private slots:
    void namesEveryCombination_data()
    {
        QTest::addColumn<sim::NatProfile>("profile");
        for (int mapping = 0; mapping < 3; ++mapping)
            for (int filtering = 0; filtering < 3; ++filtering)
                for (const bool hairpin : {false, true})
                    for (const auto allocation :
                         {sim::Allocation::Preserve, sim::Allocation::Sequential,
                          sim::Allocation::Random, sim::Allocation::Block})
                        for (const bool poisoned : {false, true}) {
                            if (poisoned && hairpin)
                                continue; // conntrack, which is the former, does no hairpin
                            sim::NatProfile profile;
                            profile.mapping = sim::Mapping(mapping);
                            profile.filtering = sim::Filtering(filtering);
                            profile.hairpin = hairpin;
                            profile.allocation = allocation;
                            profile.poisonedByStrangers = poisoned;
                            QTest::addRow("m%d f%d h%d a%d p%d", mapping, filtering, hairpin,
                                          int(allocation), poisoned)
                                << profile;
                        }
    }
    void namesEveryCombination()
    {
        QFETCH(sim::NatProfile, profile);
        for (int seed = 1; seed <= SEEDS; ++seed) {
            const Duration distances[] = {100us, 20ms, 300ms};
            const auto outcome =
                discover({.nats = {profile}, .toServer = distances[seed % 3]}, seed);
            const auto &udp = outcome.network.udp;
            QVERIFY2(outcome.verdict <= Discovery::VERDICT_TIME, qPrintable(QString::number(seed)));
            const auto story = [&](const char *what) {
                return QStringLiteral("%1, seed %2").arg(QLatin1String(what)).arg(seed).toUtf8();
            };
            QVERIFY2(udp.mapping == same<Mapping>(profile.mapping), story("mapping"));
            QVERIFY2(udp.filtering == same<Filtering>(profile.filtering), story("filtering"));
            QVERIFY2(udp.newAtOtherPort
                         == (profile.mapping == sim::Mapping::AddressAndPortDependent ? Answer::Yes
                                                                                      : Answer::No),
                     story("C"));
            QVERIFY2(udp.newAtOtherAddress
                         == (profile.mapping == sim::Mapping::EndpointIndependent ? Answer::No
                                                                                  : Answer::Yes),
                     story("D"));
            const bool visible = profile.mapping == sim::Mapping::EndpointIndependent
                || profile.filtering == sim::Filtering::EndpointIndependent;
            const Answer hairpin = profile.hairpin ? Answer::Yes : Answer::No;
            QVERIFY2(udp.hairpin == (visible ? hairpin : Answer::Unknown), story("hairpin"));
            QVERIFY2(udp.allocation == same<Allocation>(profile.allocation), story("allocation"));
        }
    }

    void namesEveryAllocation_data()
    {
        using A = sim::Allocation;
        QTest::addColumn<sim::NatProfile>("profile");
        QTest::addColumn<int>("foreignMs");
        const auto row = [](const char *name, A allocation, int delta, int block, bool parity,
                            int foreignMs = 0) {
            sim::NatProfile profile = sim::SYMMETRIC_RANDOM;
            profile.allocation = allocation;
            profile.delta = delta;
            profile.blockSize = block;
            profile.keepsParity = parity;
            QTest::newRow(name) << profile << foreignMs;
        };
        row("preserve", A::Preserve, 1, 2016, false);
        for (const int delta : {1, 2, 3, 4, -1, -2, 8})
            row(qPrintable(QStringLiteral("sequential %1").arg(delta)), A::Sequential, delta, 2016,
                false);
        row("sequential, others too", A::Sequential, 1, 2016, false, 13);
        row("sequential +2, others too", A::Sequential, 2, 2016, false, 13);
        row("sequential, parity kept", A::Sequential, 1, 2016, true);
        row("random", A::Random, 1, 2016, false);
        row("random, parity kept", A::Random, 1, 2016, true);
        row("block 2016, parity kept", A::Block, 1, 2016, true);
        row("sequential +2, parity kept", A::Sequential, 2, 2016, true);
        for (const int size : {256, 512, 2016, 4096})
            row(qPrintable(QStringLiteral("block %1").arg(size)), A::Block, 1, size, false);
    }
    void namesEveryAllocation()
    {
        QFETCH(sim::NatProfile, profile);
        QFETCH(int, foreignMs);
        int parityTold = 0;
        for (int seed = 1; seed <= 100; ++seed) {
            const Scene scene{.nats = {profile},
                              .foreignEvery = std::chrono::milliseconds(foreignMs)};
            const auto udp = discover(scene, seed).network.udp;
            const auto story = QStringLiteral("seed %1: %2, delta %3, %4 to %5, %6%")
                                   .arg(seed)
                                   .arg(allocationName(udp.allocation))
                                   .arg(udp.delta)
                                   .arg(udp.lowest)
                                   .arg(udp.highest)
                                   .arg(udp.confidence)
                                   .toUtf8();
            QVERIFY2(udp.allocation == same<Allocation>(profile.allocation), story);
            QVERIFY2(udp.confidence >= (foreignMs == 0 ? 90 : 50), story);
            QVERIFY2(udp.lastPort != 0, story);
            parityTold += udp.keepsParity == Answer::Yes ? 1 : 0;
            if (profile.allocation == sim::Allocation::Sequential) {
                QCOMPARE(udp.delta, profile.keepsParity ? 2 * profile.delta : profile.delta);
                if (foreignMs > 0) // 77 a second, seen over a twelfth of one
                    QVERIFY2(udp.foreignPerSecond > 30 && udp.foreignPerSecond < 160, story);
            }
            if (profile.allocation == sim::Allocation::Block) {
                const int width = udp.highest - udp.lowest;
                QVERIFY2(width > profile.blockSize / 3 && width < 2 * profile.blockSize, story);
            }
            if (profile.allocation == sim::Allocation::Random)
                QVERIFY2(udp.highest - udp.lowest > 20'000, story);
        }
        if (profile.keepsParity)
            QVERIFY(parityTold > 95); // ten ports of one parity can't tell
        else if (profile.allocation == sim::Allocation::Random)
            QVERIFY(parityTold < 5);
    }

    void knowsLessFromLesserServers_data()
    {
        QTest::addColumn<int>("server");
        QTest::addColumn<sim::NatProfile>("profile");
        QTest::addColumn<int>("mapping");
        QTest::addColumn<int>("filtering");
        QTest::addColumn<int>("atOtherPort");
        using M = Mapping;
        using F = Filtering;
        const auto row = [](const char *name, Server server, const sim::NatProfile &profile,
                            M mapping, F filtering, Answer c) {
            QTest::newRow(name) << int(server) << profile << int(mapping) << int(filtering)
                                << int(c);
        };
        const auto plain = Server::Plain;
        const auto ports = Server::TwoPorts;
        row("plain, full cone", plain, sim::FULL_CONE, M::Unknown, F::Unknown, Answer::Unknown);
        row("plain, symmetric", plain, sim::SYMMETRIC_RANDOM, M::Unknown, F::Unknown,
            Answer::Unknown);
        row("ports, full cone", ports, sim::FULL_CONE, M::Unknown, F::Unknown, Answer::No);
        row("ports, port restricted", ports, sim::PORT_RESTRICTED_CONE, M::Unknown,
            F::AddressAndPortDependent, Answer::No);
        row("ports, address-dependent", ports, sim::ADDRESS_DEPENDENT, M::Unknown,
            F::AddressAndPortDependent, Answer::No);
        row("ports, symmetric", ports, sim::SYMMETRIC_RANDOM, M::AddressAndPortDependent,
            F::AddressAndPortDependent, Answer::Yes);
    }
    void knowsLessFromLesserServers()
    {
        QFETCH(int, server);
        QFETCH(sim::NatProfile, profile);
        QFETCH(int, mapping);
        QFETCH(int, filtering);
        QFETCH(int, atOtherPort);
        for (int seed = 1; seed <= SEEDS; ++seed) {
            const auto udp =
                discover({.nats = {profile}, .server = Server(server)}, seed).network.udp;
            QCOMPARE(int(udp.mapping), mapping);
            QCOMPARE(int(udp.filtering), filtering);
            QCOMPARE(int(udp.newAtOtherPort), atOtherPort);
            QCOMPARE(int(udp.newAtOtherAddress), int(Answer::Unknown));
            QCOMPARE(udp.allocation, same<Allocation>(profile.allocation));
        }
    }

    void tellsPublicAndBlocked()
    {
        const auto open = discover({}, 1).network;
        QCOMPARE(open.depth, quint8(0));
        QCOMPARE(open.udp.mapping, Mapping::EndpointIndependent);
        QCOMPARE(open.udp.filtering, Filtering::EndpointIndependent);
        QCOMPARE(open.udp.hairpin, Answer::Unknown);
        const auto blocked = discover({.nats = {sim::FULL_CONE}, .silent = true}, 1);
        QCOMPARE(blocked.network.udp.passes, Answer::No);
        QCOMPARE(classOf(blocked.network), NatClass::Blocked);
        QVERIFY(blocked.verdict < 3s);
    }

    /// Lost packets may leave something unknown, or a filter stricter than it is where answers
    /// stay away again and again; nearly always all is named rightly, each combination in 100
    /// seeds.
    void isNotMisledByLossAndJitter_data()
    {
        QTest::addColumn<sim::NatProfile>("profile");
        for (int mapping = 0; mapping < 3; ++mapping)
            for (int filtering = 0; filtering < 3; ++filtering)
                for (int allocation = 0; allocation < 4; ++allocation) {
                    sim::NatProfile profile;
                    profile.mapping = sim::Mapping(mapping);
                    profile.filtering = sim::Filtering(filtering);
                    profile.allocation = sim::Allocation(allocation);
                    profile.hairpin = (mapping + filtering + allocation) % 2 == 0;
                    QTest::addRow("m%d f%d a%d", mapping, filtering, allocation) << profile;
                }
    }
    void isNotMisledByLossAndJitter()
    {
        QFETCH(sim::NatProfile, profile);
        int complete = 0;
        int allocations = 0;
        for (int seed = 1; seed <= SEEDS; ++seed) {
            const auto network =
                discover({.nats = {profile}, .loss = 0.02, .jitter = 4ms}, seed).network;
            const auto &udp = network.udp;
            const bool mapping = udp.mapping == same<Mapping>(profile.mapping);
            const bool filtering = udp.filtering == same<Filtering>(profile.filtering);
            QVERIFY2(mapping || udp.mapping == Mapping::Unknown,
                     qPrintable(QString::number(seed))); // never a wrong word
            complete += mapping && filtering ? 1 : 0;
            allocations += udp.allocation == same<Allocation>(profile.allocation) ? 1 : 0;
        }
        qInfo("%-12s %d mapping and filtering, %d allocation", QTest::currentDataTag(), complete,
              allocations);
        QVERIFY(complete >= 97 * SEEDS / 100);
        QVERIFY(allocations >= 97 * SEEDS / 100);
    }

    void countsLayers_data()
    {
        QTest::addColumn<int>("layers");
        QTest::addColumn<sim::NatProfile>("profile");
        for (int layers = 1; layers <= 3; ++layers) {
            QTest::addRow("%d port restricted", layers) << layers << sim::PORT_RESTRICTED_CONE;
            QTest::addRow("%d restricted", layers) << layers << sim::RESTRICTED_CONE;
            QTest::addRow("%d poisoned", layers) << layers << sim::LINUX_MASQUERADE;
        }
    }
    void countsLayers()
    {
        QFETCH(int, layers);
        QFETCH(sim::NatProfile, profile);
        Scene scene{.background = true};
        scene.nats.fill(profile, layers);
        const auto network = discover(scene, 7).network;
        QCOMPARE(int(network.depth), layers);
        QCOMPARE(int(network.hops), layers);
    }

    void measuresLifetimes_data()
    {
        QTest::addColumn<int>("idle");
        QTest::addColumn<int>("absolute");
        QTest::addColumn<int>("server");
        QTest::addColumn<int>("allocation");
        using A = sim::Allocation;
        for (const int idle : {15, 30, 35, 65, 120, 180, 290})
            QTest::addRow("idle %d", idle)
                << idle << 0 << int(Server::TwoAddresses) << int(A::Preserve);
        QTest::newRow("cut") << 120 << 65 << int(Server::TwoAddresses) << int(A::Random);
        QTest::newRow("cut, port kept")
            << 120 << 65 << int(Server::TwoAddresses) << int(A::Preserve);
        QTest::newRow("random ports") << 45 << 0 << int(Server::Plain) << int(A::Random);
    }
    void measuresLifetimes()
    {
        QFETCH(int, idle);
        QFETCH(int, absolute);
        QFETCH(int, server);
        QFETCH(int, allocation);
        sim::NatProfile profile;
        profile.allocation = sim::Allocation(allocation);
        profile.idleTimeout = std::chrono::seconds(idle);
        if (absolute > 0)
            profile.absoluteTimeout = std::chrono::seconds(absolute);
        for (int seed = 1; seed <= 5; ++seed) {
            const auto outcome =
                discover({.nats = {profile}, .server = Server(server), .background = true}, seed);
            QVERIFY(outcome.finished);
            const auto &udp = outcome.network.udp;
            const int shortest = absolute > 0 ? std::min(idle, absolute) : idle;
            const auto story = QStringLiteral("%1 s idle, %2 s absolute")
                                   .arg(udp.idleSeconds)
                                   .arg(udp.absoluteSeconds);
            QVERIFY2(udp.idleSeconds <= shortest, qPrintable(story)); // never promised too long
            QVERIFY2(udp.idleSeconds >= shortest * 3 / 4, qPrintable(story));
            if (absolute == 0)
                QCOMPARE(udp.absoluteSeconds, 0);
            else
                QVERIFY2(udp.absoluteSeconds <= absolute && udp.absoluteSeconds >= absolute - 20,
                         qPrintable(story));
        }
    }
};

QTEST_APPLESS_MAIN(NatDiscoveryTest)
#include "nat_discovery_test.moc"
