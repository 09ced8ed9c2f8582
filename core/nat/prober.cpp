#include "core/nat/prober.h"

#include "core/stun/binding.h"

#include <algorithm>

namespace postern::nat {

namespace {

constexpr int ONLY_WAIT = 6; ///< pauses after the only try: as long as three tries take
constexpr int LAST_WAIT = 3; ///< pauses after the last try, before it counts as unanswered

stun::RetransmissionTimings timingsOf(const Question &question)
{
    if (question.carrier == Carrier::Tcp) // TCP repeats by itself: once, and as long as all tries
        return {Prober::PAUSE, 1, 10};
    return {Prober::PAUSE, question.tries, question.tries == 1 ? ONLY_WAIT : LAST_WAIT};
}

} // namespace

QByteArray Prober::request(const stun::TransactionId &id, const Question &question) const
{
    if (question.responsePort == 0)
        return stun::bindingRequest(id, question.change);
    stun::MessageWriter writer(stun::MessageClass::Request, stun::Method::Binding, id);
    if (question.change != 0)
        writer.number32(stun::Attribute::ChangeRequest, question.change);
    // RFC 5780 section 7.5: the port, and two bytes of nothing
    return writer
        .number32(stun::Attribute::ResponsePort, std::uint32_t{question.responsePort} << 16)
        .fingerprint()
        .take();
}

void Prober::ask(Instant at, const Question &question, Then then)
{
    if (m_asked.size() >= MAX_QUESTIONS)
        return wake(at, [then](Instant now) { then(now, {}); });
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    m_random(bytes);
    const stun::TransactionId id(bytes);
    m_asked.push_back({question,
                       {id, request(id, question), question.to, at, timingsOf(question)},
                       std::move(then)});
}

void Prober::wake(Instant at, std::function<void(Instant)> then)
{
    m_wakes.emplace(at, std::move(then));
}

void Prober::close(int socket)
{
    std::erase_if(m_asked, [&](const Asked &asked) { return asked.question.socket == socket; });
    if (m_local.erase(socket) > 0)
        m_closed.push_back(socket);
}

Endpoint Prober::local(int socket) const
{
    const auto found = m_local.find(socket);
    return found != m_local.end() ? found->second : Endpoint();
}

void Prober::finish(Instant now, std::vector<Asked>::iterator asked, const Reply &reply)
{
    const Then then = std::move(asked->then);
    m_asked.erase(asked);
    then(now, reply);
}

void Prober::receive(Instant now, int socket, const Endpoint &from, ByteView bytes)
{
    const auto message = stun::Message::parse(bytes);
    if (!message)
        return;
    const auto asked = std::find_if(m_asked.begin(), m_asked.end(), [&](const Asked &one) {
        return one.transaction.id() == message->transaction() && one.transaction.sent() > 0;
    });
    if (asked == m_asked.end())
        return;
    Reply reply{.answered = true, .socket = socket, .from = from};
    if (message->isBindingRequest()) {
        // Only a NAT that turns our own packet round brings it back to another of our sockets.
        reply.looped = socket != asked->question.socket;
        if (reply.looped)
            finish(now, asked, reply);
        return;
    }
    if (!asked->transaction.handleResponse(now, *message, from, asked->question.change != 0))
        return;

    reply.roundTrip = asked->transaction.roundTrip();
    reply.refused = message->messageClass() == stun::MessageClass::Error;
    reply.mapped = message->mappedAddress().value_or(Endpoint());
    reply.other = message->address(stun::Attribute::OtherAddress).value_or(Endpoint());
    finish(now, asked, reply);
}

void Prober::failed(Instant now, int socket, const Endpoint &to)
{
    const auto asked = std::find_if(m_asked.begin(), m_asked.end(), [&](const Asked &one) {
        return one.question.socket == socket && one.question.to == to
            && one.question.carrier == Carrier::Tcp;
    });
    if (asked != m_asked.end())
        finish(now, asked, {});
}

void Prober::handleTimeout(Instant now)
{
    while (!m_wakes.empty() && m_wakes.begin()->first <= now) {
        const auto wake = std::move(m_wakes.begin()->second);
        m_wakes.erase(m_wakes.begin());
        wake(now);
    }
    for (auto &asked : m_asked)
        asked.transaction.handleTimeout(now);
    const auto isOver = [](const Asked &asked) {
        return asked.transaction.state() == stun::Transaction::State::TimedOut;
    };
    // What is told of one may ask or close others, so each is looked for anew.
    for (auto over = std::find_if(m_asked.begin(), m_asked.end(), isOver); over != m_asked.end();
         over = std::find_if(m_asked.begin(), m_asked.end(), isOver))
        finish(now, over, {});
}

Instant Prober::nextDeadline() const
{
    Instant next = m_wakes.empty() ? NEVER : m_wakes.begin()->first;
    for (const auto &asked : m_asked)
        next = std::min(next, asked.transaction.nextDeadline());
    return next;
}

std::optional<Transmission> Prober::pollTransmit(Instant now)
{
    for (auto &asked : m_asked) {
        if (auto bytes = asked.transaction.pollTransmit(now)) {
            const auto &question = asked.question;
            return Transmission{question.socket,   question.carrier,  question.to,
                                std::move(*bytes), question.hopLimit, question.reports};
        }
    }
    return std::nullopt;
}

std::optional<int> Prober::pollClosed()
{
    if (m_closed.empty())
        return std::nullopt;
    const int socket = m_closed.front();
    m_closed.pop_front();
    return socket;
}

} // namespace postern::nat
