#include "core/net/datagram_io.h"

#ifdef Q_OS_LINUX

#include "core/base/log.h"

#include <linux/errqueue.h>
#include <netinet/udp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 // linux/udp.h, since Linux 4.18
#endif
#ifndef UDP_GRO
#define UDP_GRO 104 // linux/udp.h, since Linux 5.0
#endif

namespace postern::net {

namespace {

/// A merged run of datagrams (UDP_GRO) is at most this long.
constexpr std::size_t SLOT_BYTES = 65536;
constexpr std::size_t SLOTS = 8;
/// UDP_MAX_SEGMENTS of kernels before 6.9, and what fits one IP packet (RFC 791).
constexpr std::size_t MAX_SEGMENTS = 64;
constexpr std::size_t MAX_SEND_BYTES = 65535 - 40 - 8;

template<typename T> T fromControl(const cmsghdr *header)
{
    T value;
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
}

/// RFC 792 and RFC 4443: the hop limit ran out. Their headers clash with linux/errqueue.h.
constexpr int ICMP_TIME_EXCEEDED = 11;
constexpr int ICMP6_TIME_EXCEEDED = 3;

/// Who sent the ICMP message: its address follows the error (SO_EE_OFFENDER).
IpAddress offender(const cmsghdr *header)
{
    SocketAddress address;
    const std::size_t room = header->cmsg_len - CMSG_LEN(0);
    constexpr std::size_t AT = sizeof(sock_extended_err);
    if (room > AT)
        std::memcpy(&address.storage, CMSG_DATA(header) + AT,
                    std::min(room - AT, sizeof address.storage));
    return address.endpoint().address;
}

/// Ancillary data of one outgoing message.
class ControlWriter {
public:
    template<typename T> void add(int level, int type, const T &value)
    {
        cmsghdr header{};
        header.cmsg_level = level;
        header.cmsg_type = type;
        header.cmsg_len = CMSG_LEN(sizeof value);
        std::memcpy(m_buffer.data() + m_used, &header, sizeof header);
        std::memcpy(m_buffer.data() + m_used + CMSG_LEN(0), &value, sizeof value);
        m_used += CMSG_SPACE(sizeof value);
    }
    void attachTo(msghdr &message)
    {
        message.msg_control = m_used > 0 ? m_buffer.data() : nullptr;
        message.msg_controllen = m_used;
    }

private:
    alignas(cmsghdr) std::array<char, 256> m_buffer{};
    std::size_t m_used = 0;
};

class BatchedIo final : public DatagramIo {
public:
    BatchedIo(const Endpoint &local, SocketHandle socket);

    std::span<const Datagram> receive(SocketHandle socket) override;
    SendResult send(SocketHandle socket, const Endpoint &to, ByteView bytes,
                    const SendOptions &options) override;
    std::optional<IcmpReport> takeReport(SocketHandle socket) override;

private:
    struct Slot {
        sockaddr_storage from;
        alignas(cmsghdr) std::array<char, 256> control;
    };

    void split(const mmsghdr &message, ByteView bytes);
    SendResult sendOne(SocketHandle socket, const SocketAddress &to, ByteView bytes,
                       const SendOptions &options);

