#include "core/punch/race.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// The dial order of addresses that are hardly to be reached; they are not waited for.
constexpr int UNLIKELY = 3;

} // namespace

Race::Race(RaceConfig config, Instant now)
    : m_config(std::move(config))
    , m_startedAt(now)
{
}

bool Race::mayDial(const Endpoint &remote) const
{
    const auto &local = m_config.surroundings.local;
    const bool ourselves = remote.port == m_config.ownTcpPort
        && (remote.address.isLoopback()
            || std::any_of(local.begin(), local.end(),
                           [&](const auto &own) { return own.address == remote.address; }));
    return isUsableRemote(remote) && !ourselves
        && (!remote.address.isLoopback() || m_config.loopbackAllowed);
}

bool Race::passesFilter(Transport transport, bool lan) const
{
    switch (m_config.filter) {
    case PathFilter::Auto: return true;
    case PathFilter::Lan: return lan;
    case PathFilter::Tcp: return transport == Transport::Tcp;
    case PathFilter::Udp: return transport == Transport::Udp;
    case PathFilter::Relay: return false; // none of ours
    case PathFilter::COUNT: break;
    }
    return true;
}

/// Likely ones first, so that a long list of a stranger's bridges does not hold up the one
/// that works. Lower is sooner.
int Race::dialOrder(const Candidate &candidate) const
{
    const IpAddress &address = candidate.endpoint.address;
    const auto &surroundings = m_config.surroundings;
    if (candidate.type == CandidateType::Public)
        return 2;
    if (isOnLink(address, surroundings.local) || address.isLoopback())
        return 0;
    if (shareNat(surroundings))
        return 1;
    return address.isGlobal() ? 2 : UNLIKELY;
}

void Race::setRemote(Instant now, const QList<Candidate> &candidates)
{
    if (m_over || m_remoteKnown)
        return;
    m_remoteKnown = true;
    m_timeline.add(now, Step::Offered);
    for (const auto &candidate : candidates) {
        // A TCP address behind a NAT takes no connections; that is simultaneous open's matter.
        const bool dialable =
            candidate.type == CandidateType::Host || candidate.type == CandidateType::Public;
        const bool lan = isLanRemote(candidate.endpoint, candidate.type, m_config.surroundings);
        if (candidate.transport == Transport::Tcp && dialable && mayDial(candidate.endpoint)
            && passesFilter(Transport::Tcp, lan))
            m_planned.push_back({candidate, dialOrder(candidate)});
    }
    std::stable_sort(m_planned.begin(), m_planned.end(), [](const Planned &a, const Planned &b) {
        return a.order != b.order ? a.order < b.order : a.candidate.priority > b.candidate.priority;
    });
    if (m_planned.size() > static_cast<std::size_t>(m_config.timings.mostDials))
        m_planned.resize(static_cast<std::size_t>(m_config.timings.mostDials));
    m_nextDial = m_planned.empty() ? NEVER : now;
    for (int i = 0; i < m_config.timings.dialBurst; ++i) {
        if (m_nextDial != NEVER)
            m_nextDial = now;
        dialDue(now);
    }
    decide(now);
}

AttemptId Race::begin(Instant now, Transport transport, CandidateType type, const Endpoint &remote,
                      State state)
{
    Attempt attempt;
    attempt.transport = transport;
    attempt.lan = isLanRemote(remote, type, m_config.surroundings);
    attempt.strategy = strategyOf(transport, type, remote, attempt.lan);
    attempt.likely =
        state == State::Alive || dialOrder({transport, type, remote, {}, 0}) != UNLIKELY;
    const bool tcp = transport == Transport::Tcp;
    attempt.rank = attempt.lan ? (tcp ? Rank::LanTcp : Rank::LanUdp)
                               : (tcp ? Rank::PublicTcp : Rank::PunchedUdp);
    attempt.remote = remote;
    attempt.state = state;
    attempt.startedAt = now;
    m_attempts.push_back(attempt);
    return static_cast<AttemptId>(m_attempts.size()) - 1;
}

Race::Attempt *Race::open(AttemptId id)
{
    if (m_over || id < 0 || id >= static_cast<AttemptId>(m_attempts.size()))
        return nullptr;
    Attempt &attempt = m_attempts[static_cast<std::size_t>(id)];
    return attempt.state == State::Over ? nullptr : &attempt;
}

