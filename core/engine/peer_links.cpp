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

Error replacedByBetter()
{
    return {ErrorCode::Cancelled,
            QCoreApplication::translate("Engine", "A better path was found.")};
}

} // namespace

/// Tells the links which of their channels something happened on.
class PeerLinks::Watch final : public TransferLink::Observer {
public:
    Watch(PeerLinks &links, const LinkId &link, Line *line)
        : m_links(links)
        , m_link(link)
        , m_line(line)
    {
    }
    void offerArrived(std::unique_ptr<Incoming> offer) override
    {
        if (auto *link = m_links.find(m_link))
            m_links.m_host.offerArrived(*link, std::move(offer));
    }
    void linkClosed(const Error &reason) override { m_links.lineClosed(m_link, m_line, reason); }

private:
    PeerLinks &m_links;
    LinkId m_link;
    Line *m_line;
};

PeerLinks::PeerLinks(PeerNetwork &network, const DeviceId &own, std::shared_ptr<FileSystem> files,
                     Executor &executor, Host &host)
    : m_network(network)
    , m_own(own)
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
            && (!usable || (link->transfers && !usable->transfers)))
            usable = link;
    if (usable && usable->transfers) {
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
        if (erased == 0 || link->transfers || !link->waiting.empty())
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
    if (!link || link->transfers)
        return;
    if (!link->hadChannel)
        return remove(*link);
    if (monotonicNow() - link->lostAt >= SEEK_PATIENCE)
        return fail(*link, result.error());
    link->seekAt = monotonicNow() + SEEK_AGAIN;
}

/// The link has a channel, its first or another.
void PeerLinks::give(Link &link, PeerLink peer)
{
    if (link.seeking)
        m_network.giveUp(*std::exchange(link.seeking, std::nullopt));
    const bool replaces = link.hadChannel;
    if (link.current) {
        link.current->closeBy = monotonicNow() + LET_GO_PATIENCE;
        link.replaced.push_back(std::move(link.current));
    }
    auto line = std::make_unique<Line>();
    line->channel = std::move(peer.channel);
    line->observer = std::make_unique<Watch>(*this, link.id, line.get());
    line->transfers =
        std::make_unique<TransferLink>(*line->channel, m_files, m_executor, *line->observer);
    line->channel->setObserver(line->transfers.get());
    link.path = peer.path;
    link.transfers = line->transfers.get();
    link.current = std::move(line);
    link.hadChannel = true;
    link.lostAt = link.seekAt = link.idleSince = NEVER;
    const LinkId id = link.id;
    if (replaces)
        m_host.channelReplaced(link);
    Link *still = find(id);
    for (const auto &[ticket, ready] : std::exchange(link.waiting, {}))
        if (still && still->transfers)
            ready(still);
}

// --- losing ------------------------------------------------------------------------------

/// The channel is on the stack of the call that tells us: it goes at the next turn of the loop.
void PeerLinks::lineClosed(const LinkId &id, Line *line, const Error &reason)
{
    Link *link = find(id);
    if (!link)
        return;
    for (auto one = link->replaced.begin(); one != link->replaced.end(); ++one) {
        if (one->get() == line) {
            bury(std::move(*one));
            link->replaced.erase(one);
            return;
        }
    }
    if (link->current.get() != line)
        return;
    link->transfers = nullptr;
    bury(std::move(link->current));
    link->lostAt = monotonicNow();
    m_host.channelLost(*link, reason);
    m_executor.after(Duration::zero(), m_guard([this, id] { reconsider(id); }));
}

/// The link has no channel: is it still wanted?
void PeerLinks::reconsider(const LinkId &id)
{
    Link *link = find(id);
    if (!link || link->transfers)
        return;
    if (link->ending || m_shutDown || (link->waiting.empty() && !m_host.wants(*link)))
        return remove(*link);
    if (!link->seeking && link->seekAt == NEVER)
        seek(*link);
}

void PeerLinks::fail(Link &link, const Error &reason)
{
    const LinkId id = link.id;
    link.ending = true;
    m_host.linkFailed(link, reason);
    if (Link *still = find(id))
        remove(*still);
}

void PeerLinks::remove(Link &link)
{
    if (link.seeking)
        m_network.giveUp(*link.seeking);
    if (link.current)
        bury(std::move(link.current));
    for (auto &line : link.replaced)
        bury(std::move(line));
    const auto waiting = std::exchange(link.waiting, {});
    std::erase_if(m_links, [&link](const auto &one) { return one.get() == &link; });
    for (const auto &[ticket, ready] : waiting)
        ready(Error{ErrorCode::Cancelled,
                    QCoreApplication::translate("Engine", "The connection was ended.")});
}

void PeerLinks::bury(std::unique_ptr<Line> line)
{
    m_executor.after(Duration::zero(), [doomed = std::shared_ptr<Line>(std::move(line))] {
        doomed->transfers.reset();
        doomed->channel.reset();
    });
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
        if (link->current)
            link->current->channel->close(reason);
        else
            fail(*link, reason);
    }
}

void PeerLinks::upkeep(Link &link, Instant now)
{
    for (const auto &line : link.replaced)
        if (!line->transfers->busy() || now >= line->closeBy)
            line->channel->close(replacedByBetter());
    if (!link.current) {
        if (now >= link.seekAt && !link.seeking)
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
        link.current->channel->close(nothingMore());
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
        if (!link->current)
            remove(*link);
        else
            busy = busy || link->transfers->busy();
    }
    if (m_links.empty() || now >= m_shutDownBy)
        return m_shutDown();
    for (auto *link : busy ? QList<Link *>() : all())
        link->current->channel->close(nothingMore());
    m_sweeper.set(now + SHUT_DOWN_STEP);
}

} // namespace postern
