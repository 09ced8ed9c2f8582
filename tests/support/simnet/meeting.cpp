#include "tests/support/simnet/meeting.h"

#include "core/stun/binding.h"

namespace postern::simnet {

using namespace postern::punch;

namespace {

const QByteArray PAYLOAD = "payload: the file itself";
constexpr int MOST_ATTEMPTS = 3;

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

void SimPeer::gather(const Endpoint &stunServer, std::function<void()> done)
{
    m_host.close(m_port);
    m_agent.reset();
    m_port = static_cast<std::uint16_t>(40'000 + m_world.number() % 20'000);
    m_host.listen(m_port,
                  [this](const Endpoint &from, const QByteArray &bytes) { receive(from, bytes); });
    m_stunServer = stunServer;
    m_gathered = std::move(done);
    askAgain();
}

void SimPeer::askAgain()
{
    if (!m_gathered)
        return;
    const auto number = static_cast<std::uint8_t>(m_world.number());
    m_host.send(m_port, m_stunServer, stun::bindingRequest(stun::TransactionId({number, 1, 2, 3})));
    m_world.after(500ms, [this] { askAgain(); });
}

void SimPeer::makeAgent(Role role, const MeetingPlan &plan, int openerTtl)
{
    const auto random = seededRandom(m_world.number());
    m_agent = std::make_unique<Agent>(
        AgentConfig{role, Credentials::generate(random), openerTtl, plan.timings}, random,
        m_world.now());
    const Endpoint host{m_host.address(), m_port};
    m_agent->addLocalCandidate({Transport::Udp, CandidateType::Host, host, host,
                                candidatePriority(CandidateType::Host, 65535)});
    if (m_public)
        return;
    m_agent->addLocalCandidate({Transport::Udp, CandidateType::ServerReflexive, m_mapped, host,
                                candidatePriority(CandidateType::ServerReflexive, 65535)});
}

void SimPeer::start(const PunchOffer &remote)
{
    if (!m_agent->setRemote(m_world.now(), remote))
        qFatal("the simulation made a bad offer");
    pump();
}

void SimPeer::receive(const Endpoint &from, const QByteArray &bytes)
{
    if (from == m_stunServer && m_gathered) {
        const auto message = stun::Message::parse(viewOf(bytes));
        m_mapped = *message->mappedAddress();
        std::exchange(m_gathered, {})();
        return;
    }
    payloadReceived |= bytes == PAYLOAD;
    if (m_agent && m_agent->handleDatagram(m_world.now(), from, viewOf(bytes)))
        pump();
}

void SimPeer::sendPayload() { m_host.send(m_port, nominated->path.remote, PAYLOAD); }

void SimPeer::pump()
{
    while (auto out = m_agent->pollTransmit()) {
        ++packets;
        m_host.send(m_port, out->to, out->bytes, out->ttl);
    }
    while (const auto event = m_agent->pollEvent()) {
        if (std::get_if<PathValidated>(&*event) && !validatedAt)
            validatedAt = m_world.now();
        if (const auto *agreed = std::get_if<Nominated>(&*event)) {
            nominated = *agreed;
            nominatedAt = m_world.now();
        }
        if (const auto *end = std::get_if<Failed>(&*event)) {
            failed = *end;
            failedAt = m_world.now();
        }
        if (const auto *stuck = std::get_if<Stuck>(&*event); stuck && onStuck)
            onStuck(stuck->remapped);
    }
    scheduleWake();
}

void SimPeer::scheduleWake()
{
    const Instant deadline = m_agent->nextDeadline();
    if (deadline == NEVER || (m_wakeAt <= deadline && m_wakeAt > m_world.now()))
        return; // a wake that comes early finds out and asks for the next
    m_wakeAt = deadline;
    m_world.at(deadline, [this, deadline, agent = m_agent.get()] {
        if (m_wakeAt == deadline)
            m_wakeAt = NEVER;
        if (m_agent.get() != agent)
            return;
        if (agent->nextDeadline() <= m_world.now())
            agent->handleTimeout(m_world.now());
        pump();
    });
}

namespace {

/// One meeting: attempt after attempt, each on fresh ports.
struct Course {
    World &world;
    Endpoint stun;
    SimPeer &a;
    SimPeer &b;
    MeetingPlan plan;
    int attempt = 0;
    bool restarting = false;
    Instant bothHaveOffers{};

    void begin()
    {
        restarting = false;
        ++attempt;
        // Each time the opener may go one NAT further: the depth is not known.
        const int ttl = plan.openerTtl == 0 ? 0 : plan.openerTtl + attempt - 1;
        a.gather(stun, [this, ttl] {
            a.makeAgent(Role::Controlling, plan, ttl);
            world.after(plan.signalling, [this, ttl] { answer(ttl); });
        });
    }
    void answer(int ttl)
    {
        b.gather(stun, [this, ttl] {
            b.makeAgent(Role::Controlled, plan, ttl);
            b.start(a.offer());
            world.after(plan.signalling, [this] {
                bothHaveOffers = world.now();
                a.start(b.offer());
            });
        });
    }
    void stuck()
    {
        if (!plan.healing || restarting || attempt == MOST_ATTEMPTS || a.nominated || b.nominated)
            return;
        restarting = true;
        // The other side is told, and both are quiet for a moment.
        world.after(2 * plan.signalling, [this] {
            if (!a.nominated && !b.nominated)
                begin();
        });
    }
};

} // namespace

MeetingResult meet(World &world, const StunServer &server, SimPeer &a, SimPeer &b,
                   const MeetingPlan &plan)
{
    Course course{world, server.address(), a, b, plan};
    a.onStuck = b.onStuck = [&](bool) { course.stuck(); };
    course.begin();
    world.runUntil(world.now() + 60s, [&] {
        return (a.nominated && b.nominated) || (a.failed && b.failed && !course.restarting);
    });

    MeetingResult result;
    result.packets = a.packets + b.packets;
    result.attempts = course.attempt;
    if (a.failed)
        result.reason = a.failed->reason;
    if (a.failedAt && b.failedAt)
        result.toFailure = std::max(*a.failedAt, *b.failedAt) - course.bothHaveOffers;
    if (!a.nominated || !b.nominated)
        return result;
    result.strategy = a.nominated->path.strategy;
    result.toPath = std::max(*a.validatedAt, *b.validatedAt) - course.bothHaveOffers;
    result.toAgreement = std::max(*a.nominatedAt, *b.nominatedAt) - course.bothHaveOffers;
    for (int tries = 0; tries < 30 && !(a.payloadReceived && b.payloadReceived); ++tries) {
        a.sendPayload();
        b.sendPayload();
        world.runUntil(world.now() + 500ms);
    }
    result.direct = a.payloadReceived && b.payloadReceived;
    return result;
}

} // namespace postern::simnet
