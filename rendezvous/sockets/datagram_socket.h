#pragma once
// A UDP socket that moves runs of datagrams in one system call each way, and that knows to
// which of this machine's addresses a datagram came: a server listening on all addresses must
// answer from that very one, or answers are dropped.
// Network thread. Source: ip(7) IP_PKTINFO, RFC 3542 section 6, udp(7) UDP_GRO, UDP_SEGMENT.

#include "core/base/endpoint.h"

#include <asio/ip/udp.hpp>

#include <functional>
#include <memory>
#include <span>

namespace postern::rendezvous {

class DatagramSocket {
public:
    /// Datagrams of one sender in order of arrival, all of one size but the last, which may be
    /// shorter. Valid during the call only.
    struct Arrival {
        std::span<const ByteView> datagrams;
        Endpoint from;
        IpAddress to;
    };
    /// Must not destroy the socket.
    using Arrived = std::function<void(const Arrival &)>;

    /// Datagrams for one receiver: all of one size but the last, which may be shorter; each
    /// begins with `header` if there is one, and the last with `lastHeader`.
    struct Run {
        std::span<const ByteView> datagrams;
        ByteView header;
        ByteView lastHeader;
    };
    static constexpr std::size_t MOST_IN_RUN = 64; ///< UDP_MAX_SEGMENTS of older kernels

    DatagramSocket(asio::io_context &network, Arrived arrived)
        : m_socket(network)
        , m_arrived(std::move(arrived))
    {
    }

    /// Port 0 picks a free one; [::] takes IPv4 too. The endpoint bound.
    Result<Endpoint> bind(const Endpoint &at);
    /// The system's buffers, as far as it allows: for sockets that carry payload.
    void setBufferBytes(int bytes);
    void startReceiving();
    void close();

    /// From `source`, one of this machine's addresses; unspecified: the system chooses. Lost if
    /// the system's buffer is full, as any datagram may be.
    void send(ByteView datagram, const Endpoint &to, const IpAddress &source);
    void sendRun(const Run &run, const Endpoint &to, const IpAddress &source);

private:
    void receiveSome();
    bool sendAtOnce(const Run &run, std::size_t segment, const Endpoint &to,
                    const IpAddress &source);

    asio::ip::udp::socket m_socket;
    Arrived m_arrived;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true); ///< for handlers in flight
    bool m_isV6 = false;
    bool m_segments = true; ///< until the system refuses
};

} // namespace postern::rendezvous
