#include "core/transport/mux_frame.h"

#include "core/transport/close_code.h"

#include <QtEndian>

#include <algorithm>

namespace postern {

namespace {

bool isData(MuxFrameType type)
{
    return type == MuxFrameType::Data || type == MuxFrameType::DataEnd;
}

/// The length every control frame of the type has.
std::uint32_t controlLength(MuxFrameType type)
{
    switch (type) {
    case MuxFrameType::Credit: return 8;
    case MuxFrameType::Close: return 4;
    default: return 0;
    }
}

} // namespace

void appendMuxHeader(QByteArray &out, const MuxFrameHeader &header)
{
    std::array<char, MUX_HEADER_BYTES> bytes;
    qToBigEndian((static_cast<quint32>(header.type) << 24) | header.length, bytes.data());
    qToBigEndian(header.stream, bytes.data() + 4);
    out.append(bytes.data(), bytes.size());
}

Result<void> MuxFrameReader::startFrame()
{
    const auto first = qFromBigEndian<quint32>(m_headerBytes.data());
    if ((first >> 24) > static_cast<quint32>(MuxFrameType::Close))
        return channel_error::notOurProtocol();
    m_header.type = static_cast<MuxFrameType>(first >> 24);
    m_header.length = first & 0xffffff;
    m_header.stream = qFromBigEndian<quint32>(m_headerBytes.data() + 4);
    m_left = m_header.length;
    m_controlHave = 0;
    const bool fits = isData(m_header.type) ? m_header.length <= MAX_MUX_PAYLOAD
                                            : m_header.length == controlLength(m_header.type);
    return fits ? Result<void>() : channel_error::notOurProtocol();
}

Result<std::optional<MuxFrameReader::Piece>> MuxFrameReader::next(ByteView &input)
{
    if (m_headerHave < MUX_HEADER_BYTES) {
        const std::size_t step = std::min(input.size(), MUX_HEADER_BYTES - m_headerHave);
        std::copy_n(input.begin(), step, m_headerBytes.begin() + m_headerHave);
        m_headerHave += step;
        input = input.subspan(step);
        if (m_headerHave < MUX_HEADER_BYTES)
            return std::optional<Piece>();
        if (const Result<void> started = startFrame(); !started)
            return started.error();
    }
    const std::size_t step = std::min<std::size_t>(input.size(), m_left);
    const ByteView part = input.first(step);
    input = input.subspan(step);
    m_left -= static_cast<std::uint32_t>(step);
    Piece piece{m_header, part, m_left == 0};
    if (!isData(m_header.type)) {
        std::copy(part.begin(), part.end(), m_control.begin() + m_controlHave);
        m_controlHave += step;
        piece.payload = ByteView(m_control).first(m_controlHave);
    }
    if (m_left == 0)
        m_headerHave = 0;
    else if (step == 0 || !isData(m_header.type))
        return std::optional<Piece>();
    return std::optional<Piece>(piece);
}

} // namespace postern
