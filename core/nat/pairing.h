#pragma once
// Who can reach whom, and how: the classic table of NAT pairs, as data, with the odds worked
// out from what both networks were measured to do. A pure function of both descriptors, so
// both sides come to the same plan by themselves. Values, any thread.
// Source: FACTS of the field (sections 1 and 2), RFC 4787, RFC 5128.

#include "core/base/clock.h"
#include "core/nat/behaviour.h"

#include <QList>

namespace postern::nat {

/// A network as the other side meets it: the rows and columns of the table.
enum class Stance {
    Public,
    FullCone,
    RestrictedCone,
    PortRestrictedCone,
    SymmetricOpen, ///< a new port for each destination, but it lets any port of a peer in
    SymmetricSequential, ///< ... lets in only who was sent to; its next port can be told ahead
    SymmetricRandom, ///< ... and can't
    Blocked,
    Unknown,
    COUNT
};
Stance stanceOf(const NetworkBehaviour &network);
/// Stable names: "public", "full-cone", ..., "symmetric-sequential", "blocked", "unknown".
QString stanceName(Stance stance);
bool isSymmetric(Stance stance);
/// Its next port can be told ahead: sequential, or the inner port is kept.
bool isPredictable(const Behaviour &udp);

/// Ports that a network may give.
struct PortRange {
    quint16 lowest = 1024;
    quint16 highest = 65535;
    bool even = false; ///< only the even ones of them
    int size() const { return (int(highest) - int(lowest) + 1) / (even ? 2 : 1); }
    friend bool operator==(const PortRange &, const PortRange &) = default;
};
PortRange rangeOf(const Behaviour &udp);

enum class Way {
    Punch, ///< both send to the address that the other is seen at
    FreshPorts, ///< the same from new sockets: heals ports that early packets spoilt
    Predict, ///< the ports that a sequential NAT gives next are told ahead
    Birthday, ///< many ports opened on one side, many guessed by the other
    Relay,
    COUNT
};
/// Stable names: "punch", "fresh-ports", "predict", "birthday", "relay".
QString wayName(Way way);

/// What one side does about ports.
enum class Part {
    Checks, ///< connectivity checks from the main port, nothing more
    Opens, ///< sends from many sockets to one port of the peer, so that each gets a mapping
    Guesses, ///< sends from one socket to many ports of the peer
    Crosses, ///< the nth socket sends to the nth port that the peer told
};
/// Where the ports come from that one side tells the other just before.
enum class Told {
    Nothing,
    Mapped, ///< what STUN sees the new sockets at: their mapping does not depend on the peer
    Predicted, ///< a fresh sample, and the steps that follow; counted anew once they are taken
    Preserved, ///< the new sockets' own port numbers
};

struct Share {
    Part part = Part::Checks;
    Told tells = Told::Nothing;
    int sockets = 0; ///< K, new ones
    int probes = 0; ///< M: ports of the peer to try
    int ports = 0; ///< how many ports to tell
    qint32 step = 0; ///< Predicted: from one port to the next
    bool fresh = false; ///< Guesses: from a new socket, not the main one
    bool openly = true; ///< nothing to spoil over there: the first packet may go all the way
    int ttl = 0; ///< of first packets otherwise: ends between our NATs and theirs
    bool even = false; ///< only even ports of ours: the NAT keeps that, and half as many are left
    Duration leadIn{}; ///< before the first packet, once all is told and heard
    int foreign = 0; ///< Predicted: mappings of others on our side that are reckoned with
    int aimFrom = 0; ///< Crosses: so many more than both sides reckoned with are tried for ...
    int aimWidth = 1; ///< ... and up to this - 1 beyond, in turn; by the controlling side
    PortRange peer; ///< where to guess
    friend bool operator==(const Share &, const Share &) = default;
};

/// Who has to send before the other can be heard.
enum class First { Both, Controlling, Controlled };

struct Step {
    Way way = Way::Punch;
    double probability = 0;
    Share controlling{};
    Share controlled{};
    First first = First::Both;
    int tries = 1; ///< so often, each with ports of its own
    Duration interval = 2ms; ///< between probes
    Duration budget{}; ///< of each try
    friend bool operator==(const Step &, const Step &) = default;
};

struct Plan {
    Stance controlling = Stance::Unknown;
    Stance controlled = Stance::Unknown;
    QList<Step> steps; ///< in this order; the last is Relay
    double directProbability = 0; ///< of all steps, those not worth trying included
    /// From one side through the rendezvous to the other: by so much both begin at one time. Half
    /// of the round trip between them; 0: not known.
    Duration halfRoundTrip{};

    bool isDirectWorthTrying() const { return steps.size() > 1; }
    friend bool operator==(const Plan &, const Plan &) = default;
};

/// The plan. A descriptor is the peer's word: whatever it says, the plan stays within MOST_*.
Plan planFor(const NetworkBehaviour &controlling, const NetworkBehaviour &controlled);

inline constexpr int MOST_SOCKETS = 256;
inline constexpr int MOST_PROBES = 2048;
/// Below this a direct path is not tried for: its probes would cost more than they bring.
inline constexpr double WORTH_TRYING = 0.2;

/// One or two sentences for people, from our side: why a direct path should be found, or not.
QString reasonFor(const Plan &plan, bool weControl);
/// What the routers do, as a clause that begins in lower case; empty where it is not known.
QString habitOf(const Plan &plan, bool weControl);

// --- the odds ------------------------------------------------------------------------------

/// K mappings among N ports, M different ports probed: 1 - C(N-K,M)/C(N,M).
double birthdayOdds(int sockets, int probes, int range);
/// Both sides predict with `sockets` each, aimed anywhere near, while `foreign` mappings of others
/// come between: the known formula; crossing_odds.h has what is stated.
double crossingOdds(int sockets, double foreign);
/// Each of R mappings of a random side stands for one guess at a told port.
double boundOdds(int mappings, int range);
/// Both random, each mapping bound to one guess.
double mutualOdds(int ownMappings, int peerMappings, int ownRange, int peerRange);
/// How many probes reach `odds` with this many sockets.
int probesFor(double odds, int sockets, int range);

} // namespace postern::nat
