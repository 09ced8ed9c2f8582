#include "core/stun/channel_data.h"

#include "core/stun/layout.h"

namespace postern::stun {

namespace {

std::size_t read16(ByteView bytes, std::size_t at)
{
    return (std::size_t{bytes[at]} << 8) | bytes[at + 1];
}

/// Of the message that begins here, padding included; 0 where it is none of ours.
std::size_t lengthOf(ByteView stream)
{
    const std::size_t told = read16(stream, 2);
    if (looksLikeChannelData(stream))
        return CHANNEL_HEADER_BYTES + told + channelPadding(told);
    const bool stun = (stream[0] & 0xc0) == 0 && told % 4 == 0;
    return stun ? HEADER_BYTES + told : 0;
}

} // namespace

std::optional<ChannelData> readChannelData(ByteView message)
{
    if (!looksLikeChannelData(message))
        return std::nullopt;
    const std::size_t size = read16(message, 2);
    if (message.size() - CHANNEL_HEADER_BYTES < size)
        return std::nullopt;
    return ChannelData{static_cast<std::uint16_t>(read16(message, 0)),
                       message.subspan(CHANNEL_HEADER_BYTES, size)};
}

std::array<std::uint8_t, CHANNEL_HEADER_BYTES> channelHeader(std::uint16_t channel,
                                                             std::size_t dataBytes)
{
    return {static_cast<std::uint8_t>(channel >> 8), static_cast<std::uint8_t>(channel),
            static_cast<std::uint8_t>(dataBytes >> 8), static_cast<std::uint8_t>(dataBytes)};
}

void TurnStream::append(ByteView bytes)
{
    m_bytes.remove(0, m_read);
    m_read = 0;
    m_bytes.append(reinterpret_cast<const char *>(bytes.data()),
                   static_cast<qsizetype>(bytes.size()));
}

Result<std::optional<ByteView>> TurnStream::next()
{
    const ByteView rest = viewOf(m_bytes).subspan(static_cast<std::size_t>(m_read));
    if (rest.size() < CHANNEL_HEADER_BYTES)
        return std::optional<ByteView>();
    const std::size_t length = lengthOf(rest);
    if (length == 0)
        return Error{ErrorCode::Protocol, QStringLiteral("A TURN stream is out of step.")};
    if (rest.size() < length)
        return std::optional<ByteView>();
    m_read += static_cast<qsizetype>(length);
    return std::optional(rest.first(length));
}

} // namespace postern::stun
