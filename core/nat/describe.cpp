#include "core/nat/describe.h"

#include <QCoreApplication>

namespace postern::nat {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Network", text); }

QString describeSymmetric(const Behaviour &udp)
{
    switch (udp.allocation) {
    case Allocation::Sequential:
        return tr("Your router gives each destination a new port, in steps that can be foretold, "
                  "so direct transfers to most networks work.");
    case Allocation::Block:
        return tr("Your provider gives each destination a new port out of %1, so a direct path to "
                  "some networks takes some guessing.")
            .arg(udp.highest - udp.lowest + 1);
    default:
        return tr("Your router gives each destination a new random port, so a direct path to some "
                  "networks takes many guesses; two such networks need a relay.");
    }
}

} // namespace

QString describeNetwork(const NetworkBehaviour &network)
{
    switch (classOf(network)) {
    case NatClass::Public:
        return tr("This computer can be reached from the internet, so direct transfers always "
                  "work.");
    case NatClass::FullCone:
        return tr("Your router lets anyone answer on a port that is open, so direct transfers to "
                  "nearly every network work.");
    case NatClass::RestrictedCone:
    case NatClass::PortRestrictedCone:
        return tr("Your router lets in only answers, on one port for all, so direct transfers to "
                  "most networks work.");
    case NatClass::Symmetric: return describeSymmetric(network.udp);
    case NatClass::Blocked:
        return tr("UDP does not get through on this network, so direct transfers need TCP or a "
                  "network that can be reached.");
    case NatClass::Unknown: break;
    }
    if (network.udp.passes != Answer::Yes)
        return tr("This network has not been measured yet.");
    return tr("UDP gets through. The server has one address only, so not everything about your "
              "router can be measured; most direct transfers work.");
}

} // namespace postern::nat
