#pragma once
// Two peers that meet on a simulated internet: each learns its mapped address from a STUN
// server, they exchange offer and answer by way of a rendezvous, plan by what their networks
// do, look for a path, and send payload over what they agreed on. What a real program's peer/
// does with sockets, done in virtual time.

#include "core/nat/behaviour.h"
#include "core/peer/network_exchange.h"
#include "core/peer/port_plan.h"
#include "core/punch/agent.h"
#include "tests/support/simnet/world.h"

namespace postern::simnet {

/// Answers Binding requests, as the rendezvous does.
class StunServer {
public:
    explicit StunServer(World &world);
    Endpoint address() const { return {m_host.address(), 3478}; }

private:
    Host &m_host;
};

/// What a perfect measurement would say of hosts behind these NATs, the outermost first.
nat::NetworkBehaviour describe(const QList<NatProfile> &layers);

struct MeetingPlan {
    Duration signalling = 40ms; ///< from one peer to the other by way of the rendezvous
    std::optional<int> openerTtl; ///< else as planned
    bool healing = true; ///< port searches: fresh ports where an agent is stuck, predictions, ...
    punch::AgentTimings timings;
    nat::NetworkBehaviour first; ///< of who controls; not known by default
    nat::NetworkBehaviour second;
    std::optional<nat::Plan> table; ///< instead of what the pairing table says
    /// How long after the meeting began the surveys of both end; before that they know nothing.
    Duration firstMeasured{};
    Duration secondMeasured{};
};

class SimPeer {
public:
    SimPeer(World &world, Host &host, bool isPublic)
        : m_world(world)
        , m_host(host)
        , m_public(isPublic)
    {
    }

    /// Opens a fresh port and asks the server for its mapping, then calls back.
    void gather(const Endpoint &stunServer, std::function<void()> done);
    void makeAgent(punch::Role role, const MeetingPlan &plan);
    /// What goes into an offer or an answer.
    struct Told {
        punch::PunchOffer punch;
        NetworkExchange::Word word;
    };
    const Told &told() const { return m_told; }
    void start(const Told &remote);
    void peerNetwork(const nat::NetworkBehaviour &network);
    void peerPorts(const punch::TellPorts &told);
    void sendPayload();

    std::optional<Instant> validatedAt;
    std::optional<punch::PathReport> validated; ///< the first
    std::optional<punch::Nominated> nominated;
    std::optional<Instant> nominatedAt;
    std::optional<punch::Failed> failed;
    std::optional<Instant> failedAt;
    bool payloadReceived = false;
    bool consentLost = false;
    int packets = 0;
    int searches = 0; ///< times that new sockets were opened
    std::function<void(const punch::TellPorts &)> tell;
    std::function<void(const nat::NetworkBehaviour &)> tellNetwork;

    const punch::Agent &agent() const { return *m_agent; }
    const Endpoint &mapped() const { return m_mapped; }

private:
    void receive(int socket, const Endpoint &from, const QByteArray &bytes);
    void askAgain();
    nat::Plan plan() const;
    void beginSearch();
    void pump();
    void pumpAgent();
    void pumpSearch();
    void open(const punch::OpenSockets &sockets);
    std::uint16_t freshPort(bool even = false)
    {
        m_nextPort += even && m_nextPort % 2 != 0 ? 1 : 0;
        return static_cast<std::uint16_t>(40'000 + m_nextPort++ % 20'000);
    }
    Instant nextDeadline() const;
    void scheduleWake();

    World &m_world;
    Host &m_host;
    bool m_public;
    bool m_healing = true;
    std::optional<int> m_openerTtl;
    punch::Role m_role = punch::Role::Controlling;
    int m_nextPort = 0;
    std::vector<std::uint16_t> m_ports; ///< by socket; 0 is the main one
    Endpoint m_mapped;
    Endpoint m_stunServer;
    std::function<void()> m_gathered;
    std::unique_ptr<punch::Agent> m_agent;
    std::optional<NetworkExchange> m_networks;
    std::optional<nat::NetworkBehaviour> m_earlyNetwork; ///< said while we asked for our mapping
    std::optional<nat::Plan> m_table;
    Told m_told;
    Endpoint m_peer; ///< as servers see it; null before the start
    bool m_stuck = false;
    std::optional<punch::PortSearch> m_search;
    std::optional<punch::TellPorts> m_early; ///< the other side's ports overtook its answer
    Instant m_wakeAt = NEVER;
};

struct MeetingResult {
    bool direct = false; ///< agreed on one path, and payload passed on it both ways
    Duration toPath{}; ///< from when both had the offers until both could send data
    Duration toAgreement{};
    Duration toFailure{};
    int packets = 0; ///< of both sides
    int attempts = 1;
    punch::Strategy strategy = punch::Strategy::UdpHost;
    IpAddress::Family family = IpAddress::Family::V4;
    int guess = 0; ///< which one met; 0: none was needed
    std::optional<punch::FailureReason> reason;
};

/// `a` makes the offer and controls, `b` answers. Runs the world until it is over.
MeetingResult meet(World &world, const StunServer &server, SimPeer &a, SimPeer &b,
                   const MeetingPlan &plan);

} // namespace postern::simnet
