#pragma once
// The bytes of files on a data stream, in frames. A frame carries one block of a large
// file or many whole small files, so that small files need no frame each. All numbers
// are big-endian.
//
//     frame  := count:u16 packing:u16 data-length:u32  record{count}  (data | length:u32 packed)
//     record := kind:u8 entry:u32 offset:u64 length:u32 xxh3-128:16 bytes
//
// The data of the records follows in the same order, back to back: as it is (packing 0) or as
// one run of zstd frames (1, RFC 8878) that is shorter and must unpack to exactly data-length
// bytes. Hashes are of what it unpacks to. Records go through
// the manifest's files in order and through each file from its start, without gaps.
// A Hole stands for zeros that take no space: its length is 0, and in place of the hash are
// the hole's length, u64, and 8 zero bytes. A record of any other kind than Data says why no
// more of that file will come.
// Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QList>

#include <array>
#include <optional>

namespace postern::wire {

/// A frame's data at most; a reader holds one incomplete frame.
inline constexpr quint32 MAX_BLOCK_BYTES = 1024 * 1024;
inline constexpr quint16 MAX_BLOCK_RECORDS = 1024;

using BlockHash = std::array<std::uint8_t, 16>; ///< XXH3-128, canonical (big-endian) form

enum class RecordKind : std::uint8_t {
    Data,
    Vanished, ///< the file is gone from the sender's disk
    Changed, ///< its content, size or time is not what was offered
    Unreadable,
    Hole, ///< zeros that the sender's disk does not hold
    COUNT
};

/// A record that says why a file does not come, or not to its end.
inline bool isProblem(RecordKind kind)
{
    return kind == RecordKind::Vanished || kind == RecordKind::Changed
        || kind == RecordKind::Unreadable;
}

struct BlockRecord {
    RecordKind kind = RecordKind::Data;
    quint32 entry = 0; ///< index in the manifest; a file
    qint64 offset = 0; ///< of the first byte in the file
    quint32 length = 0; ///< 0 for an empty file and for kinds other than Data
    BlockHash hash{}; ///< of this record's data
    qint64 hole = 0; ///< bytes of a Hole

    /// Bytes of the file that it stands for.
    qint64 covers() const { return kind == RecordKind::Hole ? hole : qint64{length}; }

    friend bool operator==(const BlockRecord &, const BlockRecord &) = default;
};

struct BlockFrame {
    QList<BlockRecord> records;
    QByteArray data;
    bool packed = false; ///< the data, by zstd

    std::size_t wireBytes() const; ///< with its head
    std::size_t contentBytes() const; ///< of the records; what the data is long once unpacked
};

/// Everything of a frame but its data, which is written behind it without a copy.
QByteArray encodeBlockHead(const QList<BlockRecord> &records);
/// Turns such a head into one of a frame whose data comes packed, in so many bytes.
void markPacked(QByteArray &head, quint32 packedBytes);

/// Cuts a data stream into frames. Memory stays below one frame whatever comes.
class BlockReader {
public:
    /// Takes bytes from the front of `bytes`, up to the end of the frame under way; the view
    /// shrinks by what was taken. A frame once it is whole, nullopt when more is needed, or
    /// Protocol: then the stream must be given up.
    Result<std::optional<BlockFrame>> take(ByteView &bytes);

    bool betweenFrames() const { return m_stage == Stage::Head && m_head.isEmpty(); }

private:
    enum class Stage { Head, Records, PackedLength, Data };

    bool fill(QByteArray &into, qsizetype target, ByteView &bytes);
    Result<void> parseHead();
    Result<void> parseRecords();
    Result<void> parsePackedLength();

    Stage m_stage = Stage::Head;
    QByteArray m_head; ///< the head, then the records
    quint16 m_count = 0;
    quint32 m_dataBytes = 0; ///< of the records; from PackedLength on, what is still to come
    BlockFrame m_frame;
};

} // namespace postern::wire
