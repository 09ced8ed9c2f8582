#include "rendezvous/sockets/socket_address.h"

#include <QCoreApplication>

#include <asio/io_context.hpp>

namespace postern::rendezvous {

Result<Endpoint> resolveListenAddress(const QString &text)
{
    if (auto numeric = Endpoint::parse(text); numeric)
        return numeric;
    const auto colon = text.lastIndexOf(QLatin1Char(':'));
    bool isNumber = false;
    const uint port = QStringView(text).mid(colon + 1).toUInt(&isNumber);
    const QString host = text.left(colon);
    const Error bad{ErrorCode::InvalidArgument,
                    QCoreApplication::translate("Listen",
                                                "“%1” is not an address to listen on; write "
                                                "HOST:PORT, for example 0.0.0.0:7788.")
                        .arg(text)};
    if (colon <= 0 || !isNumber || port > 65535)
        return bad;
    asio::io_context unused;
    asio::error_code failed;
    const auto found = asio::ip::tcp::resolver(unused).resolve(
        host.toStdString(), std::to_string(port), asio::ip::tcp::resolver::passive, failed);
    if (failed || found.empty())
        return bad;
    return toEndpoint(found.begin()->endpoint());
}

IpAddress everyAddress()
{
    asio::io_context unused;
    asio::ip::tcp::socket probe(unused);
    asio::error_code failed;
    probe.open(asio::ip::tcp::v6(), failed);
    return IpAddress::any(failed ? IpAddress::Family::V4 : IpAddress::Family::V6);
}

IpAddress primaryAddress()
{
    const IpAddress address = primaryAddress(IpAddress::Family::V4);
    return address.isUnspecified() ? IpAddress::v4(127, 0, 0, 1) : address;
}

IpAddress primaryAddress(IpAddress::Family family)
{
    const bool v4 = family == IpAddress::Family::V4;
    asio::io_context unused;
    asio::ip::udp::socket socket(unused);
    asio::error_code failed;
    socket.open(v4 ? asio::ip::udp::v4() : asio::ip::udp::v6(), failed);
    // RFC 5737 section 3, RFC 3849: documentation addresses. Connecting a datagram socket sends
    // nothing.
    if (!failed)
        socket.connect({asio::ip::make_address(v4 ? "192.0.2.1" : "2001:db8::1"), 9}, failed);
    const auto local = failed ? asio::ip::udp::endpoint() : socket.local_endpoint(failed);
    return failed ? IpAddress::any(family) : toEndpoint(local).address;
}

} // namespace postern::rendezvous
