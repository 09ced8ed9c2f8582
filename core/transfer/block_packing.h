#pragma once
// Blocks packed by zstd (RFC 8878): whether that is worth it, and both ways of doing it. The
// packed frame is described in core/wire/block_frame.h; its hashes are of the content.
//
// Thread: BlockPacker and unpack() on a worker, one lane; PackingJudge on the engine thread.

#include "core/base/clock.h"
#include "core/wire/block_frame.h"

#include <memory>
#include <optional>

struct ZSTD_CCtx_s;

namespace postern {

/// What a receiver that unpacks says in its accept.
inline constexpr auto ZSTD_CAPABILITY = "zstd";

class BlockPacker {
public:
    BlockPacker();
    ~BlockPacker();

    /// The data packed, where a trial on its beginning and then the whole come out smaller by
    /// enough. Sets how much of it was looked at.
    std::optional<QByteArray> pack(ByteView data, qint64 &tried);

private:
    struct Free {
        void operator()(ZSTD_CCtx_s *context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, Free> m_context;
};

/// Puts the content in place of the packed data, if it is packed. Protocol where that is not
/// exactly as long as the records say; never takes more memory than they do.
Result<void> unpack(wire::BlockFrame &frame);

/// Weighs how fast blocks are packed against how fast the link takes them: packing helps while
/// the link is the slower of the two.
class PackingJudge {
public:
    static constexpr double ASSUMED_PACK_RATE = 200e6; ///< before it was measured

    /// A new channel. Until its rate is known, a line to the next room counts as too fast.
    void begin(Instant now, bool nearby);
    void packed(qint64 bytes, Duration spent);
    /// Bytes that the channel took. `full`: it, or a limit on it, took less than was there.
    void sent(Instant now, qint64 bytes, bool full);

    bool worthIt() const;

private:
    Instant m_windowBegan{};
    qint64 m_windowBytes = 0;
    Duration m_windowSpent{};
    bool m_windowFull = false;
    bool m_nearby = false;
    std::optional<double> m_linkRate; ///< bytes a second
    double m_packRate = ASSUMED_PACK_RATE; ///< the same, of content
};

} // namespace postern
