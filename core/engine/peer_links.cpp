#include "core/engine/peer_links.h"

#include "core/base/log.h"
#include "core/engine/link_errors.h"
#include "core/net/interfaces.h"
#include "core/peer/glare.h"

namespace postern {

using namespace link_errors;

namespace {

constexpr Duration SWEEP_INTERVAL = 1s;
constexpr Duration SHUT_DOWN_STEP = 10ms;
constexpr Duration WATCH_INTERVAL = 100ms; ///< while transfers use the link
constexpr Duration URGE_INTERVAL = 1s;
/// Twice what a watched channel is silent at most (transport/channel_timing.h), and a slow answer.
constexpr Duration STILL_LIVES = 2s;

/// Two channels through the same mappings die together.
bool isSameWay(const PathInfo &one, const PathInfo &other)
{
    return one.kind == other.kind && one.local == other.local && one.remote == other.remote;
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
                     Executor &executor, Host &host, const QString &journals)
    : m_network(network)
    , m_own(own)
    , m_book(std::make_shared<IncomingBook>(journals))
    , m_files(std::move(files))
    , m_executor(executor)
    , m_host(host)
    , m_sweeper([this] { sweep(); })
    , m_networkWatch([this] { surroundingsChanged(); })
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
    if (!link.direct.under && !link.relay.under && !link.hadChannel)
        seek(link, peer::Purpose::Begin);
    sweepSoon();
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
    sweepSoon();
    return *m_links.back();
}

LinkClaim PeerLinks::claim(const LinkId &id, const QString &user, const DeviceId &device,
                           const SessionId &session, bool byRelay)
{
    Link *link = find(id);
    if (!link || link->user != user || link->device != device || link->ending)
        return LinkClaim::Unknown;
    const Instant now = monotonicNow();
    auto &ours = byRelay ? link->relay : link->direct;
    if (ours.under && oursGoesFirst({m_own < device, now - ours.since, ours.to, session}))
        return LinkClaim::AlreadySeeking;
    link->session = session;
    stop(ours);
    if (!byRelay)
        link->keeper.theyBegan(now);
    return LinkClaim::Welcome;
}

void PeerLinks::claimEnded(const LinkId &id, bool byRelay)
{
    if (Link *link = find(id); link && !byRelay)
        link->keeper.theyFoundNothing();
}

void PeerLinks::adopt(PeerLink peer)
{
    if (Link *known = find(peer.link)) {
        const bool repairs = peer.purpose == peer::Purpose::Repair;
        if (known->user == peer.user && known->device == peer.device && !known->ending)
            give(*known, std::move(peer), repairs);
        return;
    }
    int ofDevice = 0;
    for (const auto *link : all())
        ofDevice += link->device == peer.device ? 1 : 0;
    if (ofDevice >= MAX_LINKS_PER_DEVICE)
        return;
    Link &link = make(peer.link, peer.user, peer.device, peer.filter);
    give(link, std::move(peer), false);
}

// --- seeking -----------------------------------------------------------------------------

void PeerLinks::seek(Link &link, peer::Purpose purpose)
{
    const bool relayOnly = link.filter == punch::PathFilter::Relay;
    if (!relayOnly)
        search(link, purpose, false);
    const bool works = link.channel && !link.keeper.isBroken(); // it is renewed, or bettered
    if ((!relayOnly && link.filter != punch::PathFilter::Auto) || works)
        return;
    link.relayAwaited = purpose;
    if (m_network.hasRelay())
        return searchRelay(link.id);
    m_executor.after(ACCESS_PATIENCE, m_guard([this, id = link.id] { searchRelay(id); }));
}

/// As long as there is no channel that works, a relay is better than nothing.
void PeerLinks::searchRelay(const LinkId &id)
{
    Link *link = find(id);
    if (!link || !link->relayAwaited || (link->channel && !link->keeper.isBroken()) || link->ending
        || m_shutDown)
        return;
    if (m_network.hasRelay() || link->filter == punch::PathFilter::Relay)
        search(*link, *std::exchange(link->relayAwaited, std::nullopt), true);
}

void PeerLinks::relaysKnown()
{
    for (auto *link : all())
        searchRelay(link->id);
}

void PeerLinks::search(Link &link, peer::Purpose purpose, bool byRelay)
{
    auto &search = byRelay ? link.relay : link.direct;
    stop(search);
    search.since = monotonicNow();
    search.to = link.session;
    const auto inNeed = [this, id = link.id, life = m_guard.watch()] {
        const Link *known = life.expired() ? nullptr : find(id);
        return known && (!known->channel || known->keeper.isBroken());
    };
    const PeerNetwork::Wish wish{link.id,     purpose,      link.filter, link.user,
                                 link.device, link.session, byRelay,     inNeed};
    search.under = m_network.connect(wish,
                                     [this, id = link.id, byRelay, number = ++search.number,
                                      life = m_guard.watch()](Result<PeerLink> result) {
                                         if (!life.expired())
                                             sought(id, byRelay, number, std::move(result));
                                     });
}

void PeerLinks::stop(Link::Search &search)
{
    if (search.under)
        m_network.giveUp(*std::exchange(search.under, std::nullopt));
}

void PeerLinks::sought(const LinkId &id, bool byRelay, std::uint64_t number,
                       Result<PeerLink> result)
{
    Link *link = find(id);
    if (!link)
        return;
    auto &search = byRelay ? link->relay : link->direct;
    if (search.number != number || !std::exchange(search.under, std::nullopt))
        return; // another channel came first, or another search
    if (result)
        return give(*link, std::move(*result), false);
    qCDebug(logPeer) << "Link" << id.shortHex() << "found no path:" << result.error().message;
    if (result.error().code == ErrorCode::PeerOffline && link->session == search.to)
        link->session = {}; // they may be back under another
    if (!byRelay || link->filter == punch::PathFilter::Relay)
        link->keeper.nothingFound(monotonicNow());
    if (link->direct.under || link->relay.under || link->channel)
        return; // there is hope
    for (const auto &[ticket, ready] : std::exchange(link->waiting, {}))
        ready(result.error());
    link = find(id);
    if (link && !link->hadChannel)
        remove(*link, result.error());
}

/// The link has a channel, its first or another. A path that works is left for one that is no
/// worse. Whether it works the other side may know first: we may have said nothing on it that
/// would have to be acknowledged.
void PeerLinks::give(Link &link, PeerLink peer, bool theyRepair)
{
    const bool byRelay = peer.path.kind == PathKind::Relay;
    if (!peer.unproven)
        stop(link.relay);
    if (!byRelay)
        stop(link.direct);
    const bool broken = link.keeper.isBroken() || theyRepair;
    if (link.channel && !broken && link.isProven() && peer.path.kind > link.path.kind)
        return link.keeper.nothingFound(monotonicNow());
    const LinkId id = link.id;
    const bool replaces = std::exchange(link.hadChannel, true);
    link.session = peer.session;
    retire(link, broken);
    if (peer.unproven)
        peer.unproven->whenAnswered(m_guard([this, id, peer = peer.channel.get(),
                                             now = monotonicNow()] { proven(id, *peer, now); }));
    take(link, std::move(peer.channel), peer.path);
    link.unproven = peer.unproven != nullptr;
    for (const auto &[stream, bytes, finished] : peer.early)
        link.transfers->readEarly(stream, viewOf(bytes), finished);
    if (replaces && link.isProven())
        m_host.channelReplaced(link);
    for (const auto &[ticket, ready] : std::exchange(link.waiting, {}))
        if (Link *still = find(id); still && still->isOpen())
            ready(still);
}

/// What full-size packets have passed both ways counts as a path, and no sooner.
void PeerLinks::proven(const LinkId &id, const PeerChannel &channel, Instant since)
{
    Link *link = find(id);
    if (!link || link->channel.get() != &channel)
        return;
    link->unproven = false;
    stop(link->relay);
    link->path.elapsed += std::chrono::milliseconds(toMilliseconds(monotonicNow() - since));
    m_host.channelReplaced(*link);
}

/// The channel stays for a while: its streams end there, and it may be needed again.
void PeerLinks::retire(Link &link, bool broken)
{
    if (link.channel)
        link.replaced.push_back({std::move(link.channel), link.path, monotonicNow(), broken});
}

void PeerLinks::take(Link &link, std::unique_ptr<PeerChannel> channel, const PathInfo &path)
{
    link.path = path;
    link.channel = std::move(channel);
    link.relayAwaited.reset();
    link.watched = link.unproven = false;
    link.offlineSince = link.idleSince = NEVER;
    link.keeper.opened(monotonicNow(), path.kind);
    qCDebug(logPeer) << "Link" << link.id.shortHex() << "runs by" << pathKindName(path.kind)
                     << path.remote.toString();
    link.transfers->attach(*link.channel);
}

/// Back to the newest of the replaced channels that still lives. What is watched says something
/// every moment, so one that lives has been acknowledged lately.
bool PeerLinks::fallBack(Link &link, Instant now)
{
    const auto found =
        std::find_if(link.replaced.rbegin(), link.replaced.rend(), [&](const auto &one) {
            const auto vitals = one.channel->vitals(now);
            return !one.broken && !isSameWay(one.path, link.path)
                && now - vitals.progress < STILL_LIVES;
        });
    if (found == link.replaced.rend())
        return false;
    auto channel = std::move(found->channel);
    const PathInfo path = found->path;
    link.replaced.erase(std::next(found).base());
    retire(link, true);
    stop(link.relay);
    qCDebug(logPeer) << "Link" << link.id.shortHex() << "falls back";
    take(link, std::move(channel), path);
    m_host.channelReplaced(link);
    return true;
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
    link->keeper.lost(monotonicNow());
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
    sweepSoon();
}

/// True once the other device of a lost link has been away for too long.
bool PeerLinks::noteAbsence(Link &link, Instant now)
{
    if (!link.hadChannel || !m_serverOnline || m_host.isOnline(link.user, link.device))
        link.offlineSince = NEVER;
    else if (link.offlineSince == NEVER)
        link.offlineSince = now;
    return link.offlineSince != NEVER && now - link.offlineSince >= OFFLINE_PATIENCE;
}

void PeerLinks::remove(Link &link, const Error &reason)
{
    stop(link.direct);
    stop(link.relay);
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

Duration PeerLinks::roundTrip(const LinkId &id)
{
    const Link *link = find(id);
    return link && link->channel ? link->channel->vitals(monotonicNow()).roundTrip
                                 : Duration::zero();
}

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

/// True if the link is to be looked after closely.
bool PeerLinks::upkeep(Link &link, Instant now)
{
    tendReplaced(link, now);
    if (!link.hadChannel)
        return false; // its first search is under way
    const bool wanted = !link.ending && (!link.waiting.empty() || link.transfers->busy());
    if (link.channel && wanted != link.watched) {
        link.channel->setWatched(wanted);
        link.watched = wanted;
    }
    if (link.channel)
        idle(link, now);
    else if (noteAbsence(link, now))
        return remove(link, gone(link.user)), false;
    if (wanted)
        keep(link, now);
    else if (!link.channel)
        remove(link, ended());
    return wanted;
}

void PeerLinks::tendReplaced(Link &link, Instant now)
{
    for (const auto &one : link.replaced) {
        const Duration age = now - one.since;
        const bool needed = link.transfers->uses(*one.channel)
            || (!one.broken && age < KEPT_WARM && link.transfers->busy());
        if (!needed || age >= LET_GO_PATIENCE)
            one.channel->close(replacedByBetter());
        else
            one.channel->setWatched(!one.broken);
    }
}

/// Carries out what the keeper wants; the link may be gone afterwards.
void PeerLinks::keep(Link &link, Instant now)
{
    const auto vitals = link.channel ? link.channel->vitals(now) : ChannelVitals{};
    const auto order = link.keeper.check(
        now, {true, link.direct.under.has_value(), vitals, m_network.lifeOf(link.path)});
    if ((link.keeper.isBroken() || link.keeper.isInDoubt()) && now >= m_urgedAt + URGE_INTERVAL) {
        m_urgedAt = now;
        m_network.urgeServer();
    }
    switch (order) {
    case LinkKeeper::Order::None: return;
    case LinkKeeper::Order::Repair:
        qCDebug(logPeer) << "Link" << link.id.shortHex() << "needs another path; outstanding"
                         << vitals.outstanding << "for"
                         << (now - std::max(vitals.progress, Instant())).count() / 1000000
                         << "ms; round trip" << vitals.roundTrip.count() / 1000000 << "ms";
        if (fallBack(link, now))
            return;
        return seek(link, peer::Purpose::Repair);
    case LinkKeeper::Order::Upgrade:
        qCDebug(logPeer) << "Link" << link.id.shortHex() << "looks for a better path";
        return seek(link, peer::Purpose::Upgrade);
    case LinkKeeper::Order::Renew:
        qCDebug(logPeer) << "Link" << link.id.shortHex() << "renews a path that will be cut";
        return seek(link, peer::Purpose::Upgrade);
    case LinkKeeper::Order::GiveUp: return remove(link, awayTooLong());
    }
}

void PeerLinks::idle(Link &link, Instant now)
{
    if (link.transfers->busy())
        link.idleSince = NEVER;
    else if (link.idleSince == NEVER)
        link.idleSince = now;
    else if (now - link.idleSince >= IDLE_TIME)
        link.channel->close(nothingMore());
}

void PeerLinks::surroundingsChanged()
{
    const auto own = localInterfaceAddresses();
    const auto isGone = [&own](const IpAddress &address) {
        return std::none_of(own.begin(), own.end(),
                            [&](const auto &one) { return one.address == address; });
    };
    for (auto *link : all()) {
        link->keeper.surroundingsChanged();
        if (!link->channel || !isGone(link->channel->path().local.address))
            continue;
        link->keeper.pathDied(monotonicNow());
        for (auto &one : link->replaced)
            one.broken = true;
    }
    if (!m_links.empty())
        m_network.gatherer().refresh();
    sweepSoon();
}

/// Mappings have lapsed, addresses may be others, and the server has given us up.
void PeerLinks::wokeUp()
{
    qCDebug(logPeer) << "This computer, or this program, was asleep";
    m_network.urgeServer();
    surroundingsChanged();
}

void PeerLinks::setServerOnline(bool online)
{
    m_serverOnline = online;
    for (auto *link : online ? all() : QList<Link *>())
        link->keeper.surroundingsChanged();
    sweepSoon();
}

void PeerLinks::sweepSoon() { sweepAt(std::min(m_sweepDue, monotonicNow())); }

void PeerLinks::sweepAt(Instant due)
{
    m_sweepDue = due;
    m_sweeper.set(due);
}

void PeerLinks::sweep()
{
    if (m_shutDown)
        return shutDownStep();
    const Instant now = monotonicNow();
    if (now >= std::exchange(m_sweepDue, NEVER) + SLEPT)
        wokeUp();
    bool close = false;
    for (auto *link : all())
        close = upkeep(*link, now) || close;
    sweepAt(m_links.empty() ? NEVER : now + (close ? WATCH_INTERVAL : SWEEP_INTERVAL));
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