void Race::dialDue(Instant now)
{
    if (m_planned.empty() || now < m_nextDial || m_over)
        return;
    const Candidate next = m_planned.front().candidate;
    m_planned.pop_front();
    const AttemptId id = begin(now, Transport::Tcp, next.type, next.endpoint, State::Trying);
    m_actions.push_back(Dial{id, next.endpoint});
    m_timeline.add(now, Step::TcpDialled, next.endpoint);
    m_nextDial = m_planned.empty() ? NEVER : now + m_config.timings.dialInterval;
}

void Race::tcpConnected(Instant now, AttemptId id)
{
    Attempt *attempt = open(id);
    if (!attempt || attempt->state != State::Trying)
        return;
    attempt->state = State::Alive;
    attempt->roundTrip = now - attempt->startedAt;
    m_timeline.add(now, Step::TcpConnected, attempt->remote);
}

std::optional<AttemptId> Race::tcpAccepted(Instant now, const Endpoint &remote)
{
    constexpr std::size_t MOST_ATTEMPTS = 64; // the peer can open no more in one session
    const bool lan = isLanRemote(remote, CandidateType::PeerReflexive, m_config.surroundings);
    if (m_over || !passesFilter(Transport::Tcp, lan) || m_attempts.size() >= MOST_ATTEMPTS)
        return std::nullopt;
    m_timeline.add(now, Step::TcpAccepted, remote);
    return begin(now, Transport::Tcp, CandidateType::PeerReflexive, remote, State::Alive);
}

std::optional<AttemptId> Race::tcpPunched(Instant now, const Endpoint &remote)
{
    const auto id = tcpAccepted(now, remote);
    if (id && !m_attempts.back().lan) {
        m_attempts.back().strategy = Strategy::TcpSimultaneous;
        m_attempts.back().rank = Rank::PunchedTcp;
    }
    return id;
}

void Race::tcpPunchExhausted(Instant now)
{
    m_config.punchesTcp = false;
    decide(now);
}

std::optional<AttemptId> Race::udpValidated(Instant now, const PathReport &path)
{
    const bool lan = isLanRemote(path.remote, path.remoteType, m_config.surroundings);
    if (m_over || !passesFilter(Transport::Udp, lan))
        return std::nullopt;
    // One secured transport of a rank is enough: a second would only cost handshakes. Which
    // one that is the controlling side decides; the other takes what comes.
    const Rank rank = lan ? Rank::LanUdp : Rank::PunchedUdp;
    for (const auto &attempt : m_attempts)
        if (attempt.rank == rank && attempt.state != State::Over
            && (m_config.role == Role::Controlling
                || (attempt.remote == path.remote && attempt.socket == path.socket)))
            return std::nullopt;
    const AttemptId id = begin(now, Transport::Udp, path.remoteType, path.remote, State::Alive);
    m_attempts.back().roundTrip = path.roundTrip;
    m_attempts.back().socket = path.socket;
    m_attempts.back().guess = path.guess;
    m_attempts.back().guesses = path.guesses;
    if (!lan)
        m_attempts.back().strategy = path.strategy;
    m_timeline.add(now, Step::PathValidated, path.remote);
    if (m_config.role == Role::Controlling)
        m_actions.push_back(Secure{id, path.remote, path.socket});
    return id;
}

void Race::secured(Instant now, AttemptId id)
{
    Attempt *attempt = open(id);
    if (!attempt || attempt->state == State::Secured)
        return;
    attempt->state = State::Secured;
    attempt->securedAt = now;
    if (!attempt->roundTrip)
        attempt->roundTrip = now - attempt->startedAt;
    m_timeline.add(now, Step::Secured, attempt->remote);
    decide(now);
}

void Race::failed(Instant now, AttemptId id)
{
    Attempt *attempt = open(id);
    if (!attempt)
        return;
    attempt->state = State::Over;
    m_timeline.add(now, Step::AttemptFailed, attempt->remote);
    if (m_nextDial != NEVER && attempt->transport == Transport::Tcp) {
        m_nextDial = now; // RFC 8305 section 5: don't wait when the last one has failed
        dialDue(now);
    }
    decide(now);
}

void Race::udpExhausted(Instant now)
{
    m_udpExhausted = true;
    decide(now);
}

void Race::peerChose(Instant now, AttemptId id)
{
    if (m_config.role == Role::Controlled && open(id))
        win(now, id);
}

const Race::Attempt *Race::bestSecured() const
{
    const Attempt *best = nullptr;
    for (const auto &attempt : m_attempts)
        if (attempt.state == State::Secured && (!best || attempt.rank < best->rank))
            best = &attempt;
    return best;
}

