#include "core/stun/attributes.h"

namespace postern::stun {

QByteArray reasonOf(StunError code)
{
    switch (code) {
    case StunError::TryAlternate: return "Try Alternate";
    case StunError::BadRequest: return "Bad Request";
    case StunError::Unauthenticated: return "Unauthenticated";
    case StunError::Forbidden: return "Forbidden";
    case StunError::UnknownAttribute: return "Unknown Attribute";
    case StunError::AllocationMismatch: return "Allocation Mismatch";
    case StunError::StaleNonce: return "Stale Nonce";
    case StunError::AddressFamilyNotSupported: return "Address Family not Supported";
    case StunError::WrongCredentials: return "Wrong Credentials";
    case StunError::UnsupportedTransport: return "Unsupported Transport Protocol";
    case StunError::PeerFamilyMismatch: return "Peer Address Family Mismatch";
    case StunError::AllocationQuotaReached: return "Allocation Quota Reached";
    case StunError::RoleConflict: return "Role Conflict";
    case StunError::ServerError: break;
    case StunError::InsufficientCapacity: return "Insufficient Capacity";
    }
    return "Server Error";
}

} // namespace postern::stun
