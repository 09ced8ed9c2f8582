#pragma once
// The listening socket. Network thread.

#include "core/base/endpoint.h"

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <functional>

namespace postern::rendezvous {

class Listener {
public:
    using Accepted = std::function<void(asio::ip::tcp::socket)>;

    Listener(asio::io_context &network, Accepted accepted)
        : m_acceptor(network)
        , m_pause(network)
        , m_accepted(std::move(accepted))
    {
    }

    /// Port 0 picks a free one; [::] takes IPv4 too. The endpoint that is listened on.
    Result<Endpoint> listen(const Endpoint &at);
    void close();

private:
    void acceptNext();

    asio::ip::tcp::acceptor m_acceptor;
    asio::steady_timer m_pause;
    Accepted m_accepted;
};

} // namespace postern::rendezvous
