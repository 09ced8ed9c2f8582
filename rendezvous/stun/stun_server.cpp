#include "rendezvous/stun/stun_server.h"

#include "rendezvous/sessions/limits.h"

#include <QCoreApplication>

namespace postern::rendezvous {

namespace {
/// Where ports are ours to pick, one that is free on both addresses.
constexpr int PORT_ATTEMPTS = 16;
} // namespace

Result<StunAddresses> StunServer::listen(const Endpoint &at,
                                         const std::optional<Endpoint> &alternate)
{
    if (alternate
        && (alternate->address == at.address || alternate->address.family() != at.address.family()
            || at.address.isUnspecified() || alternate->address.isUnspecified()
            || (at.port != 0 && alternate->port == at.port)))
        return Error{ErrorCode::InvalidArgument,
                     QCoreApplication::translate(
                         "Stun",
                         "--stun-alt needs another address of the same family and another port "
                         "than --stun, and neither may be a wildcard (RFC 5780).")};
    Result<void> bound;
    for (int attempt = 0; attempt < PORT_ATTEMPTS; ++attempt) {
        close();
        m_addresses = {};
        auto primary = bindPlace({}, at);
        if (!primary)
            return primary.error();
        m_addresses.primary = *primary;
        bound = alternate ? bindAlternates(*alternate) : Result<void>();
        if (bound || (at.port != 0 && alternate->port != 0))
            break;
    }
    if (!bound)
        return bound.error();
    for (auto &socket : m_sockets) {
        if (socket)
            socket->startReceiving();
    }
    return m_addresses;
}

Result<void> StunServer::bindAlternates(const Endpoint &alternate)
{
    const StunPlace both{true, true};
    auto second = bindPlace(both, alternate);
    if (!second)
        return second.error();
    m_addresses.alternate = *second;
    for (const StunPlace place : {StunPlace{false, true}, StunPlace{true, false}}) {
        if (auto bound = bindPlace(place, m_addresses.at(place)); !bound)
            return bound.error();
    }
    return {};
}

Result<Endpoint> StunServer::bindPlace(const StunPlace &place, const Endpoint &at)
{
    auto socket = std::make_unique<DatagramSocket>(
        m_network,
        [this, place](const DatagramSocket::Arrival &arrival) { arrived(place, arrival); });
    auto bound = socket->bind(at);
    if (bound)
        m_sockets[static_cast<std::size_t>(place.index())] = std::move(socket);
    return bound;
}

void StunServer::arrived(const StunPlace &place, const DatagramSocket::Arrival &arrival)
{
    if (arrival.from.port == 0 || !m_limits.take(sourceOf(arrival.from.address), monotonicNow()))
        return;
    const Endpoint bound = m_addresses.at(place);
    const Endpoint origin{bound.address.isUnspecified() ? arrival.to : bound.address, bound.port};
    const auto answer = answerStun(m_addresses, place, origin, arrival.from, arrival.datagram);
    if (!answer)
        return;
    auto &socket = m_sockets[static_cast<std::size_t>(answer->from.index())];
    const bool sameSocket = answer->from == place;
    if (socket)
        socket->send(answer->datagram, answer->to, sameSocket ? arrival.to : IpAddress());
}

void StunServer::close()
{
    for (auto &socket : m_sockets)
        socket.reset();
}

} // namespace postern::rendezvous
