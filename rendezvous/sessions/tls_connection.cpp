#include "rendezvous/sessions/tls_connection.h"

#include <asio/post.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

namespace postern::rendezvous {

namespace {

/// One for all connections: reading is done when the call returns.
std::array<char, 16 * 1024> &readBuffer()
{
    static thread_local std::array<char, 16 * 1024> buffer;
    return buffer;
}

/// Then others get their turn.
constexpr int READS_A_TURN = 4;
/// What the system may hold for a client that does not read; left alone it grows to megabytes.
constexpr int SEND_BUFFER_BYTES = 64 * 1024;

/// A STUN message, by its cookie (RFC 8489 section 5). The first frame of a client of ours is
/// at most MAX_EARLY_FRAME_BYTES long, so its length begins with two zeros; no STUN type does.
bool beginsLikeStun(ByteView bytes)
{
    constexpr std::array<std::uint8_t, 4> COOKIE{0x21, 0x12, 0xa4, 0x42};
    static_assert(MAX_EARLY_FRAME_BYTES < 0x10000);
    return bytes.size() >= 8 && (bytes[0] & 0xc0) == 0 && (bytes[0] | bytes[1]) != 0
        && std::equal(COOKIE.begin(), COOKIE.end(), bytes.begin() + 4);
}

} // namespace

TlsConnection::TlsConnection(asio::ip::tcp::socket socket, const TlsContext &context,
                             Observer &observer)
    : m_socket(std::move(socket))
    , m_ssl(context.newConnection())
    , m_observer(&observer)
{
}

TlsConnection::~TlsConnection() = default;

void TlsConnection::start()
{
    asio::error_code failed;
    m_socket.non_blocking(true, failed);
    if (!failed)
        m_socket.set_option(asio::ip::tcp::no_delay(true), failed);
    if (!failed)
        m_socket.set_option(asio::socket_base::send_buffer_size(SEND_BUFFER_BYTES), failed);
    if (failed || !m_ssl || SSL_set_fd(m_ssl.get(), m_socket.native_handle()) != 1)
        return close();
    handshake();
}

void TlsConnection::progress()
{
    switch (m_state) {
    case State::Handshaking: return handshake();
    case State::Open: flush(); return readSome();
    case State::Flushing: return flush();
    case State::Lingering: return linger();
    case State::Closed: return;
    }
}

void TlsConnection::handshake()
{
    ERR_clear_error();
    const int result = SSL_do_handshake(m_ssl.get());
    if (result != 1)
        return awaitNext(result);
    m_state = State::Open;
    flush();
    readSome();
}

void TlsConnection::readSome()
{
    const auto self = shared_from_this(); // an observer may let go of us
    deliverFrames();
    auto &buffer = readBuffer();
    for (int round = 0; round < READS_A_TURN; ++round) {
        if (m_state != State::Open || m_paused)
            return;
        ERR_clear_error();
        const int count = SSL_read(m_ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (count <= 0)
            return awaitNext(count);
        const ByteView bytes{reinterpret_cast<const std::uint8_t *>(buffer.data()),
                             static_cast<size_t>(count)};
        if (!std::exchange(m_begun, true) && beginsLikeStun(bytes))
            return divert(bytes);
        m_reader.append(bytes);
        deliverFrames();
    }
    if (m_state == State::Open && !m_paused)
        asio::post(m_socket.get_executor(), [self] { self->progress(); });
}

void TlsConnection::divert(ByteView begun)
{
    m_state = State::Closed;
    const auto executor = m_socket.get_executor();
    if (m_observer)
        m_observer->spokenOtherwise({std::move(m_socket), std::move(m_ssl), toByteArray(begun)});
    asio::post(executor, [self = shared_from_this()] {
        if (auto *observer = std::exchange(self->m_observer, nullptr))
            observer->connectionClosed();
    });
}

void TlsConnection::deliverFrames()
{
    while (m_state == State::Open && !m_paused && m_observer) {
        auto frame = m_reader.next();
        if (!frame) {
            m_paused = true;
            return m_observer->framingBroken(frame.error());
        }
        if (!*frame)
            return;
        m_observer->frameArrived(**frame);
    }
}

void TlsConnection::setPaused(bool paused)
{
    if (paused == m_paused)
        return;
    m_paused = paused;
    if (!paused)
        asio::post(m_socket.get_executor(), [self = shared_from_this()] { self->progress(); });
}

void TlsConnection::send(const QByteArray &payload)
{
    if (m_state != State::Handshaking && m_state != State::Open)
        return;
    if (m_written > 0) { // what a slow reader has taken already must not pile up
        m_out.remove(0, m_written);
        m_written = 0;
    }
    m_out += frameOf(payload);
    scheduleFlush();
}

void TlsConnection::scheduleFlush()
{
    if (m_flushScheduled || m_state == State::Handshaking)
        return;
    m_flushScheduled = true;
    asio::post(m_socket.get_executor(), [self = shared_from_this()] {
        self->m_flushScheduled = false;
        self->flush();
    });
}

void TlsConnection::flush()
{
    if (m_state != State::Open && m_state != State::Flushing)
        return;
    while (m_written < m_out.size()) {
        ERR_clear_error();
        const int count = SSL_write(m_ssl.get(), m_out.constData() + m_written,
                                    static_cast<int>(m_out.size() - m_written));
        if (count <= 0)
            return awaitNext(count);
        m_written += count;
    }
    m_out = QByteArray();
    m_written = 0;
    if (m_state != State::Flushing)
        return;
    ERR_clear_error();
    SSL_shutdown(m_ssl.get());
    ERR_clear_error();
    asio::error_code ignored;
    m_socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    m_state = State::Lingering;
    linger();
}

/// Closing while the client's bytes are unread would make a reset, which may overtake our last
/// sentence: so read on, and throw away, until the client closes.
void TlsConnection::linger()
{
    auto &buffer = readBuffer();
    for (int round = 0; round < READS_A_TURN; ++round) {
        asio::error_code failed;
        (void)m_socket.read_some(asio::buffer(buffer), failed);
        if (failed == asio::error::would_block)
            return awaitReadable();
        if (failed)
            return close();
    }
    awaitReadable();
}

void TlsConnection::finish()
{
    if (m_state == State::Handshaking)
        return close();
    if (m_state != State::Open)
        return;
    m_state = State::Flushing;
    asio::post(m_socket.get_executor(), [self = shared_from_this()] { self->flush(); });
}

void TlsConnection::abort()
{
    m_observer = nullptr;
    close();
}

void TlsConnection::awaitNext(int result)
{
    switch (SSL_get_error(m_ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: return awaitReadable();
    case SSL_ERROR_WANT_WRITE: return awaitWritable();
    default: close();
    }
}

void TlsConnection::awaitReadable()
{
    if (m_awaitingReadable)
        return;
    m_awaitingReadable = true;
    m_socket.async_wait(asio::ip::tcp::socket::wait_read,
                        [self = shared_from_this()](const asio::error_code &failed) {
                            self->m_awaitingReadable = false;
                            if (!failed)
                                self->progress();
                        });
}

void TlsConnection::awaitWritable()
{
    if (m_awaitingWritable)
        return;
    m_awaitingWritable = true;
    m_socket.async_wait(asio::ip::tcp::socket::wait_write,
                        [self = shared_from_this()](const asio::error_code &failed) {
                            self->m_awaitingWritable = false;
                            if (!failed)
                                self->progress();
                        });
}

void TlsConnection::close()
{
    if (m_state == State::Closed)
        return;
    m_state = State::Closed;
    asio::error_code ignored;
    m_socket.close(ignored);
    // Kept until the stack is unwound: a call into OpenSSL may be above us.
    asio::post(m_socket.get_executor(), [self = shared_from_this()] {
        self->m_ssl.reset();
        if (auto *observer = std::exchange(self->m_observer, nullptr))
            observer->connectionClosed();
    });
}

} // namespace postern::rendezvous
