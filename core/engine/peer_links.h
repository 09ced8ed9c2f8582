#pragma once
// The links to peers' devices, whoever began them. A link outlives its channels: when one
// breaks, or a better path is found, the link gets another channel and its transfers go on
// over that from what the receiver has verified.
//
//   linkTo, adopt --> seeking --channel--> open --another channel--> open --idle--> gone
//                        ^                  |
//                        +---channel lost---+  while a transfer is under way; else gone
//                        \--nothing for minutes--> failed, gone
//
// A link's transfers stay with it from its first channel to its last: they move over to a new
// channel at once and wait while there is none. A channel that was replaced is kept for a while:
// if the one that was thought better dies, the link falls back to it.
// A Link lives until it is gone; keep its id, not its address, and ask find().
// When to seek is LinkKeeper's matter. Both sides may; where both do at once, the device with
// the smaller id goes first.
//
// Thread: engine thread.

#include "core/net/network_watch.h"
#include "core/peer/link_keeper.h"
#include "core/peer/peer_network.h"
#include "core/transfer/incoming.h"
#include "core/transfer/transfer_link.h"

#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace postern {

class PeerLinks {
public:
    /// A link without transfers is closed after this long: long enough for the next drop of
    /// files, short enough not to keep a laptop's radio awake.
    static constexpr Duration IDLE_TIME = 30s;
    static constexpr Duration SHUT_DOWN_PATIENCE = 2s;
    /// A replaced channel is kept so long, and longer if a transfer still has a stream on it.
    static constexpr Duration KEPT_WARM = 10s;
    static constexpr Duration LET_GO_PATIENCE = 20s;
    /// How long a link that is wanted does without a channel if all the while the server says
    /// that the device is not there.
    static constexpr Duration OFFLINE_PATIENCE = 20s;
    /// Right after sign-in, until the server tells where its relays are.
    static constexpr Duration ACCESS_PATIENCE = 500ms;
    /// A program that did not run for so long was asleep, and its network with it.
    static constexpr Duration SLEPT = 3s;
    static constexpr int MAX_LINKS_PER_DEVICE = 8;

    using Ticket = std::uint64_t;
    struct Link;
    using Ready = std::function<void(Result<Link *>)>;

    struct Link {
        LinkId id;
        QString user;
        DeviceId device;
        punch::PathFilter filter = punch::PathFilter::Auto;
        PathInfo path; ///< of the current channel; while there is none, of the last
        std::unique_ptr<TransferLink> transfers;
        bool isOpen() const { return channel != nullptr; }
        bool isProven() const { return !unproven; } ///< the path is worth being told

    private:
        friend class PeerLinks;
        struct Replaced {
            std::unique_ptr<PeerChannel> channel;
            PathInfo path;
            Instant since;
            bool broken = false; ///< it was left because it did not work
        };
        std::unique_ptr<TransferLink::Observer> observer;
        std::unique_ptr<PeerChannel> channel; ///< null while seeking
        std::list<Replaced> replaced;
        std::vector<std::pair<Ticket, Ready>> waiting;
        struct Search { ///< for a channel
            std::optional<ConnectionId> under;
            std::uint64_t number = 0; ///< of the last one: those before may still tell their end
            Instant since = NEVER;
            SessionId to; ///< whom the offer goes to; null: whichever receives
        };
        Search direct; ///< both at once: the relay carries until there is something better
        Search relay;
        std::optional<peer::Purpose> relayAwaited; ///< sought once we know where relays are
        LinkKeeper keeper;
        SessionId session; ///< of theirs; null where it may be another by now
        bool unproven = false; ///< the channel waits for its peer's hello
        bool hadChannel = false;
        bool watched = false;
        bool ending = false; ///< not to be sought again
        Instant offlineSince = NEVER;
        Instant idleSince = NEVER;
    };

