#pragma once
// Takes connections on our TCP port and hands each to whoever its first bytes name: a peer
// connection that waits for its token, or the rendezvous that dials back. Everything else is
// a stranger's and is closed, at the latest after GREETING_TIME. Strangers learn nothing:
// nothing is sent before the greeting and token are right.
//
// Thread: engine thread. Takers run from the event loop.

#include "core/base/clock.h"
#include "core/net/deadline_timer.h"
#include "core/net/tcp_listener.h"

#include <QByteArray>
#include <QHash>

#include <functional>
#include <list>
#include <memory>

namespace postern {

class TcpDoor {
public:
    enum class Greeting {
        Dialled, ///< the peer connected to us, and knows it
        Punched, ///< either may have: it waits for our greeting
    };
    using Taker = std::function<void(std::unique_ptr<TcpSocket>, Greeting)>;

    static constexpr Duration GREETING_TIME = 5s;
    static constexpr std::size_t MAX_WAITING = 64; ///< connections that have not said who they want

    TcpDoor();
    ~TcpDoor();

    /// Takes the listener's connections from now on; it must outlive the door.
    void watch(TcpListener &listener);

    /// Connections that show this 16-byte token go to the taker, until forget().
    void expect(const QByteArray &token, Taker taker);
    void forget(const QByteArray &token);

    /// What the server's dial-back is answered with; empty: it is not.
    void setDialBackToken(const QByteArray &token) { m_dialBackToken = token; }

private:
    struct Visitor {
        std::unique_ptr<TcpSocket> socket;
        QByteArray greeting;
        Instant deadline;
    };
    using Visitors = std::list<Visitor>;

    void arrived(std::unique_ptr<TcpSocket> socket);
    void readable(Visitors::iterator visitor);
    void judge(Visitors::iterator visitor);
    void sendAway(Visitors::iterator visitor);
    void expire();

    Visitors m_visitors; // by deadline, the nearest first
    QHash<QByteArray, Taker> m_takers;
    QByteArray m_dialBackToken;
    DeadlineTimer m_timer;
};

} // namespace postern
