#include "core/punch/port_search.h"

#include "core/stun/binding.h"

#include <algorithm>
#include <cmath>

namespace postern::punch {

namespace {

/// Plain checks allocate mappings of their own in their first moments: a sample comes after.
constexpr Duration BEFORE_SAMPLE = 80ms;
constexpr Duration SAMPLE_PATIENCE = 1200ms;
/// Longer than two messages through the rendezvous and the other side's sample.
constexpr Duration PORTS_PATIENCE = 3s;
constexpr std::size_t FEW_AIMS = 200; ///< may be fired again and again; more may fill a router
/// After the last packet of a volley that took foretold ports: they have left our NATs.
constexpr Duration BEFORE_COUNT = 20ms;
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
    m_watch.reset();
    m_hasTold = false;
    m_sample = 0;
    m_countAt = m_deadline = NEVER;
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
    const int samples = attempt().tells != Told::Predicted ? 0 : counts() ? 2 : 1;
    const int sockets = attempt().sockets + samples;
    if (m_health != CollateralWatch::Health::Overwhelmed
        && static_cast<std::size_t>(std::max(sockets, attempt().probes)) > FEW_AIMS)
        m_watch.emplace(m_config.stunServer, m_random, now);
    m_firstSocket = m_nextSocket;
    m_nextSocket += sockets;
    m_state = State::Opening;
    if (sockets > 0)
        m_events.push_back(OpenSockets{m_firstSocket, sockets, attempt().even});
    else
        socketsOpened(now, {});
}

/// Guesses take mappings of their own in any number; what a few sockets took can be counted.
bool PortSearch::counts() const
{
    return attempt().tells == Told::Predicted && attempt().part != Part::Guesses;
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
        m_deadline = now + beforeSample();
        handleTimeout(now);
        break;
    }
}

/// Who answers the offer begins earlier by half a round trip: where both predict it waits that
/// long, for each moment between a sample and its use lets others come between.
Duration PortSearch::beforeSample() const
{
    const bool early = m_config.role == Role::Controlled && attempt().part == Part::Crosses;
    if (m_current > 0)
        return {};
    return BEFORE_SAMPLE + (early ? m_config.halfRoundTrip : Duration{});
}

/// A mapping that does not depend on the peer is asked for with the very socket that will use
/// it; a prediction starts from a socket that is not used for anything else.
void PortSearch::sample(Instant now)
{
    m_state = State::Sampling;
    m_deadline = now + SAMPLE_PATIENCE;
    ask(now, m_firstSocket + (attempt().tells == Told::Predicted ? attempt().sockets : 0));
    handleTimeout(now);
}

void PortSearch::ask(Instant now, int socket)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    m_random(bytes);
    const stun::TransactionId id(bytes);
    m_question.emplace(id, stun::bindingRequest(id), m_config.stunServer, now, sampleTimings());
    m_questionSocket = socket;
}

bool PortSearch::handleDatagram(Instant now, int socket, const Endpoint &from, ByteView datagram)
{
    if (socket == 0 && m_watch && m_watch->handleDatagram(now, from, datagram)) {
        watchRouter(now);
        return true;
    }
    if (!m_question || socket != m_questionSocket)
        return false;
    const auto message = stun::Message::parse(datagram);
    if (!message || !m_question->handleResponse(now, *message, from))
        return false;
    const auto mapped = message->mappedAddress();
    m_question.reset();
    if (m_state == State::Firing) {
        if (mapped)
            count(now, mapped->port);
        return true;
    }
    if (mapped)
        m_sample = mapped->port;
    if (mapped)
        tell(now,
             attempt().tells == Told::Mapped
                 ? QList<std::uint16_t>{mapped->port}
                 : portsFrom(m_sample, attempt().foreign + m_skip, attempt().ports));
    fireWhenReady(now);
    return true;
}

/// The ports that a NAT gives after this one, from the `skip`th on.
QList<std::uint16_t> PortSearch::portsFrom(std::uint16_t sample, int skip, int count) const
{
    constexpr int PORTS = 65536 - LOWEST_PORT;
    QList<std::uint16_t> ports;
    for (int i = skip + 1; i <= skip + count; ++i) {
        const int offset = (sample - LOWEST_PORT + i * attempt().step) % PORTS;
        ports.append(static_cast<std::uint16_t>(LOWEST_PORT + (offset + PORTS) % PORTS));
    }
    return ports;
}

