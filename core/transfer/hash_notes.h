#pragma once
// The hashes of a transfer's files while it runs, until the history has them: in a file of the
// profile beside the journal or the ticket, so that a million of them take no memory and a later
// life goes on with them.
//
//     notes    := hash{entries} progress{pieces}
//     hash     := 16 bytes: file_hash.h; zeros: not known, or no file
//     progress := entry:u32 check:u32 hash:16 bytes             numbers big-endian
//
// progress[i] is where the file under way stood behind its whole piece i. Nothing here is needed
// for a transfer to go on: what can't be written or read is not told. Thread: any.

#include "core/transfer/file_hash.h"
#include "core/transfer/receive_journal.h"

#include <memory>
#include <mutex>
#include <optional>

namespace postern {

inline const QByteArray HASH_NOTES_PREFIX = "hashes-";

class HashNotes {
public:
    static constexpr qsizetype HASH_BYTES = 16;

    /// `beside`: the name of the journal or the ticket. Touches no disk.
    HashNotes(JournalHome home, const QByteArray &beside, Manifest::Index entries);

    /// Of entries one behind the other from `first` on.
    void noteFiles(Manifest::Index first, const QByteArray &hashes);
    /// Of the file under way.
    void noteProgress(Manifest::Index entry, const FileHash &hash);
    void sync();

    /// Where the file stood behind the last whole piece before the offset.
    std::optional<FileHash> progress(Manifest::Index entry, qint64 offset);
    /// Those of `entries` from `first` on; zeros where they are not known.
    QByteArray files(Manifest::Index first, Manifest::Index entries);

    void forget();

private:
    File *file();
    void write(qint64 offset, const QByteArray &bytes);
    qint64 progressAt(qint64 piece) const;

    std::mutex m_mutex;
    JournalHome m_home;
    QByteArray m_name;
    Manifest::Index m_entries;
    std::unique_ptr<File> m_file;
    bool m_failed = false;
};

/// Hashes what one side reads or writes, in the manifest's order. One lane.
class FileHasher {
public:
    /// Null: nothing is hashed.
    explicit FileHasher(std::shared_ptr<HashNotes> notes)
        : m_notes(std::move(notes))
    {
    }

    /// The file that is under way from now on, from byte `offset` on. Of one that was begun before,
    /// what lies between the last whole piece and the offset is read again; its hash is not told
    /// where that is not known any more.
    void begin(Manifest::Index entry, qint64 offset, File &file);
    /// What comes next of it; `data` as long as the record says.
    void add(const wire::BlockRecord &record, ByteView data, bool ends);
    /// No more of it will come.
    void drop() { m_hash.reset(); }
    /// Before anything is said or noted of which a later life could go on.
    void note();
    void sync();

private:
    void noteFiles();

    std::shared_ptr<HashNotes> m_notes;
    Manifest::Index m_entry = 0;
    std::optional<FileHash> m_hash; ///< of that entry
    Manifest::Index m_from = 0;
    QByteArray m_done; ///< of the entries from there on, to be noted
};

} // namespace postern
