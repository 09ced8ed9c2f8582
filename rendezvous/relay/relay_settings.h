#pragma once
// What the operator allows the built-in relay. Values.

#include "core/base/endpoint.h"

#include <optional>

namespace postern::rendezvous {

struct RelaySettings {
    QByteArray secret; ///< of RelayCredentials
    QByteArray realm = "postern";
    /// What clients are told where this machine's own address is not the public one (a cloud's
    /// 1:1 NAT); empty: the address that a client reached us at.
    std::optional<IpAddress> address;
    std::uint16_t firstPort = 49152; ///< RFC 8656 section 7.2: the dynamic ports
    std::uint16_t lastPort = 65535;
    /// Lets clients have us send into this machine's own networks, loopback included: for tests,
    /// and for a server in a network that trusts all of its users.
    bool privatePeers = false;

    std::size_t mostAllocations = 4096;
    std::size_t mostAllocationsOfHolder = 64; ///< one for each peer of each device
    std::uint64_t bytesPerSecondOfHolder = 0; ///< both directions; 0: no limit
    std::uint64_t bytesPerDayOfHolder = 0; ///< 0: no limit
};

} // namespace postern::rendezvous