/// What our sockets and others took since the sample lies between it and this port. Where ours
/// are told to be found is known from now on: told again if it is not what was told before, and
/// for the next attempt.
void PortSearch::count(Instant now, std::uint16_t port)
{
    const int taken = attempt().step == 0 ? 0 : (port - m_sample) / attempt().step - 1;
    const int foreign = taken - attempt().sockets;
    if (foreign < 0 || taken > MOST_PORTS) // the range's end was passed, or it counts otherwise
        return;
    m_timeline.add(now, Step::PortsCounted, {}, foreign);
    if (attempt().part == Part::Opens && taken > attempt().foreign + m_skip + attempt().ports)
        tell(now, portsFrom(m_sample, 0, taken));
    const int excess = foreign - attempt().foreign;
    const double likely = 3 * std::sqrt(attempt().foreign + 1.0);
    m_skip = excess > likely ? excess : 0; // less is chance, and reckoned with as well
}

void PortSearch::watchRouter(Instant)
{
    const auto health = m_watch->health();
    if (health == m_health)
        return;
    m_health = health;
    m_events.push_back(health == CollateralWatch::Health::Strained ? PortSearchEvent(Ease{})
                                                                   : PortSearchEvent(Halt{}));
    if (health == CollateralWatch::Health::Overwhelmed)
        m_watch.reset();
}

void PortSearch::tell(Instant now, const QList<std::uint16_t> &ports)
{
    m_hasTold = true;
    m_toldAt = now;
    m_timeline.add(now, Step::PortsTold, {}, static_cast<int>(ports.size()));
    m_events.push_back(TellPorts{static_cast<int>(m_current), ports});
}

void PortSearch::peerPorts(Instant now, int number, const QList<std::uint16_t> &ports)
{
    if (m_state == State::Over || number < m_current || number >= m_config.attempts.size()
        || ports.size() > MOST_PORTS)
        return;
    const bool again = number == m_peerPortsFor;
    if (again && (m_toldAgain || m_state != State::Firing || attempt().part != Part::Guesses))
        return;
    m_peerPorts = ports;
    m_peerPortsFor = number;
    m_toldAgain = again;
    m_timeline.add(now, Step::PortsHeard, {}, static_cast<int>(ports.size()));
    if (number > m_current)
        begin(now, number);
    else if (m_state == State::Awaiting || again)
        fireWhenReady(now);
}

/// Who opens sends as soon as it can, so that the ports it told are taken by us and nobody
/// else; the others wait until they know where to, and until the other side knows as well.
void PortSearch::fireWhenReady(Instant now)
{
    if (attempt().peerTells && m_peerPortsFor != m_current) {
        m_state = State::Awaiting;
        m_deadline = now + PORTS_PATIENCE;
        return;
    }
    const bool waits = attempt().tells != Told::Nothing && attempt().part != Part::Opens;
    m_state = State::LeadingIn;
    m_deadline = now + attempt().leadIn;
    if (waits)
        m_deadline = std::max(m_deadline, m_toldAt + m_config.halfRoundTrip);
    if (m_deadline <= now)
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
    if (counts())
        m_countAt = now + volley.interval * static_cast<int>(volley.aims.size()) + BEFORE_COUNT;
    if (m_health == CollateralWatch::Health::Overwhelmed && volley.aims.size() > FEW_AIMS)
        volley.aims.clear(); // once was enough
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
            ports = randomPorts(m_random, {current.lowest, current.highest, current.guessEven},
                                current.probes);
        if (ports.size() > static_cast<std::size_t>(current.probes))
            ports.resize(static_cast<std::size_t>(current.probes));
        for (const auto port : ports)
            aims.push_back({socket, {peer, port}});
    } else if (current.part == Part::Crosses) {
        // The nth of ours should meet the nth of theirs. Where more or fewer of others' mappings
        // come between than was reckoned, both rows shift; one side aims its sockets to and fro.
        const bool spreads = m_config.role == Role::Controlling && current.aimWidth > 0;
        // Each sends, wherever to: the next one's port follows.
        const int last = static_cast<int>(m_peerPorts.size()) - 1;
        for (int i = 0; i < current.sockets && i <= last; ++i) {
            const int aim = i + (spreads ? current.aimFrom + i % current.aimWidth : 0);
            aims.push_back({m_firstSocket + i, {peer, m_peerPorts[std::clamp(aim, 0, last)]}});
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
    m_watch.reset();
    m_countAt = m_deadline = NEVER;
}

void PortSearch::handleTimeout(Instant now)
{
    if (m_question) {
        m_question->handleTimeout(now);
        while (const auto request = m_question->pollTransmit(now))
            m_packets.push_back({m_questionSocket, m_question->to(), *request});
    }
    if (now >= m_countAt) {
        m_countAt = NEVER;
        ask(now, m_firstSocket + attempt().sockets + 1);
        return handleTimeout(now);
    }
    if (m_watch) {
        m_watch->handleTimeout(now);
        while (const auto request = m_watch->pollTransmit(now))
            m_packets.push_back({0, m_config.stunServer, *request});
        watchRouter(now);
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
    Instant next = std::min(m_deadline, m_countAt);
    if (m_question)
        next = std::min(next, m_question->nextDeadline());
    return m_watch ? std::min(next, m_watch->nextDeadline()) : next;
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
