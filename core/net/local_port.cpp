#include "core/net/local_port.h"

#include <QCoreApplication>

namespace postern {

namespace {

using Family = IpAddress::Family;

/// Free numbers tried before giving up: the number is picked by one socket, and another
/// program may hold it for the others.
constexpr int ATTEMPTS = 16;

bool familyWorks(Family family)
{
    const Result<net::OwnedSocket> probe = net::openSocket(family, net::Transport::Udp);
    return probe && net::bindSocket(probe->get(), {IpAddress::any(family), 0}).ok();
}

Result<void> openFamily(LocalPort &port, Family family)
{
    const Endpoint any{IpAddress::any(family), port.number};
    Result<std::unique_ptr<UdpSocket>> udp = UdpSocket::bind(any);
    if (!udp)
        return udp.error();
    const Endpoint same{any.address, (*udp)->local().port};
    Result<std::unique_ptr<TcpListener>> tcp = TcpListener::listen(same, {});
    if (!tcp)
        return tcp.error();
    port.number = same.port;
    (family == Family::V4 ? port.udpV4 : port.udpV6) = std::move(*udp);
    (family == Family::V4 ? port.tcpV4 : port.tcpV6) = std::move(*tcp);
    return {};
}

Result<LocalPort> openAll(std::uint16_t number, const QList<Family> &families)
{
    LocalPort port;
    port.number = number;
    for (const Family family : families)
        if (const Result<void> opened = openFamily(port, family); !opened)
            return opened.error();
    return port;
}

} // namespace

Result<LocalPort> openLocalPort(std::uint16_t wanted)
{
    QList<Family> families;
    for (const Family family : {Family::V4, Family::V6})
        if (familyWorks(family))
            families.push_back(family);
    if (families.isEmpty())
        return Error{ErrorCode::Unavailable,
                     QCoreApplication::translate(
                         "Net", "This computer has no network: connect it and try again.")};
    Result<LocalPort> opened = openAll(wanted, families);
    for (int i = 0; i < ATTEMPTS && !opened; ++i)
        opened = openAll(0, families);
    return opened;
}

} // namespace postern
