#include "core/peer/port_fan.h"

#include "core/peer/kept_path.h"

namespace postern {

namespace {

constexpr int MOST_TRIES = 8; ///< for an even port: all odd once in 256 sockets

/// A system gives ephemeral ports at random: those that don't fit are given back.
Result<std::unique_ptr<UdpSocket>> bindAny(const UdpSocket::Options &options, bool even)
{
    for (int tries = 1;; ++tries) {
        auto bound = UdpSocket::bind({IpAddress::any(IpAddress::Family::V4), 0}, options);
        if (!bound || !even || (*bound)->local().port % 2 == 0 || tries == MOST_TRIES)
            return bound;
    }
}

} // namespace

PortFan::PortFan(Taker taker)
    : m_taker(std::move(taker))
{
}

PortFan::~PortFan()
{
    for (const auto &[number, socket] : m_sockets)
        socket->door.clearStunTakers(); // paths may keep the door, but not us
}

QList<std::uint16_t> PortFan::open(int first, int count, bool even)
{
    UdpSocket::Options options;
    options.receiveBuffer = 1024 * 1024; // one of hundreds will carry data
    QList<std::uint16_t> ports;
    for (int number = first; number < first + count; ++number) {
        auto bound = m_sockets.size() < MOST_SOCKETS
            ? bindAny(options, even)
            : Result<std::unique_ptr<UdpSocket>>(ErrorCode::LimitExceeded, QString());
        if (!bound) {
            ports.append(0);
            continue;
        }
        auto socket = std::make_shared<Socket>();
        socket->socket = std::move(*bound);
        socket->door.watch(*socket->socket);
        socket->door.addStunTaker([this, number](const Datagram &datagram) {
            m_taker(number, datagram);
            return true;
        });
        ports.append(socket->socket->local().port);
        m_sockets.emplace(number, std::move(socket));
    }
    return ports;
}

void PortFan::send(int socket, const Endpoint &to, ByteView bytes, int hopLimit)
{
    if (const auto found = m_sockets.find(socket); found != m_sockets.end())
        found->second->door.send(to, bytes, hopLimit);
}

Result<std::unique_ptr<DatagramPath>> PortFan::openPath(int socket, const Endpoint &remote)
{
    const auto found = m_sockets.find(socket);
    if (found == m_sockets.end())
        return {ErrorCode::InvalidArgument, QStringLiteral("There is no such socket.")};
    return keeping(found->second, found->second->door.openPath(remote));
}

} // namespace postern
