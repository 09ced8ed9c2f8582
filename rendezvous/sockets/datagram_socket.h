#pragma once
// A UDP socket that knows to which of this machine's addresses a datagram came, and answers
// from that very one: a server listening on all addresses must, or answers are dropped.
// Network thread. Source: ip(7) IP_PKTINFO, RFC 3542 section 6.

#include "core/base/endpoint.h"

#include <asio/ip/udp.hpp>

#include <functional>

namespace postern::rendezvous {

class DatagramSocket {
public:
    struct Arrival {
        ByteView datagram; ///< valid during the call only
        Endpoint from;
        IpAddress to;
    };
    using Arrived = std::function<void(const Arrival &)>;

    DatagramSocket(asio::io_context &network, Arrived arrived)
        : m_socket(network)
        , m_arrived(std::move(arrived))
    {
    }

    /// Port 0 picks a free one; [::] takes IPv4 too. The endpoint bound.
    Result<Endpoint> bind(const Endpoint &at);
    void startReceiving();
    void close();
    /// From `source`, one of this machine's addresses; unspecified: the system chooses. Lost if
    /// the system's buffer is full, as any datagram may be.
    void send(const QByteArray &datagram, const Endpoint &to, const IpAddress &source);

private:
    void receiveSome();

    asio::ip::udp::socket m_socket;
    Arrived m_arrived;
    bool m_isV6 = false;
};

} // namespace postern::rendezvous
