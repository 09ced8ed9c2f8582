#include "core/wire/block_frame.h"

#include "core/wire/manifest_page.h"

#include <QtEndian>

#include <algorithm>
#include <cstring>

namespace postern::wire {

namespace {

constexpr qsizetype HEAD_BYTES = 8;
constexpr qsizetype RECORD_BYTES = 1 + 4 + 8 + 4 + 16;
constexpr qsizetype PACKED_LENGTH_BYTES = 4;
constexpr quint16 PACKED = 1;

Error brokenFrame()
{
    return {ErrorCode::Protocol,
            QStringLiteral("The other side sent file data that makes no sense; the transfer "
                           "was ended.")};
}

BlockRecord parseRecord(const char *at)
{
    BlockRecord record;
    record.kind = static_cast<RecordKind>(at[0]);
    record.entry = qFromBigEndian<quint32>(at + 1);
    record.offset = qFromBigEndian<qint64>(at + 5);
    record.length = qFromBigEndian<quint32>(at + 13);
    std::memcpy(record.hash.data(), at + 17, record.hash.size());
    if (record.kind == RecordKind::Hole) {
        const bool zeros = qFromBigEndian<quint64>(at + 25) == 0;
        record.hole = zeros ? qFromBigEndian<qint64>(at + 17) : -1;
        record.hash.fill(0);
    }
    return record;
}

/// What stands where data has its hash.
void putHole(qint64 bytes, char *at)
{
    qToBigEndian(bytes, at);
    std::memset(at + 8, 0, 8);
}

bool isSound(const BlockRecord &record)
{
    if (record.kind >= RecordKind::COUNT || record.offset < 0 || record.offset > MAX_FILE_BYTES
        || record.length > MAX_BLOCK_BYTES)
        return false;
    if (record.kind == RecordKind::Hole)
        return record.length == 0 && record.hole > 0
            && record.hole <= MAX_FILE_BYTES - record.offset;
    return record.kind == RecordKind::Data || record.length == 0;
}

} // namespace

std::size_t BlockFrame::wireBytes() const
{
    return static_cast<std::size_t>(HEAD_BYTES + records.size() * RECORD_BYTES
                                    + (packed ? PACKED_LENGTH_BYTES : 0) + data.size());
}

std::size_t BlockFrame::contentBytes() const
{
    std::size_t sum = 0;
    for (const BlockRecord &record : records)
        sum += record.length;
    return sum;
}

QByteArray encodeBlockHead(const QList<BlockRecord> &records)
{
    QByteArray out(HEAD_BYTES + records.size() * RECORD_BYTES, '\0');
    char *at = out.data() + HEAD_BYTES;
    quint32 dataBytes = 0;
    for (const BlockRecord &record : records) {
        at[0] = static_cast<char>(record.kind);
        qToBigEndian(record.entry, at + 1);
        qToBigEndian(record.offset, at + 5);
        qToBigEndian(record.length, at + 13);
        if (record.kind == RecordKind::Hole)
            putHole(record.hole, at + 17);
        else
            std::memcpy(at + 17, record.hash.data(), record.hash.size());
        at += RECORD_BYTES;
        dataBytes += record.length;
    }
    qToBigEndian(static_cast<quint16>(records.size()), out.data());
    qToBigEndian(dataBytes, out.data() + 4);
    return out;
}

void markPacked(QByteArray &head, quint32 packedBytes)
{
    qToBigEndian(PACKED, head.data() + 2);
    std::array<char, PACKED_LENGTH_BYTES> length{};
    qToBigEndian(packedBytes, length.data());
    head.append(length.data(), length.size());
}

bool BlockReader::fill(QByteArray &into, qsizetype target, ByteView &bytes)
{
    const qsizetype wanted = std::min(target - into.size(), static_cast<qsizetype>(bytes.size()));
    into.append(reinterpret_cast<const char *>(bytes.data()), wanted);
    bytes = bytes.subspan(static_cast<std::size_t>(wanted));
    return into.size() == target;
}

Result<void> BlockReader::parseHead()
{
    m_count = qFromBigEndian<quint16>(m_head.constData());
    const auto packing = qFromBigEndian<quint16>(m_head.constData() + 2);
    m_dataBytes = qFromBigEndian<quint32>(m_head.constData() + 4);
    if (m_count == 0 || m_count > MAX_BLOCK_RECORDS || packing > PACKED
        || m_dataBytes > MAX_BLOCK_BYTES)
        return brokenFrame();
    m_frame.packed = packing == PACKED;
    return {};
}

Result<void> BlockReader::parseRecords()
{
    quint64 sum = 0;
    m_frame.records.reserve(m_count);
    for (const char *at = m_head.constData() + HEAD_BYTES; m_frame.records.size() < m_count;
         at += RECORD_BYTES) {
        const BlockRecord record = parseRecord(at);
        if (!isSound(record))
            return brokenFrame();
        sum += record.length;
        m_frame.records.append(record);
    }
    if (sum != m_dataBytes)
        return brokenFrame();
    return {};
}

/// What does not become shorter is not packed.
Result<void> BlockReader::parsePackedLength()
{
    const auto length =
        qFromBigEndian<quint32>(m_head.constData() + m_head.size() - PACKED_LENGTH_BYTES);
    if (length == 0 || length >= m_dataBytes)
        return brokenFrame();
    m_dataBytes = length;
    return {};
}

Result<std::optional<BlockFrame>> BlockReader::take(ByteView &bytes)
{
    if (m_stage == Stage::Head) {
        if (!fill(m_head, HEAD_BYTES, bytes))
            return std::optional<BlockFrame>();
        if (auto head = parseHead(); !head)
            return head.error();
        m_stage = Stage::Records;
    }
    if (m_stage == Stage::Records) {
        if (!fill(m_head, HEAD_BYTES + m_count * RECORD_BYTES, bytes))
            return std::optional<BlockFrame>();
        if (auto records = parseRecords(); !records)
            return records.error();
        m_stage = m_frame.packed ? Stage::PackedLength : Stage::Data;
    }
    if (m_stage == Stage::PackedLength) {
        if (!fill(m_head, HEAD_BYTES + m_count * RECORD_BYTES + PACKED_LENGTH_BYTES, bytes))
            return std::optional<BlockFrame>();
        if (auto length = parsePackedLength(); !length)
            return length.error();
        m_stage = Stage::Data;
    }
    m_frame.data.reserve(m_dataBytes);
    if (!fill(m_frame.data, m_dataBytes, bytes))
        return std::optional<BlockFrame>();
    m_stage = Stage::Head;
    m_head.clear();
    return std::optional<BlockFrame>(std::exchange(m_frame, {}));
}

} // namespace postern::wire
