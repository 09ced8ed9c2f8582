#include "core/peer/peer_addresses.h"

namespace postern {

QList<IpAddress> publicAddresses(const QList<punch::Candidate> &candidates)
{
    QList<IpAddress> addresses;
    for (const auto &candidate : candidates)
        if (candidate.type == punch::CandidateType::ServerReflexive
            || candidate.type == punch::CandidateType::Public)
            addresses.append(candidate.endpoint.address);
    return addresses;
}

Endpoint outsideUdp(const QList<punch::Candidate> &candidates)
{
    Endpoint outside;
    for (const auto &candidate : candidates)
        if (candidate.transport == punch::Transport::Udp && candidate.endpoint.address.isV4()
            && candidate.type != punch::CandidateType::Host)
            outside = candidate.endpoint;
    return outside;
}

} // namespace postern
