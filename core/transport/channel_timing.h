#pragma once

#include "core/base/clock.h"

namespace postern {

/// How patient a channel is. Both ends use the same; tests are in more of a hurry.
struct ChannelTiming {
    Duration handshake = 10s; ///< until both keys are checked
    Duration keepAlive = 5s; ///< each side says something at least this often...
    Duration watchedKeepAlive = 350ms; ///< the same, while someone waits for what passes
    /// ...so that silence means a dead path (RFC 9000 section 10.1). Whoever waits has another
    /// channel by then; an outage that is shorter may be sat out.
    Duration silence = 45s;
    Duration close = 5s; ///< how long close() waits for what is queued to arrive
};

} // namespace postern
