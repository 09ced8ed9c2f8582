#include "core/transfer/hash_notes.h"

#include "core/base/log.h"
#include "core/transfer/block_hash.h"

#include <QtEndian>

#include <algorithm>
#include <vector>

namespace postern {

namespace {

constexpr qsizetype PROGRESS_BYTES = 24;
constexpr qsizetype CHECK_AT = 4;
constexpr qsizetype HASH_AT = 8;
/// Entries without a hash between two with one that are written as zeros.
constexpr Manifest::Index MOST_GAP = 4096;

/// Of one file at one place, so that nothing left over counts.
quint32 checkOf(Manifest::Index entry, qint64 piece, ByteView hash)
{
    const QByteArray bytes =
        toByteArray(hash) + QByteArray::number(entry) + '/' + QByteArray::number(piece);
    const wire::BlockHash check = blockHash(viewOf(bytes));
    return qFromBigEndian<quint32>(check.data());
}

} // namespace

HashNotes::HashNotes(JournalHome home, const QByteArray &beside, Manifest::Index entries)
    : m_home(std::move(home))
    , m_name(HASH_NOTES_PREFIX + beside)
    , m_entries(entries)
{
}

/// Null where none is to be had: then nothing is noted for good.
File *HashNotes::file()
{
    if (m_file || m_failed)
        return m_file.get();
    const auto folder = m_home.files->openFolder(m_home.folder);
    auto file = folder ? (*folder)->changeFile(m_name) : folder.error();
    if (!file && folder)
        file = (*folder)->createFile(m_name);
    if (file)
        m_file = std::move(*file);
    else
        qCWarning(logTransfer) << "no hashes are kept:" << file.error().message;
    m_failed = !m_file;
    return m_file.get();
}

qint64 HashNotes::progressAt(qint64 piece) const
{
    return qint64{m_entries} * HASH_BYTES + (piece - 1) * PROGRESS_BYTES;
}

void HashNotes::write(qint64 offset, const QByteArray &bytes)
{
    const std::lock_guard lock(m_mutex);
    if (File *into = file())
        if (const auto written = into->write(offset, viewOf(bytes)); !written) {
            qCWarning(logTransfer) << "no more hashes are kept:" << written.error().message;
            m_file.reset();
            m_failed = true;
        }
}

void HashNotes::noteFiles(Manifest::Index first, const QByteArray &hashes)
{
    write(qint64{first} * HASH_BYTES, hashes);
}

void HashNotes::noteProgress(Manifest::Index entry, const FileHash &hash)
{
    if (hash.pieces() == 0)
        return;
    QByteArray slot(PROGRESS_BYTES, '\0');
    qToBigEndian<quint32>(entry, slot.data());
    qToBigEndian<quint32>(checkOf(entry, hash.pieces(), hash.chain()), slot.data() + CHECK_AT);
    std::copy(hash.chain().begin(), hash.chain().end(), slot.begin() + HASH_AT);
    write(progressAt(hash.pieces()), slot);
}

void HashNotes::sync()
{
    const std::lock_guard lock(m_mutex);
    if (m_file)
        (void)m_file->sync().ok(); // what is lost is not told
}

std::optional<FileHash> HashNotes::progress(Manifest::Index entry, qint64 offset)
{
    const qint64 piece = offset / FileHash::PIECE;
    if (piece == 0)
        return FileHash();
    std::array<std::uint8_t, PROGRESS_BYTES> slot{};
    const std::lock_guard lock(m_mutex);
    File *from = file();
    const auto got = from ? from->read(progressAt(piece), slot) : Result<qsizetype>(0);
    if (!got || *got != PROGRESS_BYTES || qFromBigEndian<quint32>(slot.data()) != entry)
        return std::nullopt;
    wire::BlockHash hash;
    std::copy(slot.begin() + HASH_AT, slot.end(), hash.begin());
    if (qFromBigEndian<quint32>(slot.data() + CHECK_AT) != checkOf(entry, piece, hash))
        return std::nullopt;
    return FileHash(piece, hash);
}

QByteArray HashNotes::files(Manifest::Index first, Manifest::Index entries)
{
    const Manifest::Index count = first < m_entries ? std::min(entries, m_entries - first) : 0;
    QByteArray hashes(qsizetype{count} * HASH_BYTES, '\0');
    const std::lock_guard lock(m_mutex);
    File *from = count > 0 ? file() : nullptr;
    if (from) {
        const MutableByteView view(reinterpret_cast<std::uint8_t *>(hashes.data()),
                                   static_cast<std::size_t>(hashes.size()));
        if (!from->read(qint64{first} * HASH_BYTES, view))
            hashes.fill('\0');
    }
    return hashes;
}

void HashNotes::forget()
{
    const std::lock_guard lock(m_mutex);
    m_file.reset();
    m_failed = false;
    if (const auto folder = m_home.files->openFolder(m_home.folder))
        (void)(*folder)->removeFile(m_name).ok(); // most often there is none
}

// --- what one side adds --------------------------------------------------------------------

void FileHasher::begin(Manifest::Index entry, qint64 offset, File &file)
{
    m_entry = entry;
    m_hash = m_notes ? m_notes->progress(entry, offset) : std::nullopt;
    if (!m_hash)
        return;
    const qint64 at = m_hash->pieces() * FileHash::PIECE;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(offset - at));
    if (bytes.empty())
        return;
    const auto got = file.read(at, bytes);
    if (got && *got == static_cast<qsizetype>(bytes.size()))
        m_hash->add(bytes);
    else
        m_hash.reset();
}

void FileHasher::add(const wire::BlockRecord &record, ByteView data, bool ends)
{
    if (!m_hash)
        return;
    if (record.kind == wire::RecordKind::Hole)
        m_hash->addZeros(record.hole);
    else
        m_hash->add(data, record.hash, ends);
    if (!ends)
        return;
    if (m_entry - m_from > MOST_GAP)
        noteFiles();
    if (m_done.isEmpty())
        m_from = m_entry;
    m_done.resize(qsizetype{m_entry - m_from} * HashNotes::HASH_BYTES, '\0'); // folders between
    m_done += toByteArray(m_hash->end());
    m_hash.reset();
}

void FileHasher::noteFiles()
{
    if (!m_done.isEmpty())
        m_notes->noteFiles(m_from, std::exchange(m_done, {}));
}

void FileHasher::note()
{
    noteFiles();
    if (m_hash)
        m_notes->noteProgress(m_entry, *m_hash);
}

void FileHasher::sync()
{
    if (m_notes)
        m_notes->sync();
}

} // namespace postern
