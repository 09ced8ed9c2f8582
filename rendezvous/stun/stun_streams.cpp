#include "rendezvous/stun/stun_streams.h"

#include "core/stun/message.h"
#include "rendezvous/sessions/limits.h"
#include "rendezvous/sockets/socket_address.h"

#include <asio/write.hpp>

namespace postern::rendezvous {

namespace {

constexpr auto IDLE_TIME = std::chrono::seconds(15);
constexpr std::size_t MOST_BYTES = 1500; ///< of one request, as over UDP

} // namespace

class StunStreams::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(StunStreams &owner, asio::ip::tcp::socket socket, const Endpoint &from,
               const Endpoint &origin)
        : m_owner(&owner)
        , m_socket(std::move(socket))
        , m_idle(owner.m_network)
        , m_from(from)
        , m_origin(origin)
    {
    }

    void readOn()
    {
        m_idle.expires_after(IDLE_TIME);
        m_idle.async_wait([self = shared_from_this()](const asio::error_code &cancelled) {
            if (!cancelled)
                self->end();
        });
        m_socket.async_read_some(
            asio::buffer(m_buffer.data() + m_filled, m_buffer.size() - m_filled),
            [self = shared_from_this()](const asio::error_code &failed, std::size_t bytes) {
                if (failed)
                    return self->end();
                self->m_filled += bytes;
                self->take();
            });
    }

    /// The owner goes, or has had enough.
    void close()
    {
        m_owner = nullptr;
        asio::error_code ignored;
        m_socket.close(ignored);
        m_idle.cancel();
    }

private:
    void end()
    {
        const auto self = shared_from_this();
        if (m_owner)
            m_owner->m_connections.erase(self);
        close();
    }

    /// One request at a time; the next is read when its answer has left.
    void take()
    {
        const ByteView bytes(m_buffer.data(), m_filled);
        const auto size = stun::messageSize(bytes);
        if (!m_owner || (size && *size > m_buffer.size()))
            return end();
        if (!size || *size > m_filled)
            return readOn();
        const auto request = bytes.first(*size);
        if (!stun::looksLikeStun(request)
            || !m_owner->m_limits.take(sourceOf(m_from.address), monotonicNow()))
            return end();
        const auto answer = m_owner->m_answer(m_origin, m_from, request);
        if (!answer)
            return end();
        m_answer = answer->datagram;
        std::copy(m_buffer.begin() + static_cast<std::ptrdiff_t>(*size),
                  m_buffer.begin() + static_cast<std::ptrdiff_t>(m_filled), m_buffer.begin());
        m_filled -= *size;
        asio::async_write(
            m_socket, asio::buffer(m_answer.constData(), static_cast<std::size_t>(m_answer.size())),
            [self = shared_from_this()](const asio::error_code &failed, std::size_t) {
                if (failed)
                    return self->end();
                self->take();
            });
    }

    StunStreams *m_owner; ///< null once it is gone
    asio::ip::tcp::socket m_socket;
    asio::steady_timer m_idle;
    Endpoint m_from;
    Endpoint m_origin;
    std::array<std::uint8_t, MOST_BYTES> m_buffer{};
    std::size_t m_filled = 0;
    QByteArray m_answer;
};

StunStreams::~StunStreams()
{
    m_listener.close();
    for (const auto &connection : std::exchange(m_connections, {}))
        connection->close();
}

void StunStreams::admit(asio::ip::tcp::socket socket)
{
    asio::error_code failed;
    const auto from = socket.remote_endpoint(failed);
    const auto origin = failed ? from : socket.local_endpoint(failed);
    if (failed || m_connections.size() >= MOST_CONNECTIONS
        || !m_limits.take(sourceOf(toEndpoint(from).address), monotonicNow()))
        return;
    auto connection = std::make_shared<Connection>(*this, std::move(socket), toEndpoint(from),
                                                   toEndpoint(origin));
    m_connections.insert(connection);
    connection->readOn();
}

} // namespace postern::rendezvous
