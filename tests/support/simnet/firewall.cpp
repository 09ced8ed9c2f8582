#include "tests/support/simnet/firewall.h"

namespace postern::simnet {

Firewall::Session Firewall::sessionOf(const Endpoint &inner, const Endpoint &remote) const
{
    switch (m_profile.filtering) {
    case Filtering::EndpointIndependent: return {inner, {}};
    case Filtering::AddressDependent: return {inner, {remote.address, 0}};
    case Filtering::AddressAndPortDependent: break;
    }
    return {inner, remote};
}

bool Firewall::outbound(Instant now, const Endpoint &inner, const Endpoint &remote)
{
    if (m_profile.passesNothing)
        return false;
    m_sessions[sessionOf(inner, remote)] = now;
    return true;
}

bool Firewall::inbound(Instant now, const Endpoint &inner, const Endpoint &remote)
{
    const auto found = m_sessions.find(sessionOf(inner, remote));
    if (found == m_sessions.end() || now - found->second >= m_profile.idleTimeout)
        return false;
    found->second = now;
    return true;
}

} // namespace postern::simnet
