#pragma once
// What the rest of net/ needs from the operating system's sockets, in one shape for POSIX
// and Winsock. Only net/ includes this.

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

#include <utility>

#ifdef Q_OS_WIN
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace postern::net {

#ifdef Q_OS_WIN
using SocketHandle = SOCKET;
inline constexpr SocketHandle NO_SOCKET = INVALID_SOCKET;
#else
using SocketHandle = int;
inline constexpr SocketHandle NO_SOCKET = -1;
#endif

/// Owns a socket; closes it at the end.
class OwnedSocket {
public:
    OwnedSocket() = default;
    explicit OwnedSocket(SocketHandle handle)
        : m_handle(handle)
    {
    }
    OwnedSocket(OwnedSocket &&other) noexcept
        : m_handle(std::exchange(other.m_handle, NO_SOCKET))
    {
    }
    OwnedSocket &operator=(OwnedSocket &&other) noexcept
    {
        std::swap(m_handle, other.m_handle);
        return *this;
    }
    ~OwnedSocket();

    SocketHandle get() const { return m_handle; }
    explicit operator bool() const { return m_handle != NO_SOCKET; }

private:
    SocketHandle m_handle = NO_SOCKET;
};

/// An address in the system's form.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    SocketAddress() = default;
    explicit SocketAddress(const Endpoint &endpoint);
    const sockaddr *data() const { return reinterpret_cast<const sockaddr *>(&storage); }
    sockaddr *data() { return reinterpret_cast<sockaddr *>(&storage); }
    Endpoint endpoint() const; ///< null if neither IPv4 nor IPv6
};

enum class Transport { Udp, Tcp };

/// A new non-blocking socket that child processes don't inherit; IPv6 ones take IPv6 only.
Result<OwnedSocket> openSocket(IpAddress::Family family, Transport transport);

Result<void> bindSocket(SocketHandle socket, const Endpoint &local);
/// Binds to `local`, or to a free port of its address if that one is taken and may be left.
Result<void> bindSocket(SocketHandle socket, Endpoint local, bool orFreePort);

Endpoint localEndpoint(SocketHandle socket);
Endpoint remoteEndpoint(SocketHandle socket);

/// openSocket()'s are; those that accept() gives are not everywhere.
void makeNonBlocking(SocketHandle socket);

/// False if the system has no such option; never an error for the caller.
bool setOption(SocketHandle socket, int level, int name, int value);

/// Asks for kernel buffers of this size, past the system's soft limit where we may.
void setBufferSizes(SocketHandle socket, int receiveBytes, int sendBytes);

/// The last socket error of this thread, in the system's numbers.
int lastSocketError();
/// The error that waits on the socket (SO_ERROR), 0 if none; taken by the call.
int takeSocketError(SocketHandle socket);
bool isWouldBlock(int error);
bool isConnectPending(int error);
/// A sentence for people about `what` (already translated) having failed.
Error socketError(const QString &what, int error);

} // namespace postern::net
