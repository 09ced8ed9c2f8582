#include "core/engine/network_view.h"

#include "core/nat/describe.h"
#include "core/punch/local_addresses.h"

namespace postern {

namespace {

std::optional<bool> known(nat::Answer answer)
{
    if (answer == nat::Answer::Unknown)
        return std::nullopt;
    return answer == nat::Answer::Yes;
}

/// The stable name, or nothing: the faces show what is not known in their own way.
QString known(const QString &name) { return name == QLatin1String("unknown") ? QString() : name; }

TransportInfo transportInfo(const nat::Behaviour &behaviour)
{
    TransportInfo info;
    info.passes = known(behaviour.passes);
    info.mapping = known(nat::mappingName(behaviour.mapping));
    info.filtering = known(nat::filteringName(behaviour.filtering));
    info.newAtOtherPort = known(behaviour.newAtOtherPort);
    info.newAtOtherAddress = known(behaviour.newAtOtherAddress);
    info.allocation = known(nat::allocationName(behaviour.allocation));
    if (behaviour.allocation == nat::Allocation::Sequential)
        info.delta = behaviour.delta;
    info.keepsParity = known(behaviour.keepsParity);
    info.lowestPort = behaviour.lowest;
    info.highestPort = behaviour.highest;
    info.confidence = behaviour.confidence;
    info.hairpin = known(behaviour.hairpin);
    info.idleSeconds = behaviour.idleSeconds;
    info.absoluteSeconds = behaviour.absoluteSeconds;
    return info;
}

QString purposeName(peer::Purpose purpose)
{
    switch (purpose) {
    case peer::Purpose::Begin: return QStringLiteral("begin");
    case peer::Purpose::Repair: return QStringLiteral("repair");
    case peer::Purpose::Upgrade: return QStringLiteral("upgrade");
    case peer::Purpose::COUNT: break;
    }
    return {};
}

qint64 millisecondsOf(Duration duration)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

} // namespace

NetworkInfo networkInfo(const NetworkFacts &facts, const nat::NetworkBehaviour &behaviour)
{
    NetworkInfo info;
    for (const auto &local : punch::rankLocalAddresses(facts.interfaces))
        info.localAddresses.append(local.address.toString());
    if (!facts.observedTcp.isNull())
        info.publicTcp = facts.observedTcp.toString();
    if (!facts.mappedUdp.isNull())
        info.publicUdp = facts.mappedUdp.toString();
    info.tcpReachable = facts.tcpReachable;
    info.udpReachable = facts.udpReachable;
    info.port = facts.port;
    info.portmap =
        facts.mapping ? portmap::methodName(facts.mapping->method) : QStringLiteral("none");
    if (!facts.publicTcp.isNull())
        info.mappedTcp = facts.publicTcp.toString();
    if (!facts.publicUdp.isNull())
        info.mappedUdp = facts.publicUdp.toString();
    info.udp = transportInfo(behaviour.udp);
    info.tcp = transportInfo(behaviour.tcp);
    info.isPublic = known(behaviour.isPublic);
    if (behaviour.depth > 0 || info.isPublic == true)
        info.depth = behaviour.depth;
    info.natClass = known(nat::natClassName(nat::classOf(behaviour)));
    info.summary = nat::describeNetwork(behaviour);
    return info;
}

SearchInfo searchInfo(const SearchReport &report)
{
    SearchInfo info;
    info.contact = report.user;
    info.ours = report.role == punch::Role::Controlling;
    info.byRelay = report.byRelay;
    info.purpose = purposeName(report.purpose);
    if (const auto &plan = report.plan; !plan.steps.isEmpty()) {
        info.ownNetwork = nat::stanceName(info.ours ? plan.controlling : plan.controlled);
        info.peerNetwork = nat::stanceName(info.ours ? plan.controlled : plan.controlling);
        for (const auto &step : plan.steps)
            info.plan.append(nat::wayName(step.way));
        info.odds = plan.directProbability;
    }
    info.strategy = report.strategy;
    info.problem = report.problem;
    info.elapsedMs = millisecondsOf(report.ended - report.began);
    for (const auto &step : report.steps)
        info.steps.append({millisecondsOf(step.at - report.began), punch::stepName(step.step),
                           step.remote.isNull() ? QString() : step.remote.toString(), step.number});
    return info;
}

} // namespace postern
