#include "core/portmap/ssdp.h"

#include <QList>

#include <algorithm>

namespace postern::portmap {

namespace {

constexpr std::size_t MAX_ANSWER_BYTES = 1500; // one datagram of the local network
constexpr char GATEWAY_DEVICE[] = "urn:schemas-upnp-org:device:InternetGatewayDevice:";
constexpr char SCHEME[] = "http://";
constexpr std::uint16_t HTTP_PORT = 80;

bool isUrlText(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// The value of a header line, if the line is that header's.
std::optional<QByteArrayView> headerValue(QByteArrayView line, QByteArrayView name)
{
    const qsizetype colon = line.indexOf(':');
    if (colon != name.size() || line.first(colon).compare(name, Qt::CaseInsensitive) != 0)
        return std::nullopt;
    return line.sliced(colon + 1).trimmed();
}

} // namespace

Endpoint ssdpGroup() { return {IpAddress::v4(239, 255, 255, 250), SSDP_PORT}; }

QByteArray ssdpSearch(const Endpoint &to)
{
    return "M-SEARCH * HTTP/1.1\r\nHOST: " + to.toString().toLatin1()
        + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + GATEWAY_DEVICE + "1\r\n\r\n";
}

std::optional<HttpUrl> parseHttpUrl(QByteArrayView text)
{
    constexpr qsizetype SCHEME_BYTES = sizeof SCHEME - 1;
    if (text.size() > MAX_URL_BYTES || text.size() < SCHEME_BYTES || !isUrlText(text)
        || text.first(SCHEME_BYTES).compare(SCHEME, Qt::CaseInsensitive) != 0)
        return std::nullopt;
    const QByteArrayView rest = text.sliced(SCHEME_BYTES);
    const qsizetype slash = rest.indexOf('/');
    QString authority = QString::fromLatin1(slash < 0 ? rest : rest.first(slash));
    if (!authority.contains(QLatin1Char(':')))
        authority += QStringLiteral(":%1").arg(HTTP_PORT);
    const auto server = Endpoint::parse(authority);
    if (!server || !server->address.isV4() || server->port == 0)
        return std::nullopt;
    return HttpUrl{*server, slash < 0 ? QByteArray("/") : rest.sliced(slash).toByteArray()};
}

std::optional<HttpUrl> resolveUrl(const HttpUrl &base, QByteArrayView reference)
{
    if (reference.isEmpty() || reference.size() > MAX_URL_BYTES || !isUrlText(reference))
        return std::nullopt;
    if (reference.contains(QByteArrayView("://")))
        return parseHttpUrl(reference);
    if (reference.startsWith('/'))
        return HttpUrl{base.server, reference.toByteArray()};
    const QByteArray folder = base.path.first(base.path.lastIndexOf('/') + 1);
    return HttpUrl{base.server, folder + reference.toByteArray()};
}

std::optional<HttpUrl> parseSsdpAnswer(ByteView bytes)
{
    if (bytes.size() > MAX_ANSWER_BYTES)
        return std::nullopt;
    const QByteArray text = toByteArray(bytes);
    if (!text.startsWith("HTTP/1.1 200") && !text.startsWith("HTTP/1.0 200"))
        return std::nullopt;
    std::optional<HttpUrl> location;
    bool isGateway = false;
    for (const QByteArray &line : text.split('\n')) {
        if (const auto value = headerValue(line, "location"))
            location = parseHttpUrl(*value);
        else if (const auto target = headerValue(line, "st"))
            isGateway = target->startsWith(GATEWAY_DEVICE);
    }
    return isGateway ? location : std::nullopt;
}

} // namespace postern::portmap
