#pragma once

#include "core/peer/greeting_channel.h"

#include <functional>
#include <memory>
#include <vector>

namespace postern {

/// Asked when a channel has been secured: whether its user should not wait for the peer's hello,
/// as it has no other that works.
using GoesAhead = std::function<bool()>;

/// A channel that is ready for use, and the path it took.
struct ReadyChannel {
    std::unique_ptr<PeerChannel> channel;
    PathInfo path;
    std::vector<EarlyBytes> early = {}; ///< for the next observer, before anything else
    GreetingChannel *unproven = nullptr; ///< the channel, while the peer's hello is awaited
};

} // namespace postern
