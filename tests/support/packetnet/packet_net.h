#pragma once
// An internet of real packets: networks, NATs between them, links to real machines on them.
// Pure as simnet::World, but for whole IPv4 packets: told the time and what a link sent, it says
// what leaves by which link and when. A driver joins the links to TUN devices.
//
//     PacketNet net(seed);
//     net.addNat("home", "internet", outer, gateway, settings);
//     net.addLink(1, "home", {IpAddress::v4(192, 168, 1, 2)});
//     net.receive(now, 1, bytes);
//     for (auto &[link, bytes] : net.takeDue(now)) ...

#include "tests/support/packetnet/ipv4_packet.h"
#include "tests/support/simnet/nat_box.h"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace postern::packetnet {

/// How packets fare on one network: each crossing of it takes its time, some are lost.
struct Path {
    Duration delay{};
    double loss = 0;
    double bitsPerSecond = 0; ///< toward each address; 0: no limit
    Duration queue = 100ms; ///< what waits for the rate; more is dropped
    int hops = 0; ///< routers in it: each takes one of a packet's TTL
};

/// What a NAT says to a packet from outside that it does not let in.
enum class Refusal { Silence, IcmpError, Reset };

struct NatSettings {
    simnet::NatProfile udp{};
    simnet::NatProfile tcp{};
    bool passesUdp = true;
    bool passesTcp = true;
    Refusal refusal = Refusal::Silence;
};

class PacketNet {
public:
    using LinkId = int;
    struct Outgoing {
        LinkId link;
        std::vector<std::uint8_t> bytes;
    };
    static constexpr auto INTERNET = "internet";

    /// `router` is what answers where a packet's TTL ends on the internet.
    PacketNet(std::uint64_t seed, IpAddress router);
    ~PacketNet();

    /// The networks behind a NAT has its name.
    bool addNat(const std::string &name, const std::string &outside, const IpAddress &outer,
                const IpAddress &gateway, const NatSettings &settings);
    /// All mappings of that protocol are gone, as after a restart of the router.
    bool forgetMappings(const std::string &nat, Protocol protocol);
    /// A machine by its addresses on a network, which is made if there is none of that name; by
    /// an uplink leaves what is not known there (the network of a router that is a real machine).
    bool addLink(LinkId link, const std::string &network, const std::vector<IpAddress> &addresses,
                 bool isUplink = false);
    bool setPath(const std::string &network, const Path &path);

    void receive(Instant now, LinkId link, std::vector<std::uint8_t> bytes);
    std::vector<Outgoing> takeDue(Instant now);
    Instant deadline() const;

    /// UDP packets that set out on the internet so far, by their ends there.
    using Flow = std::pair<IpAddress, IpAddress>;
    const std::map<Flow, std::uint64_t> &datagrams() const { return m_datagrams; }

private:
    struct Network;
    struct Nat;
    struct Travelling {
        Network *network;
        Ipv4Packet packet;
    };

    Network *find(const std::string &name);
    Network &findOrAdd(const std::string &name);
    void route(Instant now, Network &network, Ipv4Packet packet);
    void travel(Instant now, Network &network, Ipv4Packet packet);
    void arrive(Instant now, Network &network, Ipv4Packet packet);
    void leave(Instant now, Nat &nat, Ipv4Packet packet);
    void enter(Instant now, Nat &nat, Ipv4Packet packet);
    void refuse(Instant now, Nat &nat, const Ipv4Packet &packet);

    std::mt19937_64 m_random;
    IpAddress m_router;
    std::map<std::string, std::unique_ptr<Network>> m_networks;
    std::map<LinkId, Network *> m_links;
    std::multimap<Instant, Travelling> m_travelling;
    std::vector<Outgoing> m_due;
    std::map<Flow, std::uint64_t> m_datagrams;
};

} // namespace postern::packetnet
