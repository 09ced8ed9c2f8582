#pragma once
// What goes into an Agent and what comes out of it. Values, any thread.

#include "core/base/clock.h"
#include "core/punch/offer.h"
#include "core/punch/path_class.h"

#include <variant>

namespace postern::punch {

struct AgentTimings {
    Duration firstInterval = 33ms; ///< then doubling ...
    Duration longestInterval = 2s; ///< ... up to this
    int checksPerPair = 9; ///< unanswered, then the pair fails: about 8 s
    int confirmations = 3; ///< checks sent after first hearing the peer before all is final
    Duration paceInterval = 8ms; ///< Ta, RFC 8445 section 14.2: at least 5 ms
    int paceBurst = 6;
    /// How long the answering side keeps full-TTL checks back from addresses behind a NAT (see
    /// AgentConfig::openerTtl); the peer's first check ends it at once. Longer than a message
    /// through the rendezvous takes.
    Duration holdOff = 300ms;
    Duration searchTime = 10s;
    Duration stuckAfter = 2500ms;
    /// How long agreement waits for a better path than the first found: two round trips within
    /// these bounds. Data need not wait for it.
    Duration leastGrace = 150ms;
    Duration mostGrace = 500ms;
    Duration consentInterval = 5s; ///< RFC 7675 section 5.1: times 0.8 to 1.2
    Duration consentExpiry = 30s; ///< RFC 7675 section 5.1
};

struct AgentConfig {
    Role role = Role::Controlling;
    Credentials credentials;
    /// TTL of the first packets the answering side sends toward a NAT: they open our own NAT
    /// and die before they reach theirs, which might take them for a connection of its own and
    /// then refuse the peer the port it told us (Linux conntrack does). NAT layers + 1; 0: none.
    int openerTtl = 2;
    AgentTimings timings;
};

/// A datagram to be sent. `ttl` 0 is the system's usual one; `socket` 0 the main port, others
/// are those of the fan.
struct Transmit {
    Endpoint to;
    QByteArray bytes;
    int ttl = 0;
    int socket = 0;
    bool isShot = false; ///< of a volley
};

struct PathReport {
    Endpoint remote;
    CandidateType remoteType = CandidateType::Host;
    Strategy strategy = Strategy::UdpHost;
    Duration roundTrip{};
    Endpoint mapped; ///< our own address as the peer sees it
    int socket = 0; ///< ours; 0: the main port
    int guess = 0; ///< which guess met, counted from 1; 0: none was needed
    int guesses = 0; ///< of how many
};

struct PathValidated { ///< a check was answered: packets pass both ways
    PathReport path;
};
struct Nominated { ///< both sides agreed on this path; the agent keeps it alive
    PathReport path;
};
struct RoleChanged { ///< both thought the same of themselves; the draw went so
    Role role;
};
/// Nothing found for a while. A fresh local port on both sides, quiet until both know each
/// other's, may heal it (`remapped`: a NAT on the way was seen to have changed its port).
struct Stuck {
    bool remapped = false;
};
struct ConsentLost { ///< the selected path has been silent for too long (RFC 7675)
    Endpoint remote;
};
enum class FailureReason { NoCandidates, NoAnswer, OneWay, NotNominated };
struct Failed {
    FailureReason reason;
};
using AgentEvent = std::variant<PathValidated, Nominated, RoleChanged, Stuck, ConsentLost, Failed>;

/// One sentence for people.
QString failureSentence(FailureReason reason);

} // namespace postern::punch
