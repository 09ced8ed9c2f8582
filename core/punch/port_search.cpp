#include "core/punch/port_search.h"

#include "core/stun/binding.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// Plain checks allocate mappings of their own in their first moments: a sample comes after.
constexpr Duration BEFORE_SAMPLE = 80ms;
constexpr Duration SAMPLE_PATIENCE = 1200ms;
/// Longer than two messages through the rendezvous and the other side's sample.
constexpr Duration PORTS_PATIENCE = 3s;
/// Mappings of others between the samples and the use, on both sides together, that crossing
/// predictions make up for.
constexpr int CROSSING_SPREAD = 5;
constexpr std::size_t FEW_AIMS = 200; ///< may be fired again and again
constexpr std::uint16_t LOWEST_PORT = 1024;

stun::RetransmissionTimings sampleTimings()
{
    stun::RetransmissionTimings timings;
    timings.initialRto = 120ms; // a sample that comes late is worth little
    timings.requests = 4;
    return timings;
}

} // namespace

PortSearch::PortSearch(PortSearchConfig config, RandomSource random, Instant now)
    : m_config(std::move(config))
    , m_random(std::move(random))
{
    if (m_config.attempts.isEmpty())
        m_state = State::Over;
    else
        begin(now, 0);
}

Duration PortSearch::longest() const
{
    Duration all{};
    for (qsizetype i = m_current; i < m_config.attempts.size(); ++i)
        all += m_config.attempts[i].budget + m_config.attempts[i].leadIn;
    return m_state == State::Over ? Duration{} : all;
}

void PortSearch::begin(Instant now, qsizetype number)
{
    m_question.reset();
    m_hasTold = false;
    m_deadline = NEVER;
    if (number >= m_config.attempts.size()) {
        m_state = State::Over;
        m_events.push_back(Exhausted{});
        return;
    }
    m_current = number;
    if (attempt().part == Part::Checks) {
        m_state = State::Checking;
        return;
    }
    const int spare = attempt().tells == Told::Predicted ? 1 : 0; // the sample's
    const int count = attempt().sockets + spare;
    m_firstSocket = m_nextSocket;
    m_nextSocket += count;
    m_state = State::Opening;
    if (count > 0)
        m_events.push_back(OpenSockets{m_firstSocket, count});
    else
        socketsOpened(now, {});
}

void PortSearch::agentStuck(Instant now)
{
    if (m_state == State::Checking)
        begin(now, m_current + 1);
}

void PortSearch::socketsOpened(Instant now, const QList<std::uint16_t> &localPorts)
{
    if (m_state != State::Opening)
        return;
    m_localPorts = localPorts;
    switch (attempt().tells) {
    case Told::Nothing: fireWhenReady(now); break;
    case Told::Preserved:
        tell(now, localPorts);
        fireWhenReady(now);
        break;
    case Told::Mapped: sample(now); break;
    case Told::Predicted:
        m_state = State::Sampling;
        m_deadline = now + (m_current == 0 ? BEFORE_SAMPLE : 0ms);
        handleTimeout(now);
        break;
    }
}

/// A mapping that does not depend on the peer is asked for with the very socket that will use
/// it; a prediction starts from a socket that is not used for anything else.
void PortSearch::sample(Instant now)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    m_random(bytes);
    const stun::TransactionId id(bytes);
    m_state = State::Sampling;
    m_question.emplace(id, stun::bindingRequest(id), m_config.stunServer, now, sampleTimings());
    m_questionSocket = m_firstSocket + (attempt().tells == Told::Predicted ? attempt().sockets : 0);
    m_deadline = now + SAMPLE_PATIENCE;
    handleTimeout(now);
}

bool PortSearch::handleDatagram(Instant now, int socket, const Endpoint &from, ByteView datagram)
{
    if (!m_question || socket != m_questionSocket)
        return false;
    const auto message = stun::Message::parse(datagram);
    if (!message || !m_question->handleResponse(now, *message, from))
        return false;
    const auto mapped = message->mappedAddress();
    m_question.reset();
    if (mapped)
        tell(now,
             attempt().tells == Told::Mapped ? QList<std::uint16_t>{mapped->port}
                                             : predictedFrom(mapped->port));
    fireWhenReady(now);
    return true;
}

QList<std::uint16_t> PortSearch::predictedFrom(std::uint16_t sample) const
{
    constexpr int PORTS = 65536 - LOWEST_PORT;
    QList<std::uint16_t> ports;
    for (int i = 1; i <= attempt().ports; ++i) {
        const int offset = (sample - LOWEST_PORT + i * attempt().step) % PORTS;
        ports.append(static_cast<std::uint16_t>(LOWEST_PORT + (offset + PORTS) % PORTS));
    }
    return ports;
}

void PortSearch::tell(Instant now, const QList<std::uint16_t> &ports)
{
    m_hasTold = true;
    m_timeline.add(now, Step::PortsTold, {}, static_cast<int>(ports.size()));
    m_events.push_back(TellPorts{static_cast<int>(m_current), ports});
}

