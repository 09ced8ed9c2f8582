#pragma once
// One STUN request over a TCP connection of its own, and the answer. The connection stays open as
// long as this lives, and with it what NATs on the way know of it; then it ends with a reset, so
// that the same port can ask the same server again at once.
//
// Thread: the owner's. Source: RFC 8489 section 6.2.2.

#include "core/net/tcp_socket.h"

#include <QByteArray>

namespace postern::nat {

class TcpQuestion {
public:
    /// Empty: nothing came, or no STUN. May destroy this.
    using Ended = std::function<void(const QByteArray &answer)>;

    /// Null if the system refuses; else `ended` comes once, from the event loop.
    static std::unique_ptr<TcpQuestion> ask(const Endpoint &to,
                                            const TcpSocket::ConnectOptions &options,
                                            const QByteArray &request, Ended ended);

    Endpoint local() const { return m_connection->local(); }

private:
    TcpQuestion(QByteArray request, Ended ended)
        : m_request(std::move(request))
        , m_ended(std::move(ended))
    {
    }
    void connected(const Result<void> &result);
    void readable();
    void end(const QByteArray &answer);

    QByteArray m_request;
    Ended m_ended;
    QByteArray m_answer;
    std::unique_ptr<TcpSocket> m_connection;
};

} // namespace postern::nat
