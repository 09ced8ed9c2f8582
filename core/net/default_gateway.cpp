#include "core/net/default_gateway.h"

#include "core/net/interfaces.h"

#include <QtGlobal>

#if defined(Q_OS_WIN)
#include <iphlpapi.h>
#include <winsock2.h>
#elif defined(Q_OS_LINUX)
#include <QFile>
#include <QtEndian>
#else
#include <net/route.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <cstring>
#include <vector>
#endif

namespace postern {

namespace {

#if defined(Q_OS_WIN)

IpAddress gatewayAddress()
{
    MIB_IPFORWARDROW row{};
    if (GetBestRoute(0, 0, &row) != NO_ERROR)
        return {};
    return IpAddress::v4(ntohl(row.dwForwardNextHop));
}

#elif defined(Q_OS_LINUX)

constexpr qint64 MAX_TABLE_BYTES = 256 * 1024; // a machine with a full BGP table is no client
constexpr uint UP_AND_GATEWAY = 0x3; // RTF_UP, RTF_GATEWAY of net/route.h

/// proc(5), /proc/net/route: addresses in hex as they lie in memory.
IpAddress gatewayAddress()
{
    enum Column { Destination = 1, Gateway = 2, Flags = 3, Metric = 6, Mask = 7, Columns };
    QFile table(QStringLiteral("/proc/net/route"));
    if (!table.open(QIODevice::ReadOnly))
        return {};
    IpAddress best;
    uint bestMetric = 0;
    for (const QByteArray &line : table.read(MAX_TABLE_BYTES).split('\n')) {
        const auto columns = line.simplified().split(' ');
        if (columns.size() < Columns || columns[Destination] != "00000000"
            || columns[Mask] != "00000000")
            continue;
        const uint metric = columns[Metric].toUInt();
        if ((columns[Flags].toUInt(nullptr, 16) & UP_AND_GATEWAY) != UP_AND_GATEWAY
            || (!best.isUnspecified() && metric >= bestMetric))
            continue;
        best = IpAddress::v4(qFromBigEndian(columns[Gateway].toUInt(nullptr, 16)));
        bestMetric = metric;
    }
    return best;
}

#else // macOS and the BSDs: route(4)

IpAddress gatewayAddress()
{
    int query[] = {CTL_NET, PF_ROUTE, 0, AF_INET, NET_RT_FLAGS, RTF_GATEWAY};
    std::size_t size = 0;
    if (::sysctl(query, std::size(query), nullptr, &size, nullptr, 0) != 0)
        return {};
    std::vector<char> table(size);
    if (::sysctl(query, std::size(query), table.data(), &size, nullptr, 0) != 0)
        return {};
    for (std::size_t at = 0; at + sizeof(rt_msghdr) <= size;) {
        rt_msghdr header{};
        std::memcpy(&header, table.data() + at, sizeof header);
        const std::size_t end = at + header.rtm_msglen;
        const std::size_t first = at + sizeof header;
        if (header.rtm_msglen < sizeof header || end > size)
            break;
        // The destination comes first, then the gateway, each a sockaddr of 16 bytes here.
        if ((header.rtm_addrs & (RTA_DST | RTA_GATEWAY)) == (RTA_DST | RTA_GATEWAY)
            && first + 2 * sizeof(sockaddr_in) <= end) {
            sockaddr_in destination{};
            sockaddr_in gateway{};
            std::memcpy(&destination, table.data() + first, sizeof destination);
            std::memcpy(&gateway, table.data() + first + sizeof destination, sizeof gateway);
            if (destination.sin_addr.s_addr == 0 && gateway.sin_family == AF_INET)
                return IpAddress::v4(ntohl(gateway.sin_addr.s_addr));
        }
        at = end;
    }
    return {};
}

#endif

} // namespace

std::optional<DefaultGateway> defaultGateway()
{
    const IpAddress address = gatewayAddress();
    if (address.isUnspecified())
        return std::nullopt;
    for (const auto &own : localInterfaceAddresses())
        if (own.up && own.prefix > 0 && own.address.sharesPrefix(address, own.prefix))
            return DefaultGateway{address, own};
    return std::nullopt;
}

} // namespace postern
