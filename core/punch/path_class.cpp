#include "core/punch/path_class.h"

#include <algorithm>

namespace postern::punch {

QString strategyName(Strategy strategy)
{
    switch (strategy) {
    case Strategy::TcpHost: return QStringLiteral("tcp-host");
    case Strategy::TcpPublic: return QStringLiteral("tcp-public");
    case Strategy::UdpHost: return QStringLiteral("udp-host");
    case Strategy::UdpPunch: return QStringLiteral("udp-punch");
    case Strategy::UdpHairpin: return QStringLiteral("udp-hairpin");
    case Strategy::UdpPredict: return QStringLiteral("udp-predict");
    case Strategy::UdpBirthday: return QStringLiteral("udp-birthday");
    case Strategy::TcpSimultaneous: return QStringLiteral("tcp-simultaneous");
    }
    return QStringLiteral("udp-punch");
}

bool shareNat(const Surroundings &surroundings)
{
    const auto &own = surroundings.ownPublic;
    return std::any_of(own.begin(), own.end(), [&](const IpAddress &address) {
        return surroundings.peerPublic.contains(address);
    });
}

bool isLanRemote(const Endpoint &remote, CandidateType type, const Surroundings &surroundings)
{
    const IpAddress &address = remote.address;
    return address.isPrivate() || address.isLinkLocal() || address.isLoopback()
        || isOnLink(address, surroundings.local)
        || (type == CandidateType::Host && shareNat(surroundings));
}

Strategy strategyOf(Transport transport, CandidateType type, const Endpoint &remote, bool lan)
{
    if (transport == Transport::Tcp)
        return lan ? Strategy::TcpHost : Strategy::TcpPublic;
    // A peer's own packets that came from a private address, or by IPv6, crossed no NAT on their
    // way.
    const bool host = type == CandidateType::Host
        || (type == CandidateType::PeerReflexive
            && (!remote.address.isGlobal() || !remote.address.isV4()));
    return host ? Strategy::UdpHost : Strategy::UdpPunch;
}

PathClass classOf(Transport transport, bool lan, PathFilter filter)
{
    if (lan && filter != PathFilter::Tcp && filter != PathFilter::Udp)
        return PathClass::Lan;
    return transport == Transport::Tcp ? PathClass::Tcp : PathClass::Udp;
}

} // namespace postern::punch
