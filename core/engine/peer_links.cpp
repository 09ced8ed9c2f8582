#include "core/engine/peer_links.h"

#include "core/base/log.h"

#include <QCoreApplication>

namespace postern {

namespace {

constexpr Duration SWEEP_INTERVAL = 1s;
constexpr Duration SHUT_DOWN_STEP = 10ms;
constexpr Duration SEEK_AGAIN = 1s;

Error nothingMore()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "There was nothing more to transfer.")};
}

Error ended()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "The connection was ended.")};
}

Error gone(const QString &user)
{
    return {ErrorCode::PeerOffline,
            QCoreApplication::translate("Engine", "“%1” went offline.").arg(user)};
}

Error replacedByBetter()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "A better path was found.")};
}

} // namespace

/// Tells the links which of them something happened on.
class PeerLinks::Watch final : public TransferLink::Observer {
public:
    Watch(PeerLinks &links, const LinkId &link)
        : m_links(links)
        , m_link(link)
    {
    }
    void offerArrived(std::unique_ptr<Incoming> offer) override
    {
        if (auto *link = m_links.find(m_link))
            m_links.m_host.offerArrived(*link, std::move(offer));
    }
    void channelEnded(PeerChannel &channel, const Error &reason) override
    {
        m_links.channelEnded(m_link, channel, reason);
    }

private:
    PeerLinks &m_links;
    LinkId m_link;
};

PeerLinks::PeerLinks(PeerNetwork &network, const DeviceId &own, std::shared_ptr<FileSystem> files,
                     Executor &executor, Host &host)
    : m_network(network)
    , m_own(own)
    , m_book(std::make_shared<IncomingBook>())
    , m_files(std::move(files))
    , m_executor(executor)
    , m_host(host)
    , m_sweeper([this] { sweep(); })
{
}

PeerLinks::~PeerLinks() = default;

// --- making ----------------------------------------------------------------------------

PeerLinks::Ticket PeerLinks::linkTo(const QString &user, const DeviceId &device,
                                    punch::PathFilter filter, Ready ready)
{
    Link *usable = nullptr;
    for (auto *link : all())
        if (link->device == device && link->user == user && link->filter == filter && !link->ending
            && (!usable || (link->isOpen() && !usable->isOpen())))
            usable = link;
    if (usable && usable->isOpen()) {
        usable->idleSince = NEVER;
        ready(usable);
        return 0;
    }
    // Those who want the same link share the search for it: the other side takes only a few
    // connections of one device at a time.
    Link &link = usable ? *usable : make(randomId<LinkId>(), user, device, filter);
    const Ticket ticket = m_nextTicket++;
    link.waiting.emplace_back(ticket, std::move(ready));
    if (!link.seeking)
        seek(link);
    return ticket;
}

void PeerLinks::giveUp(Ticket ticket)
{
    for (auto *link : all()) {
        const auto erased =
            std::erase_if(link->waiting, [&](const auto &one) { return one.first == ticket; });
        if (erased == 0 || link->isOpen() || !link->waiting.empty())
            continue;
        reconsider(link->id);
    }
}

PeerLinks::Link &PeerLinks::make(const LinkId &id, const QString &user, const DeviceId &device,
                                 punch::PathFilter filter)
{
    auto link = std::make_unique<Link>();
    link->id = id;
    link->user = user;
    link->device = device;
    link->filter = filter;
    link->observer = std::make_unique<Watch>(*this, id);
    link->transfers = std::make_unique<TransferLink>(m_files, m_executor, *link->observer, m_book);
    m_links.push_back(std::move(link));
    if (m_sweeper.deadline() == NEVER)
        m_sweeper.set(monotonicNow() + SWEEP_INTERVAL);
    return *m_links.back();
}

LinkClaim PeerLinks::claim(const LinkId &id, const QString &user, const DeviceId &device)
{
    Link *link = find(id);
    if (!link || link->user != user || link->device != device || link->ending)
        return LinkClaim::Unknown;
    if (!link->seeking)
        return LinkClaim::Welcome;
    if (m_own < device)
        return LinkClaim::AlreadySeeking;
    m_network.giveUp(*std::exchange(link->seeking, std::nullopt));
    return LinkClaim::Welcome;
}

void PeerLinks::adopt(PeerLink peer)
{
    if (Link *known = find(peer.link)) {
        if (known->user == peer.user && known->device == peer.device && !known->ending)
            give(*known, std::move(peer));
        return;
    }
    int ofDevice = 0;
    for (const auto *link : all())
        ofDevice += link->device == peer.device ? 1 : 0;
    if (ofDevice >= MAX_LINKS_PER_DEVICE)
        return;
    Link &link = make(peer.link, peer.user, peer.device, peer.filter);
    give(link, std::move(peer));
}

// --- seeking -----------------------------------------------------------------------------

void PeerLinks::seek(Link &link)
{
    link.seekAt = NEVER;
    link.seeking =
        m_network.connect(link.id, link.user, link.device, link.filter,
                          [this, id = link.id, life = m_guard.watch()](Result<PeerLink> result) {
                              if (!life.expired())
                                  sought(id, std::move(result));
                          });
}

void PeerLinks::sought(const LinkId &id, Result<PeerLink> result)
{
    Link *link = find(id);
    if (!link || !link->seeking)
        return; // another channel came first
    link->seeking.reset();
    if (result)
        return give(*link, std::move(*result));
    qCDebug(logPeer) << "Link" << id.shortHex() << "found no path:" << result.error().message;
    for (const auto &[ticket, ready] : std::exchange(link->waiting, {}))
        ready(result.error());
    link = find(id);
    if (!link || link->isOpen())
        return;
    if (!link->hadChannel || monotonicNow() - link->lostAt >= SEEK_PATIENCE)
        return remove(*link, result.error());
    link->seekAt = monotonicNow() + SEEK_AGAIN;
}

