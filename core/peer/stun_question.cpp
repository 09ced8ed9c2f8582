#include "core/peer/stun_question.h"

#include "core/base/random.h"
#include "core/stun/binding.h"

namespace postern {

namespace {

stun::Transaction bindingTo(const Endpoint &server)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    fillRandom(bytes);
    const stun::TransactionId id(bytes);
    stun::RetransmissionTimings timings;
    timings.initialRto = 250ms; // RFC 8489 section 6.2.1 allows less than 500 ms on known links
    return {id, stun::bindingRequest(id), server, monotonicNow(), timings};
}

} // namespace

StunQuestion::StunQuestion(UdpDoor &door, const Endpoint &server, Duration patience, Done done)
    : m_door(door)
    , m_done(std::move(done))
    , m_ends(monotonicNow() + patience)
    , m_transaction(bindingTo(server))
    , m_taker(door.addStunTaker([this](const Datagram &datagram) { return take(datagram); }))
    , m_timer([this] { tick(); })
{
    tick();
}

StunQuestion::~StunQuestion() { m_door.removeStunTaker(m_taker); }

bool StunQuestion::take(const Datagram &datagram)
{
    const auto message = stun::Message::parse(datagram.bytes);
    if (!message || !m_transaction.handleResponse(monotonicNow(), *message, datagram.from))
        return false;
    end(message->mappedAddress().value_or(Endpoint()));
    return true;
}

void StunQuestion::tick()
{
    const Instant now = monotonicNow();
    m_transaction.handleTimeout(now);
    while (const auto request = m_transaction.pollTransmit(now))
        m_door.send(m_transaction.to(), viewOf(*request));
    if (now >= m_ends || m_transaction.state() == stun::Transaction::State::TimedOut)
        return end({});
    m_timer.set(std::min(m_transaction.nextDeadline(), m_ends));
}

void StunQuestion::end(const Endpoint &mapped)
{
    m_timer.cancel();
    if (const auto done = std::exchange(m_done, {}))
        done(mapped);
}

} // namespace postern
