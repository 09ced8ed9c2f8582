#include "core/portmap/port_mapper.h"

#include "core/base/log.h"

#include <algorithm>

namespace postern::portmap {

PortMapper::PortMapper(std::uint16_t port, Changed changed)
    : m_port(port)
    , m_changed(std::move(changed))
    , m_timer([this] { drive(); })
{
}

void PortMapper::begin()
{
    if (m_ended)
        return;
    const auto gateway = defaultGateway();
    if (gateway == m_gateway && !m_methods.empty() && !allAre(MappingMethod::State::Over))
        return; // as before: it is being asked, or holds
    m_gateway = gateway;
    start();
}

void PortMapper::start()
{
    m_methods.clear();
    m_exchanges.clear();
    m_pcp.reset();
    m_natPmp.reset();
    m_igd.reset();
    m_socket.reset();
    m_startAgain = NEVER;
    if (m_gateway) {
        if (auto socket = UdpSocket::bind({m_gateway->local.address, 0}))
            m_socket = std::move(*socket);
    }
    if (!m_socket)
        return m_timer.set(monotonicNow()); // a mapping of the network before is told as gone
    m_socket->setReceiver([this](std::span<const Datagram> datagrams) {
        const Instant now = monotonicNow();
        for (const Datagram &datagram : datagrams)
            m_pcp->handleDatagram(now, datagram.from, datagram.bytes)
                || m_natPmp->handleDatagram(now, datagram.from, datagram.bytes)
                || m_igd->handleDatagram(now, datagram.from, datagram.bytes);
        drive();
    });
    const Instant now = monotonicNow();
    const Endpoint server{m_gateway->address, GATEWAY_PORT};
    const IpAddress local = m_gateway->local.address;
    m_pcp = std::make_unique<GatewayMachine>(makePcp(local, fillRandom), server, m_port, now);
    m_natPmp = std::make_unique<GatewayMachine>(makeNatPmp(), server, m_port, now);
    m_igd = std::make_unique<IgdMachine>(
        IgdMachine::Config{m_gateway->address, local, m_gateway->local.prefix, m_port}, fillRandom,
        now);
    m_methods = {m_pcp.get(), m_natPmp.get(), m_igd.get()};
    m_timer.set(now);
}

void PortMapper::end(std::function<void()> done)
{
    m_ended = std::move(done);
    for (auto *method : m_methods)
        method->remove(monotonicNow());
    m_timer.set(monotonicNow());
}

void PortMapper::whenSettled(std::function<void()> done)
{
    m_waiting.push_back(std::move(done));
    m_timer.set(monotonicNow());
}

bool PortMapper::isSettled() const
{
    return inState(MappingMethod::State::Held) || allAre(MappingMethod::State::Over);
}

bool PortMapper::allAre(MappingMethod::State state) const
{
    return std::all_of(m_methods.begin(), m_methods.end(),
                       [state](const auto *method) { return method->state() == state; });
}

MappingMethod *PortMapper::inState(MappingMethod::State state) const
{
    const auto found =
        std::find_if(m_methods.begin(), m_methods.end(),
                     [state](const auto *method) { return method->state() == state; });
    return found == m_methods.end() ? nullptr : *found;
}

/// Runs the machines until none has anything to say, tells what changed, sets the clock.
void PortMapper::drive()
{
    if (std::exchange(m_driving, true))
        return;
    m_finished.clear();
    const Instant now = monotonicNow();
    if (now >= m_startAgain) {
        m_driving = false;
        m_gateway = defaultGateway();
        return start();
    }
    for (auto *method : m_methods)
        method->handleTimeout(now);
    choose();
    drain();
    m_driving = false;
    arm();
    tell();
}

/// One maps; when it fails, the next that the router answers to.
void PortMapper::choose()
{
    using State = MappingMethod::State;
    if (m_ended || inState(State::Mapping) || inState(State::Held))
        return;
    const Instant now = monotonicNow();
    if (auto *able = inState(State::Able))
        able->map(now);
    else if (m_startAgain == NEVER && allAre(State::Over))
        m_startAgain = now + RETRY;
}

void PortMapper::drain()
{
    if (!m_socket)
        return;
    const Instant now = monotonicNow();
    const Endpoint server{m_gateway->address, GATEWAY_PORT};
    for (auto *machine : {m_pcp.get(), m_natPmp.get()})
        while (const auto bytes = machine->pollTransmit(now))
            (void)m_socket->send(server, viewOf(*bytes)); // a lost one is sent again
    while (const auto packet = m_igd->pollTransmit(now))
        (void)m_socket->send(packet->to, viewOf(packet->bytes));
    for (auto it = m_exchanges.begin(); it != m_exchanges.end();) {
        const bool open = m_igd->isOpen(it->first);
        if (!open)
            m_finished.push_back(std::move(it->second));
        it = open ? std::next(it) : m_exchanges.erase(it);
    }
    while (const auto exchange = m_igd->pollExchange()) {
        const int number = exchange->number;
        m_exchanges[number] = std::make_unique<HttpExchange>(
            exchange->request, m_gateway->local.address,
            [this, number](const std::optional<HttpResponse> &response) {
                m_igd->handleResponse(monotonicNow(), number, response);
                drive();
            });
    }
}

void PortMapper::arm()
{
    Instant next = m_startAgain;
    for (const auto *method : m_methods)
        next = std::min(next, method->nextDeadline());
    if (!m_finished.empty() || (m_ended && allAre(MappingMethod::State::Gone)))
        next = monotonicNow();
    m_timer.set(next);
}

/// Last, since whoever hears it may end us.
void PortMapper::tell()
{
    const auto waiting =
        isSettled() || m_ended ? std::exchange(m_waiting, {}) : decltype(m_waiting)();
    if (m_ended) {
        m_told.reset();
        if (!allAre(MappingMethod::State::Gone))
            return;
        m_timer.cancel();
        for (const auto &done : waiting)
            done();
        return std::exchange(m_ended, {})();
    }
    const auto *holder = inState(MappingMethod::State::Held);
    const auto held = holder ? holder->mapping() : std::nullopt;
    if (held != m_told) {
        m_told = held;
        if (held)
            qCDebug(logPortmap) << methodName(held->method) << "maps TCP" << held->tcpPort
                                << "and UDP" << held->udpPort << "of" << held->external.toString();
        else
            qCDebug(logPortmap) << "no port is mapped";
        m_changed();
    }
    for (const auto &done : waiting)
        done();
}

} // namespace postern::portmap
