#pragma once
// A STUN server's answers. Up to four places to stand: two addresses times two ports, so that
// a client can have its answer sent from elsewhere. Pure.
// Source: RFC 8489 section 6.3, RFC 5780 sections 3 and 6.1.

#include "core/stun/message.h"

namespace postern::rendezvous {

/// Which of the responder's sockets: alternate address or not, alternate port or not.
struct StunPlace {
    bool otherAddress = false;
    bool otherPort = false;

    int index() const { return (otherAddress ? 2 : 0) + (otherPort ? 1 : 0); }
    friend bool operator==(const StunPlace &, const StunPlace &) = default;
};

struct StunAddresses {
    Endpoint primary;
    /// Differs in address and port; none: no RFC 5780.
    std::optional<Endpoint> alternate;

    Endpoint at(const StunPlace &place) const;
};

struct StunAnswer {
    QByteArray datagram;
    StunPlace from;
};

/// The answer to a datagram that came to `place`, which is the endpoint `origin` (where the
/// server listens on all addresses, only the socket knows it). Nothing for what is no request.
std::optional<StunAnswer> answerStun(const StunAddresses &addresses, const StunPlace &place,
                                     const Endpoint &origin, const Endpoint &from,
                                     ByteView datagram);

} // namespace postern::rendezvous
