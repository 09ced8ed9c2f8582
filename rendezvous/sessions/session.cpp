#include "rendezvous/sessions/session.h"

#include "core/base/log.h"
#include "rendezvous/sockets/socket_address.h"

namespace postern::rendezvous {

namespace {

/// What a client may leave unread before it is let go; a busy contact list makes some KiB.
constexpr std::size_t MOST_QUEUED_BYTES = 512 * 1024;
/// Requests of one client in the hands of the database or the dialler at a time.
constexpr int MOST_WORK = 8;
/// For the client to take our last words and close.
constexpr auto CLOSE_TIME = 3s;

Endpoint localOf(const asio::ip::tcp::socket &socket)
{
    asio::error_code failed;
    const auto endpoint = socket.local_endpoint(failed);
    return failed ? Endpoint() : toEndpoint(endpoint);
}

} // namespace

Session::Session(asio::ip::tcp::socket socket, const TlsContext &context, Welcome welcome,
                 House &house)
    : m_house(house)
    , m_local(localOf(socket))
    , m_conversation(monotonicNow(), std::move(welcome), fillRandom)
    , m_timer(socket.get_executor())
    , m_connection(std::make_shared<TlsConnection>(std::move(socket), context,
                                                   static_cast<TlsConnection::Observer &>(*this)))
{
}

void Session::start()
{
    armTimer();
    m_connection->start();
}

void Session::sendEncoded(const QByteArray &payload)
{
    m_connection->send(payload);
    m_forgiven = std::min(m_forgiven, m_connection->queuedBytes());
    if (m_connection->queuedBytes() <= MOST_QUEUED_BYTES + m_forgiven)
        return;
    qCInfo(logRendezvous) << "a client does not read what it is sent; let go";
    m_closeBy = monotonicNow();
    armTimer();
}

void Session::workBegan()
{
    if (++m_work >= MOST_WORK)
        m_connection->setPaused(true);
}

void Session::workEnded()
{
    if (--m_work < MOST_WORK && m_conversation.state() != Conversation::State::Ended)
        m_connection->setPaused(false);
}

void Session::entered(const Reply<Membership> &reply)
{
    carryOut(m_conversation.entered(monotonicNow(), reply));
    if (!m_conversation.early())
        m_connection->setMaxFrameBytes(MAX_FRAME_BYTES);
}

void Session::end(wire::FailureCode code, const QString &sentence)
{
    carryOut(m_conversation.end(code, sentence));
}

void Session::frameArrived(const QByteArray &payload)
{
    carryOut(m_conversation.receive(monotonicNow(), wire::decode<wire::ClientMessage>(payload)));
}

void Session::framingBroken(const Error &error)
{
    carryOut(m_conversation.receive(monotonicNow(), error));
}

void Session::spokenOtherwise(DivertedStream stream) { m_house.spokenOtherwise(std::move(stream)); }

void Session::connectionClosed()
{
    m_timer.cancel();
    m_house.sessionEnded(*this);
}

void Session::carryOut(const Effects &effects)
{
    for (const Effect &effect : effects) {
        if (const auto *words = std::get_if<effect::Say>(&effect)) {
            say(words->message);
            continue;
        }
        if (std::holds_alternative<effect::HangUp>(effect)) {
            m_closeBy = monotonicNow() + CLOSE_TIME;
            m_connection->finish();
        }
        m_house.perform(*this, effect);
    }
    armTimer();
}

/// A deadline that moved back is looked at when the old one fires: a message costs no timer.
void Session::armTimer()
{
    const Instant due = std::min(m_conversation.deadline(), m_closeBy);
    if (due >= m_timerAt)
        return;
    m_timerAt = due;
    m_timer.expires_at(due);
    m_timer.async_wait([weak = weak_from_this()](const asio::error_code &cancelled) {
        const auto self = weak.lock();
        if (self && !cancelled)
            self->timerFired();
    });
}

void Session::timerFired()
{
    m_timerAt = NEVER;
    const Instant now = monotonicNow();
    if (now >= m_closeBy) {
        m_connection->abort();
        m_house.sessionEnded(*this);
        return;
    }
    carryOut(m_conversation.timeout(now));
}

} // namespace postern::rendezvous
