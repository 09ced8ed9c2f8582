#include "rendezvous/relay/relay_stream.h"

#include "rendezvous/sockets/socket_address.h"

#include <asio/post.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace postern::rendezvous {

namespace {

constexpr std::size_t READ_BYTES = 64 * 1024;
/// Then others get their turn.
constexpr int READS_A_TURN = 8;
/// What waits for a client that reads slowly: enough for a long fat way, and no more.
constexpr qsizetype MOST_QUEUED_BYTES = 1024 * 1024;
/// What can come before it is taken for a message without end.
constexpr std::size_t MOST_PENDING_BYTES = 2 * READ_BYTES + stun::CHANNEL_HEADER_BYTES;

/// One for all streams: reading is done when the call returns.
std::span<char> readBuffer()
{
    static thread_local std::vector<char> buffer(READ_BYTES);
    return buffer;
}

TurnClient clientOf(quint64 number, const asio::ip::tcp::socket &socket)
{
    asio::error_code failed;
    const auto from = socket.remote_endpoint(failed);
    const auto to = failed ? from : socket.local_endpoint(failed);
    return failed ? TurnClient{number, {}, {}}
                  : TurnClient{number, toEndpoint(from), toEndpoint(to).address};
}

} // namespace

RelayStream::RelayStream(quint64 number, DivertedStream stream, Observer &observer)
    : m_socket(std::move(stream.socket))
    , m_ssl(std::move(stream.ssl))
    , m_observer(&observer)
    , m_client(clientOf(number, m_socket))
    , m_idleSince(monotonicNow())
{
    m_in.append(viewOf(stream.begun));
}

RelayStream::~RelayStream() = default;

void RelayStream::start()
{
    asio::error_code failed;
    m_socket.non_blocking(true, failed);
    if (!failed)
        m_socket.set_option(asio::ip::tcp::no_delay(true), failed);
    if (failed)
        return end();
    asio::post(m_socket.get_executor(), [self = shared_from_this()] {
        if (self->deliver({}))
            self->progress();
    });
}

Endpoint RelayStream::local() const
{
    asio::error_code failed;
    const auto endpoint = m_socket.local_endpoint(failed);
    return failed ? Endpoint() : toEndpoint(endpoint);
}

void RelayStream::progress()
{
    if (m_ended)
        return;
    flush();
    for (int round = 0; round < READS_A_TURN; ++round) {
        if (m_ended || !readSome())
            return;
    }
    asio::post(m_socket.get_executor(), [self = shared_from_this()] { self->progress(); });
}

/// False: nothing more for now.
bool RelayStream::readSome()
{
    const auto buffer = readBuffer();
    const long count = readInto(buffer);
    return count > 0
        && deliver({reinterpret_cast<const std::uint8_t *>(buffer.data()),
                    static_cast<std::size_t>(count)});
}

bool RelayStream::deliver(ByteView bytes)
{
    m_in.append(bytes);
    m_messages.clear();
    for (;;) {
        const auto message = m_in.next();
        if (!message || m_in.pending() > MOST_PENDING_BYTES) {
            end();
            return false;
        }
        if (!*message)
            break;
        m_messages.push_back(**message);
    }
    if (m_observer && !m_messages.empty())
        m_observer->streamSaid(*this, m_messages);
    return !m_ended;
}

/// How much was read; 0: nothing yet, or the stream has ended.
long RelayStream::readInto(std::span<char> buffer)
{
    if (m_ssl) {
        ERR_clear_error();
        const int count = SSL_read(m_ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (count <= 0)
            awaitWhatTlsWants(count);
        return std::max(count, 0);
    }
    const ssize_t count = recv(m_socket.native_handle(), buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        await(asio::ip::tcp::socket::wait_read, m_awaitingReadable);
    else if (count <= 0)
        end();
    return std::max<ssize_t>(count, 0);
}

/// How much was written; 0: no room now, or the stream has ended.
long RelayStream::writeFrom(std::span<const char> bytes)
{
    if (m_ssl) {
        ERR_clear_error();
        const int count = SSL_write(m_ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (count <= 0)
            awaitWhatTlsWants(count);
        return std::max(count, 0);
    }
    const ssize_t count =
        ::send(m_socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        await(asio::ip::tcp::socket::wait_write, m_awaitingWritable);
    else if (count < 0)
        end();
    return std::max<ssize_t>(count, 0);
}

void RelayStream::awaitWhatTlsWants(int result)
{
    switch (SSL_get_error(m_ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: return await(asio::ip::tcp::socket::wait_read, m_awaitingReadable);
    case SSL_ERROR_WANT_WRITE: return await(asio::ip::tcp::socket::wait_write, m_awaitingWritable);
    default: end();
    }
}

void RelayStream::await(asio::ip::tcp::socket::wait_type what, bool &awaited)
{
    if (std::exchange(awaited, true))
        return;
    m_socket.async_wait(what,
                        [self = shared_from_this(), &awaited](const asio::error_code &failed) {
                            awaited = false;
                            if (!failed)
                                self->progress();
                        });
}

// --- out ---------------------------------------------------------------------------

bool RelayStream::hasRoom() const
{
    return !m_ended && m_out.size() - m_written < MOST_QUEUED_BYTES;
}

void RelayStream::sendMessage(ByteView message)
{
    if (!hasRoom())
        return;
    m_out.append(borrowedByteArray(message));
    scheduleFlush();
}

void RelayStream::sendChannel(std::uint16_t channel, std::span<const ByteView> datagrams)
{
    for (const ByteView datagram : datagrams) {
        if (!hasRoom())
            return;
        m_out.append(borrowedByteArray(stun::channelHeader(channel, datagram.size())))
            .append(borrowedByteArray(datagram))
            .append(static_cast<qsizetype>(stun::channelPadding(datagram.size())), '\0');
    }
    scheduleFlush();
}

void RelayStream::scheduleFlush()
{
    if (std::exchange(m_flushScheduled, true))
        return;
    asio::post(m_socket.get_executor(), [self = shared_from_this()] {
        self->m_flushScheduled = false;
        self->flush();
    });
}

void RelayStream::flush()
{
    while (!m_ended && m_written < m_out.size()) {
        const long count = writeFrom(
            {m_out.constData() + m_written, static_cast<std::size_t>(m_out.size() - m_written)});
        if (count == 0)
            break;
        m_written += count;
    }
    m_out.remove(0, m_written);
    m_written = 0;
}

void RelayStream::abort()
{
    m_observer = nullptr;
    end();
}

void RelayStream::end()
{
    if (std::exchange(m_ended, true))
        return;
    asio::error_code ignored;
    m_socket.close(ignored);
    // Later: a call of ours may be above us.
    asio::post(m_socket.get_executor(), [self = shared_from_this()] {
        if (auto *observer = std::exchange(self->m_observer, nullptr))
            observer->streamEnded(*self);
    });
}

} // namespace postern::rendezvous
