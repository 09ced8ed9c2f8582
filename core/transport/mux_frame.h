#pragma once
// Frames that carry many streams over one TLS connection. A header of 8 bytes, big-endian:
//
//     type (1)  length of the payload (3)  stream (4)
//
// Data is not collected: a data frame's payload is handed on as it comes. Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <array>

namespace postern {

enum class MuxFrameType : std::uint8_t {
    Data = 0, ///< bytes of a stream
    DataEnd = 1, ///< the same, and the sender's direction ends after them; may be empty
    Credit = 2, ///< u64: bytes of the stream (0: of all streams) that may be sent in all
    Reset = 3, ///< both directions of the stream are given up
    KeepAlive = 4, ///< nothing; tells that the path lives
    Close = 5, ///< u32: why (close_code.h); the last frame
};

struct MuxFrameHeader {
    MuxFrameType type = MuxFrameType::Data;
    std::uint32_t length = 0;
    std::uint32_t stream = 0;
};

inline constexpr std::size_t MUX_HEADER_BYTES = 8;
/// The most a data frame carries; bounds how long one stream keeps the others waiting.
inline constexpr std::uint32_t MAX_MUX_PAYLOAD = 256 * 1024;

void appendMuxHeader(QByteArray &out, const MuxFrameHeader &header);

/// Cuts the decrypted byte stream into frames.
class MuxFrameReader {
public:
    /// One piece: a control frame whole, or some of a data frame's payload.
    struct Piece {
        MuxFrameHeader header;
        ByteView payload; ///< views into the input, or into the reader for control frames
        bool last = true; ///< of this frame
    };

    /// Takes the next piece off the front of `input`. Nullopt: all of it is used up. Fails
    /// with Protocol for a frame that can't be; the connection must then be closed.
    Result<std::optional<Piece>> next(ByteView &input);

private:
    Result<void> startFrame();

    std::array<std::uint8_t, MUX_HEADER_BYTES> m_headerBytes{};
    std::size_t m_headerHave = 0;
    MuxFrameHeader m_header;
    std::uint32_t m_left = 0; ///< payload bytes of the current frame still to come
    std::array<std::uint8_t, 8> m_control{}; ///< a control frame's payload
    std::size_t m_controlHave = 0;
};

} // namespace postern
