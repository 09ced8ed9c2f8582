#include "tests/support/simnet/meeting.h"

#include "core/stun/binding.h"

namespace postern::simnet {

using namespace postern::punch;

namespace {

const QByteArray PAYLOAD = "payload: the file itself";

} // namespace

StunServer::StunServer(World &world)
    : m_host(world.addHost(world.internet()))
{
    m_host.listen(3478, [this](const Endpoint &from, const QByteArray &bytes) {
        const auto request = stun::Message::parse(viewOf(bytes));
        if (request && request->isBindingRequest())
            m_host.send(3478, from, stun::bindingSuccess(*request, from, {address(), {}}));
    });
}

/// The layer that depends most on the destination decides how ports change; the strictest one
/// what is let in.
nat::NetworkBehaviour describe(const QList<NatProfile> &layers)
{
    nat::NetworkBehaviour network;
    nat::Behaviour &udp = network.udp;
    network.isPublic = layers.isEmpty() ? nat::Answer::Yes : nat::Answer::No;
    network.depth = static_cast<quint8>(layers.size());
    udp.passes = nat::Answer::Yes;
    udp.mapping = nat::Mapping::EndpointIndependent;
    udp.filtering = nat::Filtering::EndpointIndependent;
    for (const auto &layer : layers) {
        const int one = static_cast<int>(nat::Mapping::EndpointIndependent);
        const auto mapping = static_cast<nat::Mapping>(static_cast<int>(layer.mapping) + one);
        const bool decides = udp.allocation == nat::Allocation::Unknown || mapping > udp.mapping;
        udp.mapping = std::max(udp.mapping, mapping);
        udp.filtering = std::max(
            udp.filtering, static_cast<nat::Filtering>(static_cast<int>(layer.filtering) + one));
        udp.foreignPerSecond = static_cast<qint32>(layer.foreignPerSecond);
        if (!decides)
            continue;
        udp.keepsParity = layer.keepsParity || layer.allocation == Allocation::Preserve
            ? nat::Answer::Yes
            : nat::Answer::No;
        switch (layer.allocation) {
        case Allocation::Preserve: udp.allocation = nat::Allocation::Preserve; break;
        case Allocation::Random: udp.allocation = nat::Allocation::Random; break;
        case Allocation::Sequential:
            udp.allocation = nat::Allocation::Sequential;
            udp.delta = layer.keepsParity ? 2 * layer.delta : layer.delta;
            break;
        case Allocation::Block:
            udp.allocation = nat::Allocation::Block;
            udp.lowest = layer.blockLowest;
            udp.highest = static_cast<quint16>(layer.blockLowest + layer.blockSize - 1);
            break;
        }
    }
    // What is sent to our own outside reaches the outermost; as nat::Discovery, where it is not
    // seen.
    const bool misses = udp.mapping != nat::Mapping::EndpointIndependent
        && udp.filtering != nat::Filtering::EndpointIndependent;
    if (!layers.isEmpty() && !misses)
        udp.hairpin = layers.first().hairpin ? nat::Answer::Yes : nat::Answer::No;
    return network;
}

void SimPeer::gather(const Endpoint &stunServer, std::function<void()> done)
{
    m_nextPort = static_cast<int>(m_world.number() % 20'000);
    m_ports = {freshPort()};
    m_host.listen(m_ports[0], [this](const Endpoint &from, const QByteArray &bytes) {
        receive(0, from, bytes);
    });
    m_stunServer = stunServer;
    m_gathered = std::move(done);
    askAgain();
}

void SimPeer::askAgain()
{
    if (!m_gathered)
        return;
    const auto number = static_cast<std::uint8_t>(m_world.number());
    m_host.send(m_ports[0], m_stunServer,
                stun::bindingRequest(stun::TransactionId({number, 1, 2, 3})));
    m_world.after(500ms, [this] { askAgain(); });
}

void SimPeer::makeAgent(Role role, const MeetingPlan &plan)
{
    m_role = role;
    m_healing = plan.healing;
    m_openerTtl = plan.openerTtl;
    const auto random = seededRandom(m_world.number());
    AgentConfig config{role, Credentials::generate(random), 2, plan.timings};
    m_agent = std::make_unique<Agent>(config, random, m_world.now());
    m_table = plan.table;
    const bool first = role == Role::Controlling;
    const Instant measuredAt = m_world.now() + (first ? plan.firstMeasured : plan.secondMeasured);
    const auto isMeasured = [this, measuredAt] { return m_world.now() >= measuredAt; };
    m_networks.emplace(
        NetworkExchange::Own{isMeasured, [isMeasured, network = first ? plan.first : plan.second] {
                                 return isMeasured() ? network : nat::NetworkBehaviour();
                             }});
    std::uint16_t preference = 65535; // IPv6 first, as rankLocalAddresses() has it
    if (m_host.addressV6()) {
        const Endpoint v6{*m_host.addressV6(), m_ports[0]};
        m_agent->addLocalCandidate({Transport::Udp, CandidateType::Host, v6, v6,
                                    candidatePriority(CandidateType::Host, preference--)});
    }
    const Endpoint host{m_host.address(), m_ports[0]};
    m_agent->addLocalCandidate({Transport::Udp, CandidateType::Host, host, host,
                                candidatePriority(CandidateType::Host, preference)});
    if (!m_public)
        m_agent->addLocalCandidate({Transport::Udp, CandidateType::ServerReflexive, m_mapped, host,
                                    candidatePriority(CandidateType::ServerReflexive, 65535)});
    if (m_earlyNetwork)
        m_networks->hear(m_world.now(), {*m_earlyNetwork, false});
    m_told = {m_agent->localOffer(), m_networks->begin(m_world.now())};
    pump(); // while it is measured the clock runs
}

nat::Plan SimPeer::plan() const
{
    if (m_table)
        return *m_table;
    const bool first = m_role == Role::Controlling;
    return nat::planFor(first ? m_networks->own() : m_networks->theirs(),
                        first ? m_networks->theirs() : m_networks->own());
}

void SimPeer::start(const Told &remote)
{
    const Instant now = m_world.now();
    m_networks->hear(now, remote.word);
    const Opening opening = openingOf(plan(), m_role);
    m_agent->setOpening(m_openerTtl.value_or(opening.ttl), opening.openly, opening.holdOff);
    for (const auto &candidate : remote.punch.candidates)
        if (candidate.endpoint.address.isV4()
            && (candidate.type == CandidateType::ServerReflexive || m_peer.isNull()))
            m_peer = candidate.endpoint;
    beginSearch();
    if (!m_agent->setRemote(now, remote.punch))
        qFatal("the simulation made a bad offer");
    pump();
}

void SimPeer::peerNetwork(const nat::NetworkBehaviour &network)
{
    if (!m_networks) {
        m_earlyNetwork = network;
        return;
    }
    m_networks->hear(m_world.now(), {network, false});
    pump();
}

/// As soon as both networks are known; the checks go on meanwhile.
void SimPeer::beginSearch()
{
    if (m_search || m_peer.isNull() || validatedAt || !m_healing)
        return;
    const Instant now = m_world.now();
    if (!m_networks->isComplete())
        return m_agent->searchUntil(now + NetworkExchange::PEER_PATIENCE);
    if (!leadsOutside(m_mapped, m_peer, m_networks->own()))
        return;
    m_search.emplace(portSearchConfig(plan(), m_role, m_stunServer, m_peer),
                     seededRandom(m_world.number()), now);
    m_agent->searchUntil(now + m_search->longest());
    if (m_early)
        m_search->peerPorts(now, m_early->attempt, m_early->ports);
    if (m_stuck)
        m_search->agentStuck(now);
}

void SimPeer::peerPorts(const TellPorts &told)
{
    if (!m_search) {
        m_early = told;
        return;
    }
    m_search->peerPorts(m_world.now(), told.attempt, told.ports);
    pump();
}

void SimPeer::receive(int socket, const Endpoint &from, const QByteArray &bytes)
{
    if (from == m_stunServer && m_gathered) {
        const auto message = stun::Message::parse(viewOf(bytes));
        m_mapped = *message->mappedAddress();
        std::exchange(m_gathered, {})();
        return;
    }
    payloadReceived |= bytes == PAYLOAD;
    const bool taken =
        (m_search && m_search->handleDatagram(m_world.now(), socket, from, viewOf(bytes)))
        || (m_agent && m_agent->handleDatagram(m_world.now(), from, viewOf(bytes), socket));
    if (taken)
        pump();
}

void SimPeer::sendPayload()
{
    const auto &path = nominated->path;
    m_host.send(m_ports[static_cast<std::size_t>(path.socket)], path.remote, PAYLOAD);
}

void SimPeer::open(const OpenSockets &sockets)
{
    ++searches;
    QList<std::uint16_t> ports;
    for (int i = 0; i < sockets.count; ++i) {
        const int socket = sockets.first + i;
        ports.append(freshPort(sockets.even));
        m_ports.resize(static_cast<std::size_t>(socket) + 1);
        m_ports.back() = ports.back();
        m_host.listen(ports.back(), [this, socket](const Endpoint &from, const QByteArray &bytes) {
            receive(socket, from, bytes);
        });
    }
    m_search->socketsOpened(m_world.now(), ports);
}

void SimPeer::pump()
{
    beginSearch();
    pumpSearch();
    pumpAgent();
    pumpSearch(); // being stuck may start it
    pumpAgent();
    scheduleWake();
}

void SimPeer::pumpSearch()
{
    if (!m_search)
        return;
    for (auto events = m_search->takeEvents(); !events.empty(); events = m_search->takeEvents()) {
        for (auto &event : events) {
            if (const auto *sockets = std::get_if<OpenSockets>(&event))
                open(*sockets);
            else if (const auto *told = std::get_if<TellPorts>(&event))
                tell(*told);
            else if (auto *shots = std::get_if<Fire>(&event))
                m_agent->fire(m_world.now(), std::move(shots->volley));
            else if (std::holds_alternative<Ease>(event))
                m_agent->easeVolley(m_world.now());
            else if (std::holds_alternative<Halt>(event))
                m_agent->haltVolley(m_world.now());
        }
    }
    while (const auto packet = m_search->pollTransmit()) {
        ++packets;
        m_host.send(m_ports[static_cast<std::size_t>(packet->socket)], packet->to, packet->bytes);
    }
}

void SimPeer::pumpAgent()
{
    while (auto out = m_agent->pollTransmit()) {
        ++packets;
        m_host.send(m_ports[static_cast<std::size_t>(out->socket)], out->to, out->bytes, out->ttl);
    }
    while (const auto event = m_agent->pollEvent()) {
        if (const auto *path = std::get_if<PathValidated>(&*event); path && !validatedAt) {
            validatedAt = m_world.now();
            validated = path->path;
            if (m_search)
                m_search->stop();
        }
        if (const auto *agreed = std::get_if<Nominated>(&*event)) {
            nominated = *agreed;
            nominatedAt = m_world.now();
        }
        if (const auto *end = std::get_if<Failed>(&*event)) {
            failed = *end;
            failedAt = m_world.now();
        }
        consentLost |= std::holds_alternative<ConsentLost>(*event);
        m_stuck |= std::holds_alternative<Stuck>(*event);
        if (std::get_if<Stuck>(&*event) && m_search)
            m_search->agentStuck(m_world.now());
    }
}

Instant SimPeer::nextDeadline() const
{
    const Instant next = std::min(m_agent->nextDeadline(), m_networks->nextDeadline());
    return m_search ? std::min(next, m_search->nextDeadline()) : next;
}

void SimPeer::scheduleWake()
{
    const Instant deadline = nextDeadline();
    if (deadline == NEVER || (m_wakeAt <= deadline && m_wakeAt > m_world.now()))
        return; // a wake that comes early finds out and asks for the next
    m_wakeAt = deadline;
    m_world.at(deadline, [this, deadline] {
        if (m_wakeAt == deadline)
            m_wakeAt = NEVER;
        const Instant now = m_world.now();
        if (const auto measured = m_networks->handleTimeout(now))
            tellNetwork(*measured);
        if (m_search && m_search->nextDeadline() <= now)
            m_search->handleTimeout(now);
        if (m_agent->nextDeadline() <= now)
            m_agent->handleTimeout(now);
        pump();
    });
}

MeetingResult meet(World &world, const StunServer &server, SimPeer &a, SimPeer &b,
                   const MeetingPlan &plan)
{
    Instant bothHaveOffers{};
    const auto carry = [&](SimPeer &to) {
        return [&world, &to, &plan](const TellPorts &told) {
            world.after(plan.signalling, [&to, told] { to.peerPorts(told); });
        };
    };
    const auto carryNetwork = [&](SimPeer &to) {
        return [&world, &to, &plan](const nat::NetworkBehaviour &network) {
            world.after(plan.signalling, [&to, network] { to.peerNetwork(network); });
        };
    };
    a.tell = carry(b);
    b.tell = carry(a);
    a.tellNetwork = carryNetwork(b);
    b.tellNetwork = carryNetwork(a);
    a.gather(server.address(), [&] {
        a.makeAgent(Role::Controlling, plan);
        world.after(plan.signalling, [&] {
            b.gather(server.address(), [&] {
                b.makeAgent(Role::Controlled, plan);
                b.start(a.told());
                world.after(plan.signalling, [&] {
                    bothHaveOffers = world.now();
                    a.start(b.told());
                });
            });
        });
    });
    world.runUntil(world.now() + 60s,
                   [&] { return (a.nominated && b.nominated) || (a.failed && b.failed); });

    MeetingResult result;
    result.packets = a.packets + b.packets;
    result.attempts = 1 + std::max(a.searches, b.searches);
    if (a.failed)
        result.reason = a.failed->reason;
    if (a.failedAt && b.failedAt)
        result.toFailure = std::max(*a.failedAt, *b.failedAt) - bothHaveOffers;
    if (!a.nominated || !b.nominated)
        return result;
    result.strategy = a.nominated->path.strategy;
    result.family = a.nominated->path.remote.address.family();
    result.guess = std::max(a.nominated->path.guess, b.nominated->path.guess);
    result.toPath = std::max(*a.validatedAt, *b.validatedAt) - bothHaveOffers;
    result.toAgreement = std::max(*a.nominatedAt, *b.nominatedAt) - bothHaveOffers;
    for (int tries = 0; tries < 30 && !(a.payloadReceived && b.payloadReceived); ++tries) {
        a.sendPayload();
        b.sendPayload();
        world.runUntil(world.now() + 500ms);
    }
    result.direct = a.payloadReceived && b.payloadReceived;
    return result;
}

} // namespace postern::simnet
