#pragma once
// A small internet in virtual time: networks, NATs between them, hosts on them. Everything
// that happens follows from the seed; nothing sleeps and no socket is opened.
//
//     World world(seed);
//     auto &home = world.addNat(world.internet(), PORT_RESTRICTED_CONE);
//     auto &alice = world.addHost(home.inside());
//     alice.listen(47100, [&](const Endpoint &from, const QByteArray &bytes) { ... });

#include "core/base/random.h"
#include "tests/support/simnet/nat_box.h"

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace postern::simnet {

/// How packets fare on one network: each crossing of it is delayed, and some are lost.
struct LinkProfile {
    Duration delay = 200us;
    Duration jitter{}; ///< added at random, so packets overtake each other
    double loss = 0;
    int hops = 0; ///< routers in it: what a packet's TTL must exceed
};

struct Packet {
    Endpoint from;
    Endpoint to;
    QByteArray bytes;
    int ttl = 64;
};

class World;
class Network;

class Host {
public:
    using Receiver = std::function<void(const Endpoint &from, const QByteArray &bytes)>;

    Host(World &world, Network &network, IpAddress address)
        : m_world(world)
        , m_network(network)
        , m_address(address)
    {
    }
    const IpAddress &address() const { return m_address; }
    void listen(std::uint16_t port, Receiver receiver) { m_ports[port] = std::move(receiver); }
    void close(std::uint16_t port) { m_ports.erase(port); }
    void send(std::uint16_t port, const Endpoint &to, QByteArray bytes, int ttl = 0);
    void receive(const Packet &packet);

private:
    World &m_world;
    Network &m_network;
    IpAddress m_address;
    std::unordered_map<std::uint16_t, Receiver> m_ports;
};

/// A NAT router: a host of the outer network, the gateway of the inner one.
class Nat {
public:
    Nat(NatBox box, Network &outside, Network &inside)
        : m_box(std::move(box))
        , m_outside(outside)
        , m_inside(inside)
    {
    }
    NatBox &box() { return m_box; }
    const NatBox &box() const { return m_box; }
    Network &outside() { return m_outside; }
    Network &inside() { return m_inside; }

private:
    NatBox m_box;
    Network &m_outside;
    Network &m_inside;
};

class Network {
public:
    LinkProfile link;
    Nat *gateway = nullptr; ///< none: the internet
    std::vector<Host *> hosts;
    std::vector<Nat *> nats; ///< whose outside it is
    int addressesGiven = 0;
};

class World {
public:
    explicit World(std::uint64_t seed);

    Instant now() const { return m_now; }
    Network &internet() { return *m_networks.front(); }
    Nat &addNat(Network &outside, const NatProfile &profile, const LinkProfile &inside = {});
    Host &addHost(Network &network);

    void at(Instant when, std::function<void()> action)
    {
        schedule(when, {std::move(action), nullptr, {}});
    }
    void after(Duration delay, std::function<void()> action) { at(m_now + delay, action); }
    /// Plays events in their order until the instant, or until `done` says so.
    void runUntil(Instant end, const std::function<bool()> &done = {});

    /// Takes a packet that is on the network and brings it on its way.
    void route(Network &network, Packet packet);

    double uniform(double low, double high);
    std::uint64_t number() { return m_random(); }
    int packetsOnInternet() const { return m_packetsOnInternet; }
    int refusals() const { return m_refusals; } ///< ICMP messages of routers

private:
    struct Event {
        std::function<void()> action; ///< empty: a packet arrives
        Network *network = nullptr;
        Packet packet;
    };
    struct Turn { ///< of an event; the heap holds only these
        Instant at;
        std::uint64_t number = 0; ///< events of one instant keep their order
        std::uint32_t event = 0;
        bool operator<(const Turn &other) const
        {
            return at != other.at ? at > other.at : number > other.number;
        }
    };

    void schedule(Instant when, Event event);
    void arrive(Network &network, Packet packet);
    void refuse(const Nat &nat, const Packet &packet);
    void leave(Network &network, Packet packet);
    IpAddress nextAddress(Network &network);

    Instant m_now{};
    std::mt19937_64 m_random;
    std::vector<Turn> m_turns; ///< a heap, the next one first
    std::vector<Event> m_events;
    std::vector<std::uint32_t> m_freeEvents;
    std::uint64_t m_turnNumber = 0;
    std::vector<std::unique_ptr<Network>> m_networks;
    std::vector<std::unique_ptr<Nat>> m_nats;
    std::vector<std::unique_ptr<Host>> m_hosts;
    int m_packetsOnInternet = 0;
    int m_refusals = 0;
};

} // namespace postern::simnet
