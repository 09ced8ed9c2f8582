#include "core/net/platform_socket.h"

#include <QCoreApplication>

#include <cerrno>
#include <cstring>
#include <system_error>

#ifndef Q_OS_WIN
#include <fcntl.h>
#include <unistd.h>
#endif

namespace postern::net {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Net", text); }

#ifdef Q_OS_WIN
/// Winsock must be started once a process before the first socket.
bool startWinsock()
{
    static const bool started = [] {
        WSADATA data;
        return WSAStartup(MAKEWORD(2, 2), &data) == 0;
    }();
    return started;
}
#endif

OwnedSocket newSocket(int family, int type)
{
#ifdef Q_OS_WIN
    if (!startWinsock())
        return {};
    OwnedSocket socket(::socket(family, type, 0));
    if (socket)
        makeNonBlocking(socket.get());
#elif defined(SOCK_NONBLOCK)
    OwnedSocket socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
#else
    OwnedSocket socket(::socket(family, type, 0));
    if (socket)
        makeNonBlocking(socket.get());
#endif
    return socket;
}

template<typename Query> Endpoint queried(SocketHandle socket, Query query)
{
    SocketAddress address;
    address.length = sizeof address.storage;
    return query(socket, address.data(), &address.length) == 0 ? address.endpoint() : Endpoint();
}

} // namespace

OwnedSocket::~OwnedSocket()
{
    if (m_handle == NO_SOCKET)
        return;
#ifdef Q_OS_WIN
    closesocket(m_handle);
#else
    ::close(m_handle);
#endif
}

SocketAddress::SocketAddress(const Endpoint &endpoint)
{
    const ByteView bytes = endpoint.address.bytes();
    if (endpoint.address.isV4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
        std::memcpy(&storage, &in, sizeof in);
        length = sizeof in;
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        in.sin6_scope_id = endpoint.address.scope();
        std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
        std::memcpy(&storage, &in, sizeof in);
        length = sizeof in;
    }
}

Endpoint SocketAddress::endpoint() const
{
    if (storage.ss_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, &storage, sizeof in);
        return {IpAddress::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in;
        std::memcpy(&in, &storage, sizeof in);
        std::array<std::uint8_t, 16> bytes;
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        return {IpAddress::v6(bytes, in.sin6_scope_id), ntohs(in.sin6_port)};
    }
    return {};
}

Result<OwnedSocket> openSocket(IpAddress::Family family, Transport transport)
{
    const bool v6 = family == IpAddress::Family::V6;
    OwnedSocket socket =
        newSocket(v6 ? AF_INET6 : AF_INET, transport == Transport::Udp ? SOCK_DGRAM : SOCK_STREAM);
    if (!socket)
        return socketError(tr("The system gives no network socket"), lastSocketError());
    if (v6)
        setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return socket;
}

Result<void> bindSocket(SocketHandle socket, const Endpoint &local)
{
    const SocketAddress address(local);
    if (::bind(socket, address.data(), address.length) != 0)
        return socketError(tr("%1 can't be used").arg(local.toString()), lastSocketError());
    return {};
}

Result<void> bindSocket(SocketHandle socket, Endpoint local, bool orFreePort)
{
    const Result<void> wanted = bindSocket(socket, local);
    if (wanted || !orFreePort || local.port == 0)
        return wanted;
    local.port = 0;
    return bindSocket(socket, local);
}

Endpoint localEndpoint(SocketHandle socket) { return queried(socket, ::getsockname); }
Endpoint remoteEndpoint(SocketHandle socket) { return queried(socket, ::getpeername); }

void makeNonBlocking(SocketHandle socket)
{
#ifdef Q_OS_WIN
    u_long on = 1;
    ioctlsocket(socket, FIONBIO, &on);
#else
    fcntl(socket, F_SETFL, O_NONBLOCK);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    setOption(socket, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
#endif
}

bool setOption(SocketHandle socket, int level, int name, int value)
{
    return ::setsockopt(socket, level, name, reinterpret_cast<const char *>(&value), sizeof value)
        == 0;
}

void setBufferSizes(SocketHandle socket, int receiveBytes, int sendBytes)
{
#ifdef SO_RCVBUFFORCE
    const bool receiveForced = setOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes);
    const bool sendForced = setOption(socket, SOL_SOCKET, SO_SNDBUFFORCE, sendBytes);
#else
    const bool receiveForced = false;
    const bool sendForced = false;
#endif
    if (!receiveForced)
        setOption(socket, SOL_SOCKET, SO_RCVBUF, receiveBytes);
    if (!sendForced)
        setOption(socket, SOL_SOCKET, SO_SNDBUF, sendBytes);
}

int lastSocketError()
{
#ifdef Q_OS_WIN
    return WSAGetLastError();
#else
    return errno;
#endif
}

int takeSocketError(SocketHandle socket)
{
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, reinterpret_cast<char *>(&error), &length);
    return error;
}

bool isWouldBlock(int error)
{
#ifdef Q_OS_WIN
    return error == WSAEWOULDBLOCK;
#else
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
#endif
}

bool isConnectPending(int error)
{
#ifdef Q_OS_WIN
    return error == WSAEWOULDBLOCK;
#else
    return error == EINPROGRESS;
#endif
}

Error socketError(const QString &what, int error)
{
    const QString reason = QString::fromStdString(std::system_category().message(error));
    return {ErrorCode::Unavailable, tr("%1: %2.").arg(what, reason)};
}

} // namespace postern::net
