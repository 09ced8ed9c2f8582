#pragma once
// TCP through two NATs: both sides connect, at the same time, to the outside of the other's. Two
// SYNs that cross become one connection (RFC 9293 section 3.5), and every NAT has to let them
// (RFC 5382 REQ-2). Where a NAT maps by port, that is the port we listen on; where it gives each
// destination the next port, a sample of a STUN server's tells which that will be, a new one for
// each round, and dials leave from fresh ports.
//
//     controlling: asks (round 0) and hears how long the round trip is; then tells of a round,
//                  waits half of that, dials
//     controlled:  says it back at once; dials when it hears of a round
//
// Where ports are sampled each tells them with the round, and the controlled side, which has
// heard both, is the one that waits, for as long as the other told it to.
//
// A NAT that keeps quiet about a SYN that comes too early leaves the dial waiting, and the
// other's SYN finds it. One that answers with RST or ICMP ends it: it is repeated some times,
// then the next round sets both clocks anew. (A first SYN that dies behind one's own NAT, as with
// UDP, does not help: TCP gives up on the ICMP, and a NAT that follows sequence numbers does not
// let another socket go on with what it began.)
//
// A peer can't make us send more than MOST_WAYS * ROUNDS * DIALS_A_ROUND SYNs, and their
// repetitions by the system, to addresses it names. Pure; the owner's thread.

#include "core/base/clock.h"
#include "core/punch/candidate.h"

#include <deque>
#include <optional>
#include <variant>

namespace postern::punch {

class SimultaneousOpen {
public:
    static constexpr qsizetype MOST_REMOTES = 3;
    /// Of one round: the next port, and some more for mappings of others that come between.
    static constexpr qsizetype MOST_PORTS = 5;
    static constexpr qsizetype MOST_WAYS = MOST_REMOTES + MOST_PORTS - 1;
    static constexpr int ROUNDS = 8; ///< numbered from 1
    static constexpr int DIALS_A_ROUND = 2;
    /// A SYN goes out again after 1 s (RFC 6298 section 2): one loss a round is survived.
    static constexpr Duration ROUND = 1500ms;
    /// Between dials that were refused; not the same on both sides, so that they drift.
    static constexpr Duration PAUSE_CONTROLLING = 70ms;
    static constexpr Duration PAUSE_CONTROLLED = 110ms;
    /// The controlled side takes rounds for so long.
    static constexpr Duration PATIENCE = 14s;
    static constexpr Duration MOST_WAIT = 1s; ///< that a peer may ask for
    /// A STUN server is asked over TCP.
    static constexpr Duration SAMPLE_PATIENCE = 1s;

    struct Dial { ///< connect; then connected() or failed()
        int number;
        Endpoint to;
        bool fresh = false; ///< from a new port, else from the one we listen on
    };
    struct Tell { ///< say to the peer: this round begins, or is heard of
        int round;
        QList<std::uint16_t> ports; ///< of our NAT's outside, for the peer's dials
        Duration wait{}; ///< before it dials, where ports are sampled
    };
    struct Sample { ///< ask a STUN server; then sampled()
        bool fresh; ///< as in Dial
    };
    using Action = std::variant<Dial, Tell, Sample>;

    /// Which port of our outside a dial has.
    enum class Ports {
        Offered, ///< the one told with the candidates
        Mapped, ///< one for all destinations, which the server sees
        Predicted, ///< the ones after what the server sees
    };
    struct Config {
        Role role = Role::Controlling;
        QList<Endpoint> remotes; ///< the first MOST_REMOTES count
    };

    SimultaneousOpen(Config config, Instant now);

    /// Before it begins. `step`: from one predicted port to the next.
    void setPorts(Ports own, int step, Ports peers);

    /// Controlling: starts.
    void begin(Instant now);
    /// Controlled: a round begins. Controlling: the peer has heard of it.
    void peerTold(Instant now, int round, const QList<std::uint16_t> &ports = {},
                  Duration wait = {});
    /// The port the server saw; 0: it did not answer.
    void sampled(Instant now, std::uint16_t port);
    /// It is our peer's: nothing more is dialled.
    void connected();
    /// A dial ended: refused, unreachable, or not our peer.
    void failed(Instant now, int number);

    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    std::optional<Action> pollAction();
    /// Nothing more will come of it.
    bool isExhausted() const { return m_over; }

private:
    struct Way {
        Endpoint remote;
        int number = 0; ///< of the dial under way; 0: none
        int dials = 0; ///< in this round
        Instant due = NEVER;
    };

    void beginRound(Instant now, int round);
    void say(Instant now);
    bool samples() const { return m_ownPorts != Ports::Offered || m_peersPorts != Ports::Offered; }
    QList<std::uint16_t> portsToTell() const;
    void aimAt(const QList<std::uint16_t> &ports);
    void dialAll(Instant at);
    void end();

    Config m_config;
    Ports m_ownPorts = Ports::Offered;
    Ports m_peersPorts = Ports::Offered;
    int m_step = 1;
    std::uint16_t m_sample = 0; ///< of this round; a mapped port stays
    Instant m_sampleBy = NEVER;
    Duration m_wait{}; ///< controlled: as told
    QList<Way> m_ways;
    int m_round = -1; ///< -1: not begun
    Instant m_toldAt{};
    Duration m_roundTrip = ROUND; ///< the shortest seen: what was longer had to wait somewhere
    Instant m_roundEnds = NEVER;
    int m_lastNumber = 0;
    bool m_over = false;
    std::deque<Action> m_actions;
};

} // namespace postern::punch
