#include "core/net/interfaces.h"

#include <QNetworkInterface>

namespace postern {

QList<InterfaceAddress> localInterfaceAddresses()
{
    QList<InterfaceAddress> all;
    for (const QNetworkInterface &interface : QNetworkInterface::allInterfaces()) {
        const auto flags = interface.flags();
        for (const QNetworkAddressEntry &entry : interface.addressEntries()) {
            QHostAddress host = entry.ip();
            host.setScopeId({}); // Qt gives the interface's name; we keep its index
            const Result<IpAddress> parsed = IpAddress::parse(host.toString());
            if (!parsed)
                continue;
            InterfaceAddress found;
            found.name = interface.name();
            found.address = *parsed;
            if (!parsed->isV4() && parsed->isLinkLocal()) {
                std::array<std::uint8_t, 16> bytes;
                std::copy_n(parsed->bytes().begin(), bytes.size(), bytes.begin());
                found.address = IpAddress::v6(bytes, static_cast<std::uint32_t>(interface.index()));
            }
            found.prefix = std::max(0, entry.prefixLength());
            found.up = flags.testFlag(QNetworkInterface::IsUp)
                && flags.testFlag(QNetworkInterface::IsRunning);
            found.mtu = interface.maximumTransmissionUnit();
            found.pointToPoint = flags.testFlag(QNetworkInterface::IsPointToPoint);
            all.push_back(found);
        }
    }
    return all;
}

} // namespace postern
