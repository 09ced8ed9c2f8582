#include "core/net/udp_socket.h"

#include "core/net/readiness.h"

namespace postern {

namespace {

/// Batches taken in one go before timers and other sockets get their turn.
constexpr int MAX_BATCHES_AT_ONCE = 4;
constexpr int MAX_REPORTS_AT_ONCE = 32;

/// A sender that probes the path's MTU itself must not have its datagrams fragmented, nor
/// refused because of what the kernel believes the MTU to be (RFC 8899 section 3).
void forbidFragments(net::SocketHandle socket, bool v4)
{
#if defined(IP_PMTUDISC_PROBE)
    if (v4)
        net::setOption(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    else
        net::setOption(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
#elif defined(IP_DONTFRAG)
    net::setOption(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_DONTFRAG : IPV6_DONTFRAG, 1);
#elif defined(IP_DONTFRAGMENT)
    if (v4)
        net::setOption(socket, IPPROTO_IP, IP_DONTFRAGMENT, 1);
#else
    Q_UNUSED(socket)
    Q_UNUSED(v4)
#endif
}

} // namespace

class UdpSocket::Watches {
public:
    Watches(UdpSocket &owner, net::SocketHandle socket)
        : read(socket, net::Readiness::Kind::Read, [&owner] { owner.readable(); })
        , write(socket, net::Readiness::Kind::Write, [&owner] { owner.writable(); })
    {
        write.setEnabled(false);
    }

    net::Readiness read;
    net::Readiness write;
};

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(const Endpoint &local, const Options &options)
{
    Result<net::OwnedSocket> socket = net::openSocket(local.address.family(), net::Transport::Udp);
    if (!socket)
        return socket.error();
    if (const Result<void> bound = net::bindSocket(socket->get(), local, options.orFreePort);
        !bound)
        return bound.error();
    return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(*socket), options));
}

UdpSocket::UdpSocket(net::OwnedSocket socket, const Options &options)
    : m_socket(std::move(socket))
    , m_local(net::localEndpoint(m_socket.get()))
{
    net::setBufferSizes(m_socket.get(), options.receiveBuffer, options.sendBuffer);
    forbidFragments(m_socket.get(), m_local.address.isV4());
    if (options.batched)
        m_io = net::makeBatchedIo(m_local, m_socket.get());
    if (!m_io)
        m_io = net::makePortableIo(m_local);
    m_watches = std::make_unique<Watches>(*this, m_socket.get());
}

UdpSocket::~UdpSocket() { *m_alive = false; }

SendResult UdpSocket::send(const Endpoint &to, ByteView bytes, const SendOptions &options)
{
    if (to.address.family() != m_local.address.family())
        return {SendStatus::Unreachable, 0};
    const SendResult result = m_io->send(m_socket.get(), to, bytes, options);
    if (result.status == SendStatus::WouldBlock)
        m_watches->write.setEnabled(true);
    return result;
}

void UdpSocket::readable()
{
    const std::shared_ptr<bool> alive = m_alive;
    for (int i = 0; i < MAX_BATCHES_AT_ONCE; ++i) {
        const std::span<const Datagram> batch = m_io->receive(m_socket.get());
        if (batch.empty())
            break;
        if (const Receiver receiver = m_receiver)
            receiver(batch);
        if (!*alive)
            return;
    }
    for (int i = 0; i < MAX_REPORTS_AT_ONCE; ++i) {
        const std::optional<IcmpReport> report = m_io->takeReport(m_socket.get());
        if (!report)
            return;
        if (const auto handler = m_icmp)
            handler(*report);
        if (!*alive)
            return;
    }
}

void UdpSocket::writable()
{
    m_watches->write.setEnabled(false);
    if (const auto handler = m_writable)
        handler();
}

} // namespace postern
