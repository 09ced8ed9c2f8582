#pragma once
// Frames on a byte stream: a 4-byte big-endian length, then that many bytes. Used between
// client and rendezvous and on the control streams between peers. See PROTOCOL.md.
// Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <optional>

namespace postern {

/// The largest frame either end of a rendezvous connection accepts.
inline constexpr std::uint32_t MAX_FRAME_BYTES = 64 * 1024;
/// The largest frame a server accepts before the client has signed in.
inline constexpr std::uint32_t MAX_EARLY_FRAME_BYTES = 8 * 1024;

/// The frame that carries the payload.
QByteArray frameOf(const QByteArray &payload);

/// Cuts a byte stream into frames. Holds at most one incomplete frame, so memory stays
/// below the limit whatever the other side sends.
class FrameReader {
public:
    explicit FrameReader(std::uint32_t maxFrameBytes = MAX_FRAME_BYTES)
        : m_max(maxFrameBytes)
    {
    }

    void setMaxFrameBytes(std::uint32_t bytes) { m_max = bytes; }
    void append(ByteView bytes);

    /// The next whole frame's payload, nullopt when more bytes are needed, or Protocol when
    /// the announced length exceeds the limit: the connection must then be closed.
    Result<std::optional<QByteArray>> next();

    std::size_t buffered() const { return static_cast<std::size_t>(m_buffer.size() - m_start); }

private:
    std::uint32_t m_max;
    QByteArray m_buffer;
    qsizetype m_start = 0;
};

} // namespace postern
