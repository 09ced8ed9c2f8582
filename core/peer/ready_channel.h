#pragma once

#include "core/transport/peer_channel.h"

#include <QByteArray>

#include <memory>
#include <vector>

namespace postern {

/// What came on a stream of the peer's while our hello was still under way: the peer may go on
/// as soon as it has answered, and streams overtake each other. No credit was given for it.
struct EarlyBytes {
    StreamId stream = 0;
    QByteArray bytes;
    bool finished = false;
};

/// A channel that is ready for use, and the path it took.
struct ReadyChannel {
    std::unique_ptr<PeerChannel> channel;
    PathInfo path;
    std::vector<EarlyBytes> early = {}; ///< for the next observer, before anything else
};

} // namespace postern
