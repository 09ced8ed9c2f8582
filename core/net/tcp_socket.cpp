#include "core/net/tcp_socket.h"

#include "core/net/readiness.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

#ifndef Q_OS_WIN
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#endif

namespace postern {

namespace {

/// Views given to one writev; POSIX promises at least 16, every system here takes 1024.
constexpr std::size_t MAX_PARTS = 64;

/// Kernel buffers are left to the system, which grows them with the path; a fixed size would
/// turn that off (tcp(7), SO_RCVBUF). Small messages must not wait for acknowledgements.
void tune(net::SocketHandle socket)
{
    net::setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    net::setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

} // namespace

class TcpSocket::Watches {
public:
    Watches(TcpSocket &owner, net::SocketHandle socket)
        : read(socket, net::Readiness::Kind::Read,
               [&owner] {
                   if (const auto handler = owner.m_readable)
                       handler();
               })
        , write(socket, net::Readiness::Kind::Write, [&owner] {
            if (owner.m_connected)
                owner.finishConnecting();
            else if (const auto handler = owner.m_writable)
                handler();
        })
    {
        read.setEnabled(false);
        write.setEnabled(false);
    }

    net::Readiness read;
    net::Readiness write;
};

Result<std::unique_ptr<TcpSocket>> TcpSocket::connect(const Endpoint &to,
                                                      const ConnectOptions &options,
                                                      std::function<void(Result<void>)> connected)
{
    Result<net::OwnedSocket> socket = net::openSocket(to.address.family(), net::Transport::Tcp);
    if (!socket)
        return socket.error();
    if (options.from) {
        if (options.sharePort) {
            net::setOption(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef SO_REUSEPORT
            net::setOption(socket->get(), SOL_SOCKET, SO_REUSEPORT, 1);
#endif
        }
        if (const Result<void> bound = net::bindSocket(socket->get(), *options.from); !bound)
            return bound.error();
    }
    if (options.hopLimit > 0) {
        const bool v4 = to.address.isV4();
        net::setOption(socket->get(), v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6},
                       v4 ? int{IP_TTL} : int{IPV6_UNICAST_HOPS}, options.hopLimit);
    }
    const net::SocketAddress address(to);
    if (::connect(socket->get(), address.data(), address.length) != 0
        && !net::isConnectPending(net::lastSocketError()))
        return net::socketError(
            QCoreApplication::translate("Net", "%1 can't be reached").arg(to.toString()),
            net::lastSocketError());
    auto result = std::make_unique<TcpSocket>(std::move(*socket), nullptr);
    result->m_remote = to;
    result->m_connected = std::move(connected);
    result->m_watches->write.setEnabled(true);
    return result;
}

TcpSocket::TcpSocket(net::OwnedSocket socket, std::shared_ptr<void> slot)
    : m_socket(std::move(socket))
    , m_remote(net::remoteEndpoint(m_socket.get()))
    , m_slot(std::move(slot))
{
    tune(m_socket.get());
    m_watches = std::make_unique<Watches>(*this, m_socket.get());
}

TcpSocket::~TcpSocket() = default;

void TcpSocket::finishConnecting()
{
    const auto connected = std::exchange(m_connected, nullptr);
    m_watches->write.setEnabled(static_cast<bool>(m_writable));
    const int error = net::takeSocketError(m_socket.get());
    if (error == 0)
        connected({});
    else
        connected(net::socketError(
            QCoreApplication::translate("Net", "%1 can't be reached").arg(m_remote.toString()),
            error));
}

std::size_t TcpSocket::unacknowledged() const
{
    int bytes = 0;
#if defined(Q_OS_LINUX)
    if (::ioctl(m_socket.get(), TIOCOUTQ, &bytes) != 0) // SIOCOUTQ, tcp(7)
        return 0;
#elif defined(Q_OS_MACOS)
    socklen_t size = sizeof bytes;
    if (::getsockopt(m_socket.get(), SOL_SOCKET, SO_NWRITE, &bytes, &size) != 0)
        return 0;
#endif
    return static_cast<std::size_t>(std::max(bytes, 0));
}

Duration TcpSocket::roundTrip() const
{
#if defined(Q_OS_LINUX)
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(m_socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        return std::chrono::microseconds(info.tcpi_rtt);
#endif
    return Duration::zero();
}

void TcpSocket::setReadableHandler(std::function<void()> handler)
{
    m_readable = std::move(handler);
    m_watches->read.setEnabled(static_cast<bool>(m_readable));
}

void TcpSocket::setWritableHandler(std::function<void()> handler)
{
    m_writable = std::move(handler);
    m_watches->write.setEnabled(m_writable || m_connected);
}

IoResult TcpSocket::read(MutableByteView out)
{
    const auto count = ::recv(m_socket.get(), reinterpret_cast<char *>(out.data()), out.size(), 0);
    if (count > 0)
        return {IoStatus::Done, static_cast<std::size_t>(count)};
    if (count == 0)
        return {IoStatus::Ended, 0};
    return {net::isWouldBlock(net::lastSocketError()) ? IoStatus::WouldBlock : IoStatus::Failed, 0};
}

IoResult TcpSocket::write(std::span<const ByteView> parts)
{
    parts = parts.first(std::min(parts.size(), MAX_PARTS));
#ifdef Q_OS_WIN
    std::array<WSABUF, MAX_PARTS> vectors;
    for (std::size_t i = 0; i < parts.size(); ++i)
        vectors[i] = {static_cast<ULONG>(parts[i].size()),
                      reinterpret_cast<char *>(const_cast<std::uint8_t *>(parts[i].data()))};
    DWORD count = 0;
    const bool ok = WSASend(m_socket.get(), vectors.data(), static_cast<DWORD>(parts.size()),
                            &count, 0, nullptr, nullptr)
        == 0;
#else
    std::array<iovec, MAX_PARTS> vectors;
    for (std::size_t i = 0; i < parts.size(); ++i)
        vectors[i] = {const_cast<std::uint8_t *>(parts[i].data()), parts[i].size()};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(parts.size());
#ifdef MSG_NOSIGNAL
    const auto count = ::sendmsg(m_socket.get(), &message, MSG_NOSIGNAL);
#else
    const auto count = ::sendmsg(m_socket.get(), &message, 0);
#endif
    const bool ok = count >= 0;
#endif
    if (ok)
        return {IoStatus::Done, static_cast<std::size_t>(count)};
    return {net::isWouldBlock(net::lastSocketError()) ? IoStatus::WouldBlock : IoStatus::Failed, 0};
}

void TcpSocket::resetAtEnd()
{
    linger at{};
    at.l_onoff = 1;
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char *>(&at),
                 sizeof at);
}

void TcpSocket::shutdownWrite()
{
#ifdef Q_OS_WIN
    ::shutdown(m_socket.get(), SD_SEND);
#else
    ::shutdown(m_socket.get(), SHUT_WR);
#endif
}

} // namespace postern
