// An Agent's packets to many ports, and what comes back for them.

#include "core/punch/agent.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// After the last packet of a volley an answer may still be on its way.
constexpr Duration VOLLEY_PATIENCE = 1500ms;

} // namespace

bool Agent::isNamedByPeer(const IpAddress &address) const
{
    const auto &candidates = m_remote.candidates;
    return std::any_of(candidates.begin(), candidates.end(), [&](const Candidate &candidate) {
        return candidate.transport == Transport::Udp && candidate.endpoint.address == address;
    });
}

void Agent::fire(Instant now, Volley volley)
{
    if (m_phase != Phase::Searching || m_checklist.bestSucceeded())
        return;
    std::erase_if(volley.aims, [&](const Aim &aim) {
        return !isWorthTrying(aim.remote) || !isNamedByPeer(aim.remote.address);
    });
    if (volley.aims.empty())
        return;
    const Duration length =
        volley.passes.back().after + volley.interval * static_cast<int>(volley.aims.size());
    searchUntil(now + length + VOLLEY_PATIENCE);
    m_timeline.add(now, Step::Guessing, volley.aims.front().remote,
                   static_cast<int>(volley.aims.size()));
    if (!m_volley) {
        std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
        m_random(id);
        m_guessTransaction = stun::TransactionId(id);
    }
    m_volley.emplace(std::move(volley), now);
    fireDue(now);
}

/// All shots carry the same bytes: a transaction of many destinations, for the answer comes
/// from the one that met.
void Agent::fireDue(Instant now)
{
    if (m_phase != Phase::Searching || !m_volley || m_volley->isOver())
        return;
    if (m_checklist.bestSucceeded()) { // the first one that meets ends it
        searchUntil(now + m_config.timings.searchTime); // to agree on it
        m_volley->stop();
        return;
    }
    while (m_shotsLeft > 0) {
        const auto shot = m_volley->next(now);
        if (!shot)
            return;
        if (m_guess.isEmpty())
            m_guess = checkRequest({m_guessTransaction, m_config.credentials.ufrag, m_remote.ufrag,
                                    m_remote.password, m_config.role, m_tieBreaker,
                                    candidatePriority(CandidateType::PeerReflexive, 0), false});
        --m_shotsLeft;
        m_transmits.push_back({shot->aim.remote, m_guess, shot->ttl, shot->aim.socket, true});
    }
}

void Agent::easeVolley(Instant now)
{
    if (!m_volley || m_volley->isOver())
        return;
    m_volley->ease(now);
    m_timeline.add(now, Step::Eased);
}

void Agent::haltVolley(Instant now)
{
    if (!m_volley || m_volley->isOver())
        return;
    m_volley->stop();
    m_timeline.add(now, Step::Halted);
}

bool Agent::handleGuessAnswer(Instant now, const Source &from, const stun::Message &message)
{
    if (!message.verifyIntegrity(viewOf(m_remote.password.toUtf8())))
        return false;
    const auto aim = m_volley->aimAt(from.socket, from.remote);
    const auto firedAt = aim ? m_volley->firedAt(*aim) : std::nullopt;
    const auto mapped = message.xorAddress(stun::Attribute::XorMappedAddress);
    if (!firedAt || !mapped || m_phase != Phase::Searching)
        return true; // a role conflict too: its check will say so again
    Pair *pair = m_checklist.find(from.socket, from.remote);
    if (!pair)
        pair = learnPeerReflexive(now, from, candidatePriority(CandidateType::PeerReflexive, 0),
                                  MAX_PEER_REFLEXIVE);
    if (pair) {
        pair->nextSend = now;
        answered(now, *pair, {m_guessTransaction, *firedAt, m_config.role, false}, *mapped);
    }
    sendDue(now);
    return true;
}

/// A pair that only this volley can have brought about is called after it.
void Agent::nameGuess(Pair &pair) const
{
    if (!m_volley)
        return;
    const auto aim = m_volley->aimAt(pair.socket, pair.remote.endpoint);
    if (!aim && pair.socket == 0)
        return;
    pair.strategy = m_volley->volley().strategy;
    if (aim && m_volley->volley().guessing) {
        pair.guess = *aim + 1;
        pair.guesses = static_cast<int>(m_volley->volley().aims.size());
    }
}

} // namespace postern::punch
