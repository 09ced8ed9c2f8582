#pragma once
// Decides, when plain checks to the known addresses can't do, which ports are opened, told and
// guessed, attempt after attempt, in step with the other side:
//
//   Checking --the agent is stuck, or the peer's ports come--> Opening --sockets-->
//     [Sampling --the STUN server's answer-->] [Awaiting --the peer's ports-->] Firing
//     Firing --budget spent--> the next attempt ... --> Exhausted
//
// Both sides have the same attempts, by the pairing table. Whoever tells its ports says for
// which attempt; the other goes there too. What is fired goes to the Agent as a Volley.
// Pure; the owner's thread. Source: FACTS sections 1 to 4, RFC 5128 section 3.6.

#include "core/punch/candidate.h"
#include "core/punch/collateral_watch.h"
#include "core/punch/timeline.h"
#include "core/punch/volley.h"
#include "core/stun/transaction.h"

#include <deque>
#include <utility>
#include <variant>

namespace postern::punch {

/// What one side does in an attempt; the words are those of the pairing table.
enum class Part { Checks, Opens, Guesses, Crosses };
enum class Told { Nothing, Mapped, Predicted, Preserved };

struct Attempt {
    Strategy strategy = Strategy::UdpPunch;
    Part part = Part::Checks;
    Told tells = Told::Nothing;
    bool peerTells = false;
    int sockets = 0; ///< new ones, for this attempt
    int probes = 0;
    int ports = 0; ///< to be told
    int step = 0; ///< Predicted: from one port to the next
    int foreign = 0; ///< Predicted: so many after the sample are others', as is reckoned
    bool fresh = false; ///< Guesses: from a new socket
    bool even = false; ///< new sockets on even ports only
    bool openly = false; ///< first packets may go all the way
    int ttl = 2; ///< of first packets otherwise
    std::uint16_t lowest = 1024; ///< where to guess
    std::uint16_t highest = 65535;
    bool guessEven = false; ///< only even ones of these
    int aimFrom = 0; ///< Crosses, controlling: the nth socket aims so far beyond the nth port ...
    int aimWidth = 1; ///< ... and up to this - 1 further, in turn
    Duration interval = 2ms;
    Duration budget = 3s;
    Duration leadIn{}; ///< before the first packet: the other side opens its sockets
};

struct PortSearchConfig {
    Role role = Role::Controlling;
    QList<Attempt> attempts;
    Endpoint stunServer;
    Endpoint peer; ///< where servers see the peer's main port
    Duration halfRoundTrip{}; ///< to the peer through the rendezvous; 0: not known
};

/// Open so many new sockets, numbered from `first`; then socketsOpened().
struct OpenSockets {
    int first = 0;
    int count = 0;
    bool even = false; ///< on even ports, as far as there are any
};
struct TellPorts { ///< to the other side, by way of the rendezvous
    int attempt = 0;
    QList<std::uint16_t> ports;
};
struct Fire { ///< by the agent
    Volley volley;
};
struct Ease { }; ///< the volley goes on slower: a router on our side is short of room
struct Halt { }; ///< ... and at once no further
struct Exhausted { };
using PortSearchEvent = std::variant<OpenSockets, TellPorts, Fire, Ease, Halt, Exhausted>;

class PortSearch {
public:
    /// What a peer may tell at once.
    static constexpr qsizetype MOST_PORTS = 2048;

    PortSearch(PortSearchConfig config, RandomSource random, Instant now);

    void agentStuck(Instant now); ///< plain checks have led nowhere
    void socketsOpened(Instant now, const QList<std::uint16_t> &localPorts);
    void peerPorts(Instant now, int attempt, const QList<std::uint16_t> &ports);
    /// True if it was the STUN server's answer to us.
    bool handleDatagram(Instant now, int socket, const Endpoint &from, ByteView datagram);
    void stop(); ///< a path was found

    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    struct Packet {
        int socket = 0;
        Endpoint to;
        QByteArray bytes;
    };
    std::optional<Packet> pollTransmit();
    std::deque<PortSearchEvent> takeEvents() { return std::exchange(m_events, {}); }

    const Timeline &timeline() const { return m_timeline; }
    /// How long all attempts may still take.
    Duration longest() const;

private:
    enum class State { Checking, Opening, Sampling, Awaiting, LeadingIn, Firing, Over };

    const Attempt &attempt() const { return m_config.attempts[m_current]; }
    void begin(Instant now, qsizetype number);
    Duration beforeSample() const;
    void sample(Instant now);
    void ask(Instant now, int socket);
    bool counts() const;
    void count(Instant now, std::uint16_t port);
    void watchRouter(Instant now);
    void tell(Instant now, const QList<std::uint16_t> &ports);
    void fireWhenReady(Instant now);
    void fire(Instant now);
    std::vector<Aim> aims();
    std::vector<VolleyPass> passes(std::size_t aims) const;
    QList<std::uint16_t> portsFrom(std::uint16_t sample, int skip, int count) const;

    PortSearchConfig m_config;
    RandomSource m_random;
    State m_state = State::Checking;
    qsizetype m_current = 0;
    int m_nextSocket = 1;
    int m_firstSocket = 1; ///< of this attempt
    bool m_hasTold = false;
    Instant m_toldAt{};
    std::uint16_t m_sample = 0; ///< where this attempt's prediction starts
    int m_skip = 0; ///< mappings of others beyond those reckoned with, as counted before
    Instant m_countAt = NEVER;
    std::optional<CollateralWatch> m_watch;
    CollateralWatch::Health m_health = CollateralWatch::Health::Fine;
    std::optional<stun::Transaction> m_question;
    int m_questionSocket = 0;
    QList<std::uint16_t> m_localPorts; ///< of this attempt's sockets
    QList<std::uint16_t> m_peerPorts;
    qsizetype m_peerPortsFor = -1;
    bool m_toldAgain = false; ///< the peer, for the same attempt; once is enough
    Instant m_deadline = NEVER; ///< of the state
    std::deque<Packet> m_packets;
    std::deque<PortSearchEvent> m_events;
    Timeline m_timeline;
};

} // namespace postern::punch
