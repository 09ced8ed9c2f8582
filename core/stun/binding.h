#pragma once
// The Binding method as servers and plain clients use it: ask for the address one is seen
// at, and answer that. ICE checks, which carry credentials, are made in core/punch/.
// Pure; any thread. Source: RFC 8489 section 3, RFC 5780 sections 3, 6 and 7.

#include "core/stun/message_writer.h"

namespace postern::stun {

/// A request for the mapped address; `changeFlags` as in CHANGE-REQUEST, 0 to leave it out.
QByteArray bindingRequest(const TransactionId &transaction, std::uint32_t changeFlags = 0);

/// Where a responder stands: the address it answers from, and the one that differs in both
/// address and port, if it has one.
struct ResponderAddresses {
    Endpoint origin;
    std::optional<Endpoint> other;
};

/// What a request asks of RFC 5780's CHANGE-REQUEST.
struct ChangeWanted {
    bool address = false;
    bool port = false;
};
ChangeWanted changeWanted(const Message &request);

/// The success response: XOR-MAPPED-ADDRESS, RESPONSE-ORIGIN, OTHER-ADDRESS (where there is
/// one), SOFTWARE and FINGERPRINT. `addresses.origin` is where the response leaves from.
QByteArray bindingSuccess(const Message &request, const Endpoint &seenAt,
                          const ResponderAddresses &addresses);

/// An error response without integrity; `unknown` goes with 420.
QByteArray bindingError(const Message &request, StunError code,
                        std::span<const std::uint16_t> unknown = {});

} // namespace postern::stun
