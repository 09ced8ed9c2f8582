#pragma once
// Finding an Internet Gateway Device on the local network: the question, sent to everybody
// there, and what an answer says. Values, any thread.
// Source: UPnP Device Architecture 1.1 section 1.3 (SSDP).

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

#include <optional>

namespace postern::portmap {

/// 239.255.255.250:1900; the gateway itself is asked on this port, too.
inline constexpr std::uint16_t SSDP_PORT = 1900;
Endpoint ssdpGroup();

/// The search for gateway devices. Version 2 ones answer to version 1 (section 1.3.2).
QByteArray ssdpSearch(const Endpoint &to);

/// A place on an HTTP server that is named by number.
struct HttpUrl {
    Endpoint server;
    QByteArray path; ///< begins with '/', printable ASCII without spaces

    friend bool operator==(const HttpUrl &, const HttpUrl &) = default;
};
/// Only http, only numeric IPv4 addresses, at most MAX_URL_BYTES.
inline constexpr qsizetype MAX_URL_BYTES = 512;
std::optional<HttpUrl> parseHttpUrl(QByteArrayView text);
/// `reference` as found in a document that came from `base`: whole, or a path on its server.
std::optional<HttpUrl> resolveUrl(const HttpUrl &base, QByteArrayView reference);

/// Where the answering device describes itself; nothing for what is no answer of a gateway.
std::optional<HttpUrl> parseSsdpAnswer(ByteView bytes);

} // namespace postern::portmap
