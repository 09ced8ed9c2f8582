#pragma once
// The receiver's side of the disk. What arrives is put together in a hidden folder of ours
// inside the destination, ".postern-part-<id of transfer and device>", and each top-level item is
// moved under its final name in one step once all of it is verified and durable: nobody ever sees
// half a file, nor half a folder. Runs on a worker; one lane.
//
//     <into>/.postern-part-<id>/<item>   --verified, synced-->   <into>/<item>
//
// With a home for its journal it can be put down at any instant and taken up again by
// another one with the same offer.

#include "core/transfer/file_system.h"
#include "core/transfer/folder_chain.h"
#include "core/transfer/gaps.h"
#include "core/transfer/hash_notes.h"
#include "core/transfer/manifest.h"
#include "core/transfer/named_manifest.h"
#include "core/transfer/receive_journal.h"
#include "core/wire/block_frame.h"

#include <QHash>
#include <QStringList>

#include <chrono>
#include <memory>
#include <optional>

namespace postern {

/// What accepting into a folder would meet.
struct DestinationCheck {
    qint64 freeBytes = -1; ///< -1: the system does not tell
    std::optional<Error> problem; ///< why accepting would fail now
};

/// What files take on a disk that keeps holes, and on one that does not.
struct NeededSpace {
    qint64 stored = 0;
    qint64 whole = 0;
    bool hasHoles() const { return stored < whole; }
};

class Staging {
public:
    /// `storedBytes`: as the sender told, fewer than the files' sizes where they have holes.
    /// `hashes`: where those of the files are noted; null: nowhere.
    Staging(std::shared_ptr<FileSystem> files, std::shared_ptr<const NamedManifest> offer,
            const DeviceId &from, const TransferId &id, JournalHome home = {},
            std::optional<qint64> storedBytes = {}, std::shared_ptr<HashNotes> hashes = {});

    /// What received files are marked with, see File::markOrigin().
    void setOrigin(const QByteArray &origin) { m_origin = origin; }

    /// Tries the folder out: is it there, writable, large enough?
    static DestinationCheck check(FileSystem &files, const QString &into, const TransferId &id,
                                  const NeededSpace &needed);

    /// Makes the hidden folder. What is in `filled` goes into those folders, see Gaps.
    Result<void> prepare(const QString &into, const Gaps::Folders &filled = {});
    /// Instead, goes on where an earlier one was put down. What it left does not count unless
    /// it is as it should be; no file is read.
    Result<void> resume(const Recalled &told);

    /// Removes the hidden folder that a crash left behind a transfer that had ended.
    static void sweep(FileSystem &files, const QString &into, const DeviceId &from,
                      const TransferId &id);

    /// What has come so far.
    struct Done {
        qint64 bytes = 0; ///< verified and written
        quint32 files = 0; ///< complete
        quint32 missing = 0; ///< the sender could not read them
        wire::RecordKind firstProblem = wire::RecordKind::Data;
        QString firstMissing;
    };
    const Done &done() const { return m_done; }

    StagingCursor cursor() const { return {m_next, m_offset}; }

    /// Verifies the frame and writes it. Protocol when it is not what must come next.
    Result<void> write(const wire::BlockFrame &frame);

    /// Everything was sent: makes what folders remain, checks that no file is incomplete.
    Result<void> finish();

    /// Makes the complete items durable and gives them their final names. Call it when
    /// worthDelivering(), and after finish() for the rest.
    Result<void> deliver();
    bool worthDelivering() const;

    /// All is delivered: remembers the words that tell the sender so, and tidies up.
    Result<void> end(const QByteArray &words);
    /// Removes the hidden folder and whatever is in it, and the journal unless it ended well.
    /// Items already delivered stay.
    void discard();
    /// Leaves all as it is, to be taken up again; removes it where there is no journal.
    void putDown();

    quint32 deliveredItems() const { return m_deliveredItems; }
    QString location() const { return m_location; } ///< of the first item delivered
    const QStringList &notes() const { return m_notes; }
    const Gaps &gaps() const { return m_gaps; }

private:
    struct Item { ///< complete, not yet delivered
        Manifest::Index root = 0;
        QByteArray stagedName;
        bool folder = false;
    };

