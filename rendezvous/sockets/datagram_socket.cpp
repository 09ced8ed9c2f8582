#include "rendezvous/sockets/datagram_socket.h"

#include "rendezvous/sockets/socket_address.h"

#include <QCoreApplication>

#include <asio/ip/v6_only.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace postern::rendezvous {

namespace {

/// Then others get their turn.
constexpr int BATCHES_A_TURN = 4;
constexpr std::size_t SLOTS = 8; ///< datagrams, or runs of them, that one call takes
constexpr std::size_t SLOT_BYTES = 64 * 1024; ///< what UDP_GRO puts together at most
/// RFC 768: the length field, less both headers.
constexpr std::size_t MOST_BYTES_IN_RUN = 65'507;

struct alignas(cmsghdr) ControlBuffer {
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> bytes;
};

/// Where datagrams land: one for all sockets, for they are dealt with when the call returns.
struct Landing {
    std::array<std::array<std::uint8_t, SLOT_BYTES>, SLOTS> bytes;
    std::array<ControlBuffer, SLOTS> controls;
    std::array<asio::ip::udp::endpoint, SLOTS> senders;
    std::array<iovec, SLOTS> pieces;
    std::array<mmsghdr, SLOTS> messages;
    std::vector<ByteView> datagrams;
};

Landing &landing()
{
    static thread_local const auto place = std::make_unique<Landing>();
    return *place;
}

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

/// How large the datagrams are that the system put together; 0: it is one.
std::size_t segmentOf(msghdr &message)
{
    for (auto *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO)
            return static_cast<std::size_t>(infoOf<int>(header));
    }
    return 0;
}

void cut(ByteView bytes, std::size_t segment, std::vector<ByteView> &into)
{
    into.clear();
    if (segment == 0 || segment >= bytes.size())
        return into.push_back(bytes);
    for (std::size_t at = 0; at < bytes.size(); at += segment)
        into.push_back(bytes.subspan(at, std::min(segment, bytes.size() - at)));
}

/// Control messages one after the other.
class Control {
public:
    explicit Control(msghdr &message)
        : m_message(message)
    {
    }

    template<typename Info> void put(int level, int type, const Info &info)
    {
        m_message.msg_control = m_buffer.bytes.data();
        m_message.msg_controllen = m_used + CMSG_SPACE(sizeof info);
        cmsghdr header{};
        header.cmsg_level = level;
        header.cmsg_type = type;
        header.cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(m_buffer.bytes.data() + m_used, &header, sizeof header);
        std::memcpy(m_buffer.bytes.data() + m_used + CMSG_LEN(0), &info, sizeof info);
        m_used += CMSG_SPACE(sizeof info);
    }

    void putSource(const IpAddress &source, bool v6Socket)
    {
        if (!v6Socket) {
            in_pktinfo info{};
            info.ipi_spec_dst.s_addr = htonl(source.v4HostOrder());
            return put(IPPROTO_IP, IP_PKTINFO, info);
        }
        in6_pktinfo info{};
        const auto mapped = toAsio<asio::ip::udp>(Endpoint{source, 0}, true).address().to_v6();
        const auto bytes = mapped.to_bytes();
        std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
        put(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }

private:
    msghdr &m_message;
    ControlBuffer m_buffer{};
    std::size_t m_used = 0;
};

iovec pieceOf(ByteView bytes) { return {const_cast<std::uint8_t *>(bytes.data()), bytes.size()}; }

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
    setsockopt(descriptor, SOL_UDP, UDP_GRO, &on, sizeof on); // where the system has it
    return Endpoint{at.address, m_socket.local_endpoint().port()};
}

void DatagramSocket::startReceiving()
{
    m_socket.async_wait(
        asio::ip::udp::socket::wait_read,
        [this, alive = std::weak_ptr<bool>(m_alive)](const asio::error_code &failed) {
            if (failed || alive.expired())
                return;
            receiveSome();
            if (m_socket.is_open())
                startReceiving();
        });
}

