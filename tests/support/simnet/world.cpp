#include "tests/support/simnet/world.h"

#include <algorithm>

namespace postern::simnet {

/// Ours of the same family; nothing where there is no way.
std::optional<IpAddress> Host::source(const Endpoint &to) const
{
    return to.address.isV4() ? std::optional(m_address) : m_addressV6;
}

void Host::send(std::uint16_t port, const Endpoint &to, QByteArray bytes, int ttl)
{
    if (const auto own = source(to))
        m_world.route(m_network, {{*own, port}, to, std::move(bytes), ttl == 0 ? 64 : ttl});
}

void Host::sendTcp(Segment segment, std::uint16_t port, const Endpoint &to, QByteArray bytes)
{
    if (const auto own = source(to))
        m_world.route(m_network, {{*own, port}, to, std::move(bytes), 64, segment, true});
}

void Host::receive(const Packet &packet)
{
    if (packet.tcp) {
        if (m_tcp)
            m_tcp(packet);
        return;
    }
    if (packet.segment == Segment::Unreachable) {
        ++m_refusals; // it tells nothing that a lost packet would not
        return;
    }
    const auto found = m_ports.find(packet.to.port);
    if (found == m_ports.end())
        return;
    const Receiver receiver = found->second; // it may close its own port
    receiver(packet.from, packet.bytes);
}

World::World(std::uint64_t seed)
    : m_random(seed)
{
    m_networks.push_back(std::make_unique<Network>());
    internet().link = {.delay = 20ms, .hops = 8};
}

double World::uniform(double low, double high)
{
    return std::uniform_real_distribution<double>(low, high)(m_random);
}

/// Public addresses from the benchmark range (RFC 2544). Every home has the same private
/// network, as homes do; what is nested in one has another.
IpAddress World::nextAddress(Network &network)
{
    const auto given = static_cast<std::uint8_t>(++network.addressesGiven);
    if (!network.gateway)
        return IpAddress::v4(198, 18, 0, given);
    return network.gateway->outside().gateway ? IpAddress::v4(10, 0, 0, given)
                                              : IpAddress::v4(192, 168, 1, given);
}

Nat &World::addNat(Network &outside, const NatProfile &profile, const LinkProfile &inside,
                   const std::optional<NatProfile> &tcp)
{
    m_networks.push_back(std::make_unique<Network>());
    Network &inner = *m_networks.back();
    inner.link = inside;
    const IpAddress outer = nextAddress(outside);
    const auto seed = m_random();
    m_nats.push_back(std::make_unique<Nat>(NatBox(profile, outer, seed),
                                           NatBox(tcp.value_or(profile), outer, seed + 1), outside,
                                           inner));
    Nat &nat = *m_nats.back();
    inner.gateway = &nat;
    outside.nats.push_back(&nat);
    return nat;
}

Host &World::addHost(Network &network)
{
    m_hosts.push_back(std::make_unique<Host>(*this, network, nextAddress(network)));
    network.hosts.push_back(m_hosts.back().get());
    return *m_hosts.back();
}

/// From the range for documentation (RFC 3849): the network's number, and the host's.
void World::addV6(Host &host, Network &network, const std::optional<FirewallProfile> &firewall)
{
    if (network.prefixV6 == 0) {
        network.prefixV6 = ++m_prefixesGiven;
        if (firewall) {
            network.udpV6.emplace(*firewall);
            network.tcpV6.emplace(*firewall);
        }
    }
    const auto place = static_cast<std::uint8_t>(++network.addressesGiven);
    host.setAddressV6(
        IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, static_cast<std::uint8_t>(network.prefixV6),
                       0, 0, 0, 0, 0, 0, 0, place}));
}

void World::schedule(Instant when, Event event)
{
    std::uint32_t place = 0;
    if (m_freeEvents.empty()) {
        place = static_cast<std::uint32_t>(m_events.size());
        m_events.push_back(std::move(event));
    } else {
        place = m_freeEvents.back();
        m_freeEvents.pop_back();
        m_events[place] = std::move(event);
    }
    m_turns.push_back({std::max(when, m_now), m_turnNumber++, place});
    std::push_heap(m_turns.begin(), m_turns.end());
}

