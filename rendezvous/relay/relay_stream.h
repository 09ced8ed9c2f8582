#pragma once
// A TURN client that came by TCP or TLS: messages in and out of its stream. What finds no room
// is dropped, as a datagram would be, so a client that reads slowly costs bounded memory.
// Network thread. Source: RFC 8656 sections 3.1 and 12.5.

#include "core/stun/channel_data.h"
#include "rendezvous/relay/allocation_table.h"
#include "rendezvous/sessions/tls_connection.h"

#include <span>

namespace postern::rendezvous {

class RelayStream : public std::enable_shared_from_this<RelayStream> {
public:
    class Observer {
    public:
        virtual ~Observer() = default;
        /// Whole messages; valid during the call.
        virtual void streamSaid(RelayStream &stream, std::span<const ByteView> messages) = 0;
        /// By the client, or broken. The last call.
        virtual void streamEnded(RelayStream &stream) = 0;
    };

    /// Without `ssl` it is plain TCP.
    RelayStream(quint64 number, DivertedStream stream, Observer &observer);
    ~RelayStream();

    void start();
    /// Closes at once. The observer hears nothing any more.
    void abort();

    const TurnClient &client() const { return m_client; }
    Endpoint local() const;
    Instant idleSince() const { return m_idleSince; } ///< without an allocation
    void setIdleSince(Instant since) { m_idleSince = since; }

    void sendMessage(ByteView message);
    void sendChannel(std::uint16_t channel, std::span<const ByteView> datagrams);

private:
    void progress();
    bool readSome();
    bool deliver(ByteView bytes);
    long readInto(std::span<char> buffer);
    long writeFrom(std::span<const char> bytes);
    bool hasRoom() const;
    void scheduleFlush();
    void flush();
    void await(asio::ip::tcp::socket::wait_type what, bool &awaited);
    void awaitWhatTlsWants(int result);
    void end();

    asio::ip::tcp::socket m_socket;
    std::unique_ptr<ssl_st, SslDeleter> m_ssl;
    Observer *m_observer;
    TurnClient m_client;
    stun::TurnStream m_in;
    std::vector<ByteView> m_messages;
    QByteArray m_out;
    qsizetype m_written = 0;
    Instant m_idleSince;
    bool m_ended = false;
    bool m_flushScheduled = false;
    bool m_awaitingReadable = false;
    bool m_awaitingWritable = false;
};

} // namespace postern::rendezvous
