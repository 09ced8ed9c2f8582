#include "core/engine/peer_links.h"

#include <QCoreApplication>

namespace postern {

namespace {

constexpr Duration SWEEP_INTERVAL = 5s;
constexpr Duration SHUT_DOWN_STEP = 10ms;

Error nothingMore()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "There was nothing more to transfer.")};
}

bool allows(punch::PathFilter filter, PathKind kind)
{
    switch (filter) {
    case punch::PathFilter::Auto: return true;
    case punch::PathFilter::Lan: return kind == PathKind::Lan;
    case punch::PathFilter::Tcp: return kind == PathKind::Tcp;
    case punch::PathFilter::Udp: return kind == PathKind::Udp;
    }
    return false;
}

} // namespace

/// Tells the links which of them something happened on.
class PeerLinks::Watch final : public TransferLink::Observer {
public:
    Watch(PeerLinks &links, Link &link)
        : m_links(links)
        , m_link(link)
    {
    }
    void offerArrived(std::unique_ptr<Incoming> offer) override
    {
        m_links.m_host.offerArrived(m_link.user, m_link.device, m_link.path, std::move(offer));
    }
    void linkClosed(const Error &) override { m_links.drop(&m_link); }

private:
    PeerLinks &m_links;
    Link &m_link;
};

PeerLinks::PeerLinks(PeerNetwork &network, std::shared_ptr<FileSystem> files, Executor &executor,
                     Host &host)
    : m_network(network)
    , m_files(std::move(files))
    , m_executor(executor)
    , m_host(host)
    , m_sweeper([this] { sweep(); })
{
}

PeerLinks::~PeerLinks() = default;

ConnectionId PeerLinks::linkTo(const QString &user, const DeviceId &device,
                               punch::PathFilter filter, Ready ready)
{
    for (const auto &link : m_links) {
        if (link->device != device || link->user != user || !allows(filter, link->path.kind))
            continue;
        link->idleSince = NEVER;
        ready(link.get());
        return {};
    }
    return m_network.connect(user, device, filter, [this, ready](Result<PeerLink> result) {
        if (result)
            ready(open(std::move(*result)));
        else
            ready(result.error());
    });
}

void PeerLinks::adopt(PeerLink link) { open(std::move(link)); }

PeerLinks::Link *PeerLinks::open(PeerLink peer)
{
    auto link = std::make_unique<Link>();
    link->user = peer.user;
    link->device = peer.device;
    link->path = peer.path;
    link->channel = std::move(peer.channel);
    link->observer = std::make_unique<Watch>(*this, *link);
    link->transfers =
        std::make_unique<TransferLink>(*link->channel, m_files, m_executor, *link->observer);
    link->channel->setObserver(link->transfers.get());
    m_links.push_back(std::move(link));
    if (m_sweeper.deadline() == NEVER)
        m_sweeper.set(monotonicNow() + SWEEP_INTERVAL);
    return m_links.back().get();
}

QList<PeerLinks::Link *> PeerLinks::openLinks() const
{
    QList<Link *> all;
    for (const auto &link : m_links)
        all.append(link.get());
    return all;
}

void PeerLinks::closeLinksTo(const QString &user, const Error &reason)
{
    for (auto *link : openLinks())
        if (link->user == user)
            link->channel->close(reason);
}

/// The link is on the stack of the call that tells us: it goes at the next turn of the loop.
void PeerLinks::drop(Link *link)
{
    const auto found = std::find_if(m_links.begin(), m_links.end(),
                                    [link](const auto &one) { return one.get() == link; });
    if (found == m_links.end())
        return;
    std::shared_ptr<Link> doomed = std::move(*found);
    m_links.erase(found);
    m_executor.after(Duration::zero(), [doomed] {
        doomed->transfers.reset();
        doomed->channel.reset();
    });
}

void PeerLinks::shutDown(std::function<void()> done)
{
    m_shutDown = std::move(done);
    m_shutDownBy = monotonicNow() + SHUT_DOWN_PATIENCE;
    m_sweeper.set(monotonicNow());
}

/// First the transfers' last words, then the channels'.
void PeerLinks::shutDownStep()
{
    const Instant now = monotonicNow();
    const bool busy = std::any_of(m_links.begin(), m_links.end(),
                                  [](const auto &link) { return link->transfers->busy(); });
    if (m_links.empty() || now >= m_shutDownBy) {
        m_shutDown();
    } else {
        for (const auto &link : busy ? QList<Link *>() : openLinks())
            link->channel->close(nothingMore());
        m_sweeper.set(now + SHUT_DOWN_STEP);
    }
}

void PeerLinks::sweep()
{
    if (m_shutDown)
        return shutDownStep();
    const Instant now = monotonicNow();
    QList<Link *> idle;
    for (auto *link : openLinks()) {
        if (link->transfers->busy())
            link->idleSince = NEVER;
        else if (link->idleSince == NEVER)
            link->idleSince = now;
        else if (now - link->idleSince >= IDLE_TIME)
            idle.append(link);
    }
    for (auto *link : idle)
        link->channel->close(nothingMore());
    m_sweeper.set(m_links.empty() ? NEVER : now + SWEEP_INTERVAL);
}

} // namespace postern
