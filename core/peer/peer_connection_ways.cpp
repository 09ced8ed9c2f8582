// PeerConnection: the ways that race, each from its first packet to a secured channel.

#include "core/base/log.h"
#include "core/peer/peer_addresses.h"
#include "core/peer/peer_connection.h"
#include "core/transport/quic_channel.h"
#include "core/transport/tls_channel.h"

namespace postern {

namespace {

constexpr std::size_t MOST_OVERTAKING = 4; // connections that come before the answer

} // namespace

void PeerConnection::dial(const punch::Dial &dial)
{
    if (!m_around.budgets.dials.take(monotonicNow(), dial.to.address))
        return m_race->failed(monotonicNow(), dial.id);
    m_attempts[dial.id].dial = std::make_unique<TcpDial>(
        dial.to, m_peerToken, [this, id = dial.id](Result<std::unique_ptr<TcpSocket>> socket) {
            if (socket) {
                m_race->tcpConnected(monotonicNow(), id);
                secureTcp(id, std::move(*socket));
            } else {
                m_race->failed(monotonicNow(), id);
            }
            drive();
        });
}

void PeerConnection::accept(std::unique_ptr<TcpSocket> socket, TcpDoor::Greeting greeting)
{
    if (!m_race) {
        // Its dial overtook its answer, which takes the longer way, by the server.
        if (m_overtaking.size() < MOST_OVERTAKING)
            m_overtaking.emplace_back(std::move(socket), greeting);
        return;
    }
    if (greeting == TcpDoor::Greeting::Punched) {
        // 32 bytes into an empty send buffer: they go at once or not at all.
        const auto words = peer::punchGreeting(m_peerToken);
        if (socket->write(viewOf(words)).bytes == static_cast<std::size_t>(words.size()))
            tcpPunched(std::move(socket));
        return;
    }
    if (const auto id = m_race->tcpAccepted(monotonicNow(), socket->remote()))
        secureTcp(*id, std::move(socket));
    drive();
}

void PeerConnection::tcpPunched(std::unique_ptr<TcpSocket> socket)
{
    if (const auto id = m_race->tcpPunched(monotonicNow(), socket->remote()))
        secureTcp(*id, std::move(socket));
    drive();
}

void PeerConnection::secure(const punch::Secure &secure)
{
    std::unique_ptr<DatagramPath> path;
    const UdpWay way(secure.socket, secure.remote);
    if (const auto early = m_early.find(way); early != m_early.end()) {
        path = std::move(early->second);
        m_early.erase(early);
    } else if (auto opened = m_search.openPath(way.first, way.second)) {
        path = std::move(*opened);
    }
    if (path)
        secureUdp(secure.id, way, std::move(path));
    else
        m_race->failed(monotonicNow(), secure.id);
}

void PeerConnection::secureTcp(punch::AttemptId id, std::unique_ptr<TcpSocket> socket)
{
    auto &attempt = m_attempts[id];
    attempt.local = socket->local();
    const PathInfo path{PathKind::Tcp, {}, socket->local(), socket->remote(), {}};
    attempt.channel =
        TlsChannel::start(std::move(socket), channelRole(), m_around.key, {m_setup.peer}, path,
                          [this, id](const Result<void> &r) { established(id, r); });
}

void PeerConnection::secureUdp(punch::AttemptId id, const UdpWay &way,
                               std::unique_ptr<DatagramPath> datagrams)
{
    auto &attempt = m_attempts[id];
    attempt.local = datagrams->local();
    if (const auto known = m_localOf.find(way); known != m_localOf.end() && !known->second.isNull())
        attempt.local = known->second;
    const PathInfo path{PathKind::Udp, {}, attempt.local, datagrams->remote(), {}};
    QuicOptions options;
    options.congestion = m_around.congestion;
    options.largestPayload =
        largestPayloadTo(path.remote.address, m_around.gatherer.facts().interfaces);
    if (const auto known = m_validated.find(way); known != m_validated.end())
        options.roundTrip = known->second.roundTrip;
    attempt.channel = QuicChannel::start(
        std::move(datagrams), channelRole(), m_around.key, {m_setup.peer}, path,
        [this, id](const Result<void> &r) { established(id, r); }, options);
}

void PeerConnection::established(punch::AttemptId id, const Result<void> &result)
{
    const auto found = m_attempts.find(id);
    if (found == m_attempts.end() || !m_done)
        return;
    if (!result) {
        qCDebug(logPeer) << "Attempt" << id << "not secured:" << result.error().message;
        if (!m_problem || result.error().code == ErrorCode::PeerKeyMismatch)
            m_problem = result.error();
        m_race->failed(monotonicNow(), id);
        return drive();
    }
    if (const auto path = found->second.channel->path(); path.kind == PathKind::Udp)
        udp().settle(path.remote);
    if (m_setup.role == punch::Role::Controlled)
        found->second.hello = std::make_unique<HelloExchange>(
            *found->second.channel, HelloExchange::Side::Responder,
            [this, id](const Result<peer::PeerHello> &hello) { greeted(id, hello); });
    m_race->secured(monotonicNow(), id);
    drive();
}

} // namespace postern
