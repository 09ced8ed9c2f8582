#include "core/punch/candidate.h"

#include <algorithm>

namespace postern::punch {

namespace {

constexpr std::uint32_t COMPONENT_ID = 1; // one component: a file needs no RTCP

/// RFC 8445 section 5.1.2.2 recommends 126, 110 and 100; a proved public address stands
/// between a host's own and one that still needs punching.
std::uint32_t typePreference(CandidateType type)
{
    switch (type) {
    case CandidateType::Host: return 126;
    case CandidateType::Public: return 120;
    case CandidateType::PeerReflexive: return 110;
    case CandidateType::ServerReflexive: return 100;
    case CandidateType::COUNT: break;
    }
    return 0;
}

} // namespace

QString candidateTypeName(CandidateType type)
{
    switch (type) {
    case CandidateType::Host: return QStringLiteral("host");
    case CandidateType::ServerReflexive: return QStringLiteral("server-reflexive");
    case CandidateType::PeerReflexive: return QStringLiteral("peer-reflexive");
    case CandidateType::Public: return QStringLiteral("public");
    case CandidateType::COUNT: break;
    }
    return QStringLiteral("host");
}

std::uint32_t candidatePriority(CandidateType type, std::uint16_t localPreference)
{
    return (typePreference(type) << 24) | (std::uint32_t{localPreference} << 8)
        | (256 - COMPONENT_ID);
}

std::uint64_t pairPriority(std::uint32_t controlling, std::uint32_t controlled)
{
    const std::uint64_t low = std::min(controlling, controlled);
    const std::uint64_t high = std::max(controlling, controlled);
    return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

bool isUsableRemote(const Endpoint &endpoint)
{
    const IpAddress &address = endpoint.address;
    const bool thisNetwork = address.isV4() && address.bytes()[0] == 0; // 0.0.0.0/8, RFC 1122
    const bool scopeless = !address.isV4() && address.isLinkLocal() && address.scope() == 0;
    return endpoint.port != 0 && !address.isUnspecified() && !address.isMulticastOrBroadcast()
        && !thisNetwork && !scopeless;
}

} // namespace postern::punch
