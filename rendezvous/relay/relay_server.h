#pragma once
// The built-in TURN server's sockets: clients by UDP on the STUN port, by TCP on the same
// number, by TLS on the port that clients of the rendezvous use; a socket for each allocation.
// Runs of datagrams stay runs on their way through. Between two allocations of ours nothing
// goes through the network. Network thread. Source: RFC 8656.

#include "rendezvous/relay/relay_stream.h"
#include "rendezvous/relay/turn_responder.h"
#include "rendezvous/sessions/limits.h"
#include "rendezvous/sockets/datagram_socket.h"

#include <asio/steady_timer.hpp>

namespace postern::rendezvous {

class RelayServer final : TurnResponder::Ports, RelayStream::Observer {
public:
    RelayServer(asio::io_context &network, RelaySettings settings);
    ~RelayServer() override;

    /// What came to the socket shared with STUN; false: it is not TURN.
    bool arrived(DatagramSocket &socket, const DatagramSocket::Arrival &arrival);
    /// A client by TCP, or by TLS.
    void admit(DivertedStream stream);
    void close();

private:
    /// Datagrams from one client to one peer, as long as they can leave as a run.
    struct Run {
        quint64 allocation = 0;
        Endpoint peer;
        std::vector<ByteView> datagrams;
        std::size_t bytes = 0;
    };

    Result<Endpoint> openPort(const Wanted &wanted) override;
    void closePort(quint64 allocation) override;
    void streamSaid(RelayStream &stream, std::span<const ByteView> messages) override;
    void streamEnded(RelayStream &stream) override;

    void said(const TurnClient &client, std::span<const ByteView> messages);
    void saidOnChannel(const TurnClient &client, ByteView message);
    void saidStun(const TurnClient &client, ByteView message);
    void sendIndicated(const RelayAllocation &allocation, const stun::Message &message);
    void collect(const RelayAllocation &allocation, const Endpoint &peer, ByteView datagram);
    void flush();
    void toPeer(RelayAllocation &allocation, const Endpoint &peer,
                std::span<const ByteView> datagrams);
    void peerSaid(quint64 allocation, const DatagramSocket::Arrival &arrival);
    void toClient(const RelayAllocation &allocation, const Endpoint &from,
                  std::span<const ByteView> datagrams);
    void reply(const TurnClient &client, ByteView message);
    void sweepLater();
    void sweep();

    asio::io_context &m_network;
    RelaySettings m_settings;
    TurnResponder m_responder;
    std::unordered_map<quint64, std::unique_ptr<DatagramSocket>> m_ports;
    std::unordered_map<quint64, std::shared_ptr<RelayStream>> m_streams;
    DatagramSocket *m_udp = nullptr; ///< shared with STUN, whose server owns it
    ConnectionLimits m_connections{{256, 256}};
    TokenBuckets<IpAddress> m_requests{{200, 10ms}};
    Run m_run;
    Instant m_now; ///< of the turn at hand
    asio::steady_timer m_sweep;
    quint64 m_lastStream = 0;
};

} // namespace postern::rendezvous
