#include "core/net/datagram_io.h"

#include <cerrno>
#include <vector>

namespace postern::net {

namespace {

constexpr std::size_t MAX_DATAGRAM_BYTES = 65536;
constexpr std::size_t MAX_BATCH = 32; ///< datagrams handed over at once

class PortableIo final : public DatagramIo {
public:
    explicit PortableIo(const Endpoint &local)
        : m_local(local)
    {
    }

    std::span<const Datagram> receive(SocketHandle socket) override;
    SendResult send(SocketHandle socket, const Endpoint &to, ByteView bytes,
                    const SendOptions &options) override;
    std::optional<IcmpReport> takeReport(SocketHandle) override { return std::nullopt; }

private:
    void setHopLimit(SocketHandle socket, int hops);

    Endpoint m_local;
    std::vector<std::uint8_t> m_buffer;
    std::vector<Datagram> m_batch;
    int m_systemHopLimit = -1; ///< the socket's own, read before the first change
};

std::span<const Datagram> PortableIo::receive(SocketHandle socket)
{
    m_buffer.resize(2 * MAX_DATAGRAM_BYTES);
    m_batch.clear();
    std::size_t used = 0;
    while (m_batch.size() < MAX_BATCH && m_buffer.size() - used >= MAX_DATAGRAM_BYTES) {
        SocketAddress from;
        from.length = sizeof from.storage;
        const auto count =
            ::recvfrom(socket, reinterpret_cast<char *>(m_buffer.data() + used),
                       static_cast<int>(MAX_DATAGRAM_BYTES), 0, from.data(), &from.length);
        if (count < 0)
            break;
        const auto size = static_cast<std::size_t>(count);
        m_batch.push_back({from.endpoint(), m_local, ByteView(m_buffer).subspan(used, size)});
        used += size;
    }
    return m_batch;
}

void PortableIo::setHopLimit(SocketHandle socket, int hops)
{
    const bool v4 = m_local.address.isV4();
    const int level = v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6};
    const int name = v4 ? int{IP_TTL} : int{IPV6_UNICAST_HOPS};
    if (m_systemHopLimit < 0) {
        socklen_t length = sizeof m_systemHopLimit;
        ::getsockopt(socket, level, name, reinterpret_cast<char *>(&m_systemHopLimit), &length);
    }
    setOption(socket, level, name, hops > 0 ? hops : m_systemHopLimit);
}

SendResult PortableIo::send(SocketHandle socket, const Endpoint &to, ByteView bytes,
                            const SendOptions &options)
{
    const SocketAddress address(to);
    const std::size_t segment = options.segmentSize > 0 ? options.segmentSize : bytes.size();
    if (options.hopLimit > 0)
        setHopLimit(socket, options.hopLimit);
    SendResult result;
    do {
        const ByteView one =
            bytes.subspan(result.sent).first(std::min(segment, bytes.size() - result.sent));
        const auto count =
            ::sendto(socket, reinterpret_cast<const char *>(one.data()),
                     static_cast<int>(one.size()), 0, address.data(), address.length);
        if (count < 0)
            result.status = sendStatusOf(lastSocketError());
        else
            result.sent += one.size();
    } while (result.status == SendStatus::Sent && result.sent < bytes.size());
    if (options.hopLimit > 0)
        setHopLimit(socket, 0);
    return result;
}

} // namespace

SendStatus sendStatusOf(int error)
{
    if (isWouldBlock(error))
        return SendStatus::WouldBlock;
#ifdef Q_OS_WIN
    switch (error) {
    case WSAEMSGSIZE: return SendStatus::TooBig;
    case WSAENETUNREACH:
    case WSAEHOSTUNREACH:
    case WSAEADDRNOTAVAIL:
    case WSAEACCES: return SendStatus::Unreachable;
    default: return SendStatus::Failed;
    }
#else
    switch (error) {
    case EMSGSIZE: return SendStatus::TooBig;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case ENETDOWN:
    case ECONNREFUSED:
    case EACCES:
    case EPERM: return SendStatus::Unreachable;
    default: return SendStatus::Failed;
    }
#endif
}

std::unique_ptr<DatagramIo> makePortableIo(const Endpoint &local)
{
    return std::make_unique<PortableIo>(local);
}

} // namespace postern::net
