#pragma once
// A local address as net/interfaces finds it and punch/ ranks it. Value, any thread.

#include "core/base/endpoint.h"

namespace postern {

struct InterfaceAddress {
    QString name; ///< the system's name of the interface ("eth0", "wlp3s0")
    IpAddress address; ///< an IPv6 link-local one carries its scope
    int prefix = 0; ///< length of the network part in bits
    bool up = false;
    bool pointToPoint = false; ///< a tunnel or a dial-up link: no neighbours there
    int mtu = 0; ///< bytes of an IP packet; 0: the system does not tell

    friend bool operator==(const InterfaceAddress &, const InterfaceAddress &) = default;
};

} // namespace postern