void DatagramSocket::receiveSome()
{
    Landing &at = landing();
    for (int batch = 0; batch < BATCHES_A_TURN && m_socket.is_open(); ++batch) {
        for (std::size_t i = 0; i < SLOTS; ++i) {
            at.pieces[i] = {at.bytes[i].data(), SLOT_BYTES};
            msghdr &message = at.messages[i].msg_hdr;
            message = {};
            message.msg_name = at.senders[i].data();
            message.msg_namelen = static_cast<socklen_t>(at.senders[i].capacity());
            message.msg_iov = &at.pieces[i];
            message.msg_iovlen = 1;
            message.msg_control = at.controls[i].bytes.data();
            message.msg_controllen = at.controls[i].bytes.size();
        }
        const int count =
            recvmmsg(m_socket.native_handle(), at.messages.data(), SLOTS, MSG_DONTWAIT, nullptr);
        for (int i = 0; i < count && m_socket.is_open(); ++i) {
            const auto slot = static_cast<std::size_t>(i);
            msghdr &message = at.messages[slot].msg_hdr;
            if ((message.msg_flags & MSG_TRUNC) != 0)
                continue;
            at.senders[slot].resize(message.msg_namelen);
            cut({at.bytes[slot].data(), at.messages[slot].msg_len}, segmentOf(message),
                at.datagrams);
            m_arrived({at.datagrams, toEndpoint(at.senders[slot]), destinationOf(message)});
        }
        if (count < int{SLOTS})
            return;
    }
}

void DatagramSocket::send(ByteView datagram, const Endpoint &to, const IpAddress &source)
{
    const Run run{{&datagram, 1}, {}, {}};
    (void)sendAtOnce(run, 0, to, source);
}

void DatagramSocket::sendRun(const Run &run, const Endpoint &to, const IpAddress &source)
{
    if (run.datagrams.empty())
        return;
    const std::size_t size = run.datagrams.front().size() + run.header.size();
    const std::size_t most =
        std::clamp<std::size_t>(MOST_BYTES_IN_RUN / std::max<std::size_t>(size, 1), 1, MOST_IN_RUN);
    for (std::size_t first = 0; first < run.datagrams.size();) {
        const std::size_t count =
            m_segments ? std::min(most, run.datagrams.size() - first) : std::size_t{1};
        const bool withLast = first + count == run.datagrams.size();
        const Run part{run.datagrams.subspan(first, count), run.header,
                       withLast ? run.lastHeader : run.header};
        if (!sendAtOnce(part, size, to, source) && m_segments && count > 1) {
            m_segments = false; // no checksum offload, or larger than the way: one by one
            continue;
        }
        first += count;
    }
    m_segments = true; // the next way may be another
}

bool DatagramSocket::sendAtOnce(const Run &run, std::size_t segment, const Endpoint &to,
                                const IpAddress &source)
{
    auto address = toAsio<asio::ip::udp>(to, m_isV6);
    std::array<iovec, 2 * MOST_IN_RUN> pieces;
    std::size_t count = 0;
    for (std::size_t i = 0; i < run.datagrams.size(); ++i) {
        const bool last = i + 1 == run.datagrams.size();
        if (!run.header.empty())
            pieces[count++] = pieceOf(last ? run.lastHeader : run.header);
        pieces[count++] = pieceOf(run.datagrams[i]);
    }
    msghdr message{};
    message.msg_name = address.data();
    message.msg_namelen = static_cast<socklen_t>(address.size());
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    Control control(message);
    if (run.datagrams.size() > 1)
        control.put(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
    if (!source.isUnspecified())
        control.putSource(source, m_isV6);
    return sendmsg(m_socket.native_handle(), &message, MSG_DONTWAIT) >= 0
        || (errno != EINVAL && errno != EIO && errno != EMSGSIZE);
}

void DatagramSocket::setBufferBytes(int bytes)
{
    asio::error_code ignored;
    m_socket.set_option(asio::socket_base::receive_buffer_size(bytes), ignored);
    m_socket.set_option(asio::socket_base::send_buffer_size(bytes), ignored);
}

void DatagramSocket::close()
{
    asio::error_code ignored;
    m_socket.close(ignored);
}

} // namespace postern::rendezvous
