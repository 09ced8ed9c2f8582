#pragma once
// A network in one plain sentence for people. Any thread.

#include "core/nat/behaviour.h"

namespace postern::nat {

/// What it means for transfers, in words that need no knowledge of NAT.
QString describeNetwork(const NetworkBehaviour &network);

} // namespace postern::nat
