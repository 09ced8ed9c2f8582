#include "core/peer/tcp_dial.h"

#include "core/peer/connect_messages.h"

#include <QCoreApplication>

namespace postern {

TcpDial::TcpDial(const Endpoint &to, const QByteArray &token, Done done)
    : m_to(to)
    , m_greeting(QByteArray(peer::DIAL_GREETING, peer::GREETING_BYTES) + token)
    , m_done(std::move(done))
    , m_timer([this] {
        end({ErrorCode::Timeout,
             QCoreApplication::translate("Peer", "%1 did not answer in time.")
                 .arg(m_to.toString())});
    })
{
    auto socket =
        TcpSocket::connect(to, [this](Result<void> result) { connected(std::move(result)); });
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
    end(std::move(m_socket));
}

void TcpDial::end(Result<std::unique_ptr<TcpSocket>> result)
{
    m_timer.cancel();
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

} // namespace postern
