#include "core/punch/simultaneous_open.h"

#include <algorithm>
#include <utility>

namespace postern::punch {

SimultaneousOpen::SimultaneousOpen(Config config, Instant now)
    : m_config(std::move(config))
{
    for (const auto &remote : std::as_const(m_config.remotes))
        if (m_ways.size() < MOST_REMOTES)
            m_ways.append({remote});
    m_over = m_ways.isEmpty();
    if (m_config.role == Role::Controlled)
        m_roundEnds = now + PATIENCE;
}

void SimultaneousOpen::begin(Instant now)
{
    if (m_round < 0 && m_config.role == Role::Controlling)
        tellRound(now, 0);
}

void SimultaneousOpen::tellRound(Instant now, int round)
{
    if (m_over || round > ROUNDS)
        return end();
    m_round = round;
    m_toldAt = now;
    m_roundEnds = now + std::max<Duration>(ROUND, 3 * m_roundTrip);
    m_actions.push_back(Tell{round});
    if (round > 0)
        dialAll(now + m_roundTrip / 2);
}

void SimultaneousOpen::peerTold(Instant now, int round)
{
    if (m_over || round < 0 || round > ROUNDS)
        return;
    if (m_config.role == Role::Controlling) {
        if (round != m_round || m_toldAt == NEVER)
            return;
        m_roundTrip = std::min(m_roundTrip, now - std::exchange(m_toldAt, NEVER));
        if (round == 0)
            tellRound(now, 1);
    } else if (round > m_round) {
        m_round = round;
        m_actions.push_back(Tell{round});
        if (round > 0)
            dialAll(now);
        handleTimeout(now);
    }
}

/// A dial that still waits for its answer is left to it: it is what the other's SYN must meet.
void SimultaneousOpen::dialAll(Instant at)
{
    for (Way &way : m_ways) {
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
    if (idle && controlling && !m_over)
        m_roundEnds = now; // the next one need not wait
}

void SimultaneousOpen::end()
{
    m_over = true;
    m_roundEnds = NEVER;
    for (Way &way : m_ways)
        way.due = NEVER;
}

void SimultaneousOpen::handleTimeout(Instant now)
{
    if (now >= m_roundEnds) {
        if (m_config.role == Role::Controlled)
            return end();
        tellRound(now, m_round + 1);
    }
    for (Way &way : m_ways) {
        if (now < way.due)
            continue;
        way.due = NEVER;
        way.number = ++m_lastNumber;
        ++way.dials;
        m_actions.push_back(Dial{way.number, way.remote});
    }
}

Instant SimultaneousOpen::nextDeadline() const
{
    Instant next = m_roundEnds;
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
