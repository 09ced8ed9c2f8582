#pragma once
// One way of asking the router to pass a port of its outside on to ours. All ways are machines
// of this shape:
//
//     Asking --the router answers--> Able --map()--> Mapping --granted--> Held <-> renewing
//        \-- nobody, or no ------------------------------------> Over        |
//                                                 Gone <-- Removing <-- remove()
//
// A router may speak several of them over one table, so only one machine ever maps: which one,
// MappingRace says. Pure; the owner's thread. What is to be sent, each machine says itself.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <optional>

namespace postern::portmap {

enum class Method { Pcp, NatPmp, Upnp };
/// Stable names: "pcp", "nat-pmp", "upnp".
QString methodName(Method method);

/// The numbers of the IP protocols, which PCP carries as they are.
enum class Transport : std::uint8_t { Tcp = 6, Udp = 17 };

/// What the router promised. A port of 0: not granted.
struct PortMapping {
    Method method = Method::Pcp;
    IpAddress external; ///< the router's own outside: not public where more NATs follow
    std::uint16_t tcpPort = 0;
    std::uint16_t udpPort = 0;
    Endpoint gateway; ///< who promised it
    bool permanent = false; ///< it knows no other kind: what is not removed stays

    friend bool operator==(const PortMapping &, const PortMapping &) = default;
};

/// Asked for each time, renewed after half of what was granted (RFC 6886 section 3.3).
inline constexpr std::chrono::seconds WANTED_LIFETIME{7200};
/// A router that grants less is asked no more often than this (RFC 6887 section 11.2.1 has 4 s).
inline constexpr std::chrono::seconds LEAST_RENEWAL{30};
/// How long a method is given to find a router that speaks it, and to answer each question.
inline constexpr Duration ANSWER_PATIENCE = 4s;
/// How long the router is given to confirm a removal; quitting waits for it.
inline constexpr Duration REMOVAL_PATIENCE = 1s;

class MappingMethod {
public:
    enum class State { Asking, Able, Mapping, Held, Removing, Over, Gone };

    virtual ~MappingMethod() = default;

    virtual Method method() const = 0;
    virtual State state() const = 0;
    /// What is held, while Held.
    virtual const std::optional<PortMapping> &mapping() const = 0;

    /// Able: asks for the port.
    virtual void map(Instant now) = 0;
    /// Takes back what may have been granted; at once Gone if that is nothing.
    virtual void remove(Instant now) = 0;

    virtual void handleTimeout(Instant now) = 0;
    virtual Instant nextDeadline() const = 0;
};

} // namespace postern::portmap
