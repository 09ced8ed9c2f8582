#pragma once
// The UDP side of one connection being made: joins the agent's checks and the search over many
// ports to the main port and a fan of further ones. Wiring only.
//
// Thread: engine thread. Callbacks come from inside drive() and from the event loop.

#include "core/peer/port_fan.h"
#include "core/peer/port_plan.h"
#include "core/punch/address_budget.h"
#include "core/punch/agent.h"

namespace postern {

class UdpSearch {
public:
    struct Callbacks {
        std::function<void(const punch::TellPorts &)> tell; ///< to the peer, through the rendezvous
        /// A check for one of the fan's sockets; true if the agent took it.
        std::function<void(int socket, const Datagram &)> received;
    };

    /// The main port, and what holds it where it is this connection's own.
    struct Main {
        UdpDoor &door;
        std::shared_ptr<const void> owner;
    };

    UdpSearch(Main main, punch::Budgets &budgets, punch::Agent &agent, Callbacks callbacks);

    /// Before the agent's checks begin: how its first packets leave, by what is known by then.
    void open(const nat::Plan &plan, punch::Role role);
    /// Once both networks are known. `peer`: where servers see its main port.
    void begin(Instant now, const nat::Plan &plan, punch::Role role, const Endpoint &stunServer,
               const Endpoint &peer);
    void peerPorts(Instant now, int attempt, const QList<quint16> &ports);
    /// True if it was an answer to us.
    bool handleDatagram(Instant now, int socket, const Datagram &datagram);
    void agentStuck(Instant now);
    void pathFound();

    /// Sends and opens what both machines want by now.
    void drive(Instant now);
    void handleTimeout(Instant now);
    Instant nextDeadline() const;

    Result<std::unique_ptr<DatagramPath>> openPath(int socket, const Endpoint &remote);
    const nat::Plan &plan() const { return m_plan; }
    /// Of the search over many ports; null where none was begun.
    const punch::Timeline *timeline() const { return m_search ? &m_search->timeline() : nullptr; }
    /// What a path over this socket is called before it has been checked.
    punch::Strategy strategyOf(int socket) const;

private:
    void send(int socket, const Endpoint &to, const QByteArray &bytes, int hopLimit);
    void driveSearch(Instant now);
    void fire(Instant now, punch::Volley volley);

    Main m_main;
    punch::Budgets &m_budgets;
    punch::Agent &m_agent;
    Callbacks m_callbacks;
    nat::Plan m_plan;
    std::optional<punch::PortSearch> m_search;
    bool m_isStuck = false; ///< the agent, before the plan was there
    bool m_isFound = false;
    std::optional<punch::TellPorts> m_early; ///< the peer's ports overtook its answer
    punch::Strategy m_strategy = punch::Strategy::UdpPunch;
    PortFan m_fan;
};

} // namespace postern
