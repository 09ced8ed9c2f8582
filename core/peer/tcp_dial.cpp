#include "core/peer/tcp_dial.h"

#include "core/peer/connect_messages.h"

#include <QCoreApplication>

namespace postern {

TcpDial::TcpDial(const Endpoint &to, const QByteArray &token, std::optional<Punched> punched,
                 Done done)
    : m_to(to)
    , m_greeting(punched ? peer::punchGreeting(token) : peer::dialGreeting(token))
    , m_awaited(punched ? peer::punchGreeting(punched->ownToken) : QByteArray())
    , m_done(std::move(done))
    , m_timer([this] {
        end({ErrorCode::Timeout,
             QCoreApplication::translate("Peer", "%1 did not answer in time.")
                 .arg(m_to.toString())});
    })
{
    TcpSocket::ConnectOptions options;
    if (punched) {
        options.from = Endpoint{IpAddress::any(to.address.family()), punched->port};
        options.sharePort = true;
    }
    auto socket = TcpSocket::connect(to, options,
                                     [this](Result<void> result) { connected(std::move(result)); });
    if (socket) {
        m_socket = std::move(*socket);
        m_timer.set(monotonicNow() + PATIENCE);
    } else {
        m_timer.set(monotonicNow()); // tells the failure from the event loop
    }
}

void TcpDial::connected(Result<void> result)
{
    if (!result)
        return end(result.error());
    // 32 bytes into an empty send buffer: they go at once or not at all.
    if (const auto sent = m_socket->write(viewOf(m_greeting));
        sent.status != IoStatus::Done || sent.bytes != static_cast<std::size_t>(m_greeting.size()))
        return end({ErrorCode::Disconnected, QStringLiteral("The connection broke at once.")});
    if (m_awaited.isEmpty())
        return end(std::move(m_socket));
    m_socket->setReadableHandler([this] { readAnswer(); });
}

/// Not a byte beyond the greeting: what follows belongs to the channel.
void TcpDial::readAnswer()
{
    std::array<std::uint8_t, peer::WHOLE_GREETING_BYTES> buffer{};
    while (!m_awaited.isEmpty()) {
        const auto room = std::span(buffer).first(static_cast<std::size_t>(m_awaited.size()));
        const auto got = m_socket->read(room);
        if (got.status == IoStatus::WouldBlock)
            return;
        const auto said = toByteArray(room.first(got.bytes));
        if (got.status != IoStatus::Done || !m_awaited.startsWith(said))
            return end({ErrorCode::Protocol, QStringLiteral("That was not the peer.")});
        m_awaited.remove(0, said.size());
    }
    m_socket->setReadableHandler({});
    end(std::move(m_socket));
}

void TcpDial::end(Result<std::unique_ptr<TcpSocket>> result)
{
    m_timer.cancel();
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

} // namespace postern
