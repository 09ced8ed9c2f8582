#include "tests/support/simnet/tcp_peer.h"

namespace postern::simnet {

using punch::SimultaneousOpen;

namespace {

constexpr Duration FIRST_RTO = 1s; ///< RFC 6298 section 2; then doubling
constexpr int MOST_TRIES = 4;
const QByteArray GREETING = "greeting";

} // namespace

TcpPeer::TcpPeer(World &world, Host &host)
    : m_world(world)
    , m_host(host)
{
    m_host.listenTcp([this](const Packet &packet) { received(packet); });
}

void TcpPeer::start(const SimultaneousOpen::Config &config, Ports own, int step, Ports peers)
{
    m_plan.emplace(config, m_world.now());
    m_plan->setPorts(own, step, peers);
    pump();
}

void TcpPeer::begin()
{
    m_plan->begin(m_world.now());
    pump();
}

void TcpPeer::peerTold(const SimultaneousOpen::Tell &told)
{
    m_plan->peerTold(m_world.now(), told.round, told.ports, told.wait);
    pump();
}

void TcpPeer::dial(const SimultaneousOpen::Dial &dial)
{
    const Ends ends{dial.fresh ? ++m_nextPort : PORT, dial.to};
    Connection &connection = m_connections[ends];
    if (connection.dial == 0 && connection.tries > 0)
        return; // the other side's is there already
    connection = {State::SynSent, dial.number, 0};
    send(ends);
}

/// Half of the way is over when the packet passes the NAT, as good as.
void TcpPeer::take(const SimultaneousOpen::Sample &wanted)
{
    const auto port = sample(wanted.fresh ? ++m_nextPort : PORT);
    m_world.after(sampleTakes, [this, port] {
        m_plan->sampled(m_world.now(), port);
        pump();
    });
}

/// A SYN, or a SYN that acknowledges the one that crossed it; again until it is answered.
void TcpPeer::send(const Ends &ends)
{
    const auto found = m_connections.find(ends);
    if (found == m_connections.end() || found->second.state == State::Established)
        return;
    Connection &connection = found->second;
    const int number = connection.dial;
    if (connection.tries == MOST_TRIES) {
        m_connections.erase(found);
        m_plan->failed(m_world.now(), number);
        return pump();
    }
    const bool first = connection.state == State::SynSent;
    syns += first ? 1 : 0;
    m_host.sendTcp(first ? Segment::Syn : Segment::SynAck, ends.first, ends.second);
    const auto wait = FIRST_RTO * (1 << connection.tries++);
    m_world.after(wait, [this, ends, number] {
        const auto again = m_connections.find(ends);
        if (again != m_connections.end() && again->second.dial == number)
            send(ends);
    });
}

void TcpPeer::received(const Packet &packet)
{
    const Ends ends{packet.to.port, packet.from};
    const auto found = m_connections.find(ends);
    switch (packet.segment) {
    case Segment::Syn: return receivedSyn(ends);
    case Segment::SynAck:
    case Segment::Ack:
        if (found == m_connections.end())
            return m_host.sendTcp(Segment::Reset, ends.first, packet.from);
        if (packet.segment == Segment::SynAck || found->second.state == State::SynReceived)
            established(ends, found->second);
        if (packet.bytes == GREETING && !connectedAt) {
            connectedAt = m_world.now();
            remote = packet.from;
            m_plan->connected();
        }
        return;
    case Segment::Reset:
    case Segment::Unreachable: return refusedBy(ends);
    case Segment::Datagram: return;
    }
}

/// RFC 9293 section 3.5: a SYN where one was sent makes one connection of both.
void TcpPeer::receivedSyn(const Ends &ends)
{
    if (ends.first != PORT && !m_connections.contains(ends))
        return m_host.sendTcp(Segment::Reset, ends.first, ends.second); // nobody listens there
    Connection &connection = m_connections[ends];
    if (connection.state == State::Established)
        return;
    connection.state = State::SynReceived;
    connection.tries = std::max(connection.tries, 1);
    m_host.sendTcp(Segment::SynAck, ends.first, ends.second);
}

void TcpPeer::established(const Ends &ends, Connection &connection)
{
    if (connection.state != State::Established)
        for (const auto wait : {300ms, 900ms, 2100ms}) // as TCP repeats what is lost
            m_world.after(wait, [this, ends] {
                m_host.sendTcp(Segment::Ack, ends.first, ends.second, GREETING);
            });
    connection.state = State::Established;
    m_host.sendTcp(Segment::Ack, ends.first, ends.second, GREETING);
}

void TcpPeer::refusedBy(const Ends &ends)
{
    const auto found = m_connections.find(ends);
    if (found == m_connections.end() || found->second.state == State::Established)
        return;
    const int number = found->second.dial;
    m_connections.erase(found);
    if (number == 0)
        return;
    ++refused;
    m_plan->failed(m_world.now(), number);
    pump();
}

void TcpPeer::pump()
{
    while (const auto action = m_plan->pollAction()) {
        if (const auto *one = std::get_if<SimultaneousOpen::Dial>(&*action))
            dial(*one);
        else if (const auto *two = std::get_if<SimultaneousOpen::Sample>(&*action))
            take(*two);
        else
            tell(std::get<SimultaneousOpen::Tell>(*action));
    }
    const Instant deadline = m_plan->nextDeadline();
    if (deadline == NEVER || deadline >= m_wakeAt)
        return;
    m_wakeAt = deadline;
    m_world.at(deadline, [this] {
        m_wakeAt = NEVER;
        m_plan->handleTimeout(m_world.now());
        pump();
    });
}

} // namespace postern::simnet
