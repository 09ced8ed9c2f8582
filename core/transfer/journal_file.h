#pragma once
// An append-only file of records that survives a crash at any instant: whatever was cut off,
// torn or left over behind the last whole record is as if it had never been written.
//
//     record := length:u32 check:u64 payload{length}          numbers big-endian
//     check  := the first 8 bytes of XXH3-128(check of the record before || payload)
//
// The chain keeps older records that lie behind a rewritten one from counting. Payloads are
// CBOR maps (wire/codec.h). Pure codec below, a thin store above it. Worker; one lane.

#include "core/transfer/file_system.h"

#include <functional>
#include <optional>

namespace postern {

/// Longest payload: a page of a manifest fits.
inline constexpr quint32 MAX_JOURNAL_PAYLOAD = 128 * 1024;
/// A journal of more bytes than this is not believed.
inline constexpr qint64 MAX_JOURNAL_BYTES = qint64{512} * 1024 * 1024;

class JournalWriter {
public:
    /// The record for the payload, chained to the one before.
    QByteArray record(const QByteArray &payload);

private:
    friend class JournalReader;
    QByteArray m_check;
};

class JournalReader {
public:
    void append(ByteView bytes) { m_buffer.append(toByteArray(bytes)); }
    /// The next whole record's payload; nothing where more bytes are needed, or for ever once
    /// a record is broken.
    std::optional<QByteArray> next();

    qint64 goodBytes() const { return m_good; } ///< up to the end of the last whole record
    JournalWriter writer() const; ///< goes on behind it

private:
    QByteArray m_buffer;
    qsizetype m_at = 0;
    qint64 m_good = 0;
    bool m_broken = false;
    QByteArray m_check;
};

class JournalFile {
public:
    /// Fails with FileExists where there is one.
    static Result<std::unique_ptr<JournalFile>> create(Folder &folder, const QByteArray &name);
    /// Reads every record, then goes on behind the last.
    static Result<std::unique_ptr<JournalFile>>
    open(Folder &folder, const QByteArray &name,
         const std::function<void(const QByteArray &payload)> &take);

    Result<void> append(const QByteArray &payload);
    Result<void> sync() { return m_file->sync(); }
    /// When it had been written to last, as it was opened.
    qint64 openedNs() const { return m_openedNs; }

private:
    explicit JournalFile(std::unique_ptr<File> file)
        : m_file(std::move(file))
    {
    }
    std::unique_ptr<File> m_file;
    qint64 m_end = 0;
    qint64 m_openedNs = 0;
    JournalWriter m_writer;
};

} // namespace postern
