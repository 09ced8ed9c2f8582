#include "core/punch/agent.h"

#include <QCoreApplication>

#include <algorithm>

namespace postern::punch {

namespace {

constexpr qsizetype MAX_EARLY_CHECKS = 8;
/// The local preference of addresses that no candidate of ours stands for.
constexpr std::uint16_t NO_PREFERENCE = 0;

} // namespace

QString failureSentence(FailureReason reason)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("Punch", text); };
    switch (reason) {
    case FailureReason::NoCandidates:
        return tr("The other side named no address to try; check that it is connected to a "
                  "network.");
    case FailureReason::NoAnswer:
        return tr("Nothing came back from any address of the other side: both networks may give "
                  "every connection a new port, or block UDP. Forwarding a port on either "
                  "router would make a direct path possible.");
    case FailureReason::OneWay:
        return tr("Packets arrive from the other side but the answers do not reach it; a "
                  "firewall in between may block UDP.");
    case FailureReason::NotNominated:
        return tr("A path was found, but the other side stopped before agreeing on it; try "
                  "again.");
    }
    return {};
}

Agent::Agent(AgentConfig config, RandomSource random, Instant now)
    : m_config(std::move(config))
    , m_random(std::move(random))
    , m_tieBreaker(randomNumber())
    , m_pacer(m_config.timings.paceInterval, m_config.timings.paceBurst)
    , m_startedAt(now)
{
}

void Agent::addLocalCandidate(const Candidate &candidate) { m_local.append(candidate); }

PunchOffer Agent::localOffer() const
{
    return {m_config.credentials.ufrag, m_config.credentials.password, m_local, {}};
}

void Agent::setOpening(int ttl, bool openly, Duration holdOff)
{
    m_config.openerTtl = ttl;
    m_openly = openly;
    if (holdOff > 0ms)
        m_config.timings.holdOff = holdOff;
}

Result<void> Agent::setRemote(Instant now, const PunchOffer &offer)
{
    auto checked = checkedOffer(offer);
    if (!checked)
        return checked.error();
    if (m_phase != Phase::Idle)
        return {ErrorCode::InvalidArgument,
                QStringLiteral("This search for a path has begun already.")};
    m_remote = std::move(checked).value();
    m_phase = Phase::Searching;
    m_startedAt = now;
    m_stuckAt = now + m_config.timings.stuckAfter;
    m_timeline.add(now, Step::Offered);
    for (const auto &candidate : m_remote.candidates)
        addPair(now, candidate);
    for (const auto &early : std::exchange(m_early, {}))
        if (early.check.peerUfrag == m_remote.ufrag)
            heardFrom(now, early.from, early.check);
    sendDue(now);
    return {};
}

void Agent::addRemoteCandidate(Instant now, const Candidate &candidate)
{
    if (m_phase != Phase::Searching)
        return;
    if (addPair(now, candidate))
        m_timeline.add(now, Step::CandidateAdded, candidate.endpoint);
    sendDue(now);
}

std::uint32_t Agent::localPriorityFor(const IpAddress &remote) const
{
    std::uint32_t best = 0;
    for (const auto &own : m_local)
        if (own.transport == Transport::Udp && own.endpoint.address.family() == remote.family())
            best = std::max(best, own.priority);
    return best != 0 ? best : candidatePriority(CandidateType::Host, NO_PREFERENCE);
}

bool Agent::isWorthTrying(const Endpoint &remote) const
{
    const auto ownUdp = [&](auto predicate) {
        return std::any_of(m_local.begin(), m_local.end(), [&](const Candidate &own) {
            return own.transport == Transport::Udp && predicate(own);
        });
    };
    const bool anyLocal = ownUdp([](const Candidate &) { return true; });
    const bool ownItself = ownUdp([&](const Candidate &own) {
        return own.type == CandidateType::Host && own.endpoint == remote;
    });
    const bool sameFamily = ownUdp([&](const Candidate &own) {
        return own.endpoint.address.family() == remote.address.family();
    });
    // A peer must not make us talk to services of our own machine: loopback only where we
    // offered it ourselves.
    const bool loopbackAllowed = !remote.address.isLoopback()
        || ownUdp([](const Candidate &own) { return own.endpoint.address.isLoopback(); });
    return isUsableRemote(remote) && !ownItself && (sameFamily || !anyLocal) && loopbackAllowed;
}

