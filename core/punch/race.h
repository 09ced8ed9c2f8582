#pragma once
// Chooses among all ways to reach a peer, which run at the same time:
//
//     TCP dialled by us, TCP dialled by the peer, UDP paths that an Agent validated
//          each: Trying --> Alive (connected, validated) --> Secured --> Won
//                                                  \--> Failed, Abandoned
//
// No way waits for another to time out. The first one secured wins, except that a better
// ranked one that has shown signs of life, or has hardly had time to, is awaited for two
// round trips of the ready one. Only the controlling side decides; the other learns the
// choice from it (peerChose).
//
// A hostile peer can't use us to scan or flood: what it names is dialled once, at most
// `mostDials` addresses a session, paced, never loopback (unless we offered it ourselves),
// multicast or our own listener.
//
// Adding a way (simultaneous open, a relay) is adding its rank and who calls begin().
// Pure; the owner's thread. Source: RFC 8305 (Happy Eyeballs) in spirit, DESIGN section 5.

#include "core/base/clock.h"
#include "core/punch/agent_types.h"
#include "core/punch/path_class.h"
#include "core/punch/timeline.h"

#include <deque>
#include <optional>
#include <variant>

namespace postern::punch {

struct RaceTimings {
    int dialBurst = 3; ///< dialled at once ...
    Duration dialInterval = 40ms; ///< ... then one each interval, sooner when one fails
    int mostDials = 8;
    Duration dialTimeout = 8s;
    Duration leastGrace = 20ms;
    Duration handshakeGrace = 100ms; ///< at least, for what is connected: TLS on a busy computer
    Duration mostGrace = 150ms;
    Duration deadline = 15s;
};

struct RaceConfig {
    Role role = Role::Controlling;
    PathFilter filter = PathFilter::Auto;
    Surroundings surroundings;
    std::uint16_t ownTcpPort = 0; ///< our listener: never dialled at an address of ours
    bool loopbackAllowed = false; ///< we offered a loopback address ourselves
    bool punchesTcp = false; ///< simultaneous open goes on beside: tcpPunchExhausted() will come
    bool reachable = false; ///< our listener was proved public: the peer's dial is on its way
    RaceTimings timings;
};

using AttemptId = int;

struct Dial { ///< connect by TCP; then tcpConnected() or failed()
    AttemptId id;
    Endpoint to;
};
struct Secure { ///< start the secured transport on this UDP path; then secured() or failed()
    AttemptId id;
    Endpoint remote;
    int socket = 0; ///< ours; 0: the main port
};
struct Abandon { ///< close it
    AttemptId id;
};
struct Won { ///< this one carries the data
    AttemptId id;
    Transport transport;
    PathClass pathClass;
    Strategy strategy;
    Endpoint remote;
    int guess = 0; ///< as in PathReport
    int guesses = 0;
};
struct NoPath { }; ///< every way failed, or time is up
using RaceAction = std::variant<Dial, Secure, Abandon, Won, NoPath>;

class Race {
public:
    Race(RaceConfig config, Instant now);

    /// The peer's candidates, UDP and TCP, as checkedOffer() left them.
    void setRemote(Instant now, const QList<Candidate> &candidates);

    void tcpConnected(Instant now, AttemptId id);
    /// A connection that the peer opened to us and proved to be of this session. Nothing where
    /// the filter excludes it: close it.
    std::optional<AttemptId> tcpAccepted(Instant now, const Endpoint &remote);
    /// A connection through both sides' NATs, whoever opened it.
    std::optional<AttemptId> tcpPunched(Instant now, const Endpoint &remote);
    void tcpPunchExhausted(Instant now);
    /// An Agent's PathValidated; on the controlled side, that the peer began a handshake on the
    /// path. Nothing where it is of no use.
    std::optional<AttemptId> udpValidated(Instant now, const PathReport &path);
    /// The peer's handshake came in on a path (the controlled side's UDP).
    void secured(Instant now, AttemptId id);
    void failed(Instant now, AttemptId id);
    /// No UDP path will come: the Agent failed, or there is none.
    void udpExhausted(Instant now);
    /// The controlling peer said over this connection that it is the one.
    void peerChose(Instant now, AttemptId id);

    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    std::optional<RaceAction> pollAction();
    const Timeline &timeline() const { return m_timeline; }

private:
    /// Best first.
    enum class Rank { LanTcp, PublicTcp, LanUdp, PunchedUdp, PunchedTcp };
    enum class State { Trying, Alive, Secured, Over };

    struct Attempt {
        Transport transport;
        Strategy strategy;
        bool lan;
        bool likely; ///< there is reason to think it will work: worth a short wait
        Rank rank;
        Endpoint remote;
        int socket = 0;
        int guess = 0;
        int guesses = 0;
        State state = State::Trying;
        Instant startedAt{};
        Instant securedAt{};
        std::optional<Duration> roundTrip;
    };
    struct Planned { ///< a TCP address still to be dialled
        Candidate candidate;
        int order;
    };

    bool mayDial(const Endpoint &remote) const;
    int dialOrder(const Candidate &candidate) const;
    bool passesFilter(Transport transport, bool lan) const;
    AttemptId begin(Instant now, Transport transport, CandidateType type, const Endpoint &remote,
                    State state);
    void dialDue(Instant now);
    void decide(Instant now);
    Instant waitUntil(const Attempt &ready) const;
    const Attempt *bestSecured() const;
    bool everythingFailed() const;
    void win(Instant now, AttemptId id);
    Attempt *open(AttemptId id);
    void expireDials(Instant now);

    RaceConfig m_config;
    std::deque<Planned> m_planned;
    std::deque<Attempt> m_attempts;
    std::deque<RaceAction> m_actions;
    Timeline m_timeline;
    Instant m_startedAt;
    Instant m_nextDial = NEVER;
    Instant m_decideAt = NEVER;
    bool m_remoteKnown = false;
    bool m_udpExhausted = false;
    bool m_over = false;
};

} // namespace postern::punch
