#include "core/nat/network_probe.h"

#include <algorithm>
#include <utility>

namespace postern::nat {

namespace {

/// A few small answers at most wait in any of these sockets.
constexpr int SOCKET_BUFFER = 64 * 1024;

} // namespace

NetworkProbe::NetworkProbe(const Discovery::Setup &setup, Changed changed)
    : m_discovery(setup, fillRandom, monotonicNow())
    , m_changed(std::move(changed))
    , m_timer([this] { rang(); })
{
    m_timer.set(monotonicNow());
}

NetworkProbe::~NetworkProbe() = default;

void NetworkProbe::rang()
{
    m_discovery.handleTimeout(monotonicNow());
    pump();
}

void NetworkProbe::pump()
{
    while (const auto sending = m_discovery.pollTransmit(monotonicNow()))
        send(*sending);
    while (const auto closed = m_discovery.pollClosed()) {
        m_udp.erase(*closed);
        m_tcpPorts.erase(*closed);
        std::erase_if(m_questions, [&](const auto &one) { return one.second.socket == *closed; });
    }
    m_timer.set(m_discovery.nextDeadline());
    const std::weak_ptr<bool> alive = m_alive;
    while (!alive.expired()) {
        const auto event = m_discovery.pollEvent();
        if (!event)
            return;
        m_changed(*event);
    }
}

void NetworkProbe::send(const Transmission &sending)
{
    if (sending.carrier == Carrier::Tcp)
        return ask(sending);
    SendOptions options;
    options.hopLimit = sending.hopLimit;
    if (auto *socket = udpSocket(sending)) // what the system refuses is lost, as any packet may be
        socket->send(sending.to, viewOf(sending.bytes), options);
}

UdpSocket *NetworkProbe::udpSocket(const Transmission &sending)
{
    const int number = sending.socket;
    auto &socket = m_udp[number];
    if (socket)
        return socket.get();
    UdpSocket::Options options;
    options.batched = sending.reports; // only that way hears routers; it takes more memory
    options.receiveBuffer = options.sendBuffer = SOCKET_BUFFER;
    auto bound = UdpSocket::bind({IpAddress::any(sending.to.address.family()), 0}, options);
    if (!bound)
        return nullptr;
    socket = std::move(*bound);
    m_discovery.opened(number, socket->local());
    socket->setReceiver([this, number](std::span<const Datagram> datagrams) {
        const std::weak_ptr<bool> alive = m_alive;
        for (const auto &datagram : datagrams)
            m_discovery.receive(monotonicNow(), number, datagram.from, datagram.bytes);
        m_timer.set(monotonicNow()); // not here: what it closes may be this socket
    });
    socket->setIcmpHandler([this, number](const IcmpReport &report) {
        if (report.timeExceeded && !report.router.isUnspecified())
            m_discovery.timeExceeded(number, report.router);
    });
    return socket.get();
}

// --- TCP ---------------------------------------------------------------------------------

void NetworkProbe::ask(const Transmission &sending)
{
    TcpSocket::ConnectOptions options;
    options.sharePort = true; // several connections from one port, each to another place
    options.from = {IpAddress::any(sending.to.address.family()), m_tcpPorts[sending.socket]};
    const int number = ++m_questionNumber;
    auto question =
        TcpQuestion::ask(sending.to, options, sending.bytes,
                         [this, number](const QByteArray &answer) { ended(number, answer); });
    if (!question)
        return m_discovery.connectionFailed(monotonicNow(), sending.socket, sending.to);
    const Endpoint local = question->local();
    if (std::exchange(m_tcpPorts[sending.socket], local.port) == 0)
        m_discovery.opened(sending.socket, local);
    m_questions[number] = {sending.socket, sending.to, std::move(question)};
}

void NetworkProbe::ended(int number, const QByteArray &answer)
{
    const auto kept = m_questions.extract(number); // on the stack of its own call
    const auto &[socket, to, question] = kept.mapped();
    const Instant now = monotonicNow();
    if (answer.isEmpty())
        m_discovery.connectionFailed(now, socket, to);
    else
        m_discovery.receive(now, socket, to, viewOf(answer));
    m_timer.set(now);
}

} // namespace postern::nat
