#include "tests/support/packetnet/packet_net.h"

#include <algorithm>

namespace postern::packetnet {

/// A NAT router: on the outer network by its outer address, the gateway of the inner one.
struct PacketNet::Nat {
    NatSettings settings;
    simnet::NatBox udp;
    simnet::NatBox tcp;
    IpAddress outer;
    IpAddress gateway;
    Network &outside;
    Network &inside;

    simnet::NatBox &boxFor(const Ipv4Packet &packet)
    {
        return packet.protocol() == Protocol::Udp ? udp : tcp;
    }
    bool passes(const Ipv4Packet &packet) const
    {
        return packet.protocol() == Protocol::Udp ? settings.passesUdp : settings.passesTcp;
    }
};

struct PacketNet::Network {
    Path path;
    std::map<IpAddress, LinkId> links;
    std::map<IpAddress, Nat *> nats; ///< by their outer addresses
    std::unique_ptr<Nat> gateway; ///< none: the internet, or a network with an uplink
    std::optional<LinkId> uplink;
    std::map<IpAddress, Instant> busyUntil; ///< of the wire toward each address
};

PacketNet::PacketNet(std::uint64_t seed, IpAddress router)
    : m_random(seed)
    , m_router(router)
{
    findOrAdd(INTERNET).path.hops = 1;
}

PacketNet::~PacketNet() = default;

PacketNet::Network *PacketNet::find(const std::string &name)
{
    const auto found = m_networks.find(name);
    return found == m_networks.end() ? nullptr : found->second.get();
}

PacketNet::Network &PacketNet::findOrAdd(const std::string &name)
{
    auto &network = m_networks[name];
    if (!network)
        network = std::make_unique<Network>();
    return *network;
}

bool PacketNet::addNat(const std::string &name, const std::string &outside, const IpAddress &outer,
                       const IpAddress &gateway, const NatSettings &settings)
{
    Network &before = findOrAdd(outside);
    Network &behind = findOrAdd(name);
    if (&before == &behind || behind.gateway || before.nats.contains(outer))
        return false;
    behind.gateway = std::make_unique<Nat>(
        Nat{settings, simnet::NatBox(settings.udp, outer, m_random()),
            simnet::NatBox(settings.tcp, outer, m_random()), outer, gateway, before, behind});
    before.nats[outer] = behind.gateway.get();
    return true;
}

bool PacketNet::forgetMappings(const std::string &name, Protocol protocol)
{
    Network *network = find(name);
    if (!network || !network->gateway)
        return false;
    Nat &nat = *network->gateway;
    auto &box = protocol == Protocol::Udp ? nat.udp : nat.tcp;
    box = simnet::NatBox(box.profile(), nat.outer, m_random());
    return true;
}

bool PacketNet::addLink(LinkId link, const std::string &network,
                        const std::vector<IpAddress> &addresses, bool isUplink)
{
    Network &its = findOrAdd(network);
    const auto taken = [&](const IpAddress &address) { return its.links.contains(address); };
    if (m_links.contains(link) || std::any_of(addresses.begin(), addresses.end(), taken))
        return false;
    m_links[link] = &its;
    for (const auto &address : addresses)
        its.links[address] = link;
    if (isUplink)
        its.uplink = link;
    return true;
}

bool PacketNet::setPath(const std::string &network, const Path &path)
{
    Network *its = find(network);
    if (its)
        its->path = path;
    return its;
}

Instant PacketNet::deadline() const
{
    if (!m_due.empty())
        return Instant::min();
    return m_travelling.empty() ? NEVER : m_travelling.begin()->first;
}

std::vector<PacketNet::Outgoing> PacketNet::takeDue(Instant now)
{
    while (!m_travelling.empty() && m_travelling.begin()->first <= now) {
        auto next = m_travelling.extract(m_travelling.begin());
        arrive(next.key(), *next.mapped().network, std::move(next.mapped().packet));
    }
    return std::exchange(m_due, {});
}

void PacketNet::receive(Instant now, LinkId link, std::vector<std::uint8_t> bytes)
{
    const auto found = m_links.find(link);
    auto packet = Ipv4Packet::parse(std::move(bytes));
    if (found != m_links.end() && packet)
        route(now, *found->second, std::move(*packet));
}

void PacketNet::route(Instant now, Network &network, Ipv4Packet packet)
{
    if (&network == find(INTERNET) && !packet.isError() && packet.protocol() == Protocol::Udp)
        ++m_datagrams[{packet.sourceAddress(), packet.destinationAddress()}];
    if (packet.ttl() <= network.path.hops) {
        if (auto error = Ipv4Packet::timeExceeded(m_router, packet))
            travel(now, network, std::move(*error));
        return;
    }
    packet.setTtl(packet.ttl() - network.path.hops);
    travel(now, network, std::move(packet));
}

void PacketNet::travel(Instant now, Network &network, Ipv4Packet packet)
{
    const Path &path = network.path;
    if (path.loss > 0 && std::uniform_real_distribution<double>(0, 1)(m_random) < path.loss)
        return;
    Instant sent = now;
    if (path.bitsPerSecond > 0) {
        Instant &busy = network.busyUntil[packet.destinationAddress()];
        busy = std::max(busy, now);
        if (busy - now > path.queue)
            return;
        busy += std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(8.0 * double(packet.size()) / path.bitsPerSecond));
        sent = busy;
    }
    if (sent == now && path.delay == Duration{})
        arrive(now, network, std::move(packet));
    else
        m_travelling.emplace(sent + path.delay, Travelling{&network, std::move(packet)});
}