    Endpoint m_local;
    bool m_segments = true; ///< UDP_SEGMENT works on this socket
    std::vector<std::uint8_t> m_buffer; ///< SLOTS of SLOT_BYTES, made when first needed
    std::vector<Slot> m_slots;
    std::vector<Datagram> m_batch;
};

BatchedIo::BatchedIo(const Endpoint &local, SocketHandle socket)
    : m_local(local)
{
    const bool v4 = local.address.isV4();
    setOption(socket, SOL_UDP, UDP_GRO, 1);
    setOption(socket, v4 ? int{SOL_IP} : int{SOL_IPV6}, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
    setOption(socket, v4 ? int{SOL_IP} : int{SOL_IPV6}, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1);
    setOption(socket, v4 ? int{SOL_IP} : int{SOL_IPV6}, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
}

/// Cuts what the kernel merged into datagrams again.
void BatchedIo::split(const mmsghdr &message, ByteView bytes)
{
    SocketAddress from;
    std::memcpy(&from.storage, message.msg_hdr.msg_name, sizeof from.storage);
    Datagram datagram{from.endpoint(), m_local, {}, Ecn::NotEct};
    std::size_t segment = bytes.size();
    msghdr header = message.msg_hdr;
    for (cmsghdr *it = CMSG_FIRSTHDR(&header); it; it = CMSG_NXTHDR(&header, it)) {
        if (it->cmsg_level == SOL_UDP && it->cmsg_type == UDP_GRO)
            segment = static_cast<std::size_t>(fromControl<int>(it));
        else if (it->cmsg_level == SOL_IP && it->cmsg_type == IP_PKTINFO)
            datagram.to.address = IpAddress::v4(ntohl(fromControl<in_pktinfo>(it).ipi_addr.s_addr));
        else if (it->cmsg_level == SOL_IPV6 && it->cmsg_type == IPV6_PKTINFO) {
            const auto info = fromControl<in6_pktinfo>(it);
            std::array<std::uint8_t, 16> address;
            std::memcpy(address.data(), &info.ipi6_addr, address.size());
            const bool scoped = IpAddress::v6(address).isLinkLocal();
            datagram.to.address = IpAddress::v6(address, scoped ? info.ipi6_ifindex : 0);
        } else if (it->cmsg_level == SOL_IP && it->cmsg_type == IP_TOS)
            datagram.ecn = static_cast<Ecn>(fromControl<std::uint8_t>(it) & 3);
        else if (it->cmsg_level == SOL_IPV6 && it->cmsg_type == IPV6_TCLASS)
            datagram.ecn = static_cast<Ecn>(fromControl<int>(it) & 3);
    }
    do {
        datagram.bytes = bytes.first(std::min(segment, bytes.size()));
        m_batch.push_back(datagram);
        bytes = bytes.subspan(datagram.bytes.size());
    } while (!bytes.empty());
}

std::span<const Datagram> BatchedIo::receive(SocketHandle socket)
{
    if (m_buffer.empty()) {
        m_buffer.resize(SLOTS * SLOT_BYTES);
        m_slots.resize(SLOTS);
        m_batch.reserve(SLOTS * MAX_SEGMENTS);
    }
    m_batch.clear();
    std::array<iovec, SLOTS> vectors;
    std::array<mmsghdr, SLOTS> messages{};
    for (std::size_t i = 0; i < SLOTS; ++i) {
        vectors[i] = {m_buffer.data() + i * SLOT_BYTES, SLOT_BYTES};
        msghdr &header = messages[i].msg_hdr;
        header.msg_name = &m_slots[i].from;
        header.msg_namelen = sizeof m_slots[i].from;
        header.msg_iov = &vectors[i];
        header.msg_iovlen = 1;
        header.msg_control = m_slots[i].control.data();
        header.msg_controllen = m_slots[i].control.size();
    }
    const int count = ::recvmmsg(socket, messages.data(), SLOTS, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto slot = static_cast<std::size_t>(i);
        split(messages[slot],
              ByteView(m_buffer).subspan(slot * SLOT_BYTES, messages[slot].msg_len));
    }
    return m_batch;
}

SendResult BatchedIo::sendOne(SocketHandle socket, const SocketAddress &to, ByteView bytes,
                              const SendOptions &options)
{
    iovec vector{const_cast<std::uint8_t *>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_name = const_cast<sockaddr *>(to.data());
    message.msg_namelen = to.length;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    const bool v4 = to.storage.ss_family == AF_INET;
    const int level = v4 ? int{SOL_IP} : int{SOL_IPV6};
    ControlWriter control;
    if (options.segmentSize > 0 && bytes.size() > options.segmentSize)
        control.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(options.segmentSize));
    if (options.hopLimit > 0)
        control.add(level, v4 ? IP_TTL : IPV6_HOPLIMIT, options.hopLimit);
    if (options.ecn != Ecn::NotEct)
        control.add(level, v4 ? IP_TOS : IPV6_TCLASS, static_cast<int>(options.ecn));
    if (options.from && v4) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, options.from->bytes().data(), sizeof info.ipi_spec_dst);
        control.add(SOL_IP, IP_PKTINFO, info);
    } else if (options.from) {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, options.from->bytes().data(), sizeof info.ipi6_addr);
        info.ipi6_ifindex = options.from->scope();
        control.add(SOL_IPV6, IPV6_PKTINFO, info);
    }
    control.attachTo(message);
    // An error may be an ICMP report on an earlier datagram: it says nothing of this one, and
    // telling it clears it, so a second try gives this datagram's own answer.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (::sendmsg(socket, &message, MSG_DONTWAIT) >= 0)
            return {SendStatus::Sent, bytes.size()};
        if (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH)
            break;
    }
    if ((errno == EIO || errno == EINVAL) && options.segmentSize > 0
        && bytes.size() > options.segmentSize)
        m_segments = false; // an interface without checksum offload (udp(7), UDP_SEGMENT)
    return {sendStatusOf(errno), 0};
}

