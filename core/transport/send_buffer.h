#pragma once
// The bytes of one stream that its writer queued: first waiting to be sent, then (QUIC)
// kept until the peer has acknowledged them. Chunks are shared with the writer, never
// copied. Value, engine thread.

#include "core/base/bytes.h"

#include <deque>

namespace postern {

/// How much of one stream may wait unsent; what writableBytes() counts down from.
inline constexpr std::size_t WRITE_QUEUE_BYTES = 4 * 1024 * 1024;

class SendBuffer {
public:
    void append(QByteArray bytes);

    std::size_t unsent() const { return m_unsent; }
    std::size_t unacknowledged() const { return m_held - m_unsent; }

    /// What a well-behaved writer may add now.
    std::size_t writable() const
    {
        return m_unsent < WRITE_QUEUE_BYTES ? WRITE_QUEUE_BYTES - m_unsent : 0;
    }

    /// Views of the next unsent bytes, at most `maxBytes` in all; returns how many views
    /// of `out` were filled. Valid until the bytes are acknowledged.
    std::size_t peek(std::span<ByteView> out, std::size_t maxBytes) const;

    void markSent(std::size_t count);
    void markAcknowledged(std::size_t count);
    void clear();

    /// True once after the queue, having been full, has become half empty.
    bool takeBecameWritable();

private:
    std::deque<QByteArray> m_chunks;
    std::size_t m_ackedInFirst = 0; ///< acknowledged bytes of the first chunk
    std::size_t m_cursor = 0; ///< index of the chunk with the next unsent byte
    std::size_t m_sentInCursor = 0; ///< bytes of that chunk that were sent
    std::size_t m_held = 0; ///< not yet acknowledged, sent or not
    std::size_t m_unsent = 0;
    bool m_wasFull = false;
};

} // namespace postern
