#pragma once
// Further UDP sockets beside the main port, as many as a search for a path asks for: each has a
// mapping of its own at our NAT. They are closed with the fan, except those whose path has been
// opened: such a socket lives as long as its path.
//
// Thread: engine thread. The taker is called from the event loop.

#include "core/peer/udp_door.h"

#include <unordered_map>

namespace postern {

class PortFan {
public:
    /// Looks at a STUN datagram that came to socket number `socket`.
    using Taker = std::function<void(int socket, const Datagram &)>;
    static constexpr std::size_t MOST_SOCKETS = 640;

    explicit PortFan(Taker taker);
    ~PortFan();

    /// Opens IPv4 sockets numbered from `first` and tells their ports; 0 where the system has
    /// no more. `even`: on even ports, but for a few that none could be had for.
    QList<std::uint16_t> open(int first, int count, bool even = false);
    bool has(int socket) const { return m_sockets.contains(socket); }
    void send(int socket, const Endpoint &to, ByteView bytes, int hopLimit);
    Result<std::unique_ptr<DatagramPath>> openPath(int socket, const Endpoint &remote);

private:
    struct Socket { ///< the door uses the socket, hence the order
        std::unique_ptr<UdpSocket> socket;
        UdpDoor door;
    };
    Taker m_taker;
    std::unordered_map<int, std::shared_ptr<Socket>> m_sockets;
};

} // namespace postern
