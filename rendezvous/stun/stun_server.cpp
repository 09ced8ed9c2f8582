#include "rendezvous/stun/stun_server.h"

#include "core/base/log.h"
#include "rendezvous/sessions/limits.h"

#include <QCoreApplication>

namespace postern::rendezvous {

namespace {
/// Where ports are ours to pick, one that is free on both addresses.
constexpr int PORT_ATTEMPTS = 16;
/// All payload of all relayed peers by UDP passes through one socket.
constexpr int RELAY_BUFFER_BYTES = 8 * 1024 * 1024;
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
    if (!alternate)
        bindSecondPort();
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

/// The next port, as is the custom (3479), else any that is free. Lets clients see whether a
/// mapping depends on the port, which takes no second address.
void StunServer::bindSecondPort()
{
    const StunPlace place{false, true};
    const auto &primary = m_addresses.primary;
    auto second = bindPlace(place, {primary.address, static_cast<std::uint16_t>(primary.port + 1)});
    if (!second)
        second = bindPlace(place, {primary.address, 0});
    if (second)
        m_addresses.secondPort = second->port;
}

void StunServer::listenToStreams(bool primaryToo)
{
    for (std::size_t i = primaryToo ? 0 : 1; i < m_sockets.size(); ++i) {
        if (!m_sockets[i])
            continue;
        const StunPlace place{(i & 2) != 0, (i & 1) != 0};
        auto streams = std::make_unique<StunStreams>(
            m_network, m_limits,
            [this, place](const Endpoint &origin, const Endpoint &from, ByteView b) {
                auto answer = answerStun(m_addresses, place, origin, from, b);
                // Over TCP there is no answering from elsewhere.
                return answer && answer->from == place ? answer : std::nullopt;
            });
        if (const auto listening = streams->listen(m_addresses.at(place)); listening)
            m_streams[i] = std::move(streams);
        else
            qCWarning(logRendezvous).noquote() << "no STUN over TCP:" << listening.error().message;
    }
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
    if (arrival.from.port == 0)
        return;
    auto &socket = m_sockets[static_cast<std::size_t>(place.index())];
    if (m_relay && place == StunPlace{} && m_relay(*socket, arrival))
        return;
    for (const ByteView datagram : arrival.datagrams)
        answer(place, arrival.from, arrival.to, datagram);
}

void StunServer::answer(const StunPlace &place, const Endpoint &from, const IpAddress &to,
                        ByteView datagram)
{
    if (!m_limits.take(sourceOf(from.address), monotonicNow()))
        return;
    const Endpoint bound = m_addresses.at(place);
    const Endpoint origin{bound.address.isUnspecified() ? to : bound.address, bound.port};
    const auto answer = answerStun(m_addresses, place, origin, from, datagram);
    if (!answer)
        return;
    auto &socket = m_sockets[static_cast<std::size_t>(answer->from.index())];
    const bool sameSocket = answer->from == place;
    if (socket)
        socket->send(viewOf(answer->datagram), answer->to, sameSocket ? to : IpAddress());
}

void StunServer::setRelay(Relay relay)
{
    m_relay = std::move(relay);
    if (auto &primary = m_sockets[static_cast<std::size_t>(StunPlace{}.index())])
        primary->setBufferBytes(RELAY_BUFFER_BYTES);
}

void StunServer::close()
{
    for (auto &socket : m_sockets)
        socket.reset();
    for (auto &streams : m_streams)
        streams.reset();
}

} // namespace postern::rendezvous
