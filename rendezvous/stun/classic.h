#pragma once
// Clients of the first STUN (RFC 3489, without the magic cookie), which are still about:
// RFC 8489 section 11 wants them answered with MAPPED-ADDRESS in the clear. Pure.

#include "rendezvous/stun/stun_places.h"

namespace postern::rendezvous {

bool isClassicBindingRequest(ByteView datagram);

/// CHANGE-REQUEST is honoured where there is an alternate, else refused with 420; other
/// attributes are passed over. RESPONSE-ADDRESS never: it would send our answers to others.
std::optional<StunAnswer> answerClassic(const StunAddresses &addresses, const StunPlace &place,
                                        const Endpoint &from, ByteView datagram);

} // namespace postern::rendezvous
