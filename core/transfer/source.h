#pragma once
// The sender's side of the disk: what will be sent (found by scanSource) and the reader that
// turns it into block frames. Both run on a worker; neither knows of any connection.

#include "core/transfer/file_system.h"
#include "core/transfer/folder_chain.h"
#include "core/transfer/hash_notes.h"
#include "core/transfer/manifest.h"
#include "core/wire/block_frame.h"

#include <QHash>
#include <QStringList>

#include <atomic>
#include <memory>

namespace postern {

/// What was found under the paths a person chose.
struct Source {
    Manifest manifest;
    QByteArray listHash; ///< Manifest::hash()
    QString title; ///< the first top-level name; of a text: its first line
    QString text; ///< what is sent, instead of files
    QStringList notes; ///< what was left out or renamed, as sentences
    /// Per entry: which file it was when scanned, folded (a chance of 2^-32 that a file of the
    /// same size and time passes for it). Empty where that is not known, as in another life,
    /// when disks may have other numbers.
    std::vector<quint32> identities;
    qint64 storedBytes = 0; ///< what the files take on a disk that keeps holes
    std::vector<QByteArray> rootFolders; ///< per root: the folder it lies in
    QHash<Manifest::Index, QByteArray> nativeNames; ///< where it is not the manifest's name

    static quint32 folded(quint64 identity)
    {
        return static_cast<quint32>(identity ^ identity >> 32);
    }
    QByteArray nativeName(Manifest::Index entry) const
    {
        return nativeNames.value(entry, manifest.name(entry));
    }
    /// Where it lies on the disk, for scanSource(): what is behind "/./" is kept of it.
    QString keptPath(Manifest::Index entry) const;
};

/// Looks at everything under the paths (absolute or relative to the process). Of "/a/./b/c" the
/// folder b is kept, with c alone in it; such ones with the same b stand together. Links below them
/// that lead out of what is sent, special files and unreadable ones are left out and noted. Fails
/// when a path itself does not exist or can't be read, or when nothing is left. Worker.
Result<std::shared_ptr<const Source>> scanSource(FileSystem &files, const QStringList &paths,
                                                 const std::atomic<bool> &cancelled);

/// A text or link to be sent; needs no disk.
std::shared_ptr<const Source> textSource(const QString &text);
/// Tells two texts apart, as Manifest::hash() does lists.
QByteArray textHash(const QString &text);
/// Its first line, shortened.
QString titleOfText(const QString &text);

/// The sender's block: large enough that a frame's overhead is nothing, small enough that
/// progress on a slow line stays lively. See tests/bench for the measurement.
inline constexpr quint32 BLOCK_BYTES = 256 * 1024;

/// Holes from this size on are told as such; smaller ones are not worth a record.
inline constexpr qint64 LEAST_HOLE = 64 * 1024;

/// Whether the file is worth a look for holes.
inline bool mayHaveHoles(const FileInfo &info) { return info.size - info.stored >= LEAST_HOLE; }

/// Reads the source from a cursor on, in the manifest's order. One lane.
class SourceReader {
public:
    /// Starts at byte `offset` of entry `from`. Notes the hashes of what it reads, if told where.
    SourceReader(std::shared_ptr<FileSystem> files, std::shared_ptr<const Source> source,
                 Manifest::Index from = 0, qint64 offset = 0,
                 std::shared_ptr<HashNotes> hashes = {});

    struct Frame {
        QByteArray head;
        QByteArray data;
        QList<wire::BlockRecord> problems; ///< the files in it that will not come
        bool last = false;
        bool away = false; ///< the folder of what comes next can't be reached: ask again later
    };

    /// A folder that holds a root and can't be opened is away, for as long as that lasts. Else
    /// never fails: a file that can't be read as it was offered becomes a record saying so,
    /// and the reader goes on with the next. Bytes of a file leave only after it was seen
    /// to be unchanged since the scan, so a last block never completes a torn file.
    Frame next();

private:
    bool addBlock(Frame &frame, QList<wire::BlockRecord> &records, qsizetype &used);
    std::optional<wire::RecordKind> openCurrent();
    std::optional<wire::RecordKind> readCurrent(wire::BlockRecord &record, char *into);
    std::optional<wire::RecordKind> verdict(const FileInfo &info);
    bool isAway(wire::RecordKind problem);
    Result<void> findData();
    std::optional<wire::RecordKind> passHole(wire::BlockRecord &record);
    bool nameIsTaken();
    void advance();
    qsizetype roomForCurrent(qsizetype used) const;

    std::shared_ptr<FileSystem> m_files;
    std::shared_ptr<const Source> m_source;
    FolderChain m_chain;
    std::size_t m_nextRoot = 0; ///< the root after the one the chain's base belongs to
    Manifest::Index m_entry = 0; ///< the file under way
    qint64 m_offset = 0;
    std::unique_ptr<File> m_file;
    bool m_wasAway = false; ///< disks may have other numbers since
    bool m_sparse = false;
    qint64 m_dataBegin = 0; ///< of a sparse file: the next run of data, or where it was
    qint64 m_dataEnd = 0;
    FileHasher m_hasher;
};

} // namespace postern
