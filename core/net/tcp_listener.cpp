#include "core/net/tcp_listener.h"

#include "core/net/readiness.h"

#include <QCoreApplication>

namespace postern {

namespace {

constexpr int BACKLOG = 64;
constexpr int MAX_ACCEPTS_AT_ONCE = 16;

net::OwnedSocket acceptFrom(net::SocketHandle listener)
{
#if defined(SOCK_NONBLOCK) && !defined(Q_OS_WIN)
    return net::OwnedSocket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
#else
    net::OwnedSocket socket(::accept(listener, nullptr, nullptr));
    if (socket)
        net::makeNonBlocking(socket.get());
    return socket;
#endif
}

} // namespace

class TcpListener::Watch {
public:
    Watch(TcpListener &owner, net::SocketHandle socket)
        : read(socket, net::Readiness::Kind::Read, [&owner] { owner.readable(); })
    {
    }
    net::Readiness read;
};

Result<std::unique_ptr<TcpListener>> TcpListener::listen(const Endpoint &local,
                                                         const Options &options)
{
    Result<net::OwnedSocket> socket = net::openSocket(local.address.family(), net::Transport::Tcp);
    if (!socket)
        return socket.error();
#ifdef Q_OS_WIN
    net::setOption(socket->get(), SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
#else
    net::setOption(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1); // past TIME_WAIT, not listeners
#endif
    if (const Result<void> bound = net::bindSocket(socket->get(), local, options.orFreePort);
        !bound)
        return bound.error();
    if (::listen(socket->get(), BACKLOG) != 0)
        return net::socketError(
            QCoreApplication::translate("Net", "%1 can't be listened on").arg(local.toString()),
            net::lastSocketError());
#if defined(SO_REUSEPORT) && !defined(Q_OS_WIN)
    // Only now, so that a second process on this port is refused above instead of sharing
    // it; from here on our own connections may leave from the listener's port.
    net::setOption(socket->get(), SOL_SOCKET, SO_REUSEPORT, 1);
#endif
    return std::unique_ptr<TcpListener>(new TcpListener(std::move(*socket), options));
}

TcpListener::TcpListener(net::OwnedSocket socket, const Options &options)
    : m_socket(std::move(socket))
    , m_options(options)
    , m_watch(std::make_unique<Watch>(*this, m_socket.get()))
{
}

TcpListener::~TcpListener() { *m_alive = false; }

/// A place among the connections that may live; null if there is none.
std::shared_ptr<void> TcpListener::slotFor(const IpAddress &address)
{
    const auto census = m_census;
    if (census->total >= m_options.maxConnections
        || census->byAddress.value(address) >= m_options.maxPerAddress)
        return nullptr;
    ++census->total;
    ++census->byAddress[address];
    return std::shared_ptr<void>(nullptr, [census, address](void *) {
        --census->total;
        if (--census->byAddress[address] == 0)
            census->byAddress.remove(address);
    });
}

void TcpListener::readable()
{
    const std::shared_ptr<bool> alive = m_alive;
    for (int i = 0; i < MAX_ACCEPTS_AT_ONCE && *alive; ++i) {
        net::OwnedSocket accepted = acceptFrom(m_socket.get());
        if (!accepted)
            return;
        auto slot = slotFor(net::remoteEndpoint(accepted.get()).address);
        const Acceptor acceptor = m_acceptor;
        if (slot.use_count() > 0 && acceptor)
            acceptor(std::make_unique<TcpSocket>(std::move(accepted), std::move(slot)));
    }
}

} // namespace postern