Pair *Agent::addPair(Instant now, const Candidate &remote, int socket)
{
    if (remote.transport != Transport::Udp || m_checklist.find(socket, remote.endpoint)
        || !isWorthTrying(remote.endpoint)
        || (remote.type != CandidateType::PeerReflexive
            && m_checklist.namedByPeer() >= MAX_UDP_CANDIDATES))
        return nullptr;
    Pair *pair =
        m_checklist.add(socket, remote, localPriorityFor(remote.endpoint.address), m_config.role);
    if (!pair)
        return nullptr;
    pair->nextSend = now;
    // Who answers sends first, so the peer's NAT has not been opened for us yet.
    pair->held = m_config.role == Role::Controlled && !m_peerHeard && !m_openly
        && remote.type == CandidateType::ServerReflexive && m_config.timings.holdOff > 0ms;
    if (pair->held && m_config.openerTtl == 0)
        pair->nextSend = m_startedAt + m_config.timings.holdOff;
    return pair;
}

Pair *Agent::learnPeerReflexive(Instant now, const Source &from, std::uint32_t priority, int most)
{
    if (m_checklist.count(CandidateType::PeerReflexive) >= most)
        return nullptr;
    Pair *pair =
        addPair(now, {Transport::Udp, CandidateType::PeerReflexive, from.remote, {}, priority},
                from.socket);
    if (!pair)
        return nullptr;
    nameGuess(*pair);
    m_timeline.add(now, Step::PeerReflexive, from.remote);
    const auto &offered = m_remote.candidates;
    const bool otherPort =
        std::any_of(offered.begin(), offered.end(), [&](const Candidate &candidate) {
            return candidate.transport == Transport::Udp
                && candidate.type == CandidateType::ServerReflexive
                && candidate.endpoint.address == from.remote.address;
        });
    if (otherPort && !pair->strategy) {
        m_remapped = true;
        m_timeline.add(now, Step::Remapped, from.remote);
    }
    return pair;
}

bool Agent::handleDatagram(Instant now, const Endpoint &remote, ByteView datagram, int socket)
{
    const Source from{remote, socket};
    if (m_phase == Phase::Ended)
        return false;
    const auto message = stun::Message::parse(datagram);
    if (!message || message->method() != stun::Method::Binding)
        return false;
    switch (message->messageClass()) {
    case stun::MessageClass::Request: return handleRequest(now, from, *message);
    case stun::MessageClass::Success:
    case stun::MessageClass::Error: return handleResponse(now, from, *message);
    case stun::MessageClass::Indication: return false;
    }
    return false;
}

bool Agent::handleRequest(Instant now, const Source &from, const stun::Message &message)
{
    const auto check = readCheck(message, m_config.credentials);
    if (!check || (m_phase != Phase::Idle && check->peerUfrag != m_remote.ufrag))
        return false;
    m_timeline.add(now, Step::CheckReceived, from.remote);
    if (!settleRoles(now, from, message, *check))
        return true;
    transmit(from.remote, checkSuccess(message, from.remote, m_config.credentials.password), 0,
             from.socket);
    if (m_phase == Phase::Idle) {
        if (m_early.size() < MAX_EARLY_CHECKS)
            m_early.append({from, *check});
    } else {
        heardFrom(now, from, *check);
        sendDue(now);
    }
    return true;
}

/// RFC 8445 section 7.3.1.1. False if the check was refused.
bool Agent::settleRoles(Instant now, const Source &from, const stun::Message &message,
                        const ReceivedCheck &check)
{
    if (check.peerRole != m_config.role)
        return true;
    const bool weControl = m_tieBreaker >= check.tieBreaker;
    const Role ours = weControl ? Role::Controlling : Role::Controlled;
    if (ours == m_config.role) {
        transmit(from.remote, checkRoleConflict(message, m_config.credentials.password), 0,
                 from.socket);
        return false;
    }
    switchRole(now, ours);
    return true;
}

void Agent::switchRole(Instant now, Role role)
{
    m_config.role = role;
    m_checklist.setRole(role);
    m_guess.clear();
    m_nominateAt = NEVER;
    if (!m_selected)
        m_nominee = nullptr;
    for (auto &pair : m_checklist.pairs())
        pair.nominated = pair.nominated && m_selected == &pair;
    m_timeline.add(now, Step::RoleSwitched);
    m_events.push_back(RoleChanged{role});
}

void Agent::heardFrom(Instant now, const Source &from, const ReceivedCheck &check)
{
    if (m_phase != Phase::Searching && m_phase != Phase::Selected)
        return;
    Pair *pair = m_checklist.find(from.socket, from.remote);
    if (!pair && m_phase == Phase::Searching)
        pair = learnPeerReflexive(now, from, check.priority,
                                  check.nominate ? MAX_WITH_NOMINATED : MAX_PEER_REFLEXIVE);
    releaseHeld(now);
    if (!pair)
        return;
    pair->heard = true;
    if (check.nominate && m_config.role == Role::Controlled) {
        pair->nominated = true;
        pair->nominationAgreed = true;
        m_nominee = pair;
    }
    // RFC 8445 section 7.3.1.4: their packet came through, so ours will now, if any will.
    if (pair->state != PairState::Succeeded && (m_phase == Phase::Searching || pair->nominated)) {
        if (pair->state == PairState::Failed) {
            pair->state = PairState::Waiting;
            pair->tries = 0;
        }
        pair->triggered = true;
        pair->nextSend = now;
    } else if (pair->nominated && pair != m_selected
               && pair->sentSinceHeard < m_config.timings.confirmations) {
        pair->nextSend = now;
    }
    selectIfSettled(now);
}

