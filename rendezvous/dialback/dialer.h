#pragma once
// Proves that a client is reachable from outside: tries its TCP listener and its UDP port from
// fresh sockets. Bounded in time, packets and number of attempts. Network thread.
// See PROTOCOL.md, "Dial-back".

#include "core/base/endpoint.h"

#include <asio/io_context.hpp>

#include <functional>
#include <memory>

namespace postern::rendezvous {

struct DialOrder {
    IpAddress client; ///< where the client's own connection comes from; never another
    IpAddress from; ///< this server's address that the client knows
    std::uint16_t tcpPort = 0; ///< 0: not tried
    std::uint16_t udpPort = 0;
    QByteArray token; ///< 16 bytes
};

struct DialResult {
    bool tcp = false;
    bool udp = false;
};

class Dialer {
public:
    using Done = std::function<void(const DialResult &)>;

    /// `alternate`, if not null, is an address the client has not sent to: from there, getting
    /// through proves more.
    Dialer(asio::io_context &network, const Endpoint &alternate)
        : m_network(network)
        , m_alternate(alternate.address)
    {
    }

    /// Calls back within DIAL_TIME; with too many under way, at once and with nothing proved.
    void dial(const DialOrder &order, Done done);

private:
    asio::io_context &m_network;
    IpAddress m_alternate;
    std::shared_ptr<int> m_underWay = std::make_shared<int>(0);
};

} // namespace postern::rendezvous
