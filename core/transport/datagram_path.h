#pragma once
// One remote address on a shared UDP socket, as a QUIC channel uses it: runs of datagrams
// out, batches in. core/peer/ implements it over the program's one UDP port; a test may
// implement it over anything. Handlers run on the engine thread, never from inside send().

#include "core/net/datagram_io.h"

#include <functional>

namespace postern {

class DatagramPath {
public:
    using Receiver = std::function<void(std::span<const Datagram>)>;

    virtual ~DatagramPath() = default; ///< the address is free for another path then

    virtual Endpoint local() const = 0;
    virtual Endpoint remote() const = 0;

    /// Sends one datagram, or a run of them with options.segmentSize. With WouldBlock the
    /// writable handler is called once when there is room.
    virtual SendResult send(ByteView bytes, const SendOptions &options) = 0;

    virtual void setReceiver(Receiver receiver) = 0;
    virtual void setWritableHandler(std::function<void()> handler) = 0;
    /// What routers on the way said about our datagrams.
    virtual void setIcmpHandler(std::function<void(const IcmpReport &)> handler) = 0;
};

} // namespace postern
