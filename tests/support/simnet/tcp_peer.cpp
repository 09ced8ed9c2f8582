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

void TcpPeer::start(const SimultaneousOpen::Config &config)
{
    m_plan.emplace(config, m_world.now());
    pump();
}

void TcpPeer::begin()
{
    m_plan->begin(m_world.now());
    pump();
}

void TcpPeer::peerTold(int round)
{
    m_plan->peerTold(m_world.now(), round);
    pump();
}

void TcpPeer::dial(const SimultaneousOpen::Dial &dial)
{
    Connection &connection = m_connections[dial.to];
    if (connection.dial == 0 && connection.tries > 0)
        return; // the other side's is there already
    connection = {State::SynSent, dial.number, 0};
    send(dial.to);
}

/// A SYN, or a SYN that acknowledges the one that crossed it; again until it is answered.
void TcpPeer::send(const Endpoint &to)
{
    const auto found = m_connections.find(to);
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
    m_host.sendTcp(first ? Segment::Syn : Segment::SynAck, PORT, to);
    const auto wait = FIRST_RTO * (1 << connection.tries++);
    m_world.after(wait, [this, to, number] {
        const auto again = m_connections.find(to);
        if (again != m_connections.end() && again->second.dial == number)
            send(to);
    });
}

void TcpPeer::received(const Packet &packet)
{
    const auto found = m_connections.find(packet.from);
    switch (packet.segment) {
    case Segment::Syn: return receivedSyn(packet.from);
    case Segment::SynAck:
    case Segment::Ack:
        if (found == m_connections.end())
            return m_host.sendTcp(Segment::Reset, PORT, packet.from);
        if (packet.segment == Segment::SynAck || found->second.state == State::SynReceived)
            established(packet.from, found->second);
        if (packet.bytes == GREETING && !connectedAt) {
            connectedAt = m_world.now();
            remote = packet.from;
            m_plan->connected();
        }
        return;
    case Segment::Reset:
    case Segment::Unreachable: return refusedBy(packet.from);
    case Segment::Datagram: return;
    }
}

/// RFC 9293 section 3.5: a SYN where one was sent makes one connection of both.
void TcpPeer::receivedSyn(const Endpoint &from)
{
    Connection &connection = m_connections[from];
    if (connection.state == State::Established)
        return;
    connection.state = State::SynReceived;
    connection.tries = std::max(connection.tries, 1);
    m_host.sendTcp(Segment::SynAck, PORT, from);
}

void TcpPeer::established(const Endpoint &from, Connection &connection)
{
    if (connection.state != State::Established)
        for (const auto wait : {300ms, 900ms, 2100ms}) // as TCP repeats what is lost
            m_world.after(wait,
                          [this, from] { m_host.sendTcp(Segment::Ack, PORT, from, GREETING); });
    connection.state = State::Established;
    m_host.sendTcp(Segment::Ack, PORT, from, GREETING);
}

void TcpPeer::refusedBy(const Endpoint &from)
{
    const auto found = m_connections.find(from);
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
        else
            tell(std::get<SimultaneousOpen::Tell>(*action).round);
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