void Agent::releaseHeld(Instant now)
{
    if (std::exchange(m_peerHeard, true))
        return;
    for (auto &pair : m_checklist.pairs())
        if (std::exchange(pair.held, false))
            pair.nextSend = now;
}

bool Agent::handleResponse(Instant now, const Source &from, const stun::Message &message)
{
    if (m_volley && message.transaction() == m_guessTransaction)
        return handleGuessAnswer(now, from, message);
    Pair *pair = m_checklist.findTransaction(message.transaction());
    if (!pair || !message.verifyIntegrity(viewOf(m_remote.password.toUtf8())))
        return false;
    const Check check = *pair->check(message.transaction());
    if (const auto error = message.error(); message.messageClass() == stun::MessageClass::Error) {
        if (error && error->code == static_cast<int>(stun::StunError::RoleConflict)
            && check.role == m_config.role) {
            switchRole(now, check.role == Role::Controlling ? Role::Controlled : Role::Controlling);
            pair->nextSend = now;
            sendDue(now);
        }
        return true;
    }
    const auto mapped = message.xorAddress(stun::Attribute::XorMappedAddress);
    if (!mapped)
        return true;
    if (from.remote == pair->remote.endpoint && from.socket == pair->socket) {
        answered(now, *pair, check, *mapped);
    } else if (m_phase == Phase::Searching && !m_checklist.find(from.socket, from.remote)) {
        // RFC 8445 section 7.2.5.2.1: an answer from elsewhere proves nothing about this pair,
        // but it is authentic: try where it came from.
        learnPeerReflexive(now, from, pair->remote.priority, MAX_PEER_REFLEXIVE);
    }
    sendDue(now);
    return true;
}

void Agent::answered(Instant now, Pair &pair, const Check &check, const Endpoint &mapped)
{
    const Duration roundTrip = now - check.sentAt;
    pair.roundTrip = std::min(pair.roundTrip.value_or(roundTrip), roundTrip);
    pair.mapped = mapped;
    pair.heard = true;
    pair.lastAnswered = now;
    m_timeline.add(now, Step::CheckAnswered, pair.remote.endpoint);
    releaseHeld(now);
    if (pair.state != PairState::Succeeded && m_phase != Phase::HandedOver) {
        pair.state = PairState::Succeeded;
        pair.triggered = false;
        pair.tries = 0;
        scheduleNext(now, pair);
        m_timeline.add(now, Step::PathValidated, pair.remote.endpoint);
        m_events.push_back(PathValidated{report(pair)});
    }
    if (check.nominating && m_config.role == Role::Controlling)
        pair.nominationAgreed = true;
    selectIfSettled(now);
    nominateIfDue(now);
}

PathReport Agent::report(const Pair &pair) const
{
    const bool hairpin = std::any_of(m_local.begin(), m_local.end(), [&](const Candidate &own) {
        return own.type == CandidateType::ServerReflexive
            && own.endpoint.address == pair.remote.endpoint.address;
    });
    auto strategy = strategyOf(Transport::Udp, pair.remote.type, pair.remote.endpoint);
    if (strategy == Strategy::UdpPunch)
        strategy = hairpin ? Strategy::UdpHairpin : pair.strategy.value_or(strategy);
    return {pair.remote.endpoint, pair.remote.type, strategy,   pair.roundTrip.value_or(Duration{}),
            pair.mapped,          pair.socket,      pair.guess, pair.guesses};
}

std::optional<Transmit> Agent::pollTransmit()
{
    if (m_transmits.empty())
        return std::nullopt;
    Transmit next = std::move(m_transmits.front());
    m_transmits.pop_front();
    ++m_packetsSent;
    return next;
}

std::optional<AgentEvent> Agent::pollEvent()
{
    if (m_events.empty())
        return std::nullopt;
    AgentEvent next = std::move(m_events.front());
    m_events.pop_front();
    return next;
}

void Agent::handOver(Instant now)
{
    if (m_phase == Phase::Ended)
        return;
    m_phase = Phase::HandedOver;
    for (auto &pair : m_checklist.pairs())
        pair.nextSend = NEVER;
    m_timeline.add(now, Step::HandedOver);
}

std::uint64_t Agent::randomNumber()
{
    std::array<std::uint8_t, 8> bytes{};
    m_random(bytes);
    std::uint64_t number = 0;
    for (const auto byte : bytes)
        number = (number << 8) | byte;
    return number;
}

} // namespace postern::punch
