#include "core/peer/tcp_door.h"

#include "core/peer/connect_messages.h"
#include "core/wire/rendezvous_messages.h"

namespace postern {

namespace {

static_assert(sizeof wire::DIAL_BACK_GREETING - 1 == peer::GREETING_BYTES);
static_assert(sizeof peer::DIAL_GREETING - 1 == peer::GREETING_BYTES);
static_assert(sizeof peer::PUNCH_GREETING - 1 == peer::GREETING_BYTES);

using peer::WHOLE_GREETING_BYTES;

bool isPeers(const QByteArray &greeting)
{
    return greeting == QByteArrayView(peer::DIAL_GREETING)
        || greeting == QByteArrayView(peer::PUNCH_GREETING);
}

} // namespace

TcpDoor::TcpDoor()
    : m_timer([this] { expire(); })
{
}

TcpDoor::~TcpDoor() = default;

void TcpDoor::watch(TcpListener &listener)
{
    listener.setAcceptor([this](std::unique_ptr<TcpSocket> socket) { arrived(std::move(socket)); });
}

void TcpDoor::expect(const QByteArray &token, Taker taker) { m_takers.insert(token, taker); }

void TcpDoor::forget(const QByteArray &token) { m_takers.remove(token); }

void TcpDoor::arrived(std::unique_ptr<TcpSocket> socket)
{
    if (m_visitors.size() >= MAX_WAITING || (m_takers.isEmpty() && m_dialBackToken.isEmpty()))
        return;
    m_visitors.push_back({std::move(socket), {}, monotonicNow() + GREETING_TIME});
    const auto visitor = std::prev(m_visitors.end());
    visitor->socket->setReadableHandler([this, visitor] { readable(visitor); });
    m_timer.set(m_visitors.front().deadline);
}

void TcpDoor::readable(Visitors::iterator visitor)
{
    while (visitor->greeting.size() < WHOLE_GREETING_BYTES) {
        // Not a byte beyond the greeting: what follows belongs to the taker.
        const qsizetype stage = visitor->greeting.size() < peer::GREETING_BYTES
            ? peer::GREETING_BYTES
            : WHOLE_GREETING_BYTES;
        std::array<std::uint8_t, WHOLE_GREETING_BYTES> buffer{};
        const auto wanted = static_cast<std::size_t>(stage - visitor->greeting.size());
        const auto got = visitor->socket->read(std::span(buffer).first(wanted));
        if (got.status == IoStatus::WouldBlock)
            return;
        if (got.status != IoStatus::Done)
            return sendAway(visitor);
        visitor->greeting.append(toByteArray(std::span(buffer).first(got.bytes)));
        if (visitor->greeting.size() == peer::GREETING_BYTES && !isPeers(visitor->greeting))
            break;
    }
    judge(visitor);
}

void TcpDoor::judge(Visitors::iterator visitor)
{
    if (visitor->greeting == QByteArrayView(wire::DIAL_BACK_GREETING)
        && !m_dialBackToken.isEmpty()) {
        // Stays among the visitors until its deadline, so that the answer can leave.
        visitor->socket->setReadableHandler({});
        (void)visitor->socket->write(viewOf(m_dialBackToken));
        visitor->socket->shutdownWrite();
        return;
    }
    const auto taker = m_takers.value(visitor->greeting.mid(peer::GREETING_BYTES));
    if (visitor->greeting.size() != WHOLE_GREETING_BYTES || !taker)
        return sendAway(visitor);
    const bool punched = visitor->greeting.startsWith(peer::PUNCH_GREETING);
    auto socket = std::move(visitor->socket);
    socket->setReadableHandler({});
    sendAway(visitor);
    taker(std::move(socket), punched ? Greeting::Punched : Greeting::Dialled);
}

void TcpDoor::sendAway(Visitors::iterator visitor)
{
    m_visitors.erase(visitor);
    m_timer.set(m_visitors.empty() ? NEVER : m_visitors.front().deadline);
}

void TcpDoor::expire()
{
    const Instant now = monotonicNow();
    while (!m_visitors.empty() && m_visitors.front().deadline <= now)
        m_visitors.pop_front();
    m_timer.set(m_visitors.empty() ? NEVER : m_visitors.front().deadline);
}

} // namespace postern
