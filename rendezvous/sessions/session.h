#pragma once
// One client: its connection, its conversation, and the timer of both. Network thread.

#include "rendezvous/sessions/conversation.h"
#include "rendezvous/sessions/tls_connection.h"

#include <asio/steady_timer.hpp>

namespace postern::rendezvous {

class Session final : public std::enable_shared_from_this<Session>, TlsConnection::Observer {
public:
    /// What a session asks of the server around it.
    class House {
    public:
        virtual ~House() = default;
        virtual void perform(Session &session, const Effect &effect) = 0;
        /// The client speaks another protocol; sessionEnded() follows.
        virtual void spokenOtherwise(DivertedStream stream) = 0;
        /// The connection ended. The last call.
        virtual void sessionEnded(Session &session) = 0;
    };

    Session(asio::ip::tcp::socket socket, const TlsContext &context, Welcome welcome, House &house);
    ~Session() override { m_connection->abort(); }

    void start();

    const SessionId &id() const { return m_id; }
    const Conversation &conversation() const { return m_conversation; }
    /// The server's own address of this connection.
    const Endpoint &local() const { return m_local; }

    void say(const wire::ServerMessage &message) { sendEncoded(wire::encodeAny(message)); }
    /// A client that does not read what it is sent is let go.
    void sendEncoded(const QByteArray &payload);
    /// What was queued just now does not count against the client: its own contact list.
    void forgiveQueued() { m_forgiven = m_connection->queuedBytes(); }

    /// Work for this client began or ended elsewhere. With too much of it open, reading stops.
    void workBegan();
    void workEnded();

    void entered(const Reply<Membership> &reply);
    void end(wire::FailureCode code, const QString &sentence);

private:
    void frameArrived(const QByteArray &payload) override;
    void framingBroken(const Error &error) override;
    void spokenOtherwise(DivertedStream stream) override;
    void connectionClosed() override;
    void carryOut(const Effects &effects);
    void armTimer();
    void timerFired();

    SessionId m_id = randomId<SessionId>();
    House &m_house;
    Endpoint m_local;
    Conversation m_conversation;
    asio::steady_timer m_timer;
    std::shared_ptr<TlsConnection> m_connection;
    Instant m_timerAt = NEVER;
    Instant m_closeBy = NEVER; ///< after hanging up
    std::size_t m_forgiven = 0;
    int m_work = 0;
};

} // namespace postern::rendezvous
