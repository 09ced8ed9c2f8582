#pragma once
// What a network does to packets that leave and enter it, in the words of RFC 4787: as far
// as it is known, field by field. Discovery fills it in, the pairing table plans from it,
// and the two ends of a connection tell it to each other. Values, any thread.
// Source: RFC 4787 (UDP), RFC 5382 (TCP), RFC 5780 (how it is measured).

#include "core/base/clock.h"
#include "core/wire/codec.h"

namespace postern::nat {

/// When an inner socket gets a new outer port (RFC 4787 section 4.1).
enum class Mapping {
    Unknown,
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
    COUNT
};
/// Whose packets reach an inner socket that has sent (RFC 4787 section 5).
enum class Filtering {
    Unknown,
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
    COUNT
};
/// How outer ports follow each other (RFC 4787 section 4.2 and what is seen in the field).
enum class Allocation {
    Unknown,
    Preserve, ///< the inner port where it is free
    Sequential, ///< the last one plus `delta`
    Random, ///< anywhere in `lowest` to `highest`
    Block, ///< anywhere in a small range of this subscriber's, `lowest` to `highest`
    COUNT
};
enum class Answer { Unknown, No, Yes, COUNT };

/// Of one transport, UDP or TCP.
struct Behaviour {
    Answer passes = Answer::Unknown; ///< No: blocked
    Mapping mapping = Mapping::Unknown;
    Filtering filtering = Filtering::Unknown;
    Answer newAtOtherPort = Answer::Unknown; ///< C: another port of a known address, a new mapping?
    Answer newAtOtherAddress = Answer::Unknown; ///< D: another address, a new mapping?
    Allocation allocation = Allocation::Unknown;
    qint32 delta = 0; ///< Sequential: from one mapping to the next; may be negative
    Answer keepsParity = Answer::Unknown; ///< odd stays odd (RFC 4787 REQ-3a's preservation)
    quint16 lowest = 0; ///< Random, Block: the ports seen or inferred; 0: not known
    quint16 highest = 0;
    quint16 lastPort = 0; ///< the newest outer port seen: where a prediction starts
    qint32 foreignPerSecond = 0; ///< mappings of others between our samples, a second
    quint8 confidence = 0; ///< in the allocation, per cent
    Answer hairpin = Answer::Unknown;
    qint32 idleSeconds = 0; ///< a mapping unused for longer is gone; 0: not known
    qint32 absoluteSeconds = 0; ///< cut this long after birth whatever the traffic; 0: not seen

    template<typename V> void fields(V &v)
    {
        v("passes", passes);
        v("mapping", mapping);
        v("filtering", filtering);
        v("new_at_other_port", newAtOtherPort);
        v("new_at_other_address", newAtOtherAddress);
        v("allocation", allocation);
        v("delta", delta);
        v("keeps_parity", keepsParity);
        v("lowest", lowest);
        v("highest", highest);
        v("last_port", lastPort);
        v("foreign_per_second", foreignPerSecond);
        v("confidence", confidence);
        v("hairpin", hairpin);
        v("idle_seconds", idleSeconds);
        v("absolute_seconds", absoluteSeconds);
    }
    /// Whether the numbers make sense, whoever sent them.
    bool isPlausible() const;
    friend bool operator==(const Behaviour &, const Behaviour &) = default;
};

/// One side's whole network, as its offers tell it.
struct NetworkBehaviour {
    Behaviour udp;
    Behaviour tcp;
    Answer isPublic = Answer::Unknown; ///< proved by a dial-back, a port mapping's included
    quint8 depth = 0; ///< NATs between us and the internet; 0: not known, or none when public
    quint8 hops = 0; ///< routers up to the outermost NAT, itself included; 0: not known
    quint16 roundTripMs = 0; ///< to the rendezvous's STUN server and back; 0: not known

    template<typename V> void fields(V &v)
    {
        v("udp", udp);
        v("tcp", tcp);
        v("public", isPublic);
        v("depth", depth);
        v("hops", hops);
        v("round_trip_ms", roundTripMs);
    }
    friend bool operator==(const NetworkBehaviour &, const NetworkBehaviour &) = default;
};

/// The classic names (FACTS of the field; RFC 3489's in RFC 4787's words).
enum class NatClass {
    Unknown,
    Public,
    FullCone,
    RestrictedCone,
    PortRestrictedCone,
    Symmetric,
    Blocked
};
NatClass classOf(const NetworkBehaviour &network);

/// Until a lifetime is known: below the 30 s that Linux routers keep an unreplied mapping,
/// above what wakes a laptop.
inline constexpr Duration DEFAULT_KEEPALIVE = 25s;
/// How often an otherwise idle mapping is to be used: two thirds of its measured lifetime.
Duration keepaliveInterval(const Behaviour &behaviour);

/// Stable names for JSON and tests: "endpoint-independent", "address-dependent", ...
QString mappingName(Mapping mapping);
QString filteringName(Filtering filtering);
QString allocationName(Allocation allocation);
/// "public", "full cone", "restricted cone", "port restricted cone", "symmetric", "blocked",
/// "unknown".
QString natClassName(NatClass natClass);

} // namespace postern::nat
