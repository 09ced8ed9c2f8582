#pragma once
// Whom a relay client tells what happens, and what is wanted of it. Calls come from the event
// loop, never from inside a call, and may destroy the client. Thread: engine thread.

#include "core/base/random.h"
#include "core/net/datagram_io.h"
#include "core/wire/rendezvous_messages.h"

#include <optional>

namespace postern::relay {

struct ClientOptions {
    IpAddress::Family family = IpAddress::Family::V4; ///< of the relayed address
    std::optional<wire::RelayTransport> only; ///< no race: this way or none
    RandomSource random = fillRandom;
};

class Observer {
public:
    virtual ~Observer() = default;

    virtual void allocated() = 0;
    /// The peer may send to us, and send() to it uses a channel.
    virtual void peerReady(const Endpoint &peer) = 0;
    virtual void peerRefused(const IpAddress &address, const Error &why) = 0;
    /// From permitted peers. `from` is the peer, `to` is relayed().
    virtual void received(std::span<const Datagram> batch) = 0;
    /// There is room after WouldBlock.
    virtual void writable() = 0;
    /// No allocation could be had, or it was lost. Nothing comes after it.
    virtual void ended(const Error &why) = 0;
};

} // namespace postern::relay
