#pragma once
// Addresses as values, without a socket library: what STUN carries, what punching
// reasons about, what the server tells. Values, any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QHashFunctions>
#include <QString>

#include <array>

namespace postern {

class IpAddress {
public:
    enum class Family { V4, V6 };

    IpAddress() = default; ///< 0.0.0.0
    static IpAddress v4(std::uint32_t hostOrder);
    static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
    static IpAddress v6(const std::array<std::uint8_t, 16> &networkOrder, std::uint32_t scope = 0);
    static IpAddress any(Family family);

    /// Numeric forms only ("192.0.2.1", "2001:db8::1", "fe80::1%3"); no name lookup.
    /// An IPv4-mapped IPv6 address becomes the IPv4 address.
    static Result<IpAddress> parse(const QString &text);

    Family family() const { return m_family; }
    bool isV4() const { return m_family == Family::V4; }
    /// 4 or 16 bytes in network order.
    ByteView bytes() const { return {m_bytes.data(), isV4() ? std::size_t{4} : std::size_t{16}}; }
    std::uint32_t v4HostOrder() const;
    std::uint32_t scope() const
    {
        return m_scope;
    } ///< interface index of a link-local IPv6 address

    bool isUnspecified() const;
    bool isLoopback() const;
    bool isMulticastOrBroadcast() const;
    bool isLinkLocal() const;
    bool isPrivate() const; ///< RFC 1918, or fc00::/7
    bool isCarrierShared() const; ///< RFC 6598, 100.64.0.0/10
    bool isGlobal() const; ///< none of the above

    /// True if both lie in one network of `prefix` bits (same family).
    bool sharesPrefix(const IpAddress &other, int prefix) const;

    QString toString() const;

    friend bool operator==(const IpAddress &, const IpAddress &) = default;
    friend auto operator<=>(const IpAddress &, const IpAddress &) = default;
    friend size_t qHash(const IpAddress &address, size_t seed = 0)
    {
        return qHashBits(address.m_bytes.data(), address.m_bytes.size(), seed ^ address.m_scope);
    }

private:
    Family m_family = Family::V4;
    std::array<std::uint8_t, 16> m_bytes{};
    std::uint32_t m_scope = 0;
};

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    /// "192.0.2.1:7788" or "[2001:db8::1]:7788"; the address numeric, the port 0 to 65535.
    static Result<Endpoint> parse(const QString &text);
    QString toString() const;
    bool isNull() const { return port == 0 && address.isUnspecified(); }

    friend bool operator==(const Endpoint &, const Endpoint &) = default;
    friend auto operator<=>(const Endpoint &, const Endpoint &) = default;
    friend size_t qHash(const Endpoint &endpoint, size_t seed = 0)
    {
        return qHashMulti(seed, endpoint.address, endpoint.port);
    }
};

} // namespace postern

template<> struct std::hash<postern::IpAddress> {
    std::size_t operator()(const postern::IpAddress &a) const noexcept { return qHash(a); }
};
template<> struct std::hash<postern::Endpoint> {
    std::size_t operator()(const postern::Endpoint &e) const noexcept { return qHash(e); }
};
