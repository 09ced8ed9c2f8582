#pragma once
// Which of a machine's many addresses are worth telling a peer, best first. Containers,
// virtual machines and VPNs fill the list of interfaces; a peer that probes all of them
// wastes packets and time. Pure; any thread. Source: RFC 8445 section 5.1.1.1, RFC 8421.

#include "core/base/interface_address.h"
#include "core/punch/candidate.h"

namespace postern::punch {

struct LocalAddressPolicy {
    int most = 16; ///< addresses offered in all
    int mostPerInterface = 3; ///< of one family; IPv6 privacy addresses pile up
    bool offerLoopback = false; ///< an explicit choice; else only when there is nothing else
};

/// What an interface is, guessed from its name and kind.
enum class InterfaceClass { Physical, Vpn, Virtual, Loopback };
InterfaceClass classifyInterface(const InterfaceAddress &address);

/// Usable addresses, best first. Down interfaces, multicast, unspecified and link-local IPv6
/// never; addresses of containers and virtual machines only where there is no better one.
QList<InterfaceAddress> rankLocalAddresses(const QList<InterfaceAddress> &all,
                                           const LocalAddressPolicy &policy = {});

/// Host candidates for ranked addresses, all on one port.
QList<Candidate> hostCandidates(const QList<InterfaceAddress> &ranked, Transport transport,
                                std::uint16_t port);

/// True if the address lies in a network that one of our interfaces is on.
bool isOnLink(const IpAddress &address, const QList<InterfaceAddress> &local);

} // namespace postern::punch
