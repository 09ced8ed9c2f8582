#pragma once
// What is known of this network, in the faces' terms. Any thread.

#include "core/engine_types.h"
#include "core/peer/gatherer.h"

namespace postern {

NetworkInfo networkInfo(const NetworkFacts &facts, const nat::NetworkBehaviour &behaviour);

} // namespace postern