void PacketNet::arrive(Instant now, Network &network, Ipv4Packet packet)
{
    const auto to = packet.destinationAddress();
    if (const auto link = network.links.find(to); link != network.links.end())
        m_due.push_back({link->second, packet.takeBytes()});
    else if (const auto nat = network.nats.find(to); nat != network.nats.end())
        enter(now, *nat->second, std::move(packet));
    else if (network.gateway && to != network.gateway->gateway)
        leave(now, *network.gateway, std::move(packet));
    else if (network.uplink)
        m_due.push_back({*network.uplink, packet.takeBytes()});
}

/// Where a packet's life ends here it makes no mapping: Linux, too, translates after that check.
void PacketNet::leave(Instant now, Nat &nat, Ipv4Packet packet)
{
    if (packet.ttl() <= 1) {
        if (auto error = Ipv4Packet::timeExceeded(nat.gateway, packet))
            travel(now, nat.inside, std::move(*error));
        return;
    }
    const bool toItself = packet.destinationAddress() == nat.outer;
    auto &box = nat.boxFor(packet);
    if (!nat.passes(packet) || (toItself && !box.profile().hairpin))
        return;
    packet.setTtl(packet.ttl() - 1);
    if (packet.isError()) { // RFC 5508 section 4.2: what it quotes came in by a mapping
        const auto mapped = box.outbound(now, packet.destination(), packet.source());
        if (!mapped)
            return;
        packet.setDestination(*mapped);
        packet.setErrorEnds(nat.outer, packet.destinationAddress());
    } else {
        const auto mapped = box.outbound(now, packet.source(), packet.destination());
        if (!mapped)
            return;
        packet.setSource(*mapped);
    }
    if (toItself) // RFC 4787 REQ-9a: with the outer source
        enter(now, nat, std::move(packet));
    else
        route(now, nat.outside, std::move(packet));
}

void PacketNet::enter(Instant now, Nat &nat, Ipv4Packet packet)
{
    auto &box = nat.boxFor(packet);
    if (!nat.passes(packet)) {
        refuse(now, nat, packet);
        return;
    }
    if (packet.isError()) { // RFC 5508 section 4.1: about a packet that we translated
        const auto inner = box.inbound(now, packet.source().port, packet.destination());
        if (!inner || packet.ttl() <= 1)
            return;
        packet.setSource(*inner);
        packet.setErrorEnds(packet.sourceAddress(), inner->address);
    } else {
        const auto inner = box.inbound(now, packet.destination().port, packet.source());
        if (!inner) {
            refuse(now, nat, packet);
            return;
        }
        if (packet.ttl() <= 1) {
            if (auto error = Ipv4Packet::timeExceeded(nat.outer, packet))
                travel(now, nat.outside, std::move(*error));
            return;
        }
        packet.setDestination(*inner);
    }
    packet.setTtl(packet.ttl() - 1);
    travel(now, nat.inside, std::move(packet));
}

void PacketNet::refuse(Instant now, Nat &nat, const Ipv4Packet &packet)
{
    if (nat.settings.refusal == Refusal::Silence)
        return;
    auto answer = nat.settings.refusal == Refusal::Reset && packet.protocol() == Protocol::Tcp
        ? Ipv4Packet::reset(packet)
        : Ipv4Packet::portUnreachable(nat.outer, packet);
    if (answer)
        route(now, nat.outside, std::move(*answer));
}

} // namespace postern::packetnet
