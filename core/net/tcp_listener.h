#pragma once
// Takes TCP connections on one port, and no more than it was told to: strangers can't make
// it hold sockets without bound.
//
// The acceptor runs on the owner's event loop and may destroy the listener. Thread: one
// with an event loop; all calls from it.

#include "core/net/tcp_socket.h"

#include <QHash>

namespace postern {

class TcpListener {
public:
    struct Options {
        bool orFreePort = false; ///< take a free port where the wanted one is taken
        int maxConnections = 128; ///< accepted and alive; further ones are closed at once
        int maxPerAddress = 32;
    };
    using Acceptor = std::function<void(std::unique_ptr<TcpSocket>)>;

    static Result<std::unique_ptr<TcpListener>> listen(const Endpoint &local,
                                                       const Options &options);
    ~TcpListener();

    Endpoint local() const { return net::localEndpoint(m_socket.get()); }
    void setAcceptor(Acceptor acceptor) { m_acceptor = std::move(acceptor); }

private:
    /// How many accepted connections live, in all and by address.
    struct Census {
        int total = 0;
        QHash<IpAddress, int> byAddress;
    };

    TcpListener(net::OwnedSocket socket, const Options &options);
    void readable();
    std::shared_ptr<void> slotFor(const IpAddress &address);

    net::OwnedSocket m_socket;
    Options m_options;
    Acceptor m_acceptor;
    std::shared_ptr<Census> m_census = std::make_shared<Census>();
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    class Watch;
    std::unique_ptr<Watch> m_watch;
};

} // namespace postern
