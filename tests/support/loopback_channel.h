#pragma once
// Two PeerChannel ends joined in memory, for tests of whatever runs on a channel: no
// socket, no event loop, no clock. Bytes move, and observers are called, only inside
// pump(), so a test decides what happens when. Flow control is real: a reader that does
// not consume() stops the writer after `window` bytes a stream.

#include "core/transport/peer_channel.h"

#include <functional>
#include <memory>

namespace postern::test {

struct LoopbackOptions {
    DeviceId deviceA{}; ///< who end A is, as B sees it through peer()
    DeviceId deviceB{};
    PathInfo path{};
    std::size_t window = 1024 * 1024; ///< unconsumed bytes the reader of a stream lets come
    std::size_t chunk = 64 * 1024; ///< the most one streamData() call brings
    std::size_t maxStreams = 100; ///< each side may have so many of its own open
};

class LoopbackEnd;

class LoopbackPair {
public:
    explicit LoopbackPair(const LoopbackOptions &options = {});
    ~LoopbackPair();

    PeerChannel &a() const;
    PeerChannel &b() const;

    /// Hands an end over to code that wants to own it; a() or b() stays valid as long as
    /// the new owner keeps it.
    std::unique_ptr<PeerChannel> takeA();
    std::unique_ptr<PeerChannel> takeB();

    /// Delivers what can be delivered, and what that makes possible, for at most `rounds`
    /// rounds; one round brings at most one chunk a stream. Returns true if anything moved.
    bool pump(int rounds = 1'000'000);

    /// The path dies: what is under way is lost, both ends are told at the next pump().
    void cut(const Error &reason);

    /// Calls `cut` as soon as that many payload bytes have been delivered in all.
    void cutAfter(std::size_t bytes, const Error &reason);

    std::size_t bytesDelivered() const;
    /// What a reader asked for last; the window of these streams stays as it is.
    std::uint64_t widenedTo() const;

private:
    struct Wire;
    std::shared_ptr<Wire> m_wire;
    std::unique_ptr<LoopbackEnd> m_a;
    std::unique_ptr<LoopbackEnd> m_b;
    friend class LoopbackEnd;
};

} // namespace postern::test
