#pragma once
// The open links to peers' devices, one channel each with all its transfers, whoever began
// it. A link is reused while it is open and let go when it has been idle for a while.
//
// Thread: engine thread. Callbacks come from the event loop.

#include "core/peer/peer_network.h"
#include "core/transfer/incoming.h"
#include "core/transfer/transfer_link.h"

#include <functional>
#include <list>
#include <memory>

namespace postern {

class PeerLinks {
public:
    /// A link without transfers is closed after this long: long enough for the next drop of
    /// files, short enough not to keep a laptop's radio awake.
    static constexpr Duration IDLE_TIME = 30s;

    static constexpr Duration SHUT_DOWN_PATIENCE = 2s;
    static constexpr int MAX_LINKS_PER_DEVICE = 8;

    class Host {
    public:
        virtual ~Host() = default;
        virtual void offerArrived(const QString &user, const DeviceId &device, const PathInfo &path,
                                  std::unique_ptr<Incoming> offer) = 0;
    };

    struct Link {
        QString user;
        DeviceId device;
        PathInfo path;
        std::unique_ptr<PeerChannel> channel;
        std::unique_ptr<TransferLink> transfers;
        Instant idleSince = NEVER;
        std::unique_ptr<TransferLink::Observer> observer;
    };
    using Ready = std::function<void(Result<Link *>)>;

    PeerLinks(PeerNetwork &network, std::shared_ptr<FileSystem> files, Executor &executor,
              Host &host);
    ~PeerLinks();

    /// An open link to the device whose path the filter allows, or a new one. The link lives
    /// at least until the callback returns; a transfer started on it keeps it open.
    /// The id is that of the connection being made, null if none was needed.
    ConnectionId linkTo(const QString &user, const DeviceId &device, punch::PathFilter filter,
                        Ready ready);
    void giveUp(const ConnectionId &connection) { m_network.giveUp(connection); }

    /// A peer connected to us. Dropped where its device has MAX_LINKS_PER_DEVICE already.
    void adopt(PeerLink link);

    /// Ends every link to the contact, as when a person removed or blocked them.
    void closeLinksTo(const QString &user, const Error &reason);

    /// Waits, within SHUT_DOWN_PATIENCE, for the last words of finished transfers to arrive,
    /// then closes every link.
    void shutDown(std::function<void()> done);

private:
    class Watch;

    Link *open(PeerLink link);
    void drop(Link *link);
    QList<Link *> openLinks() const;
    void sweep();
    void shutDownStep();

    PeerNetwork &m_network;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    Host &m_host;
    std::list<std::unique_ptr<Link>> m_links;
    DeadlineTimer m_sweeper;
    std::function<void()> m_shutDown;
    Instant m_shutDownBy = NEVER;
};

} // namespace postern
