#include "core/peer/udp_search.h"

#include "core/peer/kept_path.h"

namespace postern {

UdpSearch::UdpSearch(Main main, punch::Budgets &budgets, punch::Agent &agent, Callbacks callbacks)
    : m_main(std::move(main))
    , m_budgets(budgets)
    , m_agent(agent)
    , m_callbacks(std::move(callbacks))
    , m_fan(
          [this](int socket, const Datagram &datagram) { m_callbacks.received(socket, datagram); })
{
}

void UdpSearch::open(const nat::Plan &plan, punch::Role role)
{
    m_plan = plan;
    const Opening opening = openingOf(plan, role);
    m_agent.setOpening(opening.ttl, opening.openly, opening.holdOff);
}

void UdpSearch::begin(Instant now, const nat::Plan &plan, punch::Role role,
                      const Endpoint &stunServer, const Endpoint &peer)
{
    m_plan = plan;
    if (m_isFound || peer.isNull() || !peer.address.isV4())
        return;
    auto config = portSearchConfig(plan, role, stunServer, peer);
    for (const auto &attempt : config.attempts)
        if (attempt.part != punch::Part::Checks)
            m_strategy = attempt.strategy;
    m_search.emplace(std::move(config), fillRandom, now);
    m_agent.searchUntil(now + m_search->longest());
    if (const auto early = std::exchange(m_early, {}))
        m_search->peerPorts(now, early->attempt, early->ports);
    if (m_isStuck)
        m_search->agentStuck(now);
}

void UdpSearch::peerPorts(Instant now, int attempt, const QList<quint16> &ports)
{
    if (m_search)
        m_search->peerPorts(now, attempt, ports);
    else
        m_early = punch::TellPorts{attempt, ports};
}

bool UdpSearch::handleDatagram(Instant now, int socket, const Datagram &datagram)
{
    return m_search && m_search->handleDatagram(now, socket, datagram.from, datagram.bytes);
}

void UdpSearch::agentStuck(Instant now)
{
    m_isStuck = true;
    if (m_search)
        m_search->agentStuck(now);
}

void UdpSearch::pathFound()
{
    m_isFound = true;
    if (m_search)
        m_search->stop();
}

void UdpSearch::send(int socket, const Endpoint &to, const QByteArray &bytes, int hopLimit)
{
    if (socket == 0)
        m_main.door.send(to, viewOf(bytes), hopLimit);
    else
        m_fan.send(socket, to, viewOf(bytes), hopLimit);
}

void UdpSearch::drive(Instant now)
{
    driveSearch(now);
    while (const auto packet = m_agent.pollTransmit()) // shots have been paid for
        if (packet->isShot || m_budgets.checks.take(now, packet->to.address))
            send(packet->socket, packet->to, packet->bytes, packet->ttl);
}

void UdpSearch::driveSearch(Instant now)
{
    if (!m_search)
        return;
    for (auto events = m_search->takeEvents(); !events.empty(); events = m_search->takeEvents()) {
        for (auto &event : events) {
            if (const auto *sockets = std::get_if<punch::OpenSockets>(&event))
                m_search->socketsOpened(now,
                                        m_fan.open(sockets->first, sockets->count, sockets->even));
            else if (const auto *told = std::get_if<punch::TellPorts>(&event))
                m_callbacks.tell(*told);
            else if (auto *shots = std::get_if<punch::Fire>(&event))
                fire(now, std::move(shots->volley));
            else if (std::holds_alternative<punch::Ease>(event))
                m_agent.easeVolley(now);
            else if (std::holds_alternative<punch::Halt>(event))
                m_agent.haltVolley(now);
        }
    }
    while (const auto packet = m_search->pollTransmit())
        send(packet->socket, packet->to, packet->bytes, 0);
}

void UdpSearch::handleTimeout(Instant now)
{
    if (m_search)
        m_search->handleTimeout(now);
}

/// A search whose packets the budget does not allow goes on with its checks alone.
void UdpSearch::fire(Instant now, punch::Volley volley)
{
    const auto shots = static_cast<int>(volley.aims.size() * volley.passes.size());
    if (m_budgets.shots.take(now, volley.aims.front().remote.address, shots))
        m_agent.fire(now, std::move(volley));
}

Instant UdpSearch::nextDeadline() const { return m_search ? m_search->nextDeadline() : NEVER; }

Result<std::unique_ptr<DatagramPath>> UdpSearch::openPath(int socket, const Endpoint &remote)
{
    return socket == 0 ? keeping(m_main.owner, m_main.door.openPath(remote))
                       : m_fan.openPath(socket, remote);
}

punch::Strategy UdpSearch::strategyOf(int socket) const
{
    return socket == 0 ? punch::Strategy::UdpPunch : m_strategy;
}

} // namespace postern
