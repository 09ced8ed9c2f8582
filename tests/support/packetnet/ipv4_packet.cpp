#include "tests/support/packetnet/ipv4_packet.h"

#include <QtEndian>

#include <algorithm>

namespace postern::packetnet {

namespace {

// Offsets within the headers, RFC 791, 768, 9293 and 792.
constexpr std::size_t IP_HEADER = 20;
constexpr std::size_t TTL = 8;
constexpr std::size_t PROTOCOL = 9;
constexpr std::size_t IP_CHECKSUM = 10;
constexpr std::size_t SOURCE = 12;
constexpr std::size_t DESTINATION = 16;
constexpr std::size_t UDP_CHECKSUM = 6;
constexpr std::size_t TCP_CHECKSUM = 16;
constexpr std::size_t TCP_FLAGS = 13;
constexpr std::size_t TCP_HEADER = 20;
constexpr std::size_t ICMP_HEADER = 8;
constexpr std::size_t ICMP_CHECKSUM = 2;
constexpr std::size_t QUOTED_PORTS = 8; ///< of the quoted packet's payload, at least
constexpr std::uint8_t UNREACHABLE = 3;
constexpr std::uint8_t TIME_EXCEEDED = 11;
constexpr std::uint8_t PARAMETER_PROBLEM = 12;
constexpr std::uint8_t PORT_UNREACHABLE = 3; ///< the code
constexpr std::uint8_t FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10;

using Bytes = std::vector<std::uint8_t>;

std::uint16_t get16(const Bytes &bytes, std::size_t at)
{
    return qFromBigEndian<std::uint16_t>(bytes.data() + at);
}
std::uint32_t get32(const Bytes &bytes, std::size_t at)
{
    return qFromBigEndian<std::uint32_t>(bytes.data() + at);
}
void put16(Bytes &bytes, std::size_t at, std::uint16_t value)
{
    qToBigEndian(value, bytes.data() + at);
}
void put32(Bytes &bytes, std::size_t at, std::uint32_t value)
{
    qToBigEndian(value, bytes.data() + at);
}

/// RFC 1624 equation 3, for one 16-bit word.
std::uint16_t changed(std::uint16_t checksum, std::uint16_t from, std::uint16_t to)
{
    std::uint32_t sum = std::uint16_t(~checksum) + std::uint32_t{std::uint16_t(~from)} + to;
    sum = (sum & 0xffff) + (sum >> 16);
    return std::uint16_t(~((sum & 0xffff) + (sum >> 16)));
}

void mendIpChecksum(Bytes &bytes, std::size_t header = 0)
{
    const std::size_t size = 4 * (bytes[header] & 0x0f);
    put16(bytes, header + IP_CHECKSUM, 0);
    put16(bytes, header + IP_CHECKSUM, internetChecksum(ByteView(bytes).subspan(header, size)));
}

bool isIpHeader(const Bytes &bytes, std::size_t at)
{
    if (bytes.size() < at + IP_HEADER || bytes[at] >> 4 != 4)
        return false;
    const std::size_t size = 4 * (bytes[at] & 0x0f);
    return size >= IP_HEADER && bytes.size() >= at + size + QUOTED_PORTS;
}

bool carriesPorts(std::uint8_t protocol)
{
    return protocol == std::uint8_t(Protocol::Udp) || protocol == std::uint8_t(Protocol::Tcp);
}

Bytes ipHeader(Protocol protocol, std::size_t payload, const IpAddress &from, const IpAddress &to)
{
    Bytes bytes(IP_HEADER + payload, 0);
    bytes[0] = 0x45;
    put16(bytes, 2, static_cast<std::uint16_t>(bytes.size()));
    bytes[TTL] = 64;
    bytes[PROTOCOL] = std::uint8_t(protocol);
    put32(bytes, SOURCE, from.v4HostOrder());
    put32(bytes, DESTINATION, to.v4HostOrder());
    mendIpChecksum(bytes);
    return bytes;
}

} // namespace

std::uint16_t internetChecksum(ByteView bytes, std::uint32_t start)
{
    std::uint64_t sum = start;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        sum += qFromBigEndian<std::uint16_t>(bytes.data() + i);
    if (bytes.size() % 2)
        sum += std::uint32_t{bytes.back()} << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return std::uint16_t(~sum);
}

std::optional<Ipv4Packet> Ipv4Packet::parse(Bytes bytes)
{
    if (!isIpHeader(bytes, 0) || get16(bytes, 2) > bytes.size())
        return std::nullopt;
    bytes.resize(get16(bytes, 2));
    if (!isIpHeader(bytes, 0) || (get16(bytes, 6) & 0x1fff) != 0) // a later fragment has no ports
        return std::nullopt;
    Ipv4Packet packet(std::move(bytes));
    const Bytes &all = packet.m_bytes;
    const std::size_t payload = packet.portsAt();
    if (all[PROTOCOL] == std::uint8_t(Protocol::Tcp) && all.size() < payload + TCP_HEADER)
        return std::nullopt;
    if (carriesPorts(all[PROTOCOL]))
        return packet;
    const auto type = all[payload];
    if (all[PROTOCOL] != std::uint8_t(Protocol::Icmp)
        || (type != UNREACHABLE && type != TIME_EXCEEDED && type != PARAMETER_PROBLEM))
        return std::nullopt;
    packet.m_carried = payload + ICMP_HEADER;
    if (!isIpHeader(all, packet.m_carried) || !carriesPorts(all[packet.m_carried + PROTOCOL]))
        return std::nullopt;
    return packet;
}

IpAddress Ipv4Packet::addressAt(std::size_t offset) const
{
    return IpAddress::v4(get32(m_bytes, offset));
}

std::uint16_t Ipv4Packet::portAt(std::size_t offset) const
{
    return get16(m_bytes, portsAt() + offset);
}

bool Ipv4Packet::isTcpReset() const
{
    return !isError() && protocol() == Protocol::Tcp && (m_bytes[portsAt() + TCP_FLAGS] & RST);
}

void Ipv4Packet::setTtl(int ttl)
{
    const auto before = get16(m_bytes, TTL);
    m_bytes[TTL] = static_cast<std::uint8_t>(ttl);
    put16(m_bytes, IP_CHECKSUM, changed(get16(m_bytes, IP_CHECKSUM), before, get16(m_bytes, TTL)));
}

/// The transport checksum to keep right: none of a UDP packet that has none (RFC 768), none of a
/// quoted packet, which is cut anyway.
std::optional<std::size_t> Ipv4Packet::checksumAt() const
{
    if (isError())
        return std::nullopt;
    const auto at = portsAt() + (protocol() == Protocol::Udp ? UDP_CHECKSUM : TCP_CHECKSUM);
    if (protocol() == Protocol::Udp && get16(m_bytes, at) == 0)
        return std::nullopt;
    return at;
}

void Ipv4Packet::replaceEnd(std::size_t addressOffset, std::size_t portOffset, const Endpoint &end)
{
    const auto sum = checksumAt();
    const auto replace = [&](std::size_t at, std::uint16_t value) {
        if (sum)
            put16(m_bytes, *sum, changed(get16(m_bytes, *sum), get16(m_bytes, at), value));
        put16(m_bytes, at, value);
    };
    const auto address = end.address.v4HostOrder();
    replace(m_carried + addressOffset, static_cast<std::uint16_t>(address >> 16));
    replace(m_carried + addressOffset + 2, static_cast<std::uint16_t>(address));
    replace(portsAt() + portOffset, end.port);
    if (sum && protocol() == Protocol::Udp && get16(m_bytes, *sum) == 0)
        put16(m_bytes, *sum, 0xffff); // RFC 768: zero would say that there is none
    mendIpChecksum(m_bytes, m_carried);
    mendErrorChecksum();
}

void Ipv4Packet::setSource(const Endpoint &source) { replaceEnd(SOURCE, 0, source); }
void Ipv4Packet::setDestination(const Endpoint &destination)
{
    replaceEnd(DESTINATION, 2, destination);
}

void Ipv4Packet::setErrorEnds(const IpAddress &source, const IpAddress &destination)
{
    put32(m_bytes, SOURCE, source.v4HostOrder());
    put32(m_bytes, DESTINATION, destination.v4HostOrder());
    mendIpChecksum(m_bytes);
}

void Ipv4Packet::mendErrorChecksum()
{
    if (!isError())
        return;
    const std::size_t icmp = 4 * (m_bytes[0] & 0x0f);
    put16(m_bytes, icmp + ICMP_CHECKSUM, 0);
    put16(m_bytes, icmp + ICMP_CHECKSUM, internetChecksum(ByteView(m_bytes).subspan(icmp)));
}

std::optional<Ipv4Packet> Ipv4Packet::error(std::uint8_t type, std::uint8_t code,
                                            const IpAddress &from, const Ipv4Packet &dropped)
{
    if (dropped.isError())
        return std::nullopt;
    const std::size_t quoted = std::min(dropped.size(), dropped.portsAt() + QUOTED_PORTS);
    Bytes bytes = ipHeader(Protocol::Icmp, ICMP_HEADER + quoted, from, dropped.sourceAddress());
    bytes[IP_HEADER] = type;
    bytes[IP_HEADER + 1] = code;
    std::copy_n(dropped.m_bytes.begin(), quoted, bytes.begin() + IP_HEADER + ICMP_HEADER);
    auto packet = parse(std::move(bytes));
    if (packet)
        packet->mendErrorChecksum();
    return packet;
}

std::optional<Ipv4Packet> Ipv4Packet::timeExceeded(const IpAddress &from, const Ipv4Packet &dropped)
{
    return error(TIME_EXCEEDED, 0, from, dropped);
}

std::optional<Ipv4Packet> Ipv4Packet::portUnreachable(const IpAddress &from,
                                                      const Ipv4Packet &dropped)
{
    return error(UNREACHABLE, PORT_UNREACHABLE, from, dropped);
}

std::optional<Ipv4Packet> Ipv4Packet::reset(const Ipv4Packet &segment)
{
    if (segment.isError() || segment.protocol() != Protocol::Tcp || segment.isTcpReset())
        return std::nullopt;
    const Bytes &from = segment.m_bytes;
    const auto tcp = segment.portsAt();
    const auto flags = from[tcp + TCP_FLAGS];
    Bytes bytes =
        ipHeader(Protocol::Tcp, TCP_HEADER, segment.destinationAddress(), segment.sourceAddress());
    put16(bytes, IP_HEADER, segment.destination().port);
    put16(bytes, IP_HEADER + 2, segment.source().port);
    bytes[IP_HEADER + 12] = 5 << 4; // the header's length in words
    if (flags & ACK) {
        put32(bytes, IP_HEADER + 4, get32(from, tcp + 8));
        bytes[IP_HEADER + TCP_FLAGS] = RST;
    } else {
        const auto header = tcp + 4 * std::size_t(from[tcp + 12] >> 4);
        const auto data = from.size() > header ? from.size() - header : 0;
        put32(bytes, IP_HEADER + 8,
              get32(from, tcp + 4) + std::uint32_t(data) + bool(flags & SYN) + bool(flags & FIN));
        bytes[IP_HEADER + TCP_FLAGS] = RST | ACK;
    }
    std::uint32_t pseudo = TCP_HEADER + std::uint32_t(Protocol::Tcp); // RFC 9293 section 3.1
    for (std::size_t at = SOURCE; at < IP_HEADER; at += 2)
        pseudo += get16(bytes, at);
    put16(bytes, IP_HEADER + TCP_CHECKSUM,
          internetChecksum(ByteView(bytes).subspan(IP_HEADER), pseudo));
    return parse(std::move(bytes));
}

} // namespace postern::packetnet
