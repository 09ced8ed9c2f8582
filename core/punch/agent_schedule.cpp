// When an Agent sends what, and when it decides.

#include "core/punch/agent.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// However many checks the peer triggers, one address gets no more than this while we search.
constexpr int MOST_PER_PAIR = 40;
/// On a path that works, an answer is a matter of luck with losses alone: ask sooner again than on
/// one that may lead nowhere.
constexpr Duration LONGEST_ON_WORKING_PAIR = 300ms;

} // namespace

Duration Agent::backoff(int tries) const
{
    const auto &timings = m_config.timings;
    const int doublings = std::clamp(tries - 1, 0, 10);
    return std::min(timings.firstInterval * (1 << doublings), timings.longestInterval);
}

/// RFC 7675 section 5.1: randomised, so that many paths do not beat in step.
Duration Agent::consentPause()
{
    const auto percent = 80 + static_cast<int>(randomNumber() % 41);
    return m_config.timings.consentInterval * percent / 100;
}

void Agent::transmit(const Endpoint &to, QByteArray bytes, int ttl, int socket)
{
    m_transmits.push_back({to, std::move(bytes), ttl, socket});
}

void Agent::sendDue(Instant now)
{
    while (m_phase == Phase::Searching || m_phase == Phase::Selected) {
        Pair *pair = m_checklist.nextDue(now);
        if (!pair || (!pair->triggered && !m_pacer.isReady(now)))
            return;
        const bool exhausted =
            pair->tries >= m_config.timings.checksPerPair || pair->sent >= MOST_PER_PAIR;
        if (exhausted && pair != m_selected) {
            // Patience is at its end. A pair that had answered before may still be all we have.
            if (pair->state != PairState::Succeeded)
                pair->state = PairState::Failed;
            if (m_nominee == pair && m_config.role == Role::Controlling && !m_selected) {
                pair->state = PairState::Failed;
                pair->nominated = false;
                m_nominee = nullptr;
            }
            pair->triggered = false;
            pair->nextSend = NEVER;
            continue;
        }
        sendCheck(now, *pair);
    }
}

void Agent::sendCheck(Instant now, Pair &pair)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
    m_random(id);
    const Instant heldUntil = m_startedAt + m_config.timings.holdOff;
    const bool opener = pair.held && m_config.openerTtl > 0 && now < heldUntil;
    const bool nominate = pair.nominated && m_config.role == Role::Controlling;
    const CheckRequest check{stun::TransactionId(id),
                             m_config.credentials.ufrag,
                             m_remote.ufrag,
                             m_remote.password,
                             m_config.role,
                             m_tieBreaker,
                             candidatePriority(CandidateType::PeerReflexive,
                                               static_cast<std::uint16_t>(pair.localPriority >> 8)),
                             nominate};
    transmit(pair.remote.endpoint, checkRequest(check), opener ? m_config.openerTtl : 0,
             pair.socket);
    pair.record({check.transaction, now, m_config.role, nominate});
    const bool triggered = std::exchange(pair.triggered, false);
    ++pair.sent;
    m_pacer.sent(now);
    if (m_phase == Phase::Searching)
        m_timeline.add(now, opener ? Step::OpenerSent : Step::CheckSent, pair.remote.endpoint);
    if (opener) { // again: it is as easily lost as any packet
        pair.nextSend = std::min(now + backoff(pair.sent), heldUntil);
        return;
    }
    pair.held = false;
    if (!triggered) // an answer to the peer's check costs nothing of our own patience
        ++pair.tries;
    if (pair.heard)
        ++pair.sentSinceHeard;
    if (pair.state == PairState::Waiting)
        pair.state = PairState::InProgress;
    scheduleNext(now, pair);
    selectIfSettled(now);
}

/// When the pair is to be checked again.
void Agent::scheduleNext(Instant now, Pair &pair)
{
    if (pair.state != PairState::Succeeded) {
        pair.nextSend = now + backoff(pair.tries);
        return;
    }
    const bool unconfirmed = pair.sentSinceHeard < m_config.timings.confirmations;
    const bool asking = pair.nominated && !pair.nominationAgreed;
    if (unconfirmed || asking)
        pair.nextSend = now + std::min(backoff(pair.tries), LONGEST_ON_WORKING_PAIR);
    else
        pair.nextSend = &pair == m_selected ? now + consentPause() : NEVER;
}

