#pragma once
// Why a connection took the path it did, in one plain sentence: "Direct (UDP): your router gives
// each destination a new port; the 212th of 1,024 guesses met." Pure; any thread.

#include "core/nat/pairing.h"
#include "core/punch/race.h"
#include "core/transport/peer_channel.h"

namespace postern {

/// A path that has won, `elapsed` after it was sought, as everybody is told of it.
PathInfo pathOf(const punch::Won &won, const Endpoint &local, Duration elapsed,
                const nat::Plan &plan, punch::Role role);

/// A path that has won.
QString explainPath(const punch::Won &won, const nat::Plan &plan, punch::Role role);

/// Nothing direct was found, or was worth trying. `port`: ours, that forwarding would open.
QString explainRelay(const nat::Plan &plan, punch::Role role, std::uint16_t port);

} // namespace postern
