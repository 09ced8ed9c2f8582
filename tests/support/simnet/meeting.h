#pragma once
// Two peers that meet on a simulated internet: each learns its mapped address from a STUN
// server, they exchange offer and answer by way of a rendezvous, their agents look for a
// path, and payload is sent over what they agreed on. What a real program's peer/ does with
// sockets, done in virtual time.

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

struct MeetingPlan {
    Duration signalling = 40ms; ///< from one peer to the other by way of the rendezvous
    int openerTtl = 2;
    bool healing = true; ///< begin again on fresh ports when an agent says it is stuck
    punch::AgentTimings timings;
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
    void makeAgent(punch::Role role, const MeetingPlan &plan, int openerTtl);
    punch::PunchOffer offer() const { return m_agent->localOffer(); }
    void start(const punch::PunchOffer &remote);
    void sendPayload();

    std::optional<Instant> validatedAt;
    std::optional<punch::Nominated> nominated;
    std::optional<Instant> nominatedAt;
    std::optional<punch::Failed> failed;
    std::optional<Instant> failedAt;
    bool payloadReceived = false;
    int packets = 0;
    std::function<void(bool remapped)> onStuck;

    const punch::Agent &agent() const { return *m_agent; }
    const Endpoint &mapped() const { return m_mapped; }

private:
    void receive(const Endpoint &from, const QByteArray &bytes);
    void askAgain();
    void pump();
    void scheduleWake();

    World &m_world;
    Host &m_host;
    bool m_public;
    std::uint16_t m_port = 0;
    Endpoint m_mapped;
    Endpoint m_stunServer;
    std::function<void()> m_gathered;
    std::unique_ptr<punch::Agent> m_agent;
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
    std::optional<punch::FailureReason> reason;
};

/// `a` makes the offer and controls, `b` answers. Runs the world until it is over.
MeetingResult meet(World &world, const StunServer &server, SimPeer &a, SimPeer &b,
                   const MeetingPlan &plan);

} // namespace postern::simnet
