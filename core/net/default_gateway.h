#pragma once
// Which router this machine's IPv4 packets leave by, and with which of our addresses: the
// only one that is asked to map ports. Any thread; reads the system's tables anew.

#include "core/base/interface_address.h"

#include <optional>

namespace postern {

struct DefaultGateway {
    IpAddress address;
    InterfaceAddress local; ///< ours on the gateway's network

    friend bool operator==(const DefaultGateway &, const DefaultGateway &) = default;
};

/// Nothing where there is no IPv4, or only a link without a router (a tunnel, a modem).
std::optional<DefaultGateway> defaultGateway();

} // namespace postern
