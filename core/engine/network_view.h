#pragma once
// What is known of this network, and how a path was sought, in the faces' terms. Any thread.

#include "core/engine_types.h"
#include "core/peer/gatherer.h"
#include "core/peer/search_report.h"

namespace postern {

NetworkInfo networkInfo(const NetworkFacts &facts, const nat::NetworkBehaviour &behaviour);
SearchInfo searchInfo(const SearchReport &report);

} // namespace postern