/// The link has a channel, its first or another.
void PeerLinks::give(Link &link, PeerLink peer)
{
    if (link.seeking)
        m_network.giveUp(*std::exchange(link.seeking, std::nullopt));
    if (link.channel)
        link.replaced.push_back({std::move(link.channel), monotonicNow() + LET_GO_PATIENCE});
    link.path = peer.path;
    link.channel = std::move(peer.channel);
    const bool replaces = std::exchange(link.hadChannel, true);
    link.lostAt = link.offlineSince = link.seekAt = link.idleSince = NEVER;
    const LinkId id = link.id;
    link.transfers->attach(*link.channel);
    if (replaces)
        m_host.channelReplaced(link);
    for (const auto &[ticket, ready] : std::exchange(link.waiting, {}))
        if (Link *still = find(id); still && still->isOpen())
            ready(still);
}

// --- losing ------------------------------------------------------------------------------

/// The channel is on the stack of the call that tells us: it goes at the next turn of the loop.
void PeerLinks::channelEnded(const LinkId &id, PeerChannel &channel, const Error &reason)
{
    Link *link = find(id);
    if (!link)
        return;
    for (auto one = link->replaced.begin(); one != link->replaced.end(); ++one) {
        if (one->channel.get() == &channel) {
            bury(std::move(one->channel));
            link->replaced.erase(one);
            return;
        }
    }
    if (link->channel.get() != &channel)
        return;
    bury(std::move(link->channel));
    link->lostAt = monotonicNow();
    if (link->ending)
        link->transfers->end(reason);
    m_executor.after(Duration::zero(), m_guard([this, id] { reconsider(id); }));
}

/// The link has no channel: is it still wanted?
void PeerLinks::reconsider(const LinkId &id)
{
    Link *link = find(id);
    if (!link || link->isOpen())
        return;
    if (link->ending || m_shutDown || (link->waiting.empty() && !link->transfers->busy()))
        return remove(*link, ended());
    if (!link->seeking && link->seekAt == NEVER)
        seek(*link);
}

/// True once the other device of a lost link has been away for too long.
bool PeerLinks::noteAbsence(Link &link, Instant now)
{
    if (!link.hadChannel || m_host.isOnline(link.user, link.device))
        link.offlineSince = NEVER;
    else if (link.offlineSince == NEVER)
        link.offlineSince = now;
    return link.offlineSince != NEVER && now - link.offlineSince >= OFFLINE_PATIENCE;
}

void PeerLinks::remove(Link &link, const Error &reason)
{
    if (link.seeking)
        m_network.giveUp(*link.seeking);
    const auto found = std::find_if(m_links.begin(), m_links.end(),
                                    [&link](const auto &one) { return one.get() == &link; });
    const std::shared_ptr<Link> doomed = std::move(*found);
    m_links.erase(found);
    doomed->transfers->end(reason);
    for (const auto &[ticket, ready] : doomed->waiting)
        ready(reason);
    m_executor.after(Duration::zero(), [doomed] {
        doomed->transfers.reset(); // before its channels
    });
}

void PeerLinks::bury(std::unique_ptr<PeerChannel> channel)
{
    m_executor.after(Duration::zero(),
                     [dead = std::shared_ptr<PeerChannel>(std::move(channel))] {});
}

// --- upkeep ------------------------------------------------------------------------------

PeerLinks::Link *PeerLinks::find(const LinkId &id)
{
    const auto found = std::find_if(m_links.begin(), m_links.end(),
                                    [&id](const auto &link) { return link->id == id; });
    return found == m_links.end() ? nullptr : found->get();
}

QList<PeerLinks::Link *> PeerLinks::all() const
{
    QList<Link *> links;
    for (const auto &link : m_links)
        links.append(link.get());
    return links;
}

void PeerLinks::closeLinksTo(const QString &user, const Error &reason)
{
    for (auto *link : all()) {
        if (link->user != user)
            continue;
        link->ending = true;
        if (link->channel)
            link->channel->close(reason);
        else
            remove(*link, reason);
    }
}

void PeerLinks::upkeep(Link &link, Instant now)
{
    for (const auto &[channel, closeBy] : link.replaced)
        if (!link.transfers->uses(*channel) || now >= closeBy)
            channel->close(replacedByBetter());
    if (!link.channel) {
        if (noteAbsence(link, now))
            remove(link, gone(link.user));
        else if (now >= link.seekAt && !link.seeking)
            seek(link);
        else
            reconsider(link.id);
        return;
    }
    if (link.transfers->busy())
        link.idleSince = NEVER;
    else if (link.idleSince == NEVER)
        link.idleSince = now;
    else if (now - link.idleSince >= IDLE_TIME)
        link.channel->close(nothingMore());
}

void PeerLinks::sweep()
{
    if (m_shutDown)
        return shutDownStep();
    const Instant now = monotonicNow();
    for (auto *link : all())
        upkeep(*link, now);
    m_sweeper.set(m_links.empty() ? NEVER : now + SWEEP_INTERVAL);
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
    bool busy = false;
    for (auto *link : all()) {
        if (!link->channel)
            remove(*link, ended());
        else
            busy = busy || link->transfers->busy();
    }
    if (m_links.empty() || now >= m_shutDownBy)
        return m_shutDown();
    for (auto *link : busy ? QList<Link *>() : all())
        link->channel->close(nothingMore());
    m_sweeper.set(now + SHUT_DOWN_STEP);
}

} // namespace postern
