#pragma once
// STUN over TCP at one place: requests follow each other on a connection and are answered on
// it. Clients learn by it how their NAT maps TCP. Bounded: connections, their size and their
// time. Network thread. Source: RFC 8489 section 6.2.2.

#include "rendezvous/sessions/token_buckets.h"
#include "rendezvous/sockets/listener.h"
#include "rendezvous/stun/stun_places.h"

#include <memory>
#include <set>

namespace postern::rendezvous {

class StunStreams {
public:
    using Answer = std::function<std::optional<StunAnswer>(const Endpoint &origin,
                                                           const Endpoint &from, ByteView request)>;

    static constexpr std::size_t MOST_CONNECTIONS = 1024;

    StunStreams(asio::io_context &network, TokenBuckets<IpAddress> &limits, Answer answer)
        : m_network(network)
        , m_limits(limits)
        , m_answer(std::move(answer))
        , m_listener(network, [this](asio::ip::tcp::socket socket) { admit(std::move(socket)); })
    {
    }
    ~StunStreams();

    Result<Endpoint> listen(const Endpoint &at) { return m_listener.listen(at); }

private:
    class Connection;
    void admit(asio::ip::tcp::socket socket);

    asio::io_context &m_network;
    TokenBuckets<IpAddress> &m_limits;
    Answer m_answer;
    Listener m_listener;
    std::set<std::shared_ptr<Connection>> m_connections;
};

} // namespace postern::rendezvous
