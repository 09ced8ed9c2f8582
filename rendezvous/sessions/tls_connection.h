#pragma once
// One client's socket: TLS on the descriptor itself, frames in and out. Asio only says when
// the socket is ready; an idle connection holds no buffer of ours. Network thread.

#include "core/wire/frame.h"
#include "rendezvous/sessions/tls_context.h"

#include <asio/ip/tcp.hpp>

#include <memory>

namespace postern::rendezvous {

/// A connection that began otherwise than clients of ours do, handed on as it is.
struct DivertedStream {
    asio::ip::tcp::socket socket;
    std::unique_ptr<ssl_st, SslDeleter> ssl;
    QByteArray begun; ///< what has been read of it
};

class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
public:
    class Observer {
    public:
        virtual ~Observer() = default;
        virtual void frameArrived(const QByteArray &payload) = 0;
        /// A frame too large: nothing more will be read.
        virtual void framingBroken(const Error &error) = 0;
        /// Something else is spoken here (TURN shares the port): the socket goes along.
        virtual void spokenOtherwise(DivertedStream stream) = 0;
        /// By either side, or broken. The last call.
        virtual void connectionClosed() = 0;
    };

    TlsConnection(asio::ip::tcp::socket socket, const TlsContext &context, Observer &observer);
    ~TlsConnection();

    void start();
    /// Queues a frame; written soon, together with others of this turn.
    void send(const QByteArray &payload);
    std::size_t queuedBytes() const { return static_cast<std::size_t>(m_out.size() - m_written); }

    void setMaxFrameBytes(std::uint32_t bytes) { m_reader.setMaxFrameBytes(bytes); }
    /// While paused nothing is read, so the client's TCP window closes.
    void setPaused(bool paused);

    /// Reads no more; writes what is queued, ends TLS, waits for the client to close.
    void finish();
    /// Closes at once. The observer hears nothing any more.
    void abort();

private:
    enum class State { Handshaking, Open, Flushing, Lingering, Closed };

    void progress();
    void handshake();
    void readSome();
    void deliverFrames();
    void divert(ByteView begun);
    void scheduleFlush();
    void flush();
    void linger();
    void awaitNext(int result);
    void awaitReadable();
    void awaitWritable();
    void close();

    asio::ip::tcp::socket m_socket;
    std::unique_ptr<ssl_st, SslDeleter> m_ssl;
    Observer *m_observer;
    FrameReader m_reader{MAX_EARLY_FRAME_BYTES};
    QByteArray m_out;
    qsizetype m_written = 0;
    State m_state = State::Handshaking;
    bool m_begun = false; ///< the client has said something
    bool m_paused = false;
    bool m_awaitingReadable = false;
    bool m_awaitingWritable = false;
    bool m_flushScheduled = false;
};

} // namespace postern::rendezvous
