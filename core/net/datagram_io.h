#pragma once
// Moving datagrams between a socket and memory, as many a system call as the system can:
// the seam between the batched way (Linux) and the portable one. Chosen at run time, so
// that tests cover both on one machine. Thread: that of the socket's owner.

#include "core/net/platform_socket.h"

#include <memory>
#include <optional>

namespace postern {

/// RFC 3168 section 5: the two ECN bits of the IP header.
enum class Ecn : std::uint8_t { NotEct = 0, Ect1 = 1, Ect0 = 2, Ce = 3 };

/// One datagram as it arrived. The view is valid during the receiver's call only.
struct Datagram {
    Endpoint from;
    Endpoint to; ///< our address that it was sent to, where the system tells
    ByteView bytes;
    Ecn ecn = Ecn::NotEct;
};

struct SendOptions {
    std::size_t segmentSize = 0; ///< cut `bytes` into datagrams of this size; 0: it is one
    int hopLimit = 0; ///< TTL; 0: the system's
    Ecn ecn = Ecn::NotEct;
    std::optional<IpAddress> from; ///< our address to send from; empty: by route
};

enum class SendStatus {
    Sent,
    WouldBlock, ///< the socket's buffer is full: the writable handler tells when to go on
    TooBig, ///< a datagram is larger than the first link takes
    Unreachable, ///< no route, or the local firewall refuses
    Failed,
};

struct SendResult {
    SendStatus status = SendStatus::Sent;
    std::size_t sent = 0; ///< bytes that left, whole datagrams
};

/// What a router or host on the way said (ICMP) about an earlier datagram.
struct IcmpReport {
    Endpoint to;
    bool tooBig = false; ///< else unreachable
    int mtu = 0; ///< with tooBig, what would fit (IP packet), 0 if not told
    bool timeExceeded = false; ///< its hop limit ran out on the way, at `router`
    IpAddress router{}; ///< who said so; unspecified where the system does not tell
};

namespace net {

class DatagramIo {
public:
    virtual ~DatagramIo() = default;
    /// What waits on the socket; empty: nothing. Valid until the next call.
    virtual std::span<const Datagram> receive(SocketHandle socket) = 0;
    virtual SendResult send(SocketHandle socket, const Endpoint &to, ByteView bytes,
                            const SendOptions &options) = 0;
    /// The next ICMP report that waits, if the system keeps them.
    virtual std::optional<IcmpReport> takeReport(SocketHandle socket) = 0;
};

/// recvmmsg with UDP_GRO, sendmsg with UDP_SEGMENT; null where the system has none of it.
std::unique_ptr<DatagramIo> makeBatchedIo(const Endpoint &local, SocketHandle socket);

/// recvfrom and sendto.
std::unique_ptr<DatagramIo> makePortableIo(const Endpoint &local);

/// The status of a failed send by the system's error number.
SendStatus sendStatusOf(int error);

} // namespace net
} // namespace postern
