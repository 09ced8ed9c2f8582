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

    void start(const punch::SimultaneousOpen::Config &config);
    void begin();
    void peerTold(int round);

    std::function<void(int round)> tell;
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

    void received(const Packet &packet);
    void receivedSyn(const Endpoint &from);
    void established(const Endpoint &from, Connection &connection);
    void refusedBy(const Endpoint &from);
    void dial(const punch::SimultaneousOpen::Dial &dial);
    void send(const Endpoint &to);
    void pump();

    World &m_world;
    Host &m_host;
    std::optional<punch::SimultaneousOpen> m_plan;
    std::map<Endpoint, Connection> m_connections;
    Instant m_wakeAt = NEVER;
};

} // namespace postern::simnet
