#include "core/wire/frame.h"

#include <QtEndian>

namespace postern {

namespace {
constexpr qsizetype LENGTH_BYTES = 4;
}

QByteArray frameOf(const QByteArray &payload)
{
    QByteArray frame(LENGTH_BYTES, Qt::Uninitialized);
    qToBigEndian(static_cast<quint32>(payload.size()), frame.data());
    frame.append(payload);
    return frame;
}

void FrameReader::append(ByteView bytes)
{
    if (m_start > 0) {
        m_buffer.remove(0, m_start);
        m_start = 0;
    }
    m_buffer.append(reinterpret_cast<const char *>(bytes.data()),
                    static_cast<qsizetype>(bytes.size()));
}

Result<std::optional<QByteArray>> FrameReader::next()
{
    const qsizetype available = m_buffer.size() - m_start;
    if (available < LENGTH_BYTES)
        return std::optional<QByteArray>();
    const auto length = qFromBigEndian<quint32>(m_buffer.constData() + m_start);
    if (length > m_max)
        return Error{ErrorCode::Protocol,
                     QStringLiteral("A message of %1 bytes was announced; at most %2 are allowed.")
                         .arg(length)
                         .arg(m_max)};
    if (available < LENGTH_BYTES + static_cast<qsizetype>(length))
        return std::optional<QByteArray>();
    QByteArray payload = m_buffer.mid(m_start + LENGTH_BYTES, static_cast<qsizetype>(length));
    m_start += LENGTH_BYTES + static_cast<qsizetype>(length);
    if (m_start == m_buffer.size()) { // an idle connection holds no memory
        m_buffer = QByteArray();
        m_start = 0;
    }
    return std::optional<QByteArray>(std::move(payload));
}

} // namespace postern