void World::runUntil(Instant end, const std::function<bool()> &done)
{
    while (!m_turns.empty() && m_turns.front().at <= end && !(done && done())) {
        std::pop_heap(m_turns.begin(), m_turns.end());
        const Turn turn = m_turns.back();
        m_turns.pop_back();
        m_now = turn.at;
        Event event = std::move(m_events[turn.event]);
        m_events[turn.event] = {};
        m_freeEvents.push_back(turn.event);
        if (event.action)
            event.action();
        else
            arrive(*event.network, std::move(event.packet));
    }
    if (!(done && done()))
        m_now = std::max(m_now, end);
}

void World::route(Network &network, Packet packet)
{
    const LinkProfile &link = network.link;
    if (!network.gateway)
        ++m_packetsOnInternet;
    if (packet.ttl <= link.hops || uniform(0, 1) < link.loss)
        return;
    packet.ttl -= link.hops;
    const auto jitter = std::chrono::duration_cast<Duration>(link.jitter * uniform(0, 1));
    schedule(m_now + link.delay + jitter, {{}, &network, std::move(packet)});
}

void World::arrive(Network &network, Packet packet)
{
    for (Host *host : network.hosts) {
        if (host->has(packet.to.address)) {
            host->receive(packet);
            return;
        }
    }
    if (!packet.to.address.isV4()) {
        if (network.gateway)
            leaveV6(network, std::move(packet));
        else
            arriveV6(std::move(packet));
        return;
    }
    for (Nat *nat : network.nats) {
        if (nat->box().outer() != packet.to.address)
            continue;
        const auto inner = nat->box(packet.tcp).inbound(m_now, packet.to.port, packet.from);
        if (inner) {
            packet.to = *inner;
            route(nat->inside(), std::move(packet));
        } else {
            refuse(nat->box(packet.tcp).profile().unsolicited, nat->outside(), packet);
        }
        return;
    }
    if (network.gateway)
        leave(network, std::move(packet));
}

/// To who sent what is not let in; nobody answers an answer (RFC 1122 section 3.2.2).
void World::refuse(Unsolicited manner, Network &outside, const Packet &packet)
{
    const bool isAnswer =
        packet.segment == Segment::Reset || packet.segment == Segment::Unreachable;
    if (manner == Unsolicited::Drop || isAnswer)
        return;
    ++m_refusals;
    const bool reset = manner == Unsolicited::Reset && packet.tcp;
    route(outside,
          {packet.to,
           packet.from,
           {},
           64,
           reset ? Segment::Reset : Segment::Unreachable,
           packet.tcp});
}

void World::leaveV6(Network &network, Packet packet)
{
    auto &firewall = packet.tcp ? network.tcpV6 : network.udpV6;
    if (--packet.ttl > 0 && network.prefixV6 != 0
        && (!firewall || firewall->outbound(m_now, packet.from, packet.to)))
        route(internet(), std::move(packet));
}

/// From the internet to the network that has the address, if its firewall lets it.
void World::arriveV6(Packet packet)
{
    for (const auto &network : m_networks) {
        const bool here =
            std::any_of(network->hosts.begin(), network->hosts.end(),
                        [&](const Host *host) { return host->has(packet.to.address); });
        if (!here)
            continue;
        auto &firewall = packet.tcp ? network->tcpV6 : network->udpV6;
        if (!firewall || firewall->inbound(m_now, packet.to, packet.from))
            return route(*network, std::move(packet));
        return refuse(firewall->profile().unsolicited, internet(), packet);
    }
}

void World::leave(Network &network, Packet packet)
{
    NatBox &box = network.gateway->box(packet.tcp);
    const bool toItself = packet.to.address == box.outer();
    if (--packet.ttl <= 0 || (toItself && !box.profile().hairpin))
        return;
    const auto source = box.outbound(m_now, packet.from, packet.to);
    if (!source)
        return;
    packet.from = *source;
    if (!toItself) {
        route(network.gateway->outside(), packet);
        return;
    }
    const auto inner = box.inbound(m_now, packet.to.port, packet.from);
    if (inner) {
        packet.to = *inner;
        route(network, packet);
    }
}

} // namespace postern::simnet
