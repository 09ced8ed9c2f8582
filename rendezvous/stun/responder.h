#pragma once
// A STUN server's answers. Pure.
// Source: RFC 8489 section 6.3, RFC 5780 sections 3 and 6.1.

#include "rendezvous/stun/stun_places.h"

namespace postern::rendezvous {

/// The answer to a datagram that came to `place`, which is the endpoint `origin` (where the
/// server listens on all addresses, only the socket knows it). Nothing for what is no request.
std::optional<StunAnswer> answerStun(const StunAddresses &addresses, const StunPlace &place,
                                     const Endpoint &origin, const Endpoint &from,
                                     ByteView datagram);

} // namespace postern::rendezvous
