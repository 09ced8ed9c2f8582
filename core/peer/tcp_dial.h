#pragma once
// One attempt to reach a peer by TCP: connect, show the token of its offer, hand the socket
// on to be secured. Thread: engine thread. The callback comes once, from the event loop.

#include "core/base/clock.h"
#include "core/net/deadline_timer.h"
#include "core/net/tcp_socket.h"

#include <QByteArray>

#include <functional>
#include <memory>

namespace postern {

class TcpDial {
public:
    using Done = std::function<void(Result<std::unique_ptr<TcpSocket>>)>;

    /// A SYN goes out again after 1 and 3 s (RFC 6298 section 2): two losses are survived.
    static constexpr Duration PATIENCE = 8s;

    TcpDial(const Endpoint &to, const QByteArray &token, Done done);

    Endpoint remote() const { return m_to; }

private:
    void connected(Result<void> result);
    void end(Result<std::unique_ptr<TcpSocket>> result);

    Endpoint m_to;
    QByteArray m_greeting;
    Done m_done;
    std::unique_ptr<TcpSocket> m_socket;
    DeadlineTimer m_timer;
};

} // namespace postern
