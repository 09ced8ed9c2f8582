#pragma once
// A connection to a peer's device through relays, the floor beneath all other ways: each side
// takes a port at a relay, and QUIC runs from port to port, with the keys of the two devices,
// so that the relay sees nothing but their packets. It is made beside the search for a direct
// path (PeerConnection), and left for that when it succeeds.
//
//   controlling: Allocating --offer--> Offered --answer--> Opening --> Securing --hello--> done
//                                                               in a hurry \--> done
//                                                               (greeting_channel.h)
//   controlled:  Allocating --answer--> Opening --> Securing --hello--> done
//
// `done` comes once. Thread: engine thread; nothing is called back from inside a call.
// Source: RFC 8656 (the relay's side), DESIGN section 5.

#include "core/identity/device_key.h"
#include "core/nat/pairing.h"
#include "core/net/deadline_timer.h"
#include "core/peer/connect_messages.h"
#include "core/peer/early_path.h"
#include "core/peer/hello_exchange.h"
#include "core/peer/ready_channel.h"
#include "core/peer/relay_port.h"
#include "core/punch/timeline.h"
#include "core/transport/channel_role.h"

namespace postern {

class RelayConnection {
public:
    struct Setup {
        ConnectionId id;
        LinkId link;
        punch::Role role = punch::Role::Controlling;
        DeviceId peer;
        punch::PathFilter filter = punch::PathFilter::Auto; ///< of the link
        peer::Purpose purpose = peer::Purpose::Begin;
        nat::NetworkBehaviour network = {}; ///< ours: why it came to a relay is told from it
        std::uint16_t port = 0; ///< ours, that forwarding would open
        Congestion congestion = Congestion::Bbr;
        GoesAhead goesAhead = {}; ///< controlling
    };
    using Send = std::function<void(const peer::ConnectMessage &)>;
    using Done = std::function<void(Result<ReadyChannel>)>;

    /// From the beginning to the hello; the other side may have to come by TLS over TCP.
    static constexpr Duration PATIENCE = 12s;
    static constexpr Duration URGENT_PATIENCE = 4s; ///< of a repair, which is tried again
    /// What a direct path is given before the peer is asked to come to the relay, where there is
    /// a choice: those in one network meet within this time. Our own port is allocated meanwhile.
    static constexpr Duration HEAD_START = 150ms;
    /// As PeerConnection's.
    static constexpr Duration ASK_AGAIN = 3s;

    RelayConnection(const wire::RelayAccess &access, DeviceKey key, const Setup &setup, Send send,
                    Done done);
    ~RelayConnection();

    void offer();
    void answer(const peer::ConnectOffer &offer);
    void answered(const peer::ConnectAnswer &answer);
    void failed(const Error &why); ///< by the other side: refused, or given up
    void sayAgain(); ///< the offer while there is no answer, or the answer

    Instant startedAt() const { return m_startedAt; }
    /// What both networks would allow without a relay; no steps before the other's is known.
    nat::Plan agreedPlan() const;
    const QList<punch::TimelineEntry> &timeline() const { return m_timeline.entries(); }

private:
    void allocated();
    void sendOffer();
    void openTo(const Endpoint &peer);
    QString explanation() const;
    void opened(const Endpoint &peer);
    void secure(std::unique_ptr<DatagramPath> path);
    void established(const Result<void> &result);
    void greeted(const Result<peer::PeerHello> &hello);
    PathInfo path() const;
    void end(Result<ReadyChannel> result);

    DeviceKey m_key;
    Setup m_setup;
    Send m_send;
    Done m_done;
    Instant m_startedAt;
    Endpoint m_peer; ///< its port; null until known
    nat::NetworkBehaviour m_peerNetwork;
    std::shared_ptr<RelayPort> m_port;
    std::unique_ptr<EarlyPath> m_early; ///< controlled: the handshake comes here
    std::unique_ptr<PeerChannel> m_channel;
    std::unique_ptr<HelloExchange> m_hello;
    punch::Timeline m_timeline;
    DeadlineTimer m_timer;
    DeadlineTimer m_headStart;
    std::optional<peer::ConnectMessage> m_said; ///< the offer, or the answer
    DeadlineTimer m_askAgain;
};

} // namespace postern