/// Until when a better way than the ready one deserves patience.
Instant Race::waitUntil(const Attempt &ready) const
{
    const auto &timings = m_config.timings;
    const Duration grace = std::clamp(2 * ready.roundTrip.value_or(timings.mostGrace),
                                      timings.leastGrace, timings.mostGrace);
    const Duration forHandshake = std::max(grace, timings.handshakeGrace);
    Instant until = ready.securedAt;
    const bool heard = std::any_of(m_attempts.begin(), m_attempts.end(), [](const Attempt &a) {
        return a.transport == Transport::Tcp && a.state != State::Trying;
    });
    if (m_config.reachable && !heard && ready.rank > Rank::PublicTcp
        && passesFilter(Transport::Tcp, false))
        until = ready.securedAt + forHandshake;
    for (const auto &better : m_attempts) {
        if (better.rank >= ready.rank)
            continue;
        if (better.state == State::Alive)
            until = std::max(until, ready.securedAt + forHandshake);
        else if (better.state == State::Trying && better.likely)
            until = std::max(until, std::min(better.startedAt, ready.securedAt) + grace);
    }
    return until;
}

bool Race::everythingFailed() const
{
    return m_remoteKnown && m_planned.empty() && m_udpExhausted && !m_config.punchesTcp
        && std::all_of(m_attempts.begin(), m_attempts.end(),
                       [](const Attempt &a) { return a.state == State::Over; });
}

void Race::decide(Instant now)
{
    if (m_over)
        return;
    m_decideAt = NEVER;
    const Attempt *ready = m_config.role == Role::Controlling ? bestSecured() : nullptr;
    if (ready) {
        const Instant until = waitUntil(*ready);
        if (now < until) {
            m_decideAt = until;
            return;
        }
        const auto found = std::find_if(m_attempts.begin(), m_attempts.end(),
                                        [&](const Attempt &a) { return &a == ready; });
        win(now, static_cast<AttemptId>(found - m_attempts.begin()));
    } else if (everythingFailed() || now - m_startedAt >= m_config.timings.deadline) {
        for (std::size_t i = 0; i < m_attempts.size(); ++i)
            if (m_attempts[i].state != State::Over)
                m_actions.push_back(Abandon{static_cast<AttemptId>(i)});
        m_over = true;
        m_timeline.add(now, Step::Failed);
        m_actions.push_back(NoPath{});
    }
}

void Race::win(Instant now, AttemptId id)
{
    const Attempt &winner = m_attempts[static_cast<std::size_t>(id)];
    m_over = true;
    m_planned.clear();
    m_timeline.add(now, Step::Won, winner.remote);
    m_actions.push_back(Won{id, winner.transport,
                            classOf(winner.transport, winner.lan, m_config.filter), winner.strategy,
                            winner.remote, winner.guess, winner.guesses});
    for (std::size_t i = 0; i < m_attempts.size(); ++i)
        if (static_cast<AttemptId>(i) != id && m_attempts[i].state != State::Over)
            m_actions.push_back(Abandon{static_cast<AttemptId>(i)});
}

void Race::expireDials(Instant now)
{
    for (std::size_t i = 0; i < m_attempts.size(); ++i) {
        Attempt &attempt = m_attempts[i];
        if (attempt.state == State::Trying
            && now - attempt.startedAt >= m_config.timings.dialTimeout) {
            attempt.state = State::Over;
            m_timeline.add(now, Step::AttemptFailed, attempt.remote);
            m_actions.push_back(Abandon{static_cast<AttemptId>(i)});
        }
    }
}

void Race::handleTimeout(Instant now)
{
    if (m_over)
        return;
    dialDue(now);
    expireDials(now);
    decide(now);
}

Instant Race::nextDeadline() const
{
    if (m_over)
        return NEVER;
    Instant next = std::min({m_nextDial, m_decideAt, m_startedAt + m_config.timings.deadline});
    for (const auto &attempt : m_attempts)
        if (attempt.state == State::Trying)
            next = std::min(next, attempt.startedAt + m_config.timings.dialTimeout);
    return next;
}

std::optional<RaceAction> Race::pollAction()
{
    if (m_actions.empty())
        return std::nullopt;
    RaceAction next = std::move(m_actions.front());
    m_actions.pop_front();
    return next;
}

} // namespace postern::punch
