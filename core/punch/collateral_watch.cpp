#include "core/punch/collateral_watch.h"

#include "core/stun/binding.h"

#include <algorithm>
#include <utility>

namespace postern::punch {

CollateralWatch::CollateralWatch(Endpoint server, RandomSource random, Instant now)
    : m_server(std::move(server))
    , m_random(std::move(random))
    , m_askNext(now)
{
}

void CollateralWatch::ask(Instant now)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    m_random(bytes);
    const stun::TransactionId id(bytes);
    // Once each: that none comes back is what is asked about.
    m_question.emplace(id, stun::bindingRequest(id), m_server, now,
                       stun::RetransmissionTimings{m_patience, 1, 1});
}

bool CollateralWatch::handleDatagram(Instant now, const Endpoint &from, ByteView datagram)
{
    if (!m_question)
        return false;
    const auto message = stun::Message::parse(datagram);
    if (!message || !m_question->handleResponse(now, *message, from))
        return false;
    if (const auto roundTrip = m_question->roundTrip())
        m_patience = std::clamp(3 * *roundTrip, LEAST_PATIENCE, PATIENCE);
    m_question.reset();
    m_askNext = now + INTERVAL;
    m_lost = 0;
    const auto mapped = message->mappedAddress();
    if (mapped && !m_mapped.isNull() && *mapped != m_mapped)
        m_health = Health::Overwhelmed; // what was known to work is gone
    if (mapped)
        m_mapped = *mapped;
    return true;
}

void CollateralWatch::handleTimeout(Instant now)
{
    if (m_question) {
        m_question->handleTimeout(now);
        if (m_question->state() != stun::Transaction::State::TimedOut)
            return;
        m_question.reset();
        m_askNext = now;
        const bool hadAnswers = !m_mapped.isNull();
        if (hadAnswers && ++m_lost >= LOST_IN_A_ROW) {
            m_lost = 0;
            m_health = m_health == Health::Fine ? Health::Strained : Health::Overwhelmed;
        }
    }
    if (now >= m_askNext)
        ask(now);
}

Instant CollateralWatch::nextDeadline() const
{
    return m_question ? m_question->nextDeadline() : m_askNext;
}

std::optional<QByteArray> CollateralWatch::pollTransmit(Instant now)
{
    return m_question ? m_question->pollTransmit(now) : std::nullopt;
}

} // namespace postern::punch
