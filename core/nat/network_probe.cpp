#include "core/nat/network_probe.h"

#include <algorithm>
#include <utility>

namespace postern::nat {

namespace {

/// A few small answers at most wait in any of these sockets.
constexpr int SOCKET_BUFFER = 64 * 1024;
constexpr std::size_t MAX_ANSWER = 1024; ///< a Binding response has less than 200 bytes

} // namespace

/// One request over a connection of its own, from the port that its socket number stands for.
struct NetworkProbe::TcpQuestion {
    int socket = 0;
    Endpoint to;
    QByteArray request;
    QByteArray answer;
    std::unique_ptr<TcpSocket> connection;
};

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
        std::erase_if(m_questions, [&](const auto &one) { return one->socket == *closed; });
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
    auto question = std::make_unique<TcpQuestion>();
    auto *asked = question.get();
    asked->socket = sending.socket;
    asked->to = sending.to;
    asked->request = sending.bytes;
    TcpSocket::ConnectOptions options;
    options.sharePort = true; // several connections from one port, each to another place
    options.from = {IpAddress::any(sending.to.address.family()), m_tcpPorts[sending.socket]};
    auto socket =
        TcpSocket::connect(sending.to, options, [this, asked](const Result<void> &result) {
            connected(*asked, result);
        });
    if (!socket)
        return m_discovery.connectionFailed(monotonicNow(), sending.socket, sending.to);
    asked->connection = std::move(*socket);
    const Endpoint local = asked->connection->local();
    if (std::exchange(m_tcpPorts[sending.socket], local.port) == 0)
        m_discovery.opened(sending.socket, local);
    m_questions.push_back(std::move(question));
}

void NetworkProbe::connected(TcpQuestion &question, const Result<void> &result)
{
    if (!result)
        return ended(question, {});
    question.connection->setReadableHandler([this, &question] { readable(question); });
    // A fresh connection's buffer holds the request, which is shorter than 100 bytes.
    if (question.connection->write(viewOf(question.request)).status != IoStatus::Done)
        ended(question, {});
}

/// RFC 8489 section 6.2.2: messages over TCP follow each other; the header tells the length.
void NetworkProbe::readable(TcpQuestion &question)
{
    std::array<std::uint8_t, MAX_ANSWER> bytes;
    const auto got = question.connection->read(bytes);
    if (got.status == IoStatus::WouldBlock)
        return;
    if (got.status != IoStatus::Done)
        return ended(question, {});
    question.answer.append(toByteArray(ByteView(bytes).first(got.bytes)));
    const auto size = stun::messageSize(viewOf(question.answer));
    if (size && static_cast<std::size_t>(question.answer.size()) >= *size)
        return ended(question, question.answer.first(static_cast<qsizetype>(*size)));
    if (static_cast<std::size_t>(question.answer.size()) > MAX_ANSWER)
        ended(question, {});
}

void NetworkProbe::ended(const TcpQuestion &question, const QByteArray &answer)
{
    const auto found = std::find_if(m_questions.begin(), m_questions.end(),
                                    [&](const auto &one) { return one.get() == &question; });
    const auto kept = std::move(*found); // on the stack of its own connection's call
    m_questions.erase(found);
    const Instant now = monotonicNow();
    if (answer.isEmpty())
        m_discovery.connectionFailed(now, kept->socket, kept->to);
    else
        m_discovery.receive(now, kept->socket, kept->to, viewOf(answer));
    m_timer.set(now);
}

} // namespace postern::nat
