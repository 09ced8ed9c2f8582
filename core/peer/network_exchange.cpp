#include "core/peer/network_exchange.h"

#include <algorithm>

namespace postern {

NetworkExchange::Word NetworkExchange::begin(Instant now)
{
    m_ownWord = m_own.behaviour();
    m_said = m_own.isMeasured();
    if (!m_said) {
        m_sayBy = now + PATIENCE;
        m_lookAt = now + LOOK;
    }
    return {m_ownWord, !m_said};
}

void NetworkExchange::hear(Instant now, const Word &word)
{
    if (m_heard)
        return;
    m_theirs = word.network;
    m_heard = !word.measuring;
    m_hearBy = m_heard ? NEVER : std::min(m_hearBy, now + PEER_PATIENCE);
}

std::optional<nat::NetworkBehaviour> NetworkExchange::handleTimeout(Instant now)
{
    if (now >= m_hearBy) {
        m_heard = true;
        m_hearBy = NEVER;
    }
    if (now < m_lookAt)
        return std::nullopt;
    m_said = m_own.isMeasured() || now >= m_sayBy;
    m_lookAt = m_said ? NEVER : std::min(now + LOOK, m_sayBy);
    if (!m_said)
        return std::nullopt;
    m_ownWord = m_own.behaviour();
    return m_ownWord;
}

Instant NetworkExchange::nextDeadline() const { return std::min(m_lookAt, m_hearBy); }

} // namespace postern
