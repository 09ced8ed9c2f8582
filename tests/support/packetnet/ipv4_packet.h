#pragma once
// An IPv4 packet as a NAT reads and rewrites it: UDP, TCP, and the ICMP errors that quote one
// of those. Checksums are kept right (RFC 1624); what is not understood is no packet.

#include "core/base/endpoint.h"

#include <optional>
#include <vector>

namespace postern::packetnet {

enum class Protocol : std::uint8_t { Icmp = 1, Tcp = 6, Udp = 17 };

class Ipv4Packet {
public:
    /// Nothing for what is cut short, a later fragment, or of another protocol; an ICMP packet
    /// must be an error (RFC 792 types 3, 11, 12) that quotes a UDP or TCP packet.
    static std::optional<Ipv4Packet> parse(std::vector<std::uint8_t> bytes);

    const std::vector<std::uint8_t> &bytes() const { return m_bytes; }
    std::vector<std::uint8_t> takeBytes() { return std::move(m_bytes); }
    std::size_t size() const { return m_bytes.size(); }

    bool isError() const { return m_bytes[9] == std::uint8_t(Protocol::Icmp); }
    /// The protocol carried; of an error: of the packet it quotes.
    Protocol protocol() const { return static_cast<Protocol>(m_bytes[m_carried + 9]); }
    int ttl() const { return m_bytes[8]; }
    IpAddress sourceAddress() const { return addressAt(12); }
    IpAddress destinationAddress() const { return addressAt(16); }

    /// The ends of a UDP or TCP packet; of an error: of the packet it quotes.
    Endpoint source() const { return {addressAt(m_carried + 12), portAt(0)}; }
    Endpoint destination() const { return {addressAt(m_carried + 16), portAt(2)}; }

    bool isTcpReset() const;

    void setTtl(int ttl);
    void setSource(const Endpoint &source);
    void setDestination(const Endpoint &destination);
    /// Of an error: who says it, and to whom.
    void setErrorEnds(const IpAddress &source, const IpAddress &destination);

    /// RFC 792, as `from` says it to the sender of `dropped`; nothing if that is an error itself
    /// (RFC 1122 section 3.2.2).
    static std::optional<Ipv4Packet> timeExceeded(const IpAddress &from, const Ipv4Packet &dropped);
    static std::optional<Ipv4Packet> portUnreachable(const IpAddress &from,
                                                     const Ipv4Packet &dropped);
    /// RFC 9293 section 3.10.7.1: the answer of a closed port to a segment; nothing to a reset.
    static std::optional<Ipv4Packet> reset(const Ipv4Packet &segment);

private:
    explicit Ipv4Packet(std::vector<std::uint8_t> bytes)
        : m_bytes(std::move(bytes))
    {
    }
    static std::optional<Ipv4Packet> error(std::uint8_t type, std::uint8_t code,
                                           const IpAddress &from, const Ipv4Packet &dropped);
    std::size_t portsAt() const { return m_carried + 4 * (m_bytes[m_carried] & 0x0f); }
    IpAddress addressAt(std::size_t offset) const;
    std::uint16_t portAt(std::size_t offset) const;
    std::optional<std::size_t> checksumAt() const;
    void replaceEnd(std::size_t addressOffset, std::size_t portOffset, const Endpoint &end);
    void mendErrorChecksum();

    std::vector<std::uint8_t> m_bytes;
    std::size_t m_carried = 0; ///< where the IP header of the UDP or TCP packet begins
};

/// RFC 1071.
std::uint16_t internetChecksum(ByteView bytes, std::uint32_t start = 0);

} // namespace postern::packetnet
