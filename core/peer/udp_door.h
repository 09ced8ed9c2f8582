#pragma once
// Our UDP port, shared by everything that uses UDP: STUN questions to the rendezvous,
// connectivity checks of any number of peer connections, and the QUIC packets of the paths
// they found. STUN and QUIC are told apart by their first bytes (RFC 9443 section 2); STUN
// goes to each taker until one knows the message, QUIC to the path of its remote address.
//
// Thread: engine thread. Takers and paths are called from the event loop.

#include "core/base/clock.h"
#include "core/net/udp_socket.h"
#include "core/transport/datagram_path.h"

#include <QHash>

#include <functional>
#include <map>
#include <memory>

namespace postern {

class UdpDoor {
public:
    /// Looks at one STUN datagram; true if it was meant for this taker.
    using StunTaker = std::function<bool(const Datagram &)>;
    using TakerNumber = int;

    UdpDoor() = default;
    ~UdpDoor();
    UdpDoor(const UdpDoor &) = delete;
    UdpDoor &operator=(const UdpDoor &) = delete;

    /// Takes the socket's datagrams from now on; it must outlive the door.
    void watch(UdpSocket &socket);

    TakerNumber addStunTaker(StunTaker taker);
    void removeStunTaker(TakerNumber number) { m_takers.erase(number); }
    void clearStunTakers() { m_takers.clear(); }

    /// One datagram to anywhere; a full socket drops it, as the network may.
    void send(const Endpoint &to, ByteView bytes, int hopLimit = 0);

    /// Everything that is not STUN and comes from `remote` goes to this path. Another one to
    /// the same address fails with InvalidArgument until this one has settled: from then on a
    /// handshake is the newer one's, and each passes over what it can't decrypt.
    Result<std::unique_ptr<DatagramPath>> openPath(const Endpoint &remote);
    /// The paths to that address have been secured.
    void settle(const Endpoint &remote);

private:
    class Path;

    UdpSocket *socketFor(const Endpoint &remote) const;
    void received(std::span<const Datagram> datagrams);
    void receivedStun(const Datagram &datagram);
    void writable();

    UdpSocket *m_v4 = nullptr;
    UdpSocket *m_v6 = nullptr;
    std::map<TakerNumber, StunTaker> m_takers;
    TakerNumber m_nextTaker = 1;
    void deliver(const Endpoint &from, std::span<const Datagram> datagrams);

    QHash<Endpoint, QList<Path *>> m_paths; ///< of one address the newest last
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
