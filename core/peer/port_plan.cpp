#include "core/peer/port_plan.h"

namespace postern {

namespace {

/// Beyond the half round trip: what the peer and its first checks take, and a repeated one.
constexpr Duration HOLD_OFF_MARGIN = 100ms;

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
    attempt.foreign = ours.foreign;
    attempt.fresh = ours.fresh;
    attempt.even = ours.even;
    attempt.openly = ours.openly;
    attempt.ttl = ours.ttl;
    attempt.lowest = ours.peer.lowest;
    attempt.highest = ours.peer.highest;
    attempt.guessEven = ours.peer.even;
    attempt.aimFrom = ours.aimFrom;
    attempt.aimWidth = ours.aimWidth;
    attempt.interval = ours.part == nat::Part::Guesses ? step.interval : step.interval / 2;
    attempt.budget = step.budget;
    attempt.leadIn = ours.leadIn;
    return attempt;
}

} // namespace

punch::PortSearchConfig portSearchConfig(const nat::Plan &plan, punch::Role role,
                                         const Endpoint &stunServer, const Endpoint &peer)
{
    punch::PortSearchConfig config{role, {}, stunServer, peer, plan.halfRoundTrip};
    for (const auto &step : plan.steps) {
        if (step.way == nat::Way::Relay)
            break;
        for (int i = 0; i < step.tries; ++i) {
            auto attempt = attemptOf(step, role);
            // Each time the first packets may go one NAT further.
            attempt.ttl += step.way == nat::Way::FreshPorts ? i : 0;
            config.attempts.append(attempt);
        }
    }
    return config;
}

/// Where the inner port is kept the one that was offered will do, whatever the mapping.
TcpPorts tcpPortsOf(const nat::Behaviour &tcp)
{
    using Ports = punch::SimultaneousOpen::Ports;
    if (tcp.allocation == nat::Allocation::Unknown || tcp.allocation == nat::Allocation::Preserve)
        return {};
    // A server with one address can't tell more than that another port of it sees the same.
    if (tcp.mapping == nat::Mapping::EndpointIndependent
        || (tcp.mapping == nat::Mapping::Unknown && tcp.newAtOtherPort == nat::Answer::No))
        return {Ports::Mapped, 1};
    if (tcp.mapping == nat::Mapping::Unknown)
        return {};
    return nat::isPredictable(tcp) ? TcpPorts{Ports::Predicted, tcp.delta} : TcpPorts{};
}

Opening openingOf(const nat::Plan &plan, punch::Role role)
{
    const auto &first = plan.steps.first();
    if (first.way == nat::Way::Relay)
        return {};
    const auto &ours = role == punch::Role::Controlling ? first.controlling : first.controlled;
    return {ours.ttl, ours.openly,
            plan.halfRoundTrip > 0ms ? plan.halfRoundTrip + HOLD_OFF_MARGIN : Duration{}};
}

bool leadsOutside(const Endpoint &own, const Endpoint &peer, const nat::NetworkBehaviour &network)
{
    return own.address != peer.address || network.udp.hairpin != nat::Answer::No;
}

} // namespace postern
