#include "core/peer/port_plan.h"

namespace postern {

namespace {

/// Longer than the answer takes through the rendezvous, and the first sockets to open.
constexpr Duration GUESSES_LEAD_IN = 150ms;
constexpr int MOST_FRESH_PORTS = 3; ///< each time the first packets may go one NAT further
constexpr int MOST_PREDICTIONS = 2;

punch::Part partOf(nat::Part part)
{
    switch (part) {
    case nat::Part::Checks: break;
    case nat::Part::Opens: return punch::Part::Opens;
    case nat::Part::Guesses: return punch::Part::Guesses;
    case nat::Part::Crosses: return punch::Part::Crosses;
    }
    return punch::Part::Checks;
}

punch::Told toldOf(nat::Told told)
{
    switch (told) {
    case nat::Told::Nothing: break;
    case nat::Told::Mapped: return punch::Told::Mapped;
    case nat::Told::Predicted: return punch::Told::Predicted;
    case nat::Told::Preserved: return punch::Told::Preserved;
    }
    return punch::Told::Nothing;
}

punch::Strategy strategyOf(nat::Way way)
{
    switch (way) {
    case nat::Way::Predict: return punch::Strategy::UdpPredict;
    case nat::Way::Birthday: return punch::Strategy::UdpBirthday;
    default: return punch::Strategy::UdpPunch;
    }
}

punch::Attempt attemptOf(const nat::Step &step, punch::Role role)
{
    const bool controlling = role == punch::Role::Controlling;
    const nat::Share &ours = controlling ? step.controlling : step.controlled;
    const nat::Share &theirs = controlling ? step.controlled : step.controlling;
    punch::Attempt attempt;
    attempt.strategy = strategyOf(step.way);
    attempt.part = partOf(ours.part);
    attempt.tells = toldOf(ours.tells);
    attempt.peerTells = theirs.tells != nat::Told::Nothing;
    attempt.sockets = ours.sockets;
    attempt.probes = ours.probes;
    attempt.ports = ours.ports;
    attempt.step = ours.step;
    attempt.fresh = ours.fresh;
    attempt.openly = ours.openly;
    attempt.ttl = ours.ttl;
    attempt.lowest = ours.peer.lowest;
    attempt.highest = ours.peer.highest;
    attempt.interval = ours.part == nat::Part::Guesses ? step.interval : step.interval / 2;
    attempt.budget = step.budget;
    if (ours.part == nat::Part::Guesses && !controlling && !attempt.peerTells)
        attempt.leadIn = GUESSES_LEAD_IN;
    return attempt;
}

} // namespace

punch::PortSearchConfig portSearchConfig(const nat::Plan &plan, punch::Role role,
                                         const Endpoint &stunServer, const Endpoint &peer)
{
    punch::PortSearchConfig config{role, {}, stunServer, peer};
    for (const auto &step : plan.steps) {
        if (step.way == nat::Way::Relay)
            break;
        const int times = step.way == nat::Way::FreshPorts ? MOST_FRESH_PORTS
            : step.way == nat::Way::Predict                ? MOST_PREDICTIONS
                                                           : 1;
        for (int i = 0; i < times; ++i) {
            auto attempt = attemptOf(step, role);
            attempt.ttl += step.way == nat::Way::FreshPorts ? i : 0;
            config.attempts.append(attempt);
        }
    }
    return config;
}

Opening openingOf(const nat::Plan &plan, punch::Role role)
{
    const auto &first = plan.steps.first();
    if (first.way == nat::Way::Relay)
        return {};
    const auto &ours = role == punch::Role::Controlling ? first.controlling : first.controlled;
    return {ours.ttl, ours.openly};
}

} // namespace postern
