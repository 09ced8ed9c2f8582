#pragma once
// A peer that opens TCP through NATs, in virtual time: as much of RFC 9293 as an opening needs
// (SYNs that cross, repetitions, resets), around punch::SimultaneousOpen. A connection counts for
// a side once it has read the other's greeting on it, as with the real program.

#include "core/punch/simultaneous_open.h"
#include "tests/support/simnet/world.h"

#include <map>

namespace postern::simnet {

class TcpPeer {
public:
    static constexpr std::uint16_t PORT = 47'100; ///< it listens there

    TcpPeer(World &world, Host &host);

    using Ports = punch::SimultaneousOpen::Ports;
    void start(const punch::SimultaneousOpen::Config &config, Ports own = Ports::Offered,
               int step = 1, Ports peers = Ports::Offered);
    void begin();
    void peerTold(const punch::SimultaneousOpen::Tell &told);

    std::function<void(const punch::SimultaneousOpen::Tell &)> tell;
    /// Asks a server of the internet: the outer port that it sees of this inner one.
    std::function<std::uint16_t(std::uint16_t inner)> sample;
    Duration sampleTakes{}; ///< a round trip to it
    std::optional<Instant> connectedAt;
    Endpoint remote; ///< of the connection
    int syns = 0;
    int refused = 0; ///< dials that a reset or ICMP ended
    bool isExhausted() const { return m_plan->isExhausted(); }

private:
    enum class State { SynSent, SynReceived, Established };
    struct Connection {
        State state = State::SynSent;
        int dial = 0; ///< 0: the other side's
        int tries = 0;
    };

    using Ends = std::pair<std::uint16_t, Endpoint>; ///< our port, and the other side

    void received(const Packet &packet);
    void receivedSyn(const Ends &ends);
    void established(const Ends &ends, Connection &connection);
    void refusedBy(const Ends &ends);
    void dial(const punch::SimultaneousOpen::Dial &dial);
    void take(const punch::SimultaneousOpen::Sample &sample);
    void send(const Ends &ends);
    void pump();

    World &m_world;
    Host &m_host;
    std::optional<punch::SimultaneousOpen> m_plan;
    std::map<Ends, Connection> m_connections;
    std::uint16_t m_nextPort = PORT; ///< fresh ones follow it
    Instant m_wakeAt = NEVER;
};

} // namespace postern::simnet
