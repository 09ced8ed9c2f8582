#include "core/portmap/gateway_machine.h"

#include <algorithm>

namespace postern::portmap {

void GatewayMachine::Question::open(Instant now, Duration patience)
{
    due = now;
    ends = now + patience;
    pause = FIRST_PAUSE;
}

GatewayMachine::GatewayMachine(std::unique_ptr<GatewayDialect> dialect, const Endpoint &gateway,
                               std::uint16_t port, Instant now)
    : m_dialect(std::move(dialect))
    , m_gateway(gateway)
    , m_port(port)
{
    m_probe.open(now, ANSWER_PATIENCE);
}

void GatewayMachine::map(Instant now)
{
    if (m_state != State::Able)
        return;
    m_state = State::Mapping;
    for (Lease *lease : {&m_tcp, &m_udp})
        lease->question.open(now, ANSWER_PATIENCE);
}

void GatewayMachine::remove(Instant now)
{
    if (m_state == State::Removing || m_state == State::Gone)
        return;
    m_probe.close();
    m_mapping.reset();
    const bool asked = m_state == State::Mapping || m_state == State::Held;
    m_state = asked ? State::Removing : State::Gone;
    for (Lease *lease : {&m_tcp, &m_udp}) {
        // One that is still asked for may have been granted: its answer is on the way.
        const bool mayBeHeld = lease->port != 0 || lease->question.isOpen();
        lease->renewAt = lease->expires = NEVER;
        lease->question.close();
        if (asked && mayBeHeld)
            lease->question.open(now, REMOVAL_PATIENCE);
    }
    settle();
}

bool GatewayMachine::handleDatagram(Instant now, const Endpoint &from, ByteView bytes)
{
    if (from != m_gateway || m_state == State::Over || m_state == State::Gone)
        return false;
    const auto answer = m_dialect->parse(bytes);
    if (!answer)
        return false;
    if (!answer->transport) {
        if (m_probe.isOpen())
            probed(*answer);
        return true;
    }
    Lease &lease = leaseOf(*answer->transport);
    if (answer->internalPort == m_port && lease.question.isOpen()) {
        checkEpoch(now, *answer);
        answered(now, lease, *answer);
        settle();
    }
    return true;
}

void GatewayMachine::probed(const GatewayAnswer &answer)
{
    m_probe.close();
    m_external = answer.external;
    m_state = answer.granted ? State::Able : State::Over;
}

/// The gateway's clock runs with ours; if it fell behind, it began anew and forgot every
/// mapping (RFC 6887 section 8.5): they are asked for at once.
void GatewayMachine::checkEpoch(Instant now, const GatewayAnswer &answer)
{
    if (m_epoch) {
        const auto elapsed =
            std::chrono::duration_cast<std::chrono::seconds>(now - m_epoch->first).count();
        const std::int64_t expected = std::int64_t{m_epoch->second} + elapsed - elapsed / 8;
        if (answer.epochSeconds + std::int64_t{2} < expected)
            for (Lease *lease : {&m_tcp, &m_udp})
                if (lease->port != 0 && m_state == State::Held)
                    lease->renewAt = now;
    }
    m_epoch = {now, answer.epochSeconds};
}

void GatewayMachine::answered(Instant now, Lease &lease, const GatewayAnswer &answer)
{
    const bool removal = answer.lifetime.count() == 0;
    if (m_state == State::Removing) {
        if (removal || !answer.granted)
            lease.question.close();
        return; // else a late answer to what was asked before
    }
    if (!answer.granted) {
        lease.question.close();
        lease.port = 0;
        lease.renewAt = lease.expires = NEVER;
    } else if (!removal && answer.externalPort != 0) {
        granted(now, lease, answer);
    }
}

void GatewayMachine::granted(Instant now, Lease &lease, const GatewayAnswer &answer)
{
    const auto lifetime = std::min(answer.lifetime, WANTED_LIFETIME);
    lease.question.close();
    lease.port = answer.externalPort;
    lease.external = answer.external.isUnspecified() ? m_external : answer.external;
    lease.expires = now + lifetime;
    lease.renewAt = now + std::max(lifetime / 2, LEAST_RENEWAL);
}

/// Held ones are asked for again after half of what is left, as long as they last.
void GatewayMachine::unanswered(Instant now, Lease &lease)
{
    lease.question.close();
    if (m_state != State::Held || lease.port == 0)
        return;
    const Duration left = std::max(lease.expires - now, Duration::zero());
    lease.renewAt = now + std::max<Duration>(left / 2, LEAST_RENEWAL);
}

/// Brings the state in line with what is held and what is still asked.
void GatewayMachine::settle()
{
    const bool asking = m_tcp.question.isOpen() || m_udp.question.isOpen();
    if (m_state == State::Removing && !asking)
        m_state = State::Gone;
    if (m_state != State::Mapping && m_state != State::Held)
        return;
    if (m_state == State::Mapping && asking)
        return;
    if (m_tcp.port == 0 && m_udp.port == 0) {
        m_state = State::Over;
        m_mapping.reset();
        return;
    }
    m_state = State::Held;
    const IpAddress external = m_tcp.port != 0 ? m_tcp.external : m_udp.external;
    m_mapping = PortMapping{method(), external, m_tcp.port, m_udp.port, m_gateway, false};
}

std::optional<QByteArray> GatewayMachine::pollTransmit(Instant now)
{
    const auto isDue = [now](Question &question) {
        if (now < question.due || now >= question.ends)
            return false;
        question.due = std::min(now + question.pause, question.ends);
        question.pause *= 2;
        return true;
    };
    if (isDue(m_probe))
        return m_dialect->probe();
    for (Lease *lease : {&m_tcp, &m_udp}) {
        if (!isDue(lease->question))
            continue;
        MapRequest request;
        request.transport = lease->transport;
        request.internalPort = m_port;
        request.externalPort = lease->port != 0 ? lease->port : m_port;
        request.external = lease->external;
        if (m_state != State::Removing)
            request.lifetime = WANTED_LIFETIME;
        return m_dialect->map(request);
    }
    return std::nullopt;
}

void GatewayMachine::handleTimeout(Instant now)
{
    if (now >= m_probe.ends) {
        m_probe.close();
        m_state = State::Over;
    }
    for (Lease *lease : {&m_tcp, &m_udp}) {
        if (now >= lease->question.ends)
            unanswered(now, *lease);
        if (now >= lease->expires) {
            lease->port = 0;
            lease->renewAt = lease->expires = NEVER;
            lease->question.close();
        }
        if (now >= lease->renewAt) {
            lease->renewAt = NEVER;
            lease->question.open(now, ANSWER_PATIENCE);
        }
    }
    settle();
}

Instant GatewayMachine::nextDeadline() const
{
    Instant next = std::min(m_probe.due, m_probe.ends);
    for (const Lease *lease : {&m_tcp, &m_udp})
        next = std::min(
            {next, lease->question.due, lease->question.ends, lease->renewAt, lease->expires});
    return next;
}

} // namespace postern::portmap
