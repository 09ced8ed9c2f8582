#pragma once
// The one port number this program is met at: TCP listeners and UDP sockets of both
// families share it, so that one rule in a router or firewall covers all.
// Thread: one with an event loop.

#include "core/net/tcp_listener.h"
#include "core/net/udp_socket.h"

namespace postern {

struct LocalPort {
    std::uint16_t number = 0;
    std::unique_ptr<UdpSocket> udpV4; ///< null where the machine lacks the family
    std::unique_ptr<UdpSocket> udpV6;
    std::unique_ptr<TcpListener> tcpV4;
    std::unique_ptr<TcpListener> tcpV6;

    UdpSocket *udp(IpAddress::Family family) const
    {
        return family == IpAddress::Family::V4 ? udpV4.get() : udpV6.get();
    }
};

/// Opens all four on `wanted`, or on a number that is free for all of them if that one is
/// taken or 0. Fails only where the machine has no network at all.
Result<LocalPort> openLocalPort(std::uint16_t wanted);

} // namespace postern
