#include "core/peer/tcp_punch.h"

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/peer/port_plan.h"
#include "core/stun/binding.h"

#include <algorithm>

namespace postern {

namespace {

/// Of the peer's IPv6 addresses: room is left for the outside of its NAT.
constexpr qsizetype MOST_V6 = punch::SimultaneousOpen::MOST_REMOTES - 1;

bool isGlobalV6(const punch::Candidate &candidate)
{
    return candidate.type == punch::CandidateType::Host && !candidate.endpoint.address.isV4()
        && candidate.endpoint.address.isGlobal();
}

/// STUN answered this side: UDP gets out, and the other knows where to.
bool hasUdpOutside(const QList<punch::Candidate> &candidates)
{
    return std::any_of(candidates.begin(), candidates.end(), [](const auto &candidate) {
        return candidate.transport == punch::Transport::Udp
            && candidate.type != punch::CandidateType::Host;
    });
}

} // namespace

QList<Endpoint> TcpPunch::remotesAmong(const QList<punch::Candidate> &peers,
                                       const QList<punch::Candidate> &own)
{
    const auto isPassable = [](const punch::Candidate &candidate) {
        const IpAddress &address = candidate.endpoint.address;
        if (candidate.transport != punch::Transport::Tcp)
            return false;
        return candidate.type == punch::CandidateType::ServerReflexive
            ? !address.isLoopback() && !address.isLinkLocal()
            : isGlobalV6(candidate);
    };
    const bool hasV6 = std::any_of(own.begin(), own.end(), isGlobalV6);
    QList<Endpoint> translated;
    QList<Endpoint> v6;
    for (const auto &candidate : peers)
        if (isPassable(candidate))
            (candidate.endpoint.address.isV4() ? translated : v6).append(candidate.endpoint);
    if (!hasV6)
        return translated;
    return v6.mid(0, MOST_V6) + translated;
}

bool TcpPunch::isUdpHopeless(const QList<punch::Candidate> &own,
                             const nat::NetworkBehaviour &ownNetwork, const Endpoint &peersOutside,
                             const nat::NetworkBehaviour &peersNetwork)
{
    return ownNetwork.udp.passes == nat::Answer::No || peersNetwork.udp.passes == nat::Answer::No
        || !hasUdpOutside(own) || peersOutside.isNull();
}

TcpPunch::TcpPunch(Setup setup, Instant now, Tell tell, Connected connected, Exhausted exhausted)
    : m_setup(std::move(setup))
    , m_plan(m_setup.plan, now)
    , m_tell(std::move(tell))
    , m_connected(std::move(connected))
    , m_exhausted(std::move(exhausted))
    , m_timer([this] {
        m_ended.clear();
        m_plan.handleTimeout(monotonicNow());
        drive();
    })
{
    drive();
}

void TcpPunch::begin(Instant now)
{
    m_plan.begin(now);
    drive();
}

void TcpPunch::setPorts(const nat::NetworkBehaviour &own, const nat::NetworkBehaviour &peers)
{
    const TcpPorts ours = tcpPortsOf(own.tcp);
    m_plan.setPorts(ours.ports, ours.step, tcpPortsOf(peers.tcp).ports);
}

void TcpPunch::peerTold(Instant now, int round, const QList<quint16> &ports, Duration wait)
{
    m_plan.peerTold(now, round, ports, wait);
    drive();
}

void TcpPunch::drive()
{
    while (const auto action = m_plan.pollAction()) {
        if (const auto *one = std::get_if<punch::SimultaneousOpen::Dial>(&*action))
            dial(*one);
        else if (const auto *two = std::get_if<punch::SimultaneousOpen::Sample>(&*action))
            sample(*two);
        else
            m_tell(std::get<punch::SimultaneousOpen::Tell>(*action));
    }
    m_timer.set(m_plan.nextDeadline());
    if (m_plan.isExhausted())
        if (const auto exhausted = std::exchange(m_exhausted, {}))
            exhausted();
}

void TcpPunch::sample(const punch::SimultaneousOpen::Sample &sample)
{
    TcpSocket::ConnectOptions options;
    if (!sample.fresh) {
        options.from = {IpAddress::any(m_setup.stunServer.address.family()), m_setup.port};
        options.sharePort = true;
    }
    std::array<std::uint8_t, stun::TransactionId::LENGTH> bytes{};
    fillRandom(bytes);
    const stun::TransactionId id(bytes);
    m_sample = nat::TcpQuestion::ask(
        m_setup.stunServer, options, stun::bindingRequest(id),
        [this, id](const QByteArray &answer) {
            const auto message = stun::Message::parse(viewOf(answer));
            const bool ours = message && message->transaction() == id;
            sampled(ours ? message->mappedAddress().value_or(Endpoint()).port : 0);
        });
    if (!m_sample)
        m_plan.sampled(monotonicNow(), 0);
}

void TcpPunch::sampled(std::uint16_t port)
{
    qCDebug(logPeer) << "Our next TCP port follows" << port;
    m_plan.sampled(monotonicNow(), port);
    drive();
}

void TcpPunch::dial(const punch::SimultaneousOpen::Dial &dial)
{
    if (!m_setup.budget.take(monotonicNow(), dial.to.address))
        return m_plan.failed(monotonicNow(), dial.number);
    qCDebug(logPeer) << "Dialling through the NAT:" << dial.number << dial.to.toString();
    m_dials[dial.number] = std::make_unique<TcpDial>(
        dial.to, m_setup.peerToken,
        TcpDial::Punched{dial.fresh ? std::uint16_t(0) : m_setup.port, m_setup.token},
        [this, number = dial.number](Result<std::unique_ptr<TcpSocket>> socket) {
            dialled(number, std::move(socket));
        });
}

void TcpPunch::dialled(int number, Result<std::unique_ptr<TcpSocket>> socket)
{
    if (auto gone = m_dials.extract(number))
        m_ended.push_back(std::move(gone.mapped()));
    if (socket) {
        m_plan.connected();
        m_connected(std::move(*socket));
    } else {
        qCDebug(logPeer) << "Punching TCP:" << socket.error().message;
        m_plan.failed(monotonicNow(), number);
    }
    drive();
}

} // namespace postern
