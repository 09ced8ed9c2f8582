#pragma once
// From the pairing table's plan, which speaks of networks, to what punch::PortSearch does,
// which knows values only. Pure; any thread.

#include "core/nat/pairing.h"
#include "core/punch/port_search.h"
#include "core/punch/simultaneous_open.h"

namespace postern {

/// The attempts of the side that has this role, in order. `peer`: where servers see the other.
punch::PortSearchConfig portSearchConfig(const nat::Plan &plan, punch::Role role,
                                         const Endpoint &stunServer, const Endpoint &peer);

/// How the Agent's first packets leave (Agent::setOpening), by the plan's first step.
struct Opening {
    int ttl = 2;
    bool openly = false;
    Duration holdOff{}; ///< 0: as usual
};
Opening openingOf(const nat::Plan &plan, punch::Role role);

/// Which port of a network's outside its TCP connections have.
struct TcpPorts {
    punch::SimultaneousOpen::Ports ports = punch::SimultaneousOpen::Ports::Offered;
    int step = 1;
};
TcpPorts tcpPortsOf(const nat::Behaviour &tcp);

/// Whether there is anything to guess where servers see the peer. Behind one NAT the way is inside;
/// through its outside only where packets turn round in it, which some can't be asked. `own`,
/// `peer`: as servers see them.
bool leadsOutside(const Endpoint &own, const Endpoint &peer, const nat::NetworkBehaviour &network);

} // namespace postern