    Result<void> expect(const wire::BlockRecord &record) const;
    Result<void> writeRecord(const wire::BlockRecord &record, ByteView data);
    Result<void> beginFile();
    Result<void> completeFile();
    /// Of the entry m_next.
    template<typename Handle> void restoreAttributes(Handle &handle);
    Result<void> abandonFile(const wire::BlockRecord &record);
    void noteGap(Manifest::Index file, wire::RecordKind kind);
    Result<void> writeHole(const wire::BlockRecord &record);
    Result<void> wrote(const wire::BlockRecord &record, ByteView data);
    Result<void> passUntil(Manifest::Index until);
    Result<void> makeFolder();
    Result<void> makeLinks(Manifest::Index root, Manifest::Index end);
    Result<void> makeLink(Manifest::Index entry);
    QByteArray targetOf(Manifest::Index link) const;
    Result<void> entryDone();
    Manifest::Index endOfRoot(std::size_t root) const;

    Result<void> openDestination();
    Result<void> openPart();
    Result<void> checkSpace();
    StagingCursor soundPart(const Recalled &told);
    bool isInPart(Manifest::Index root) const;
    /// The file's, as seen from the hidden folder: a drive that comes back as another device of
    /// the system holds the same file.
    quint64 identityOf(const FileInfo &file) const { return file.identity ^ m_partIdentity; }
    bool fileIsSound(const FileInfo &info, Manifest::Index entry, const StagingCursor &limit) const;
    bool rootIsSound(Manifest::Index root, Manifest::Index end, const StagingCursor &limit);
    bool folderIsSound(Folder &folder, Manifest::Index begin, Manifest::Index end,
                       const StagingCursor &limit);
    Manifest::Index behind(Manifest::Index entry, Manifest::Index end) const;
    void goTo(const StagingCursor &cursor, const Recalled &told);
    void tidyPart();
    Result<void> note(const journal::Record &record);
    Result<void> noteProgress();

    QByteArray stagedName(Manifest::Index entry) const;
    /// Creates the entry in its folder, under another name where this disk does not take its
    /// own, or takes two names of the offer for one.
    template<typename Handle>
    Result<std::unique_ptr<Handle>>
    create(Manifest::Index entry,
           Result<std::unique_ptr<Handle>> (Folder::*how)(const QByteArray &));

    Result<void> syncItems();
    Result<void> place(const Item &item);
    Result<void> fill(const Item &item, Folder &folder);
    Result<void> moveAll(Folder &from, Folder &to, const QString &path);
    Result<QByteArray> move(Folder &from, const QByteArray &name, Folder &to, const QString &path);
    Error failure(Manifest::Index entry, const Error &reason) const;

    std::shared_ptr<FileSystem> m_files;
    std::shared_ptr<const NamedManifest> m_offer;
    const Manifest &m_manifest;
    DeviceId m_from;
    TransferId m_id;
    JournalHome m_home;
    NeededSpace m_needed;
    QByteArray m_origin;
    std::unique_ptr<ReceiveJournal> m_journal; ///< null: none is kept
    bool m_ended = false;
    StagingCursor m_noted; ///< in the journal
    qint64 m_notedBytes = 0;
    qint64 m_durableBytes = 0;
    std::chrono::steady_clock::time_point m_notedWhen; ///< see Recalled::notedNs
    const Recalled *m_told = nullptr; ///< while it is taken up
    std::set<Manifest::Index> m_missing; ///< files that were here when it was taken up
    QByteArray m_partName;
    quint64 m_partIdentity = 0; ///< of the hidden folder
    QString m_into;
    std::unique_ptr<Folder> m_destination;
    std::unique_ptr<Folder> m_part; ///< the hidden folder
    FolderChain m_chain;
    QHash<Manifest::Index, QByteArray> m_stagedNames; ///< where this disk wanted another name

    Manifest::Index m_next = 0; ///< entries before this one are dealt with
    std::unique_ptr<File> m_file; ///< of entry m_next, when it has been begun
    qint64 m_offset = 0;
    qint64 m_flushed = 0;
    std::shared_ptr<HashNotes> m_hashes;
    FileHasher m_hasher;
    std::size_t m_root = 0; ///< the top-level item under way
    bool m_rootMissing = false; ///< it is a file that will not come
    qint64 m_rootBytes = 0;

    Done m_done;
    std::map<Manifest::Index, PlacedFolder> m_filled; ///< roots that go into a folder of before
    Gaps m_gaps;
    QList<Item> m_ready;
    qint64 m_readyBytes = 0;
    quint32 m_deliveredItems = 0;
    QString m_location;
    QStringList m_notes;
    bool m_lacksAttributes = false; ///< this disk, and it was told
};

} // namespace postern
