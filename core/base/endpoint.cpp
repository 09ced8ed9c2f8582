#include "core/base/endpoint.h"

#include <QStringList>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

#include <algorithm>

namespace postern {

namespace {

Error badAddress(const QString &text)
{
    return {ErrorCode::InvalidArgument,
            QStringLiteral("“%1” is not a numeric IP address.").arg(text)};
}

bool isV4Mapped(const std::array<std::uint8_t, 16> &b)
{
    return std::all_of(b.begin(), b.begin() + 10, [](auto x) { return x == 0; }) && b[10] == 0xff
        && b[11] == 0xff;
}

} // namespace

IpAddress IpAddress::v4(std::uint32_t hostOrder)
{
    return v4(static_cast<std::uint8_t>(hostOrder >> 24),
              static_cast<std::uint8_t>(hostOrder >> 16), static_cast<std::uint8_t>(hostOrder >> 8),
              static_cast<std::uint8_t>(hostOrder));
}

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
{
    IpAddress address;
    address.m_bytes = {a, b, c, d};
    return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16> &networkOrder, std::uint32_t scope)
{
    if (isV4Mapped(networkOrder))
        return v4(networkOrder[12], networkOrder[13], networkOrder[14], networkOrder[15]);
    IpAddress address;
    address.m_family = Family::V6;
    address.m_bytes = networkOrder;
    address.m_scope = scope;
    return address;
}

IpAddress IpAddress::any(Family family) { return family == Family::V4 ? IpAddress() : v6({}); }

Result<IpAddress> IpAddress::parse(const QString &text)
{
    QByteArray ascii = text.toLatin1();
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, ascii.constData(), bytes.data()) == 1)
        return v4(bytes[0], bytes[1], bytes[2], bytes[3]);

    std::uint32_t scope = 0;
    if (const auto percent = ascii.indexOf('%'); percent >= 0) {
        bool numeric = false;
        scope = ascii.mid(percent + 1).toUInt(&numeric);
        if (!numeric)
            return badAddress(text);
        ascii.truncate(percent);
    }
    if (inet_pton(AF_INET6, ascii.constData(), bytes.data()) == 1)
        return v6(bytes, scope);
    return badAddress(text);
}

std::uint32_t IpAddress::v4HostOrder() const
{
    return (std::uint32_t{m_bytes[0]} << 24) | (std::uint32_t{m_bytes[1]} << 16)
        | (std::uint32_t{m_bytes[2]} << 8) | m_bytes[3];
}

bool IpAddress::isUnspecified() const
{
    return std::all_of(m_bytes.begin(), m_bytes.end(), [](auto byte) { return byte == 0; });
}

bool IpAddress::isLoopback() const
{
    if (isV4())
        return m_bytes[0] == 127;
    return std::all_of(m_bytes.begin(), m_bytes.end() - 1, [](auto byte) { return byte == 0; })
        && m_bytes[15] == 1;
}

bool IpAddress::isMulticastOrBroadcast() const
{
    if (isV4())
        return m_bytes[0] >= 224;
    return m_bytes[0] == 0xff;
}

bool IpAddress::isLinkLocal() const
{
    if (isV4())
        return m_bytes[0] == 169 && m_bytes[1] == 254;
    return m_bytes[0] == 0xfe && (m_bytes[1] & 0xc0) == 0x80;
}

bool IpAddress::isPrivate() const
{
    if (isV4())
        return m_bytes[0] == 10 || (m_bytes[0] == 172 && (m_bytes[1] & 0xf0) == 16)
            || (m_bytes[0] == 192 && m_bytes[1] == 168);
    return (m_bytes[0] & 0xfe) == 0xfc;
}

bool IpAddress::isCarrierShared() const
{
    return isV4() && m_bytes[0] == 100 && (m_bytes[1] & 0xc0) == 64;
}

bool IpAddress::isGlobal() const
{
    return !isUnspecified() && !isLoopback() && !isMulticastOrBroadcast() && !isLinkLocal()
        && !isPrivate() && !isCarrierShared() && !(isV4() && m_bytes[0] == 0);
}

bool IpAddress::sharesPrefix(const IpAddress &other, int prefix) const
{
    if (m_family != other.m_family)
        return false;
    prefix = std::clamp(prefix, 0, isV4() ? 32 : 128);
    for (int bit = 0; bit < prefix; bit += 8) {
        const int left = std::min(8, prefix - bit);
        const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
        const auto index = static_cast<std::size_t>(bit / 8);
        if ((m_bytes[index] & mask) != (other.m_bytes[index] & mask))
            return false;
    }
    return true;
}

QString IpAddress::toString() const
{
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(isV4() ? AF_INET : AF_INET6, m_bytes.data(), text, sizeof text);
    QString result = QString::fromLatin1(text);
    if (m_scope != 0)
        result += QLatin1Char('%') + QString::number(m_scope);
    return result;
}

Result<Endpoint> Endpoint::parse(const QString &text)
{
    const Error bad{ErrorCode::InvalidArgument,
                    QStringLiteral("“%1” is not of the form ADDRESS:PORT.").arg(text)};
    const auto colon = text.lastIndexOf(QLatin1Char(':'));
    if (colon <= 0)
        return bad;
    QString host = text.left(colon);
    const bool bracketed = host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']'));
    if (bracketed)
        host = host.mid(1, host.size() - 2);
    else if (host.contains(QLatin1Char(':')))
        return bad;
    bool numeric = false;
    const uint port = QStringView(text).mid(colon + 1).toUInt(&numeric);
    auto address = IpAddress::parse(host);
    if (!numeric || port > 65535 || !address)
        return bad;
    return Endpoint{*address, static_cast<std::uint16_t>(port)};
}

QString Endpoint::toString() const
{
    return (address.isV4() ? QStringLiteral("%1:%2") : QStringLiteral("[%1]:%2"))
        .arg(address.toString())
        .arg(port);
}

} // namespace postern
