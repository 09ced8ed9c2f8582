#include "core/nat/discovery.h"

#include <algorithm>
#include <utility>

namespace postern::nat {

namespace {

constexpr int FIRST_TRIES = 4; ///< before UDP counts as blocked: 0, 200, 600, 1400 ms
constexpr int TCP_SAMPLES = 6;
constexpr qint64 LONGEST_ROUND_TRIP_MS = 60'000;
/// After the verdict, while a transfer that was waited for may be looking for its path: more
/// mappings of ours would upset what is foretold of the next ones.
constexpr Duration QUIET_TIME = 10s;

/// Whether a server may be believed that this is an address of its own: of the same kind, so
/// that one on the internet can't have us send into our own network.
bool isCredibleOther(const Endpoint &other, const Endpoint &primary)
{
    const auto &a = other.address;
    const auto &b = primary.address;
    return other.port != 0 && other.port != primary.port && a != b && a.family() == b.family()
        && !a.isUnspecified() && !a.isMulticastOrBroadcast() && a.isGlobal() == b.isGlobal()
        && a.isLoopback() == b.isLoopback() && a.isLinkLocal() == b.isLinkLocal();
}

} // namespace

Discovery::Discovery(Setup setup, RandomSource random, Instant now)
    : m_setup(std::move(setup))
    , m_prober(std::move(random))
    , m_mapping(m_prober, [this](Instant at) { udpMeasured(at); })
    , m_filtering(m_prober, [this](Instant at) { udpMeasured(at); })
    , m_ports(m_prober, [this](Instant at) { udpMeasured(at); })
    , m_hairpin(m_prober, [this](Instant at) { udpMeasured(at); })
    , m_tcpMapping(m_prober, [this](Instant at) { tcpMeasured(at); })
    , m_tcpPorts(m_prober, [this](Instant at) { tcpMeasured(at); })
    , m_depth(m_prober,
              [this](Instant at) {
                  backgroundChanged(at);
                  m_events.push_back(DiscoveryEvent::Refined); // whatever it found: it is settled
              })
    , m_morePorts(m_prober, [this](Instant at) { backgroundChanged(at); })
    , m_lifetime(m_prober, [this](Instant at) { backgroundChanged(at); })
{
    m_server.primary = m_setup.server;
    learnPlaces(m_setup.alternate);
    if (m_setup.alternate.address == m_setup.server.address
        && m_setup.alternate.port != m_setup.server.port) {
        m_server.otherPort = m_setup.alternate;
        m_server.canChange = true;
    }
    m_socket = m_prober.newSocket();
    m_prober.ask(now, {.socket = m_socket, .to = m_server.primary, .tries = FIRST_TRIES},
                 [this](Instant at, const Reply &reply) { answered(at, reply); });
    if (m_setup.tcp) {
        m_tcpSocket = m_prober.newSocket();
        m_prober.ask(now, {.socket = m_tcpSocket, .to = m_server.primary, .carrier = Carrier::Tcp},
                     [this](Instant at, const Reply &reply) { answeredOverTcp(at, reply); });
    } else {
        m_tcpDone = true;
    }
    m_prober.wake(now + VERDICT_TIME, [this](Instant at) { verdict(at); });
}

void Discovery::handleTimeout(Instant now) { m_prober.handleTimeout(now); }

std::optional<DiscoveryEvent> Discovery::pollEvent()
{
    if (m_events.empty())
        return std::nullopt;
    const auto event = m_events.front();
    m_events.pop_front();
    return event;
}

// --- UDP ---------------------------------------------------------------------------------

void Discovery::answered(Instant now, const Reply &reply)
{
    m_network.udp.passes = reply.answered ? Answer::Yes : Answer::No;
    m_mapped = reply.mapped;
    if (reply.roundTrip) // at least 1: it is known
        m_network.roundTripMs = static_cast<quint16>(
            std::clamp<qint64>(toMilliseconds(*reply.roundTrip), 1, LONGEST_ROUND_TRIP_MS));
    learnPlaces(reply.other);
    measureTcp(now);
    if (m_mapped.isNull()) {
        m_udpDone = true;
        return tcpMeasured(now);
    }
    // The samples first, with nothing of ours between them.
    m_ports.start(now, Carrier::Udp, m_server.primary, SAMPLES_WANTED);
    m_prober.wake(now + AllocationTest::SPACING * SAMPLES_WANTED,
                  [this](Instant at) { measureUdp(at); });
}

void Discovery::learnPlaces(const Endpoint &other)
{
    if (!isCredibleOther(other, m_server.primary))
        return;
    m_server.otherBoth = other;
    m_server.otherPort = {m_server.primary.address, other.port};
    m_server.otherAddress = {other.address, m_server.primary.port};
    m_server.canChange = true;
}

void Discovery::measureUdp(Instant now)
{
    m_mapping.start(now, m_socket, Carrier::Udp, {m_server.primary, m_mapped}, m_server);
    if (m_server.canChange)
        m_filtering.start(now, m_server);
    m_hairpin.start(now, m_server.primary);
    m_allBegun = true;
}

void Discovery::udpMeasured(Instant now)
{
    if (!m_allBegun || m_ports.isWaiting() || m_mapping.isWaiting())
        return;
    if (m_filtering.isWaiting() || m_hairpin.isWaiting()) {
        concludeMapping(); // what an offer needs most comes within two round trips
        m_events.push_back(DiscoveryEvent::Refined);
        return;
    }
    m_udpDone = true;
    m_prober.close(m_socket);
    concludeUdp();
    if (m_told) { // slow answers: the verdict was given without them
        m_events.push_back(DiscoveryEvent::Refined);
        goOn(now);
    }
    tcpMeasured(now);
}

void Discovery::concludeMapping()
{
    Behaviour &udp = m_network.udp;
    const auto mapping = m_mapping.verdict();
    udp.mapping = mapping.mapping;
    udp.newAtOtherPort = mapping.newAtOtherPort;
    udp.newAtOtherAddress = mapping.newAtOtherAddress;
    tellPorts(m_ports, udp);
    m_network.depth = m_setup.own.contains(m_mapped.address) ? 0 : 1;
}

void Discovery::concludeUdp()
{
    concludeMapping();
    m_network.udp.filtering = m_filtering.verdict(m_mapping);
    m_network.udp.hairpin = hairpin();
}

/// Where each destination gets a port of its own and strangers are kept out, two sockets that
/// send to each other's known ports miss, hairpin or not.
Answer Discovery::hairpin() const
{
    if (m_network.depth == 0)
        return Answer::Unknown;
    const Answer seen = m_hairpin.verdict();
    const bool misses = m_network.udp.mapping != Mapping::EndpointIndependent
        && m_network.udp.filtering != Filtering::EndpointIndependent;
    return seen == Answer::No && misses ? Answer::Unknown : seen;
}

void Discovery::tellPorts(const AllocationTest &test, Behaviour &behaviour) const
{
    const auto ports = test.verdict();
    if (ports.allocation == Allocation::Unknown)
        return;
    behaviour.allocation = ports.allocation;
    behaviour.delta = ports.delta;
    behaviour.keepsParity = ports.keepsParity;
    behaviour.lowest = ports.lowest;
    behaviour.highest = ports.highest;
    behaviour.lastPort = test.lastPort();
    behaviour.foreignPerSecond = ports.foreignPerSecond;
    behaviour.confidence = ports.confidence;
}

// --- TCP ---------------------------------------------------------------------------------

void Discovery::answeredOverTcp(Instant now, const Reply &reply)
{
    if (reply.mapped.isNull()) {
        m_tcpDone = true;
        return tcpMeasured(now);
    }
    m_network.tcp.passes = Answer::Yes;
    m_tcpMapped = reply.mapped;
    learnPlaces(reply.other);
    measureTcp(now);
}

/// A server may tell its other places only over UDP, which is blocked perhaps: that answer is
/// waited for only where none is known.
void Discovery::measureTcp(Instant now)
{
    const bool placesKnown = m_server.otherPort.port != 0 || m_server.otherBoth.port != 0;
    if (m_tcpBegun || m_tcpMapped.isNull()
        || (m_network.udp.passes == Answer::Unknown && !placesKnown))
        return;
    m_tcpMapping.start(now, m_tcpSocket, Carrier::Tcp, {m_server.primary, m_tcpMapped}, m_server);
    m_tcpPorts.start(now, Carrier::Tcp, m_server.primary, TCP_SAMPLES);
    m_tcpBegun = true;
}

/// Comes at each end of a measurement of TCP, and at the end of UDP's.
void Discovery::tcpMeasured(Instant now)
{
    if (m_tcpBegun && !m_tcpDone && !m_tcpMapping.isWaiting() && !m_tcpPorts.isWaiting()) {
        m_tcpDone = true;
        m_prober.close(m_tcpSocket);
        const auto mapping = m_tcpMapping.verdict();
        m_network.tcp.mapping = mapping.mapping;
        m_network.tcp.newAtOtherPort = mapping.newAtOtherPort;
        m_network.tcp.newAtOtherAddress = mapping.newAtOtherAddress;
        tellPorts(m_tcpPorts, m_network.tcp);
        m_events.push_back(DiscoveryEvent::Refined);
    }
    if (m_udpDone && m_tcpDone)
        verdict(now);
}

// --- the verdict, and after it -----------------------------------------------------------

void Discovery::verdict(Instant now)
{
    if (m_told)
        return;
    m_told = true;
    m_events.push_back(DiscoveryEvent::Verdict);
    if (m_udpDone)
        goOn(now);
}

bool Discovery::filtersAnswers() const
{
    const Behaviour &udp = m_network.udp;
    return udp.mapping == Mapping::EndpointIndependent
        && (udp.filtering == Filtering::AddressDependent
            || udp.filtering == Filtering::AddressAndPortDependent);
}

void Discovery::goOn(Instant now)
{
    if (!m_setup.background || m_mapped.isNull() || m_network.depth == 0)
        return backgroundChanged(now);
    m_slowPartAhead = true;
    if (filtersAnswers())
        m_depth.start(now, m_server, m_network.udp.filtering, true);
    m_prober.wake(now + QUIET_TIME, [this](Instant at) { beginSlowPart(at); });
}

void Discovery::beginSlowPart(Instant now)
{
    m_slowPartAhead = false;
    const Behaviour &udp = m_network.udp;
    if (!filtersAnswers())
        m_depth.start(now, m_server, udp.filtering, false);
    if (udp.allocation == Allocation::Block || udp.allocation == Allocation::Random)
        m_morePorts.start(now, Carrier::Udp, m_server.primary, 2 * SAMPLES_WANTED);
    const bool portsTell =
        udp.allocation != Allocation::Preserve && udp.allocation != Allocation::Unknown;
    m_lifetime.start(now, m_server.primary, portsTell);
}

void Discovery::backgroundChanged(Instant now)
{
    Q_UNUSED(now)
    const auto before = m_network;
    if (m_network.depth > 0 && !m_depth.isWaiting()) {
        const auto depth = judgeDepth(m_depth.hopsByFilter(), m_depth.routers());
        m_network.depth = depth.depth;
        m_network.hops = depth.hops;
    }
    if (!m_morePorts.isWaiting())
        tellPorts(m_morePorts, m_network.udp);
    m_network.udp.idleSeconds = m_lifetime.idleSeconds();
    m_network.udp.absoluteSeconds = m_lifetime.absoluteSeconds();
    if (m_network != before)
        m_events.push_back(DiscoveryEvent::Refined);
    const bool over = !m_slowPartAhead && !m_depth.isWaiting() && !m_morePorts.isWaiting()
        && m_lifetime.finished();
    if (over && !std::exchange(m_finished, true))
        m_events.push_back(DiscoveryEvent::Finished);
}

} // namespace postern::nat