    class Host {
    public:
        virtual ~Host() = default;
        virtual void offerArrived(Link &link, std::unique_ptr<Incoming> offer) = 0;
        /// The link's transfers go on over another channel; its path is another one.
        virtual void channelReplaced(Link &link) = 0;
        virtual bool isOnline(const QString &user, const DeviceId &device) const = 0;
    };

    PeerLinks(PeerNetwork &network, const DeviceId &own, std::shared_ptr<FileSystem> files,
              Executor &executor, Host &host, const QString &journals);
    ~PeerLinks();

    /// The link to the device on which nothing but the filter's paths are used, made if there
    /// is none. `ready` comes once it is open, perhaps at once; the link lives at least until
    /// it returns, and a transfer started on it keeps it open. The ticket is for giving up.
    Ticket linkTo(const QString &user, const DeviceId &device, punch::PathFilter filter,
                  Ready ready);
    void giveUp(Ticket ticket);
    Link *find(const LinkId &id);
    Duration roundTrip(const LinkId &id); ///< of its channel, as measured now; 0: not known

    /// For PeerNetworkHost::claimLink().
    LinkClaim claim(const LinkId &id, const QString &user, const DeviceId &device,
                    const SessionId &session, bool byRelay);
    /// What a peer was welcome to look for came to nothing.
    void claimEnded(const LinkId &id, bool byRelay);
    /// A peer connected to us: a new link, dropped where its device has MAX_LINKS_PER_DEVICE
    /// already, or another channel for a known one.
    void adopt(PeerLink link);

    /// Signed in (again), or not any more. Their sessions are believed the same until the server
    /// does not know them: a contact that only sends has no other way to be reached.
    void setServerOnline(bool online);
    /// The server has told where its relays are.
    void relaysKnown();

    /// Ends every link to the contact, as when a person removed or blocked them.
    void closeLinksTo(const QString &user, const Error &reason);

    /// Waits, within SHUT_DOWN_PATIENCE, for the last words of finished transfers to arrive,
    /// then closes every link.
    void shutDown(std::function<void()> done);

private:
    class Watch;

    Link &make(const LinkId &id, const QString &user, const DeviceId &device,
               punch::PathFilter filter);
    void seek(Link &link, peer::Purpose purpose);
    void search(Link &link, peer::Purpose purpose, bool byRelay);
    void searchRelay(const LinkId &id);
    void stop(Link::Search &search);
    void retire(Link &link, bool broken);
    void take(Link &link, std::unique_ptr<PeerChannel> channel, const PathInfo &path);
    bool fallBack(Link &link, Instant now);
    void tendReplaced(Link &link, Instant now);
    void sought(const LinkId &id, bool byRelay, std::uint64_t number, Result<PeerLink> result);
    void give(Link &link, PeerLink peer, bool theyRepair);
    void proven(const LinkId &id, const PeerChannel &channel, Instant since);
    void channelEnded(const LinkId &id, PeerChannel &channel, const Error &reason);
    void reconsider(const LinkId &id);
    bool noteAbsence(Link &link, Instant now);
    void remove(Link &link, const Error &reason);
    void bury(std::unique_ptr<PeerChannel> channel);
    bool upkeep(Link &link, Instant now);
    void keep(Link &link, Instant now);
    void idle(Link &link, Instant now);
    void surroundingsChanged();
    void wokeUp();
    void sweepSoon();
    void sweepAt(Instant due);
    void sweep();
    void shutDownStep();
    QList<Link *> all() const;

    PeerNetwork &m_network;
    DeviceId m_own;
    std::shared_ptr<IncomingBook> m_book;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    Host &m_host;
    std::list<std::unique_ptr<Link>> m_links;
    Ticket m_nextTicket = 1;
    DeadlineTimer m_sweeper;
    Instant m_sweepDue = NEVER;
    NetworkWatch m_networkWatch;
    bool m_serverOnline = false;
    Instant m_urgedAt = Instant::min();
    std::function<void()> m_shutDown;
    Instant m_shutDownBy = NEVER;
    LifeGuard m_guard;
};

} // namespace postern
