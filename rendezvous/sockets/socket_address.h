#pragma once
// Between Asio's addresses and ours.

#include "core/base/endpoint.h"

#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>

namespace postern::rendezvous {

template<typename Protocol> Endpoint toEndpoint(const asio::ip::basic_endpoint<Protocol> &from)
{
    if (from.address().is_v4())
        return {IpAddress::v4(from.address().to_v4().to_uint()), from.port()};
    const auto bytes = from.address().to_v6().to_bytes();
    std::array<std::uint8_t, 16> copy{};
    std::copy(bytes.begin(), bytes.end(), copy.begin());
    return {IpAddress::v6(copy, static_cast<std::uint32_t>(from.address().to_v6().scope_id())),
            from.port()};
}

inline asio::ip::address toAsio(const IpAddress &from)
{
    if (from.isV4())
        return asio::ip::address_v4(from.v4HostOrder());
    asio::ip::address_v6::bytes_type bytes{};
    const auto view = from.bytes();
    std::copy(view.begin(), view.end(), bytes.begin());
    return asio::ip::address_v6(bytes, from.scope());
}

/// For a socket that may be IPv6 with IPv4 mapped into it.
template<typename Protocol>
asio::ip::basic_endpoint<Protocol> toAsio(const Endpoint &from, bool mapped = false)
{
    if (mapped && from.address.isV4())
        return {asio::ip::make_address_v6(asio::ip::v4_mapped,
                                          asio::ip::address_v4(from.address.v4HostOrder())),
                from.port};
    return {toAsio(from.address), from.port};
}

/// "HOST:PORT" as in --listen: numeric, or a name looked up now (blocks).
Result<Endpoint> resolveListenAddress(const QString &text);

/// [::], which takes IPv4 too, or 0.0.0.0 where the system has no IPv6.
IpAddress everyAddress();

/// This machine's address on the way out, for telling where a wildcard listens; 127.0.0.1 if
/// there is no way out.
IpAddress primaryAddress();
/// The same for one family; unspecified if there is no way out.
IpAddress primaryAddress(IpAddress::Family family);

} // namespace postern::rendezvous
