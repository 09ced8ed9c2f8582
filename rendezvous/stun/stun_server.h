#pragma once
// The STUN responder's sockets: two ports, or four places with a second address. Network thread.

#include "rendezvous/sessions/token_buckets.h"
#include "rendezvous/sockets/datagram_socket.h"
#include "rendezvous/stun/responder.h"
#include "rendezvous/stun/stun_streams.h"

#include <memory>

namespace postern::rendezvous {

class StunServer {
public:
    explicit StunServer(asio::io_context &network)
        : m_network(network)
    {
    }

    /// Port 0 picks a free one. With an alternate, it must differ in address and in port, and
    /// each address must have both ports free; without, a second port is opened if one can be.
    /// The endpoints listened on.
    Result<StunAddresses> listen(const Endpoint &at, const std::optional<Endpoint> &alternate);
    /// By TCP, too, where it can; the primary place only if no relay answers there already.
    void listenToStreams(bool primaryToo);
    void close();

    /// Who is shown first what comes to the primary socket; true: it was theirs. A TURN server
    /// shares its port with STUN (RFC 8656 section 6).
    using Relay = std::function<bool(DatagramSocket &, const DatagramSocket::Arrival &)>;
    void setRelay(Relay relay);

private:
    Result<void> bindAlternates(const Endpoint &alternate);
    void bindSecondPort();
    Result<Endpoint> bindPlace(const StunPlace &place, const Endpoint &at);
    void arrived(const StunPlace &place, const DatagramSocket::Arrival &arrival);
    void answer(const StunPlace &place, const Endpoint &from, const IpAddress &to,
                ByteView datagram);

    asio::io_context &m_network;
    StunAddresses m_addresses;
    std::array<std::unique_ptr<DatagramSocket>, 4> m_sockets;
    Relay m_relay;
    std::array<std::unique_ptr<StunStreams>, 4> m_streams;
    /// A source address that is not its sender's: answers are larger than requests.
    TokenBuckets<IpAddress> m_limits{{200, 10ms}};
};

} // namespace postern::rendezvous
