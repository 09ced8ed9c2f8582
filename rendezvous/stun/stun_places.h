#pragma once
// Where a STUN responder stands: up to four sockets, two addresses times two ports, so that a
// client can have its answer sent from elsewhere. Values. Source: RFC 5780 section 3.

#include "core/base/endpoint.h"

#include <optional>

namespace postern::rendezvous {

/// One of the sockets: alternate address or not, alternate port or not.
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
    /// Without an alternate: a second port of the primary's address; 0: none.
    std::uint16_t secondPort = 0;

    Endpoint at(const StunPlace &place) const
    {
        if (!alternate)
            return {primary.address, place.otherPort ? secondPort : primary.port};
        return {(place.otherAddress ? *alternate : primary).address,
                (place.otherPort ? *alternate : primary).port};
    }
};

/// Whether there is a socket to answer from as CHANGE-REQUEST wants it.
inline bool canChange(const StunAddresses &addresses, bool address, bool port)
{
    return addresses.alternate || (!address && (!port || addresses.secondPort != 0));
}

struct StunAnswer {
    QByteArray datagram;
    StunPlace from;
    Endpoint to;
};

} // namespace postern::rendezvous
