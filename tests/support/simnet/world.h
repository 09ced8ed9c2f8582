#pragma once
// A small internet in virtual time: networks, NATs between them, hosts on them. Everything
// that happens follows from the seed; nothing sleeps and no socket is opened.
//
//     World world(seed);
//     auto &home = world.addNat(world.internet(), PORT_RESTRICTED_CONE);
//     auto &alice = world.addHost(home.inside());
//     alice.listen(47100, [&](const Endpoint &from, const QByteArray &bytes) { ... });

#include "core/base/random.h"
#include "tests/support/simnet/firewall.h"
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

/// What a packet is, as far as NATs and hosts tell them apart.
enum class Segment {
    Datagram, ///< UDP
    Syn,
    SynAck,
    Ack, ///< with or without data
    Reset,
    Unreachable, ///< ICMP: what its receiver sent to `from` was refused
};

struct Packet {
    Endpoint from;
    Endpoint to;
    QByteArray bytes;
    int ttl = 64;
    Segment segment = Segment::Datagram;
    bool tcp = false;
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
    const std::optional<IpAddress> &addressV6() const { return m_addressV6; }
    void setAddressV6(const IpAddress &address) { m_addressV6 = address; }
    bool has(const IpAddress &address) const
    {
        return address == m_address || (m_addressV6 && address == *m_addressV6);
    }
    void listen(std::uint16_t port, Receiver receiver) { m_ports[port] = std::move(receiver); }
    /// All that is TCP, and what routers say about it.
    void listenTcp(std::function<void(const Packet &)> receiver) { m_tcp = std::move(receiver); }
    void sendTcp(Segment segment, std::uint16_t port, const Endpoint &to, QByteArray bytes = {});
    int refusals() const { return m_refusals; } ///< of datagrams, as routers told us
    void close(std::uint16_t port) { m_ports.erase(port); }
    void send(std::uint16_t port, const Endpoint &to, QByteArray bytes, int ttl = 0);
    void receive(const Packet &packet);

private:
    World &m_world;
    Network &m_network;
    std::optional<IpAddress> source(const Endpoint &to) const;

    IpAddress m_address;
    std::optional<IpAddress> m_addressV6;
    std::unordered_map<std::uint16_t, Receiver> m_ports;
    std::function<void(const Packet &)> m_tcp;
    int m_refusals = 0;
};

/// A NAT router: a host of the outer network, the gateway of the inner one.
class Nat {
public:
    Nat(NatBox udp, NatBox tcp, Network &outside, Network &inside)
        : m_udp(std::move(udp))
        , m_tcp(std::move(tcp))
        , m_outside(outside)
        , m_inside(inside)
    {
    }
    NatBox &box(bool tcp = false) { return tcp ? m_tcp : m_udp; }
    const NatBox &box(bool tcp = false) const { return tcp ? m_tcp : m_udp; }
    Network &outside() { return m_outside; }
    Network &inside() { return m_inside; }

private:
    NatBox m_udp;
    NatBox m_tcp;
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
    int prefixV6 = 0; ///< its /64 of IPv6, which the internet routes; 0: none
    std::optional<Firewall> udpV6; ///< in front of that; none: all comes in
    std::optional<Firewall> tcpV6;
};

class World {
public:
    explicit World(std::uint64_t seed);

    Instant now() const { return m_now; }
    Network &internet() { return *m_networks.front(); }
    /// `tcp`: where it treats TCP another way than UDP.
    Nat &addNat(Network &outside, const NatProfile &profile, const LinkProfile &inside = {},
                const std::optional<NatProfile> &tcp = {});
    Host &addHost(Network &network);
    /// The network has IPv6 from now on, whatever NATs stand before its IPv4, and so has the host.
    void addV6(Host &host, Network &network, const std::optional<FirewallProfile> &firewall = {});

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
    int refusals() const { return m_refusals; } ///< ICMP messages and resets of routers

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
    void refuse(Unsolicited manner, Network &outside, const Packet &packet);
    void leave(Network &network, Packet packet);
    void leaveV6(Network &network, Packet packet);
    void arriveV6(Packet packet);
    int m_prefixesGiven = 0;
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