/// The controlling side picks the best path that works, once no better one is likely.
void Agent::nominateIfDue(Instant now)
{
    if (m_config.role != Role::Controlling || m_phase != Phase::Searching || m_nominee)
        return;
    Pair *best = m_checklist.bestSucceeded();
    if (!best) {
        m_nominateAt = NEVER;
        return;
    }
    const auto &timings = m_config.timings;
    if (m_nominateAt == NEVER)
        m_nominateAt = now
            + std::clamp(2 * best->roundTrip.value_or(timings.mostGrace), timings.leastGrace,
                         timings.mostGrace);
    if (now < m_nominateAt && m_checklist.mayImproveOn(*best))
        return;
    m_nominateAt = NEVER;
    m_nominee = best;
    best->nominated = true;
    best->tries = 0;
    best->nextSend = now;
    m_timeline.add(now, Step::Nominating, best->remote.endpoint);
}

/// Agreed on, and enough packets sent after the peer was heard for it to have heard us too:
/// a side that falls silent at its first success strands the other (FACTS, "traps").
void Agent::selectIfSettled(Instant now)
{
    if (m_phase != Phase::Searching && m_phase != Phase::Selected)
        return;
    if (!m_nominee || m_nominee == m_selected || !m_nominee->nominationAgreed
        || m_nominee->state != PairState::Succeeded
        || m_nominee->sentSinceHeard < m_config.timings.confirmations)
        return;
    m_selected = m_nominee;
    m_phase = Phase::Selected;
    m_stuckAt = NEVER;
    if (m_volley)
        m_volley->stop();
    for (auto &pair : m_checklist.pairs()) {
        pair.nextSend = NEVER;
        pair.triggered = false;
    }
    m_selected->lastAnswered = now;
    scheduleNext(now, *m_selected);
    m_timeline.add(now, Step::Nominated, m_selected->remote.endpoint);
    m_events.push_back(Nominated{report(*m_selected)});
}

void Agent::handleTimeout(Instant now)
{
    nominateIfDue(now);
    sendDue(now);
    fireDue(now);
    nominateIfDue(now); // a nominee may just have failed
    giveUpIfDue(now);
}

void Agent::giveUpIfDue(Instant now)
{
    if (m_phase == Phase::Selected
        && now - m_selected->lastAnswered >= m_config.timings.consentExpiry) {
        end(now, Step::ConsentLost, ConsentLost{m_selected->remote.endpoint});
        return;
    }
    if (m_phase != Phase::Searching)
        return;
    const bool validated = m_checklist.bestSucceeded() != nullptr;
    if (now >= m_stuckAt) {
        m_stuckAt = NEVER;
        if (!validated) {
            m_timeline.add(now, Step::Stuck);
            m_events.push_back(Stuck{m_remapped});
        }
    }
    const bool moreComes = now < m_moreUntil;
    if (now < timeIsUpAt() && (moreComes || !m_checklist.allFailed()))
        return;
    FailureReason reason = FailureReason::NoAnswer;
    if (validated)
        reason = FailureReason::NotNominated;
    else if (m_checklist.pairs().empty())
        reason = FailureReason::NoCandidates;
    else if (m_peerHeard)
        reason = FailureReason::OneWay;
    end(now, Step::Failed, Failed{reason});
}

void Agent::end(Instant now, Step step, AgentEvent event)
{
    m_phase = Phase::Ended;
    m_timeline.add(now, step);
    m_events.push_back(std::move(event));
}

Instant Agent::timeIsUpAt() const
{
    return std::max(m_startedAt + m_config.timings.searchTime, m_moreUntil);
}

Instant Agent::nextDeadline() const
{
    if (m_phase != Phase::Searching && m_phase != Phase::Selected)
        return NEVER;
    Instant next = m_checklist.nextSend();
    if (next != NEVER)
        next = std::max(next, m_pacer.readyAt());
    if (m_phase == Phase::Selected)
        return std::min(next, m_selected->lastAnswered + m_config.timings.consentExpiry);
    if (m_volley && m_shotsLeft > 0)
        next = std::min(next, m_volley->nextDeadline());
    return std::min({next, m_nominateAt, m_stuckAt, timeIsUpAt()});
}

} // namespace postern::punch
