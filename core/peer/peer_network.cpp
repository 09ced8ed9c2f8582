#include "core/peer/peer_network.h"

#include "core/base/log.h"
#include "core/peer/refusal_text.h"

#include <QCoreApplication>

namespace postern {

namespace {

template<typename M> const ConnectionId &connectionOf(const M &message)
{
    return message.connection;
}

/// Without these two the sides can't go on; of all else the other makes do with less, as it does
/// of these when they are said again.
bool isNeeded(const peer::ConnectMessage &message)
{
    return std::holds_alternative<peer::ConnectOffer>(message)
        || std::holds_alternative<peer::ConnectAnswer>(message);
}

Error givenUpByThem()
{
    return {ErrorCode::Cancelled, QCoreApplication::translate("Peer", "The other side gave up.")};
}

} // namespace

Result<std::unique_ptr<PeerNetwork>> PeerNetwork::open(std::uint16_t port, DeviceKey key,
                                                       PeerNetworkHost &host, Congestion congestion)
{
    auto opened = openLocalPort(port);
    if (!opened)
        return opened.error();
    return std::unique_ptr<PeerNetwork>(
        new PeerNetwork(std::move(*opened), std::move(key), host, congestion));
}

PeerNetwork::PeerNetwork(LocalPort port, DeviceKey key, PeerNetworkHost &host,
                         Congestion congestion)
    : m_port(std::move(port))
    , m_key(std::move(key))
    , m_congestion(congestion)
    , m_host(host)
    , m_undertaker([this] { buryEnded(); })
    , m_gatherer(
          m_udp, m_tcp, m_port.number,
          [&host](std::uint16_t tcp, std::uint16_t udp, const QByteArray &token,
                  Gatherer::DialBackDone done) { host.dialBack(tcp, udp, token, std::move(done)); },
          host.networkMemory())
{
    for (auto *socket : {m_port.udpV4.get(), m_port.udpV6.get()})
        if (socket)
            m_udp.watch(*socket);
    for (auto *listener : {m_port.tcpV4.get(), m_port.tcpV6.get()})
        if (listener)
            m_tcp.watch(*listener);
}

PeerNetwork::~PeerNetwork() = default;

ConnectionId PeerNetwork::connect(const Wish &wish, ConnectDone done)
{
    const auto id = randomId<ConnectionId>();
    auto &ongoing = begin(id, punch::Role::Controlling, wish, std::move(done));
    if (ongoing.relayed)
        ongoing.relayed->offer();
    else
        ongoing.direct->offer();
    return id;
}

void PeerNetwork::giveUp(const ConnectionId &connection)
{
    const auto found = m_ongoing.find(connection);
    if (found == m_ongoing.end())
        return;
    send(connection, peer::ConnectEnd{connection});
    ended(connection,
          Error{ErrorCode::Cancelled, QCoreApplication::translate("Peer", "It was cancelled.")});
}

/// Routers that cut UDP mappings at a certain age were measured (FACTS.md section 3).
std::optional<Duration> PeerNetwork::lifeOf(const PathInfo &path) const
{
    const bool isMapped = path.kind == PathKind::Udp && path.remote.address.isV4();
    return isMapped ? m_gatherer.mappingLife() : std::nullopt;
}

void PeerNetwork::sessionEnded()
{
    QList<ConnectionId> deaf;
    for (const auto &[id, ongoing] : m_ongoing)
        if (ongoing.wish.purpose == peer::Purpose::Repair && ongoing.direct
            && ongoing.direct->awaitsAnswer())
            deaf.append(id);
    for (const auto &id : deaf)
        ended(id,
              Error{ErrorCode::Disconnected,
                    QCoreApplication::translate("Peer", "The server was lost meanwhile.")});
}

void PeerNetwork::sessionBegan()
{
    for (auto &[id, ongoing] : m_ongoing) // none ends by a word that is said again
        if (ongoing.done)
            sayAgain(ongoing);
}

void PeerNetwork::sayAgain(Ongoing &ongoing)
{
    if (ongoing.relayed)
        ongoing.relayed->sayAgain();
    else
        ongoing.direct->sayAgain();
}

PeerNetwork::Ongoing &PeerNetwork::begin(const ConnectionId &id, punch::Role role, const Wish &wish,
                                         ConnectDone done)
{
    auto &ongoing = m_ongoing[id];
    ongoing.wish = wish;
    ongoing.done = std::move(done);
    const auto say = [this, id](const peer::ConnectMessage &message) { send(id, message); };
    const auto finished = [this, id](Result<ReadyChannel> r) { ended(id, std::move(r)); };
    if (wish.byRelay) {
        const RelayConnection::Setup setup{id,
                                           wish.link,
                                           role,
                                           wish.device,
                                           wish.filter,
                                           wish.purpose,
                                           m_gatherer.behaviour(),
                                           m_port.number,
                                           m_congestion,
                                           wish.goesAhead};
        ongoing.relayed =
            std::make_unique<RelayConnection>(m_host.relayAccess(), m_key, setup, say, finished);
        return ongoing;
    }
    // What is near is for the maker to judge; its own view of the addresses may differ.
    const bool near = wish.filter == punch::PathFilter::Lan && role == punch::Role::Controlled;
    const PeerConnection::Setup setup{id,
                                      wish.link,
                                      role,
                                      wish.device,
                                      near ? punch::PathFilter::Auto : wish.filter,
                                      wish.purpose,
                                      wish.goesAhead};
    ongoing.direct = std::make_unique<PeerConnection>(
        PeerConnection::Surroundings{m_udp, m_tcp, m_gatherer, m_budgets, m_key, m_congestion},
        setup, say, finished);
    return ongoing;
}

void PeerNetwork::send(const ConnectionId &id, const peer::ConnectMessage &message)
{
    const auto found = m_ongoing.find(id);
    if (found == m_ongoing.end())
        return;
    const auto &wish = found->second.wish;
    const bool needed = isNeeded(message) && !std::exchange(found->second.asked, true);
    m_host.sendSignal(wish.user, wish.device, wish.session, wire::encodeAny(message),
                      [this, id, needed, alive = std::weak_ptr(m_alive)](const Result<void> &sent) {
                          if (!sent && needed && !alive.expired() && m_ongoing.contains(id))
                              ended(id, sent.error());
                      });
}

void PeerNetwork::signalReceived(const QString &user, const DeviceId &device,
                                 const SessionId &session, const QByteArray &body)
{
    const auto message = wire::decode<peer::ConnectMessage>(body);
    if (!message) {
        qCDebug(logPeer) << "Unreadable signal from" << device.shortHex()
                         << message.error().message;
        return;
    }
    if (const auto *offer = std::get_if<peer::ConnectOffer>(&*message))
        return handleOffer(*offer, user, device, session);

    const auto id = std::visit([](const auto &m) { return connectionOf(m); }, *message);
    const auto found = m_ongoing.find(id);
    if (found == m_ongoing.end() || found->second.wish.device != device
        || found->second.wish.user != user)
        return; // late, or made up
    found->second.wish.session = session;
    const auto &[direct, relayed] = std::tie(found->second.direct, found->second.relayed);
    if (const auto *answer = std::get_if<peer::ConnectAnswer>(&*message))
        relayed ? relayed->answered(*answer) : direct->answered(*answer);
    else if (const auto *ports = std::get_if<peer::ConnectPorts>(&*message); ports && direct)
        direct->peerPorts(*ports);
    else if (const auto *network = std::get_if<peer::ConnectNetwork>(&*message); network && direct)
        direct->peerNetwork(*network);
    else if (const auto *refusal = std::get_if<peer::ConnectRefusal>(&*message))
        relayed ? relayed->failed(refusalError(*refusal)) : direct->failed(refusalError(*refusal));
    else if (const auto *round = std::get_if<peer::ConnectRound>(&*message); round && direct)
        direct->peerRound(*round);
    else if (std::holds_alternative<peer::ConnectEnd>(*message))
        relayed ? relayed->failed(givenUpByThem()) : direct->failed(givenUpByThem());
}

void PeerNetwork::handleOffer(const peer::ConnectOffer &offer, const QString &user,
                              const DeviceId &device, const SessionId &session)
{
    if (const auto found = m_ongoing.find(offer.connection); found != m_ongoing.end()) {
        auto &known = found->second;
        if (known.done || known.wish.user != user || known.wish.device != device)
            return; // made up
        known.wish.session = session; // our answer went to another, or was lost
        return sayAgain(known);
    }
    if (const auto reason = reasonToRefuse(offer, user, device, session)) {
        m_host.sendSignal(user, device, session,
                          wire::encode(peer::ConnectRefusal{offer.connection, *reason}),
                          [](const Result<void> &) {});
        return;
    }
    const LinkId link = offer.link.isNull() ? randomId<LinkId>() : offer.link;
    const bool byRelay = !offer.relayed.isNull();
    auto &ongoing = begin(offer.connection, punch::Role::Controlled,
                          {link, offer.purpose, offer.path, user, device, session, byRelay}, {});
    dropOlder(offer.connection);
    if (byRelay)
        ongoing.relayed->answer(offer);
    else
        ongoing.direct->answer(offer);
}

bool PeerNetwork::isSameOfTheirs(const Ongoing &ongoing, const Wish &wish)
{
    return !ongoing.done && ongoing.wish.link == wish.link && ongoing.wish.device == wish.device
        && ongoing.wish.byRelay == wish.byRelay;
}

/// A peer that asks again has given up what it asked before, whether it could say so or not.
void PeerNetwork::dropOlder(const ConnectionId &than)
{
    const auto &wish = m_ongoing.at(than).wish;
    QList<ConnectionId> older;
    for (const auto &[id, ongoing] : m_ongoing)
        if (id != than && isSameOfTheirs(ongoing, wish))
            older.append(id);
    for (const auto &id : older)
        ended(id, Error{ErrorCode::Cancelled, QStringLiteral("Asked again.")});
}

std::optional<peer::RefusalReason> PeerNetwork::reasonToRefuse(const peer::ConnectOffer &offer,
                                                               const QString &user,
                                                               const DeviceId &device,
                                                               const SessionId &session)
{
    if (!m_host.mayTalkTo(user, device))
        return peer::RefusalReason::NotTrusted;
    if (offer.oldest > peer::PEER_VERSION || offer.version < peer::OLDEST_PEER_VERSION)
        return peer::RefusalReason::Incompatible;
    const bool byRelay = !offer.relayed.isNull();
    if (byRelay && !hasRelay())
        return peer::RefusalReason::NoRelay;
    const LinkClaim claim = m_host.claimLink(offer.link, user, device, session, byRelay);
    if (claim == LinkClaim::AlreadySeeking)
        return peer::RefusalReason::Busy;
    if (claim == LinkClaim::Unknown && !m_host.isReceiving())
        return peer::RefusalReason::NotReceiving;
    int all = 0;
    int ofDevice = 0;
    for (const auto &[id, ongoing] : m_ongoing) {
        if (ongoing.done)
            continue;
        ++all;
        ofDevice += ongoing.wish.device == device ? 1 : 0;
    }
    if (all >= MAX_INCOMING || ofDevice >= MAX_INCOMING_PER_DEVICE)
        return peer::RefusalReason::Busy;
    return std::nullopt;
}

SearchReport PeerNetwork::reportOf(const Ongoing &ongoing, const Result<ReadyChannel> &result)
{
    const auto &wish = ongoing.wish;
    const auto tell = [&](const auto &connection) {
        SearchReport report{wish.user,
                            wish.device,
                            wish.purpose,
                            ongoing.done ? punch::Role::Controlling : punch::Role::Controlled,
                            wish.byRelay,
                            connection.agreedPlan(),
                            {},
                            {},
                            connection.startedAt(),
                            monotonicNow(),
                            connection.timeline()};
        if (result)
            report.strategy = result->path.strategy;
        else
            report.problem = result.error();
        return report;
    };
    return ongoing.relayed ? tell(*ongoing.relayed) : tell(*ongoing.direct);
}

/// Comes once a connection, which may be on the stack: it goes at the next turn of the loop. A
/// channel is handed over at once, since its next bytes are the new owner's; failures wait.
void PeerNetwork::ended(const ConnectionId &id, Result<ReadyChannel> result)
{
    const auto found = m_ongoing.find(id);
    if (found == m_ongoing.end())
        return;
    auto ongoing = std::make_shared<Ongoing>(std::move(found->second));
    m_ongoing.erase(found);
    m_host.searchEnded(reportOf(*ongoing, result));
    m_ended.push_back({ongoing, result ? std::nullopt : std::optional(result.error())});
    m_undertaker.set(monotonicNow());
    const auto &wish = ongoing->wish;
    if (!result) {
        const bool asksAgain =
            std::any_of(m_ongoing.begin(), m_ongoing.end(),
                        [&wish](const auto &one) { return isSameOfTheirs(one.second, wish); });
        if (!ongoing->done && !asksAgain)
            m_host.claimEnded(wish.link, wish.byRelay);
        return;
    }
    PeerLink link{wish.link,
                  wish.purpose,
                  wish.user,
                  wish.device,
                  wish.session,
                  wish.filter,
                  result->path,
                  std::move(result->channel),
                  std::move(result->early),
                  result->unproven};
    if (ongoing->done)
        ongoing->done(std::move(link));
    else
        m_host.peerConnected(std::move(link));
}

void PeerNetwork::buryEnded()
{
    for (const auto &[ongoing, failure] : std::exchange(m_ended, {}))
        if (failure && ongoing->done)
            ongoing->done(*failure);
}

} // namespace postern