void PortSearch::peerPorts(Instant now, int number, const QList<std::uint16_t> &ports)
{
    if (m_state == State::Over || number < m_current || number >= m_config.attempts.size()
        || number == m_peerPortsFor || ports.size() > MOST_PORTS)
        return;
    m_peerPorts = ports;
    m_peerPortsFor = number;
    m_timeline.add(now, Step::PortsHeard, {}, static_cast<int>(ports.size()));
    if (number > m_current)
        begin(now, number);
    else if (m_state == State::Awaiting)
        fireWhenReady(now);
}

/// Who opens sends as soon as it can, so that the ports it told are taken by us and nobody
/// else; the others wait until they know where to.
void PortSearch::fireWhenReady(Instant now)
{
    if (attempt().peerTells && m_peerPortsFor != m_current) {
        m_state = State::Awaiting;
        m_deadline = now + PORTS_PATIENCE;
        return;
    }
    m_state = State::LeadingIn;
    m_deadline = now + attempt().leadIn;
    if (attempt().leadIn == 0ms)
        fire(now);
}

void PortSearch::fire(Instant now)
{
    const Attempt &current = attempt();
    Volley volley;
    volley.strategy = current.strategy;
    volley.aims = aims();
    volley.passes = passes(volley.aims.size());
    volley.ttl = current.ttl;
    volley.interval = current.interval;
    volley.guessing = current.part == Part::Guesses;
    m_state = State::Firing;
    m_deadline = now + current.budget;
    if (!volley.aims.empty())
        m_events.push_back(Fire{std::move(volley)});
}

std::vector<Aim> PortSearch::aims()
{
    const Attempt &current = attempt();
    const IpAddress &peer = m_config.peer.address;
    std::vector<Aim> aims;
    if (current.part == Part::Opens) {
        const std::uint16_t port =
            current.peerTells && !m_peerPorts.isEmpty() ? m_peerPorts.first() : m_config.peer.port;
        for (int i = 0; i < current.sockets; ++i)
            aims.push_back({m_firstSocket + i, {peer, port}});
    } else if (current.part == Part::Guesses) {
        const int socket = current.fresh ? m_firstSocket : 0;
        std::vector<std::uint16_t> ports(m_peerPorts.begin(), m_peerPorts.end());
        if (!current.peerTells)
            ports = randomPorts(m_random, current.lowest, current.highest, current.probes);
        if (ports.size() > static_cast<std::size_t>(current.probes))
            ports.resize(static_cast<std::size_t>(current.probes));
        for (const auto port : ports)
            aims.push_back({socket, {peer, port}});
    } else if (current.part == Part::Crosses) {
        // The nth of ours should meet the nth of theirs. Where others' mappings come between,
        // both rows shift; one side aims some of its sockets further ahead to make up for it.
        const bool spreads = m_config.role == Role::Controlling && current.sockets > 1;
        for (int i = 0; i < current.sockets; ++i) {
            const int aim = i + (spreads ? i % CROSSING_SPREAD : 0);
            if (aim < m_peerPorts.size())
                aims.push_back({m_firstSocket + i, {peer, m_peerPorts[aim]}});
        }
    }
    return aims;
}

/// Few packets are repeated. Where something may be spoilt, the first ones end half-way, until
/// the other side's have left; the last ones always go all the way.
std::vector<VolleyPass> PortSearch::passes(std::size_t aims) const
{
    const Attempt &current = attempt();
    const bool careful = !current.openly && current.ttl > 0;
    if (current.part == Part::Guesses && aims > FEW_AIMS)
        return {{}};
    if (current.part == Part::Guesses)
        return {{}, {100ms, false}, {250ms, false}, {500ms, false}, {1s, false}};
    if (aims > FEW_AIMS / 4
        || (current.part == Part::Opens && !current.peerTells && current.tells == Told::Nothing))
        return {{0ms, careful}, {1200ms, careful}, {4200ms, false}, {5s, false}, {6s, false}};
    return {{0ms, careful}, {120ms, careful}, {300ms, false}, {600ms, false}, {1200ms, false}};
}

void PortSearch::stop()
{
    m_state = State::Over;
    m_question.reset();
    m_deadline = NEVER;
}

void PortSearch::handleTimeout(Instant now)
{
    if (m_question) {
        m_question->handleTimeout(now);
        while (const auto request = m_question->pollTransmit(now))
            m_packets.push_back({m_questionSocket, m_question->to(), *request});
    }
    if (now < m_deadline)
        return;
    m_deadline = NEVER;
    switch (m_state) {
    case State::Sampling:
        if (!m_question && !m_hasTold)
            return sample(now);
        return begin(now, m_current + 1); // the server does not answer
    case State::LeadingIn: return fire(now);
    case State::Awaiting:
    case State::Firing: return begin(now, m_current + 1);
    case State::Checking:
    case State::Opening:
    case State::Over: return;
    }
}

Instant PortSearch::nextDeadline() const
{
    return m_question ? std::min(m_deadline, m_question->nextDeadline()) : m_deadline;
}

std::optional<PortSearch::Packet> PortSearch::pollTransmit()
{
    if (m_packets.empty())
        return std::nullopt;
    Packet next = std::move(m_packets.front());
    m_packets.pop_front();
    return next;
}

} // namespace postern::punch
