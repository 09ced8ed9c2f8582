#include "rendezvous/sockets/datagram_socket.h"

#include "rendezvous/sockets/socket_address.h"

#include <QCoreApplication>

#include <asio/ip/v6_only.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace postern::rendezvous {

namespace {

/// Then others get their turn.
constexpr int DATAGRAMS_A_TURN = 64;
constexpr std::size_t MOST_BYTES = 1500; ///< no STUN request that we answer is larger

union ControlBuffer {
    cmsghdr aligned;
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

template<typename Info> Info infoOf(cmsghdr *header)
{
    Info info{};
    std::memcpy(&info, CMSG_DATA(header), sizeof info);
    return info;
}

IpAddress destinationOf(msghdr &message)
{
    for (auto *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
            return IpAddress::v4(ntohl(infoOf<in_pktinfo>(header).ipi_addr.s_addr));
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = infoOf<in6_pktinfo>(header);
            std::array<std::uint8_t, 16> bytes{};
            std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            return IpAddress::v6(bytes);
        }
    }
    return {};
}

template<typename Info> void putInfo(msghdr &message, int level, int type, const Info &info)
{
    message.msg_controllen = CMSG_SPACE(sizeof info);
    auto *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

void putSource(msghdr &message, const IpAddress &source, bool v6Socket)
{
    if (!v6Socket) {
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(source.v4HostOrder());
        return putInfo(message, IPPROTO_IP, IP_PKTINFO, info);
    }
    in6_pktinfo info{};
    const auto mapped = toAsio<asio::ip::udp>(Endpoint{source, 0}, true).address().to_v6();
    const auto bytes = mapped.to_bytes();
    std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
    putInfo(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

} // namespace

Result<Endpoint> DatagramSocket::bind(const Endpoint &at)
{
    const auto where = toAsio<asio::ip::udp>(at);
    m_isV6 = !at.address.isV4();
    asio::error_code failed;
    m_socket.open(where.protocol(), failed);
    if (!failed && m_isV6)
        m_socket.set_option(asio::ip::v6_only(false), failed);
    if (!failed)
        m_socket.bind(where, failed);
    if (!failed)
        m_socket.non_blocking(true, failed);
    if (failed) {
        close();
        return Error{ErrorCode::Unavailable,
                     QCoreApplication::translate("Stun",
                                                 "STUN can't listen on %1 (%2); choose another "
                                                 "with --stun, or stop what uses it.")
                         .arg(at.toString(), QString::fromStdString(failed.message()))};
    }
    const int on = 1;
    const int descriptor = m_socket.native_handle();
    if (m_isV6)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    else
        setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    return Endpoint{at.address, m_socket.local_endpoint().port()};
}

void DatagramSocket::startReceiving()
{
    m_socket.async_wait(asio::ip::udp::socket::wait_read, [this](const asio::error_code &failed) {
        if (failed)
            return;
        receiveSome();
        if (m_socket.is_open())
            startReceiving();
    });
}

void DatagramSocket::receiveSome()
{
    std::array<std::uint8_t, MOST_BYTES> buffer{};
    for (int count = 0; count < DATAGRAMS_A_TURN && m_socket.is_open(); ++count) {
        asio::ip::udp::endpoint from;
        ControlBuffer control{};
        iovec piece{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_name = from.data();
        message.msg_namelen = static_cast<socklen_t>(from.capacity());
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
        const ssize_t size = recvmsg(m_socket.native_handle(), &message, 0);
        if (size < 0)
            return;
        from.resize(message.msg_namelen);
        if ((message.msg_flags & MSG_TRUNC) == 0)
            m_arrived({{buffer.data(), static_cast<std::size_t>(size)},
                       toEndpoint(from),
                       destinationOf(message)});
    }
}

void DatagramSocket::send(const QByteArray &datagram, const Endpoint &to, const IpAddress &source)
{
    auto address = toAsio<asio::ip::udp>(to, m_isV6);
    ControlBuffer control{};
    iovec piece{const_cast<char *>(datagram.constData()), static_cast<size_t>(datagram.size())};
    msghdr message{};
    message.msg_name = address.data();
    message.msg_namelen = static_cast<socklen_t>(address.size());
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!source.isUnspecified()) {
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
        putSource(message, source, m_isV6);
    }
    (void)sendmsg(m_socket.native_handle(), &message, 0);
}

void DatagramSocket::close()
{
    asio::error_code ignored;
    m_socket.close(ignored);
}

} // namespace postern::rendezvous
