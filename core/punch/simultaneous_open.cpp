#include "core/punch/simultaneous_open.h"

#include <algorithm>
#include <utility>

namespace postern::punch {

SimultaneousOpen::SimultaneousOpen(Config config, Instant now)
    : m_config(std::move(config))
{
    if (m_config.remotes.size() > MOST_REMOTES)
        m_config.remotes.resize(MOST_REMOTES);
    aimAt({});
    m_over = m_ways.isEmpty();
    if (m_config.role == Role::Controlled)
        m_roundEnds = now + PATIENCE;
}

void SimultaneousOpen::setPorts(Ports own, int step, Ports peers)
{
    m_ownPorts = own;
    m_step = step;
    m_peersPorts = peers;
}

void SimultaneousOpen::begin(Instant now)
{
    if (m_round < 0 && m_config.role == Role::Controlling)
        beginRound(now, 0);
}

/// Of what the peer told only as much as we are ready to dial; nothing told: the offered address.
void SimultaneousOpen::aimAt(const QList<std::uint16_t> &ports)
{
    const bool told = m_peersPorts != Ports::Offered && !ports.isEmpty();
    const auto before = std::exchange(m_ways, {});
    const auto add = [&](const Endpoint &remote) {
        const auto same = [&](const Way &way) { return way.remote == remote; };
        const auto known = std::find_if(before.begin(), before.end(), same);
        if (remote.port != 0 && std::none_of(m_ways.begin(), m_ways.end(), same))
            m_ways.append(known == before.end() ? Way{remote} : *known);
    };
    bool aimed = false;
    for (const auto &remote : std::as_const(m_config.remotes)) {
        if (!told || !remote.address.isV4())
            add(remote);
        else if (!std::exchange(aimed, true))
            for (const auto port : ports.mid(0, MOST_PORTS))
                add({remote.address, port});
    }
}

QList<std::uint16_t> SimultaneousOpen::portsToTell() const
{
    constexpr int LOWEST = 1024;
    constexpr int COUNT = 65536 - LOWEST;
    if (m_sample == 0 || m_ownPorts == Ports::Offered)
        return {};
    if (m_ownPorts == Ports::Mapped)
        return {m_sample};
    QList<std::uint16_t> ports;
    for (int i = 1; i <= MOST_PORTS; ++i) {
        const int offset = (m_sample - LOWEST + i * m_step) % COUNT;
        ports.append(static_cast<std::uint16_t>(LOWEST + (offset + COUNT) % COUNT));
    }
    return ports;
}

void SimultaneousOpen::beginRound(Instant now, int round)
{
    if (m_over || round > ROUNDS)
        return end();
    m_round = round;
    const bool known = m_ownPorts == Ports::Offered
        || (m_ownPorts == Ports::Mapped && m_sample != 0) || round == 0;
    if (known)
        return say(now);
    m_sampleBy = now + SAMPLE_PATIENCE;
    if (m_config.role == Role::Controlling)
        m_roundEnds = m_sampleBy + ROUND;
    m_actions.push_back(Sample{m_ownPorts == Ports::Predicted});
}

void SimultaneousOpen::sampled(Instant now, std::uint16_t port)
{
    if (m_over || m_sampleBy == NEVER)
        return;
    m_sampleBy = NEVER;
    m_sample = port;
    say(now);
    handleTimeout(now);
}

/// Where ports are sampled the peer's answer is waited for, since it says where to dial.
void SimultaneousOpen::say(Instant now)
{
    const bool controlling = m_config.role == Role::Controlling;
    m_toldAt = now;
    m_actions.push_back(
        Tell{m_round, m_round > 0 ? portsToTell() : QList<std::uint16_t>(),
             controlling && m_round > 0 && samples() ? m_roundTrip / 2 : Duration{}});
    if (controlling)
        m_roundEnds = now + std::max<Duration>(ROUND, 3 * m_roundTrip);
    if (m_round == 0)
        return;
    if (!controlling)
        dialAll(now + m_wait);
    else if (!samples())
        dialAll(now + m_roundTrip / 2);
}

void SimultaneousOpen::peerTold(Instant now, int round, const QList<std::uint16_t> &ports,
                                Duration wait)
{
    if (m_over || round < 0 || round > ROUNDS)
        return;
    if (m_config.role == Role::Controlling) {
        if (round != m_round || m_toldAt == NEVER)
            return;
        const Duration took = now - std::exchange(m_toldAt, NEVER);
        if (round == 0 || !samples()) // else the peer's own sample is part of it
            m_roundTrip = std::min(m_roundTrip, took);
        if (round == 0)
            return beginRound(now, 1);
        if (samples()) {
            aimAt(ports);
            dialAll(now);
        }
    } else if (round > m_round) {
        m_wait = std::clamp<Duration>(wait, 0ms, MOST_WAIT);
        aimAt(ports);
        beginRound(now, round);
    }
    handleTimeout(now);
}

/// A dial that still waits for its answer is left to it: it is what the other's SYN must meet. One
/// from a port that was foretold in an earlier round is not.
void SimultaneousOpen::dialAll(Instant at)
{
    for (Way &way : m_ways) {
        if (m_ownPorts == Ports::Predicted && way.remote.address.isV4())
            way.number = 0;
        way.dials = 0;
        way.due = way.number == 0 ? at : NEVER;
    }
}

void SimultaneousOpen::connected() { end(); }

void SimultaneousOpen::failed(Instant now, int number)
{
    const bool controlling = m_config.role == Role::Controlling;
    for (Way &way : m_ways) {
        if (way.number != number || m_over)
            continue;
        way.number = 0;
        if (way.dials < DIALS_A_ROUND)
            way.due = now + (controlling ? PAUSE_CONTROLLING : PAUSE_CONTROLLED);
    }
    const bool idle = std::all_of(m_ways.begin(), m_ways.end(), [](const Way &way) {
        return way.number == 0 && way.due == NEVER;
    });
    const bool asks = m_sampleBy != NEVER || (samples() && m_toldAt != NEVER);
    if (idle && controlling && !asks && !m_over)
        m_roundEnds = now; // the next one need not wait
}

void SimultaneousOpen::end()
{
    m_over = true;
    m_roundEnds = m_sampleBy = NEVER;
    for (Way &way : m_ways)
        way.due = NEVER;
}

void SimultaneousOpen::handleTimeout(Instant now)
{
    if (now >= m_sampleBy)
        sampled(now, 0);
    if (now >= m_roundEnds) {
        if (m_config.role == Role::Controlled)
            return end();
        beginRound(now, m_round + 1);
    }
    for (Way &way : m_ways) {
        if (now < way.due)
            continue;
        way.due = NEVER;
        way.number = ++m_lastNumber;
        ++way.dials;
        const bool fresh = m_ownPorts == Ports::Predicted && way.remote.address.isV4();
        m_actions.push_back(Dial{way.number, way.remote, fresh});
    }
}

Instant SimultaneousOpen::nextDeadline() const
{
    Instant next = std::min(m_roundEnds, m_sampleBy);
    for (const Way &way : m_ways)
        next = std::min(next, way.due);
    return next;
}

std::optional<SimultaneousOpen::Action> SimultaneousOpen::pollAction()
{
    if (m_actions.empty())
        return std::nullopt;
    const Action next = m_actions.front();
    m_actions.pop_front();
    return next;
}

} // namespace postern::punch
