#include "core/peer/relay_connection.h"

#include "core/base/log.h"
#include "core/peer/explanation.h"
#include "core/punch/candidate.h"
#include "core/transport/quic_channel.h"

#include <QCoreApplication>

namespace postern {

namespace {

Error tooSlow()
{
    return {ErrorCode::Timeout,
            QCoreApplication::translate("Peer",
                                        "No path by relay was found in time. Try again in a "
                                        "moment.")};
}

} // namespace

RelayConnection::RelayConnection(const wire::RelayAccess &access, DeviceKey key, const Setup &setup,
                                 Send send, Done done)
    : m_key(std::move(key))
    , m_setup(setup)
    , m_send(std::move(send))
    , m_done(std::move(done))
    , m_startedAt(monotonicNow())
    , m_port(std::make_shared<RelayPort>(
          access,
          RelayPort::Callbacks{[this] { allocated(); },
                               [this](const Endpoint &peer) { opened(peer); },
                               [this](const Error &why) { failed(why); }}))
    , m_timer([this] { failed(tooSlow()); })
    , m_headStart([this] { sendOffer(); })
    , m_askAgain([this] { sayAgain(); })
{
    m_timer.set(m_startedAt
                + (setup.purpose == peer::Purpose::Repair ? URGENT_PATIENCE : PATIENCE));
}

RelayConnection::~RelayConnection() { m_port->forgetMaker(); }

void RelayConnection::offer() { m_port->allocate(); }

void RelayConnection::answer(const peer::ConnectOffer &offer)
{
    m_peer = offer.relayed;
    m_peerNetwork = offer.network;
    m_port->allocate();
}

void RelayConnection::answered(const peer::ConnectAnswer &answer)
{
    if (m_setup.role != punch::Role::Controlling || !m_peer.isNull())
        return;
    m_askAgain.cancel();
    m_peerNetwork = answer.network;
    openTo(answer.relayed);
}

void RelayConnection::failed(const Error &why) { end(why); }

void RelayConnection::allocated()
{
    m_timeline.add(monotonicNow(), punch::Step::RelayGiven, m_port->relayed());
    if (m_setup.role == punch::Role::Controlling) {
        const bool isOnlyWay =
            m_setup.filter == punch::PathFilter::Relay || m_setup.purpose == peer::Purpose::Repair;
        if (isOnlyWay)
            sendOffer();
        else
            m_headStart.set(m_startedAt + HEAD_START);
    } else {
        openTo(m_peer);
        peer::ConnectAnswer answer;
        answer.connection = m_setup.id;
        answer.network = m_setup.network;
        answer.relayed = m_port->relayed();
        m_said = answer;
        m_send(answer);
    }
}

void RelayConnection::sendOffer()
{
    peer::ConnectOffer offer;
    offer.connection = m_setup.id;
    offer.link = m_setup.link;
    offer.purpose = m_setup.purpose;
    offer.path = m_setup.filter;
    offer.network = m_setup.network;
    offer.relayed = m_port->relayed();
    m_said = offer;
    m_askAgain.set(monotonicNow() + ASK_AGAIN);
    m_send(offer);
}

void RelayConnection::sayAgain()
{
    const bool offers = m_setup.role == punch::Role::Controlling;
    if (!m_said || !m_done || (offers && !m_peer.isNull()))
        return;
    if (offers)
        m_askAgain.set(monotonicNow() + ASK_AGAIN);
    m_send(*m_said);
}

/// The relay lets in whom we name, at the port that the peer told through the rendezvous.
void RelayConnection::openTo(const Endpoint &peer)
{
    if (!punch::isUsableRemote(peer))
        return end({ErrorCode::Protocol,
                    QCoreApplication::translate("Peer", "The other side sent an unusable offer.")});
    m_peer = peer;
    m_timeline.add(monotonicNow(), punch::Step::RelayTold, peer);
    m_port->open(peer);
    if (m_setup.role == punch::Role::Controlled)
        m_early = std::make_unique<EarlyPath>(m_port->openPath(peer), [this] {
            if (m_done && !m_channel)
                secure(std::move(m_early));
        });
}

void RelayConnection::opened(const Endpoint &peer)
{
    m_timeline.add(monotonicNow(), punch::Step::RelayOpened, peer);
    if (m_setup.role == punch::Role::Controlling && peer == m_peer && !m_channel)
        secure(m_port->openPath(peer));
}

void RelayConnection::secure(std::unique_ptr<DatagramPath> path)
{
    const PathInfo info{PathKind::Relay, m_port->strategy(), path->local(), path->remote()};
    const auto role =
        m_setup.role == punch::Role::Controlling ? ChannelRole::Initiator : ChannelRole::Responder;
    QuicOptions options;
    options.congestion = m_setup.congestion;
    // Most relays are the rendezvous, which both sides have measured their way to.
    if (m_setup.network.roundTripMs > 0 && m_peerNetwork.roundTripMs > 0)
        options.roundTrip =
            std::chrono::milliseconds(m_setup.network.roundTripMs + m_peerNetwork.roundTripMs);
    m_channel = QuicChannel::start(
        std::move(path), role, m_key, {m_setup.peer}, info,
        [this](const Result<void> &r) { established(r); }, options);
}

void RelayConnection::established(const Result<void> &result)
{
    if (!result)
        return end(result.error());
    m_timeline.add(monotonicNow(), punch::Step::Secured, m_peer);
    const bool first = m_setup.role == punch::Role::Controlling;
    if (first && m_setup.goesAhead && m_setup.goesAhead()) {
        const PathInfo way = path();
        const bool urgent = m_setup.purpose == peer::Purpose::Repair;
        auto channel = std::make_unique<GreetingChannel>(std::move(m_channel),
                                                         urgent ? URGENT_PATIENCE : PATIENCE);
        auto *unproven = channel.get();
        return end(ReadyChannel{std::move(channel), way, {}, unproven});
    }
    m_hello = std::make_unique<HelloExchange>(
        *m_channel, first ? HelloExchange::Side::Initiator : HelloExchange::Side::Responder,
        [this](const Result<peer::PeerHello> &hello) { greeted(hello); });
    if (first)
        m_hello->begin();
}

void RelayConnection::greeted(const Result<peer::PeerHello> &hello)
{
    if (!hello)
        return end(hello.error());
    const PathInfo way = path();
    end(ReadyChannel{std::move(m_channel), way, m_hello->takeEarly()});
}

PathInfo RelayConnection::path() const
{
    PathInfo path = m_channel->path();
    path.explanation = explanation();
    path.elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(monotonicNow() - m_startedAt);
    return path;
}

QString RelayConnection::explanation() const
{
    if (m_setup.filter == punch::PathFilter::Relay)
        return QCoreApplication::translate("Peer", "By relay: no other way was wanted.");
    const auto direct = agreedPlan();
    if (direct.isDirectWorthTrying())
        return QCoreApplication::translate("Peer", "By relay, while a direct path is looked for.");
    return explainRelay(direct, m_setup.role, m_setup.port);
}

nat::Plan RelayConnection::agreedPlan() const
{
    if (m_peer.isNull())
        return {};
    const bool controlling = m_setup.role == punch::Role::Controlling;
    return nat::planFor(controlling ? m_setup.network : m_peerNetwork,
                        controlling ? m_peerNetwork : m_setup.network);
}

void RelayConnection::end(Result<ReadyChannel> result)
{
    m_timer.cancel();
    m_headStart.cancel();
    m_askAgain.cancel();
    m_timeline.add(monotonicNow(), result ? punch::Step::Won : punch::Step::Failed, m_peer);
    if (!result)
        qCDebug(logPeer) << "No path by relay:" << result.error().message;
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

} // namespace postern
