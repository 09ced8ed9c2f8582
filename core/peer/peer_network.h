#pragma once
// Everything of this machine that peers can reach, and every connection to them being made.
// One TCP and one UDP port serve them all. Once a connection is ready its secured channel is
// handed to the owner and this folder has nothing more to do with it.
//
// Thread: engine thread. Callbacks come from the event loop.

#include "core/identity/device_key.h"
#include "core/net/local_port.h"
#include "core/peer/gatherer.h"
#include "core/peer/peer_connection.h"
#include "core/peer/relay_connection.h"
#include "core/peer/search_report.h"

#include <map>

namespace postern {

/// A secured channel and whom it leads to.
struct PeerLink {
    LinkId link; ///< which it is a channel of
    peer::Purpose purpose = peer::Purpose::Begin;
    QString user;
    DeviceId device;
    SessionId session; ///< of theirs, through which it was agreed
    punch::PathFilter filter = punch::PathFilter::Auto; ///< what its maker wanted
    PathInfo path;
    std::unique_ptr<PeerChannel> channel;
    std::vector<EarlyBytes> early; ///< to be read first
    GreetingChannel *unproven = nullptr; ///< the channel, while its peer's hello is awaited
};

/// Whether a peer may bring a channel for a link.
enum class LinkClaim {
    Unknown, ///< no link of this device: it would be a new one
    Welcome,
    AlreadySeeking, ///< we are looking for one ourselves, and ours goes first
};

/// What the peer network asks of the engine.
class PeerNetworkHost {
public:
    virtual ~PeerNetworkHost() = default;

    /// Passes a message to a contact's device through the rendezvous. A null session reaches
    /// whichever of its sessions receives.
    virtual void sendSignal(const QString &user, const DeviceId &device, const SessionId &session,
                            const QByteArray &body, std::function<void(Result<void>)> done) = 0;
    virtual void dialBack(std::uint16_t tcpPort, std::uint16_t udpPort, const QByteArray &token,
                          Gatherer::DialBackDone done) = 0;
    /// Whether a stranger's wish to connect may be answered at all.
    virtual Result<void> mayTalkTo(const QString &user, const DeviceId &device) = 0;
    virtual bool isReceiving() const = 0;
    /// A path in use has died: the one to the rendezvous may be dead as well. Finds out.
    virtual void urgeServer() = 0;
    /// What is known of networks from earlier; outlives the peer network. May be null.
    virtual nat::NetworkMemory *networkMemory() { return nullptr; }
    virtual LinkClaim claimLink(const LinkId &link, const QString &user, const DeviceId &device,
                                const SessionId &session, bool byRelay) = 0;
    /// What a peer was let look for came to nothing, and it looks for nothing else by now.
    virtual void claimEnded(const LinkId &, bool /*byRelay*/) { }
    /// No servers: there is no relay.
    virtual wire::RelayAccess relayAccess() const = 0;
    /// A peer connected to us: a new link, or another channel for one that we know.
    virtual void peerConnected(PeerLink link) = 0;
    /// Of each search, whoever began it; before its channel is handed over.
    virtual void searchEnded(const SearchReport &) { }
};

class PeerNetwork {
public:
    using ConnectDone = std::function<void(Result<PeerLink>)>;

    static constexpr int MAX_INCOMING = 32; ///< connections being made that others began
    static constexpr int MAX_INCOMING_PER_DEVICE = 8; ///< direct and by relay, for a few links

    /// Opens the port (a free one if `port` is taken or 0).
    static Result<std::unique_ptr<PeerNetwork>> open(std::uint16_t port, DeviceKey key,
                                                     PeerNetworkHost &host,
                                                     Congestion congestion = Congestion::Bbr);
    ~PeerNetwork();

    std::uint16_t port() const { return m_port.number; }
    Gatherer &gatherer() { return m_gatherer; }

    struct Wish {
        LinkId link;
        peer::Purpose purpose = peer::Purpose::Begin;
        punch::PathFilter filter = punch::PathFilter::Auto;
        QString user;
        DeviceId device;
        SessionId session = {}; ///< null: whichever of the device's receives
        bool byRelay = false; ///< so and not otherwise
        GoesAhead goesAhead = {};
    };

    /// Finds a path for a link and secures it. `done` comes once, never from inside the call; a
    /// number to give up with comes back.
    ConnectionId connect(const Wish &wish, ConnectDone done);
    void urgeServer() { m_host.urgeServer(); }
    bool hasRelay() const { return !m_host.relayAccess().servers.isEmpty(); }
    void giveUp(const ConnectionId &connection);
    /// How long a path that was opened now is known to last.
    std::optional<Duration> lifeOf(const PathInfo &path) const;
    /// Our session at the server is over, and answers go to the session that asked: a repair that
    /// waits for one ends, since it will be tried again, by the next.
    void sessionEnded();
    /// There is another: what still waits for its answer is offered once more.
    void sessionBegan();

    /// A message from a device that the server vouches for; nothing in it is believed unread.
    void signalReceived(const QString &user, const DeviceId &device, const SessionId &session,
                        const QByteArray &body);

private:
    struct Ongoing {
        Wish wish; ///< the peer's own where it began
        std::unique_ptr<PeerConnection> direct; ///< one of the two
        std::unique_ptr<RelayConnection> relayed;
        ConnectDone done; ///< empty: the peer began it
        bool asked = false; ///< the offer has been sent, or the answer
    };

    struct Ended {
        std::shared_ptr<Ongoing> ongoing;
        std::optional<Error> failure; ///< still to be told
    };

    PeerNetwork(LocalPort port, DeviceKey key, PeerNetworkHost &host, Congestion congestion);

    Ongoing &begin(const ConnectionId &id, punch::Role role, const Wish &wish, ConnectDone done);
    void send(const ConnectionId &id, const peer::ConnectMessage &message);
    static void sayAgain(Ongoing &ongoing);
    void handleOffer(const peer::ConnectOffer &offer, const QString &user, const DeviceId &device,
                     const SessionId &session);
    void dropOlder(const ConnectionId &than);
    static bool isSameOfTheirs(const Ongoing &ongoing, const Wish &wish);
    std::optional<peer::RefusalReason> reasonToRefuse(const peer::ConnectOffer &offer,
                                                      const QString &user, const DeviceId &device,
                                                      const SessionId &session);
    static SearchReport reportOf(const Ongoing &ongoing, const Result<ReadyChannel> &result);
    void ended(const ConnectionId &id, Result<ReadyChannel> result);
    void buryEnded();

    LocalPort m_port;
    DeviceKey m_key;
    Congestion m_congestion;
    PeerNetworkHost &m_host;
    UdpDoor m_udp;
    TcpDoor m_tcp;
    std::vector<Ended> m_ended; ///< still on the stack of their last call
    DeadlineTimer m_undertaker;
    Gatherer m_gatherer;
    punch::Budgets m_budgets; ///< of all connections together
    std::map<ConnectionId, Ongoing> m_ongoing;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
