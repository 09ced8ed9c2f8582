#pragma once
// One allocation on a TURN server as its client sees it: asked for, kept alive, used, given
// back. Keeps the permissions and channels that its owner wants, and their refreshing, to
// itself; the owner says whom it wants to talk to and hears when that works.
//
//   Idle --allocate--> Allocating --success--> Ready --release--> Releasing --> Ended
//                          \------- refused, silent, expired ----------------------^
//
// Over UDP requests are sent again until answered; over TCP and TLS the stream does that.
// Everything the server says is checked: integrity once there is a key, addresses, lifetimes.
// Pure; engine thread. Source: RFC 8656 sections 3, 7 to 12; RFC 8489 section 9.2.

#include "core/base/random.h"
#include "core/relay/long_term_credential.h"
#include "core/stun/channel_data.h"
#include "core/stun/transaction.h"

#include <map>
#include <variant>
#include <vector>

namespace postern::relay {

/// A port of the relay that is ours: what is sent there by peers we permitted comes to us.
struct Allocation {
    Endpoint relayed;
    Endpoint mapped; ///< our address as the server sees it
};

namespace allocation_event {
struct Allocated { };
/// The peer may send to us, and its channel is bound.
struct PeerReady {
    Endpoint peer;
};
/// The server will not relay to that address.
struct PeerRefused {
    IpAddress address;
    Error why;
};
/// 300: ask that server instead. The machine has Ended.
struct Redirected {
    Endpoint to;
};
struct Ended {
    Error why;
};
} // namespace allocation_event

using AllocationEvent = std::variant<allocation_event::Allocated, allocation_event::PeerReady,
                                     allocation_event::PeerRefused, allocation_event::Redirected,
                                     allocation_event::Ended>;

class AllocationMachine {
public:
    enum class State { Idle, Allocating, Ready, Releasing, Ended };

    struct Settings {
        LongTermCredential credential;
        Endpoint server; ///< where the messages go: what it may redirect to depends on it
        bool reliable = false; ///< over a stream: nothing is sent again
        IpAddress::Family family = IpAddress::Family::V4; ///< of the relayed address
        stun::RetransmissionTimings timings = {};
    };
    /// One of a permitted peer's datagrams, within the message it came in.
    struct Payload {
        Endpoint peer;
        ByteView data;
    };
    /// More peers than any connection has addresses; bounds what we refresh.
    static constexpr std::size_t MOST_PEERS = 64;

    AllocationMachine(Settings settings, RandomSource random);

    // --- orders --------------------------------------------------------------------
    void allocate(Instant now);
    /// Lets that address send to us from any port, whether it answers or not.
    void permit(Instant now, const IpAddress &address);
    /// A permission, and a channel: 4 bytes a datagram instead of 36 or 48.
    void bind(Instant now, const Endpoint &peer);
    void release(Instant now);

    // --- what happened -------------------------------------------------------------
    void received(Instant now, ByteView stunMessage);
    void advance(Instant now);

    // --- what to do ----------------------------------------------------------------
    Instant deadline() const;
    std::vector<QByteArray> takeTransmits(Instant now);
    std::vector<AllocationEvent> takeEvents();

    // --- payload -------------------------------------------------------------------
    /// What ChannelData or a Data indication carries; nothing from peers that were not wanted.
    std::optional<Payload> payloadOf(ByteView message) const;
    /// Bound and confirmed, else data goes by sendIndication().
    std::optional<std::uint16_t> channelOf(const Endpoint &peer) const;
    QByteArray sendIndication(const Endpoint &peer, ByteView data) const;

    State state() const { return m_state; }
    const Allocation &allocation() const { return m_allocation; }

private:
    enum class Kind { Allocate, Refresh, Release, Permission, Channel };
    struct Request {
        Kind kind;
        Endpoint peer; ///< Permission, Channel
        int challenges = 0; ///< how often a 401 or 438 made us say it again
        stun::Transaction transaction;
    };
    struct Permission {
        Instant renewal = NEVER; ///< NEVER while it is being asked for
    };
    struct Channel {
        std::uint16_t number = 0;
        bool bound = false;
        Instant renewal = NEVER;
    };

    void ask(Instant now, Kind kind, const Endpoint &peer = {}, int challenges = 0);
    stun::MessageWriter writerFor(Kind kind, const stun::TransactionId &id,
                                  const Endpoint &peer) const;
    void succeeded(Instant now, const Request &request, const stun::Message &response);
    void allocated(Instant now, const stun::Message &response);
    void refused(Instant now, const Request &request, const stun::Message &response);
    bool isAuthentic(const stun::Message &response) const;
    bool isPlausible(const Endpoint &endpoint) const;
    void redirected(const stun::Message &response);
    void peerRefused(const Request &request, int code);
    void timedOut(Instant now, const Request &request);
    void renew(Instant now);
    void setLifetime(Instant now, const stun::Message &response);
    void end(Error why);

    Settings m_settings;
    RandomSource m_random;
    State m_state = State::Idle;
    Allocation m_allocation;
    Instant m_expiry = NEVER;
    Instant m_renewal = NEVER;
    std::vector<Request> m_requests;
    std::map<IpAddress, Permission> m_permissions;
    std::map<Endpoint, Channel> m_channels;
    std::map<std::uint16_t, Endpoint> m_peers; ///< by channel number
    std::uint16_t m_nextChannel = stun::FIRST_CHANNEL; ///< none is used twice
    std::vector<AllocationEvent> m_events;
};

} // namespace postern::relay
