#pragma once
// TCP through two NATs that map by port: both sides connect, at the same time, from the port
// they listen on, whose outside the rendezvous has told the other. Two SYNs that cross become
// one connection (RFC 9293 section 3.5), and every NAT has to let them (RFC 5382 REQ-2).
//
//     controlling: asks (round 0) and hears how long the round trip is; then tells of a round,
//                  waits half of that, dials
//     controlled:  says it back at once; dials when it hears of a round
//
// A NAT that keeps quiet about a SYN that comes too early leaves the dial waiting, and the
// other's SYN finds it. One that answers with RST or ICMP ends it: it is repeated some times,
// then the next round sets both clocks anew. (A first SYN that dies behind one's own NAT, as with
// UDP, does not help: TCP gives up on the ICMP, and a NAT that follows sequence numbers does not
// let another socket go on with what it began.)
//
// A peer can't make us send more than MOST_REMOTES * ROUNDS * DIALS_A_ROUND SYNs, and their
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
    static constexpr int ROUNDS = 8; ///< numbered from 1
    static constexpr int DIALS_A_ROUND = 2;
    /// A SYN goes out again after 1 s (RFC 6298 section 2): one loss a round is survived.
    static constexpr Duration ROUND = 1500ms;
    /// Between dials that were refused; not the same on both sides, so that they drift.
    static constexpr Duration PAUSE_CONTROLLING = 70ms;
    static constexpr Duration PAUSE_CONTROLLED = 110ms;
    /// The controlled side takes rounds for so long.
    static constexpr Duration PATIENCE = 14s;

    struct Dial { ///< connect from our port; then connected() or failed()
        int number;
        Endpoint to;
    };
    struct Tell { ///< say to the peer: this round begins, or is heard of
        int round;
    };
    using Action = std::variant<Dial, Tell>;

    struct Config {
        Role role = Role::Controlling;
        QList<Endpoint> remotes; ///< the first MOST_REMOTES count
    };

    SimultaneousOpen(Config config, Instant now);

    /// Controlling: starts.
    void begin(Instant now);
    /// Controlled: a round begins. Controlling: the peer has heard of it.
    void peerTold(Instant now, int round);
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

    void tellRound(Instant now, int round);
    void dialAll(Instant at);
    void end();

    Config m_config;
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