SendResult BatchedIo::send(SocketHandle socket, const Endpoint &to, ByteView bytes,
                           const SendOptions &options)
{
    const SocketAddress address(to);
    const std::size_t segment = options.segmentSize > 0 ? options.segmentSize : bytes.size();
    SendResult result;
    do {
        const std::size_t most = segment == 0 ? 0
            : m_segments
            ? segment * std::clamp<std::size_t>(MAX_SEND_BYTES / segment, 1, MAX_SEGMENTS)
            : segment;
        const ByteView part =
            bytes.subspan(result.sent).first(std::min(most, bytes.size() - result.sent));
        const bool couldSegment = m_segments;
        const SendResult one = sendOne(socket, address, part, options);
        if (one.status != SendStatus::Sent && couldSegment && !m_segments)
            continue; // the same again, one datagram a call
        result.status = one.status;
        result.sent += one.sent;
    } while (result.status == SendStatus::Sent && result.sent < bytes.size());
    return result;
}

std::optional<IcmpReport> BatchedIo::takeReport(SocketHandle socket)
{
    SocketAddress to;
    to.length = sizeof to.storage;
    alignas(cmsghdr) std::array<char, 512> control;
    msghdr message{};
    message.msg_name = to.data();
    message.msg_namelen = to.length;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return std::nullopt;
    IcmpReport report{to.endpoint()};
    for (cmsghdr *it = CMSG_FIRSTHDR(&message); it; it = CMSG_NXTHDR(&message, it)) {
        const bool error = (it->cmsg_level == SOL_IP && it->cmsg_type == IP_RECVERR)
            || (it->cmsg_level == SOL_IPV6 && it->cmsg_type == IPV6_RECVERR);
        if (!error)
            continue;
        const auto details = fromControl<sock_extended_err>(it);
        report.tooBig = details.ee_errno == EMSGSIZE;
        report.mtu = report.tooBig ? static_cast<int>(details.ee_info) : 0;
        report.timeExceeded =
            (details.ee_origin == SO_EE_ORIGIN_ICMP && details.ee_type == ICMP_TIME_EXCEEDED)
            || (details.ee_origin == SO_EE_ORIGIN_ICMP6 && details.ee_type == ICMP6_TIME_EXCEEDED);
        report.router = offender(it);
    }
    return report;
}

} // namespace

std::unique_ptr<DatagramIo> makeBatchedIo(const Endpoint &local, SocketHandle socket)
{
    return std::make_unique<BatchedIo>(local, socket);
}

} // namespace postern::net

#else

namespace postern::net {

std::unique_ptr<DatagramIo> makeBatchedIo(const Endpoint &, SocketHandle) { return nullptr; }

} // namespace postern::net

#endif
