#pragma once
// Candidates: addresses at which a peer may be reached, as they are ranked, told to the
// other side and paired. Values, any thread. Source: RFC 8445 section 5.1.

#include "core/base/endpoint.h"
#include "core/wire/codec.h"

#include <QList>

namespace postern::punch {

enum class Transport { Udp, Tcp, COUNT };

enum class CandidateType {
    Host, ///< an address of an interface of the machine
    ServerReflexive, ///< what a STUN server saw: the outside of a NAT
    PeerReflexive, ///< what the peer's own packets came from
    Public, ///< proved reachable from anywhere: dialled back, or port-mapped and dialled back
    COUNT
};

/// Stable lower-case name: "host", "server-reflexive", "peer-reflexive", "public".
QString candidateTypeName(CandidateType type);

struct Candidate {
    Transport transport = Transport::Udp;
    CandidateType type = CandidateType::Host;
    Endpoint endpoint; ///< where the peer sends to
    Endpoint base; ///< the local address behind it; never told to the peer
    std::uint32_t priority = 0; ///< RFC 8445 section 5.1.2.1

    template<typename V> void fields(V &v)
    {
        v("transport", transport);
        v("type", type);
        v("endpoint", endpoint);
        v("priority", priority);
    }
    friend bool operator==(const Candidate &, const Candidate &) = default;
};

/// RFC 8445 section 5.1.2.1 with one component. `localPreference` ranks addresses of one
/// type among themselves, 65535 best.
std::uint32_t candidatePriority(CandidateType type, std::uint16_t localPreference);

/// Which end of the connection decides (RFC 8445 section 2.3): the one that made the offer.
enum class Role { Controlling, Controlled };

/// RFC 8445 section 6.1.2.3: equal on both sides for the same pair.
std::uint64_t pairPriority(std::uint32_t controlling, std::uint32_t controlled);

/// An address that a peer may name and that we may ever send to: unicast, a port, not fe80::
/// without an interface. Loopback is a matter for whoever knows whether we offered it too.
bool isUsableRemote(const Endpoint &endpoint);

} // namespace postern::punch
