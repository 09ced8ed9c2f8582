#pragma once
// ChannelData, the short form in which TURN carries payload: channel number, length, data.
// Over UDP it is a datagram; over TCP and TLS it is padded to four bytes, and lies in one
// stream with STUN messages, which TurnStream cuts apart.
// Pure; any thread. Source: RFC 8656 sections 12 and 12.4 to 12.6.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <array>
#include <cstdint>
#include <optional>

namespace postern::stun {

inline constexpr std::uint16_t FIRST_CHANNEL = 0x4000; ///< RFC 8656 section 12
inline constexpr std::uint16_t LAST_CHANNEL = 0x4fff;
/// RFC 5766 section 11.2, by which many clients still choose: so we read up to it.
inline constexpr std::uint16_t LAST_OLD_CHANNEL = 0x7fff;
inline constexpr std::size_t CHANNEL_HEADER_BYTES = 4; ///< number, length

constexpr bool isChannel(std::uint32_t number)
{
    return number >= FIRST_CHANNEL && number <= LAST_OLD_CHANNEL;
}

/// A look at the first byte, enough to tell ChannelData from STUN on one socket.
inline bool looksLikeChannelData(ByteView message)
{
    return message.size() >= CHANNEL_HEADER_BYTES && message[0] >= 0x40 && message[0] <= 0x7f;
}

struct ChannelData {
    std::uint16_t channel = 0;
    ByteView data;
};

/// Nothing if it is none, or shorter than it says. What follows the data is padding.
std::optional<ChannelData> readChannelData(ByteView message);

std::array<std::uint8_t, CHANNEL_HEADER_BYTES> channelHeader(std::uint16_t channel,
                                                             std::size_t dataBytes);

/// How many bytes of zeros follow the data on TCP and TLS.
constexpr std::size_t channelPadding(std::size_t dataBytes) { return (4 - dataBytes % 4) % 4; }

/// STUN messages and ChannelData in the order they lie in a byte stream. Holds at most one
/// message that is not whole yet (64 KiB), and what was appended after it.
class TurnStream {
public:
    void append(ByteView bytes);
    /// The next whole message, ChannelData with its padding; empty while more bytes are needed.
    /// Valid until the next append(). Fails with Protocol where the stream is neither.
    Result<std::optional<ByteView>> next();
    /// What is held and was not taken by next().
    std::size_t pending() const { return static_cast<std::size_t>(m_bytes.size() - m_read); }

private:
    QByteArray m_bytes;
    qsizetype m_read = 0;
};

} // namespace postern::stun
