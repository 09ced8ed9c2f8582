#include "core/nat/behaviour.h"

#include <algorithm>

namespace postern::nat {

namespace {

constexpr qint32 MAX_PORT = 65535;
constexpr qint32 MAX_LIFETIME_S = 7 * 24 * 3600;
constexpr qint32 MAX_RATE = 1'000'000;
/// A shorter pause than the first would be a flood of its own, a longer one gains nothing.
constexpr Duration SHORTEST_KEEPALIVE = 5s;
constexpr Duration LONGEST_KEEPALIVE = 110s;

bool within(qint32 value, qint32 least, qint32 most) { return value >= least && value <= most; }

} // namespace

bool Behaviour::isPlausible() const
{
    return within(delta, -MAX_PORT, MAX_PORT) && lowest <= highest && confidence <= 100
        && within(foreignPerSecond, 0, MAX_RATE) && within(idleSeconds, 0, MAX_LIFETIME_S)
        && within(absoluteSeconds, 0, MAX_LIFETIME_S);
}

Duration keepaliveInterval(const Behaviour &behaviour)
{
    if (behaviour.idleSeconds == 0)
        return DEFAULT_KEEPALIVE;
    return std::clamp<Duration>(std::chrono::seconds(behaviour.idleSeconds) * 2 / 3,
                                SHORTEST_KEEPALIVE, LONGEST_KEEPALIVE);
}

NatClass classOf(const NetworkBehaviour &network)
{
    if (network.isPublic == Answer::Yes)
        return NatClass::Public;
    const Behaviour &udp = network.udp;
    if (udp.passes == Answer::No)
        return NatClass::Blocked;
    switch (udp.mapping) {
    case Mapping::AddressDependent:
    case Mapping::AddressAndPortDependent: return NatClass::Symmetric;
    case Mapping::EndpointIndependent:
        switch (udp.filtering) {
        case Filtering::EndpointIndependent: return NatClass::FullCone;
        case Filtering::AddressDependent: return NatClass::RestrictedCone;
        case Filtering::AddressAndPortDependent: return NatClass::PortRestrictedCone;
        default: return NatClass::Unknown;
        }
    default: return NatClass::Unknown;
    }
}

QString mappingName(Mapping mapping)
{
    switch (mapping) {
    case Mapping::EndpointIndependent: return QStringLiteral("endpoint-independent");
    case Mapping::AddressDependent: return QStringLiteral("address-dependent");
    case Mapping::AddressAndPortDependent: return QStringLiteral("address-and-port-dependent");
    default: return QStringLiteral("unknown");
    }
}

QString filteringName(Filtering filtering)
{
    return mappingName(static_cast<Mapping>(filtering)); // the same three words
}

QString allocationName(Allocation allocation)
{
    switch (allocation) {
    case Allocation::Preserve: return QStringLiteral("preserve");
    case Allocation::Sequential: return QStringLiteral("sequential");
    case Allocation::Random: return QStringLiteral("random");
    case Allocation::Block: return QStringLiteral("block");
    default: return QStringLiteral("unknown");
    }
}

QString natClassName(NatClass natClass)
{
    switch (natClass) {
    case NatClass::Public: return QStringLiteral("public");
    case NatClass::FullCone: return QStringLiteral("full cone");
    case NatClass::RestrictedCone: return QStringLiteral("restricted cone");
    case NatClass::PortRestrictedCone: return QStringLiteral("port restricted cone");
    case NatClass::Symmetric: return QStringLiteral("symmetric");
    case NatClass::Blocked: return QStringLiteral("blocked");
    case NatClass::Unknown: break;
    }
    return QStringLiteral("unknown");
}

} // namespace postern::nat
