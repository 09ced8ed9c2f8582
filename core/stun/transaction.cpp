#include "core/stun/transaction.h"

namespace postern::stun {

Transaction::Transaction(const TransactionId &id, QByteArray request, const Endpoint &to,
                         Instant now, const RetransmissionTimings &timings)
    : m_id(id)
    , m_request(std::move(request))
    , m_to(to)
    , m_timings(timings)
    , m_due(now)
    , m_firstSent(now)
{
}

std::optional<QByteArray> Transaction::pollTransmit(Instant now)
{
    if (m_state != State::Asking || m_sent == m_timings.requests || now < m_due)
        return std::nullopt;
    if (m_sent == 0)
        m_firstSent = now;
    ++m_sent;
    const bool last = m_sent == m_timings.requests;
    m_due = now + m_timings.initialRto * (last ? m_timings.lastWait : 1 << (m_sent - 1));
    return m_request;
}

void Transaction::handleTimeout(Instant now)
{
    if (m_state == State::Asking && m_sent == m_timings.requests && now >= m_due)
        m_state = State::TimedOut;
}

Instant Transaction::nextDeadline() const { return m_state == State::Asking ? m_due : NEVER; }

bool Transaction::handleResponse(Instant now, const Message &message, const Endpoint &from,
                                 bool fromElsewhere)
{
    const bool isResponse = message.messageClass() == MessageClass::Success
        || message.messageClass() == MessageClass::Error;
    if (m_state != State::Asking || m_sent == 0 || !isResponse || message.transaction() != m_id
        || (from != m_to && !fromElsewhere))
        return false;
    m_state = State::Answered;
    if (m_sent == 1)
        m_roundTrip = now - m_firstSent;
    return true;
}

} // namespace postern::stun
