#pragma once
// One attempt to reach a peer by TCP: connect, show the token of its offer, hand the socket
// on to be secured. Through NATs both sides may be the one that connects: there both show the
// other's token, and both wait for their own. Thread: engine thread. The callback comes once, from
// the event loop.

#include "core/base/clock.h"
#include "core/net/deadline_timer.h"
#include "core/net/tcp_socket.h"

#include <QByteArray>

#include <functional>
#include <memory>
#include <optional>

namespace postern {

class TcpDial {
public:
    using Done = std::function<void(Result<std::unique_ptr<TcpSocket>>)>;

    /// A SYN goes out again after 1 and 3 s (RFC 6298 section 2): two losses are survived.
    static constexpr Duration PATIENCE = 8s;

    /// From our listener's port, as punch/simultaneous_open.h has it.
    struct Punched {
        std::uint16_t port = 0;
        QByteArray ownToken;
    };

    TcpDial(const Endpoint &to, const QByteArray &token, Done done)
        : TcpDial(to, token, std::nullopt, std::move(done))
    {
    }
    TcpDial(const Endpoint &to, const QByteArray &token, std::optional<Punched> punched, Done done);

    Endpoint remote() const { return m_to; }

private:
    void connected(Result<void> result);
    void readAnswer();
    void end(Result<std::unique_ptr<TcpSocket>> result);

    Endpoint m_to;
    QByteArray m_greeting;
    QByteArray m_awaited; ///< what the peer still has to say; empty: nothing
    Done m_done;
    std::unique_ptr<TcpSocket> m_socket;
    DeadlineTimer m_timer;
};

} // namespace postern
