#include "core/peer/gatherer.h"

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/net/interfaces.h"
#include "core/peer/connect_messages.h"
#include "core/punch/local_addresses.h"
#include "core/stun/binding.h"

namespace postern {

namespace {

punch::Candidate outsideCandidate(punch::Transport transport, punch::CandidateType type,
                                  const Endpoint &endpoint)
{
    return {transport, type, endpoint, {}, punch::candidatePriority(type, 65535)};
}

} // namespace

Gatherer::Gatherer(UdpDoor &udp, TcpDoor &tcp, std::uint16_t port, DialBack dialBack,
                   nat::NetworkMemory *memory)
    : m_udp(udp)
    , m_tcp(tcp)
    , m_dialBack(std::move(dialBack))
    , m_taker(udp.addStunTaker([this](const Datagram &datagram) { return takeDialBack(datagram); }))
    , m_survey(memory,
               [this] {
                   tellBehaviour();
                   finishRefresh();
               })
    , m_timer([this] { tick(); })
{
    m_facts.port = port;
    readInterfaces();
}

Gatherer::~Gatherer() { m_udp.removeStunTaker(m_taker); }

void Gatherer::setServer(const Endpoint &observed, const Endpoint &stun,
                         const Endpoint &stunAlternate)
{
    m_facts.observedTcp = observed;
    m_stunServer = stun;
    m_stunAlternate = stunAlternate;
    m_ownTried.reset(); // a new session: the world may have changed
    refresh();
}

void Gatherer::clearServer()
{
    m_stunServer = {};
    m_facts.observedTcp = {};
    m_facts.mappedUdp = {};
    m_facts.tcpReachable = m_facts.udpReachable = false;
    m_facts.publicTcp = m_facts.publicUdp = {};
    m_mappingTried.reset();
    m_isPublic = nat::Answer::Unknown;
    m_survey.interrupt();
    m_question.reset();
    m_nextRefresh = NEVER;
    tellBehaviour();
    finishRefresh();
    if (m_mappingWaiting.empty())
        arm();
    else
        m_timer.set(monotonicNow());
}

void Gatherer::setMapping(const std::optional<portmap::PortMapping> &mapping)
{
    m_facts.mapping = mapping;
    m_facts.publicTcp = m_facts.publicUdp = {};
    m_mappingTried.reset();
    if (m_behaviour.isPublic != nat::Answer::Unknown)
        judgeReachability();
    if (!m_question) // else its end asks
        askDialBack();
}

void Gatherer::refresh(std::function<void()> done)
{
    if (done)
        m_waiting.push_back(std::move(done));
    readInterfaces();
    m_survey.look(place());
    if (!m_question)
        askStun();
}

void Gatherer::refreshMapping(std::function<void()> done)
{
    m_mappingWaiting.push_back(std::move(done));
    if (!m_question && m_stunServer.port != 0)
        askStun();
    else if (!m_question)
        m_timer.set(monotonicNow()); // there is nobody to ask
}

void Gatherer::measureThoroughly(std::function<void()> done)
{
    m_waitingForAll.push_back(std::move(done));
    refresh();
    m_survey.lookThoroughly(place());
}

Survey::Place Gatherer::place() const
{
    return {m_stunServer, m_stunAlternate, m_facts.observedTcp.address, m_facts.interfaces};
}

QList<punch::Candidate> Gatherer::candidates(const std::optional<UdpPort> &fresh)
{
    readInterfaces();
    const auto ranked = punch::rankLocalAddresses(m_facts.interfaces);
    auto all = punch::hostCandidates(ranked, punch::Transport::Tcp, m_facts.port);
    const auto add = [&all](const punch::Candidate &candidate) {
        const bool known = std::any_of(all.cbegin(), all.cend(), [&](const auto &other) {
            return other.transport == candidate.transport && other.endpoint == candidate.endpoint;
        });
        if (!known)
            all.append(candidate);
    };
    if (m_facts.tcpReachable)
        add(outsideCandidate(punch::Transport::Tcp, punch::CandidateType::Public,
                             {m_facts.observedTcp.address, m_facts.port}));
    if (!m_facts.publicTcp.isNull())
        add(outsideCandidate(punch::Transport::Tcp, punch::CandidateType::Public,
                             m_facts.publicTcp));
    if (!m_facts.isTcpPublic() && !outsideTcp().isNull())
        add(outsideCandidate(punch::Transport::Tcp, punch::CandidateType::ServerReflexive,
                             outsideTcp()));
    const UdpPort udp = fresh.value_or(UdpPort{m_facts.port, m_facts.mappedUdp});
    all += punch::hostCandidates(ranked, punch::Transport::Udp, udp.number);
    if (!fresh && !m_facts.publicUdp.isNull())
        add(outsideCandidate(punch::Transport::Udp, punch::CandidateType::Public,
                             m_facts.publicUdp));
    if (!udp.mapped.isNull())
        add(outsideCandidate(punch::Transport::Udp,
                             m_facts.udpReachable ? punch::CandidateType::Public
                                                  : punch::CandidateType::ServerReflexive,
                             udp.mapped));
    return all;
}

/// What the router maps for us on request is not cut.
std::optional<Duration> Gatherer::mappingLife() const
{
    const int seconds = m_behaviour.udp.absoluteSeconds;
    if (seconds <= 0 || !m_facts.publicUdp.isNull())
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

/// Of our listener's port: what the router promised, or STUN over TCP saw. Where neither is known,
/// most routers keep the number.
Endpoint Gatherer::outsideTcp() const
{
    const IpAddress &seen = m_facts.observedTcp.address;
    const bool own = std::any_of(m_facts.interfaces.cbegin(), m_facts.interfaces.cend(),
                                 [&](const auto &local) { return local.address == seen; });
    if (m_facts.observedTcp.isNull() || own)
        return {};
    if (m_facts.mapping && m_facts.mapping->tcpPort != 0)
        return {seen, m_facts.mapping->tcpPort};
    return m_facts.mappedTcp.isNull() ? Endpoint{seen, m_facts.port} : m_facts.mappedTcp;
}

void Gatherer::readInterfaces() { m_facts.interfaces = localInterfaceAddresses(); }

void Gatherer::askStun()
{
    if (m_stunServer.port == 0)
        return stunEnded({});
    m_question.emplace(m_udp, m_stunServer, STUN_PATIENCE,
                       [this](const Endpoint &mapped) { stunEnded(mapped); });
    arm();
}

void Gatherer::stunEnded(const Endpoint &mapped)
{
    m_question.reset();
    if (m_facts.mappedUdp != mapped)
        qCDebug(logPeer) << "UDP is mapped to" << mapped.toString();
    m_facts.mappedUdp = mapped;
    if (!mapped.isNull() && m_survey.isContradictedBy(mapped.port))
        m_survey.look(place());
    tellMapped();
    m_nextRefresh =
        m_stunServer.port == 0 ? NEVER : monotonicNow() + nat::keepaliveInterval(m_behaviour.udp);
    tellBehaviour();
    arm();
    askDialBack();
}

/// Our own port and what the router maps to it, at the same time.
void Gatherer::askDialBack()
{
    const Endpoint &observed = m_facts.observedTcp;
    if (!observed.isNull())
        askDialBack(m_ownTried, {observed, m_facts.port, m_facts.mappedUdp},
                    [this](const DialBackResult &result) {
                        m_facts.tcpReachable = result.tcp;
                        m_facts.udpReachable = result.udp;
                    });
    if (!observed.isNull() && m_facts.mapping && !m_facts.tcpReachable) {
        const Endpoint tcp{observed.address, m_facts.mapping->tcpPort}; // no other is dialled
        const Endpoint udp{observed.address, m_facts.mapping->udpPort};
        askDialBack(m_mappingTried, {observed, tcp.port, udp},
                    [this, tcp, udp](const DialBackResult &result) {
                        m_facts.publicTcp = result.tcp ? tcp : Endpoint();
                        m_facts.publicUdp = result.udp ? udp : Endpoint();
                    });
    }
    if (m_dialBacks == 0)
        finishRefresh();
}

/// Once for each outside: as long as it stays it need not be asked for again. All at one time
/// share a token, since our listener can't tell for which of them it is dialled.
void Gatherer::askDialBack(Tried &tried, const Outside &outside,
                           std::function<void(const DialBackResult &)> take)
{
    if (tried == outside)
        return;
    tried = outside;
    take({});
    if (m_dialBacks++ == 0) {
        m_token = randomBytes(peer::TOKEN_BYTES);
        m_tcp.setDialBackToken(m_token);
    }
    m_dialBack(outside.tcpPort, outside.udp.port, m_token,
               [this, &tried, outside, take,
                alive = std::weak_ptr(m_alive)](const Result<DialBackResult> &result) {
                   if (alive.expired())
                       return;
                   if (--m_dialBacks == 0) {
                       m_token.clear();
                       m_tcp.setDialBackToken({});
                   }
                   if (tried == outside && result) {
                       take(*result);
                       judgeReachability();
                   } else if (tried == outside) {
                       tried.reset();
                   } // else the world has moved on
                   if (m_dialBacks == 0)
                       finishRefresh();
               });
}

/// TCP that gets in shows that anyone can reach us. UDP may as well have come through a NAT that
/// filters nothing (a full cone): that is public only where the mapped address is our own.
void Gatherer::judgeReachability()
{
    const bool ownAddress =
        std::any_of(m_facts.interfaces.cbegin(), m_facts.interfaces.cend(),
                    [&](const auto &own) { return own.address == m_facts.mappedUdp.address; });
    const bool reached = m_facts.isTcpPublic() || (m_facts.udpReachable && ownAddress);
    m_isPublic = reached ? nat::Answer::Yes : nat::Answer::No;
    tellBehaviour();
}

/// What the survey found, and what our own port and the connection to the server show.
void Gatherer::tellBehaviour()
{
    m_behaviour = m_survey.behaviour();
    m_behaviour.isPublic = m_isPublic;
    if (!m_facts.mappedUdp.isNull())
        m_behaviour.udp.passes = nat::Answer::Yes;
    else if (m_nextRefresh != NEVER && m_behaviour.udp.passes == nat::Answer::Unknown)
        m_behaviour.udp.passes = nat::Answer::No; // our own port asked, and heard nothing
    if (!m_facts.observedTcp.isNull())
        m_behaviour.tcp.passes = nat::Answer::Yes;
    // A router whose own outside is not ours stands behind another NAT.
    const auto &mapping = m_facts.mapping;
    const IpAddress &seen = m_facts.observedTcp.address;
    if (mapping && !mapping->external.isUnspecified() && !m_facts.observedTcp.isNull()
        && mapping->external.family() == seen.family() && mapping->external != seen)
        m_behaviour.depth = std::max<quint8>(m_behaviour.depth, 2);
}

void Gatherer::tellMapped()
{
    for (const auto &done : std::exchange(m_mappingWaiting, {}))
        done();
}

bool Gatherer::isMappingKnown() const
{
    return m_stunServer.port == 0 || m_behaviour.udp.passes == nat::Answer::No
        || !m_facts.mappedUdp.isNull();
}

bool Gatherer::isOutsideKnown() const
{
    const nat::Behaviour &udp = m_behaviour.udp;
    if (m_stunServer.port == 0 || m_survey.isQuickDone())
        return true;
    if (m_facts.mappedUdp.isNull()) // no peer can send to it: what matters is TCP
        return m_survey.isTcpDone();
    if (m_facts.isTcpPublic())
        return true; // the peer will connect to us
    // A router that kept the port is most likely to keep it toward the peer too, and nobody has
    // to wait; one that gives new ports is of no use without knowing how. What could not be told
    // the last time (by a server with one address) is not waited for again.
    return udp.mapping == nat::Mapping::EndpointIndependent
        || (udp.mapping == nat::Mapping::Unknown
            && (m_survey.isRemembered() || m_facts.mappedUdp.port == m_facts.port));
}

void Gatherer::finishRefresh()
{
    if (m_question || !m_token.isEmpty() || !m_survey.isQuickDone())
        return;
    for (const auto &done : std::exchange(m_waiting, {}))
        done();
    if (!m_survey.isAllDone())
        return;
    for (const auto &done : std::exchange(m_waitingForAll, {}))
        done();
}

bool Gatherer::takeDialBack(const Datagram &datagram)
{
    const auto message = stun::Message::parse(datagram.bytes);
    if (!message || !message->isBindingRequest() || m_token.isEmpty()
        || message->text(stun::Attribute::Username) != m_token.toHex())
        return false;
    answerDialBack(datagram, *message);
    return true;
}

void Gatherer::answerDialBack(const Datagram &datagram, const stun::Message &request)
{
    const auto answer = stun::bindingSuccess(request, datagram.from, {datagram.to, std::nullopt});
    m_udp.send(datagram.from, viewOf(answer));
}

void Gatherer::tick()
{
    if (!m_question)
        tellMapped();
    if (!m_question && monotonicNow() >= m_nextRefresh) {
        m_nextRefresh = NEVER;
        return refresh();
    }
    arm();
}

void Gatherer::arm() { m_timer.set(m_question ? NEVER : m_nextRefresh); }

} // namespace postern
