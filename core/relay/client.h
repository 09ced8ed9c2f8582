#pragma once
// A port of a relay, used like a UDP socket of our own: what peers send to relayed() arrives
// here, and what is sent here leaves from there. The way to the relay (UDP, TCP, TLS) is raced:
// UDP first, the others a moment later each, and the first that has an allocation stays.
//
//     Client client(access, observer);   client.allocate();
//     -> allocated()                     tell the peer relayed()
//     client.permit(address)             that address may send to us from any port
//     client.bind(peer)                  -> peerReady(): send() costs 4 bytes a datagram
//
// A relay sends to public addresses and to ports of its own, not to private ones: between two
// peers that both allocate on it, relayed to relayed works always.
//
// Calls return at once. Observer calls come from the event loop, never from inside a call, and
// may destroy the client. Destroying it gives the port back, in the background.
// Thread: engine thread. Source: RFC 8656.

#include "core/relay/observer.h"
#include "core/wire/rendezvous_messages.h"

#include <memory>

namespace postern::relay {

class ServerRace;

class Client {
public:
    /// `access` as LinkStatus::relay has it.
    Client(const wire::RelayAccess &access, Observer &observer, ClientOptions options);
    Client(const wire::RelayAccess &access, Observer &observer)
        : Client(access, observer, ClientOptions())
    {
    }
    ~Client();

    void allocate();

    /// None before allocated().
    std::optional<Endpoint> relayed() const;
    std::optional<Endpoint> mapped() const; ///< our address as the relay sees it
    std::optional<wire::RelayTransport> transport() const; ///< which way won

    void permit(const IpAddress &peer);
    void bind(const Endpoint &peer);

    /// One datagram, or a run of them with options.segmentSize (other options are of no use
    /// here). Unreachable before allocated(). Without a channel each costs 36 bytes more
    /// (48 with IPv6), so a full-size one may not fit.
    SendResult send(const Endpoint &peer, ByteView bytes, const SendOptions &options = {});

private:
    std::shared_ptr<ServerRace> m_race; ///< outlives us while it gives the port back
};

} // namespace postern::relay
