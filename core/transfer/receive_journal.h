#pragma once
// What a receiver remembers of one transfer across a crash: where it lands, how far it got,
// which names the disk wanted otherwise, what is missing, which items may already have their
// final name. One journal_file.h per transfer, "in-<device>-<transfer>", in the profile.
//
// A cursor is believed if it is durable (all before it was synced) or was written since the
// machine started. A root is noted as complete, durably, before it gets its final name: one
// that is complete and no longer in the hidden folder has it. Worker; one lane.

#include "core/base/ids.h"
#include "core/transfer/gaps.h"
#include "core/transfer/journal_file.h"
#include "core/transfer/manifest.h"
#include "core/transfer/staging_types.h"
#include "core/wire/block_frame.h"
#include "core/wire/codec.h"

#include <QHash>

#include <map>
#include <memory>
#include <set>

namespace postern {

inline const QByteArray RECEIVE_JOURNAL_PREFIX = "in-";

/// Where journals are kept; an empty folder: none are.
struct JournalHome {
    std::shared_ptr<FileSystem> files;
    QString folder;
};

QByteArray receiveJournalName(const DeviceId &from, const TransferId &id);

namespace journal {

inline constexpr quint32 VERSION = 1;
inline constexpr wire::Limit PATH_LIMIT{16 * 1024};
inline constexpr wire::Limit NAME_LIMIT{4 * 1024};
inline constexpr wire::Limit BOOT_LIMIT{128};
inline constexpr wire::Limit HASH_LIMIT{16};
inline constexpr wire::Limit WORDS_LIMIT{4 * 1024};

struct Begin {
    static constexpr const char *TYPE = "begin";
    quint32 version = VERSION;
    DeviceId from;
    TransferId transfer;
    QByteArray list;
    QString into;
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("from", from);
        v("transfer", transfer);
        v("list", list, HASH_LIMIT);
        v("into", into, PATH_LIMIT);
    }
};
/// What follows was written since this start of the machine.
struct Boot {
    static constexpr const char *TYPE = "boot";
    QByteArray id;
    template<typename V> void fields(V &v) { v("id", id, BOOT_LIMIT); }
};
/// Everything before this is verified and written; if durable, synced. `back`: what was noted
/// further on is gone, it goes on from here.
struct At {
    static constexpr const char *TYPE = "at";
    quint32 entry = 0;
    qint64 offset = 0;
    bool durable = false;
    bool back = false;
    /// Of the entry's file where it has been begun: its identity XOR that of the hidden folder, in
    /// which the device cancels out.
    quint64 file = 0;
    template<typename V> void fields(V &v)
    {
        v("entry", entry);
        v("offset", offset);
        v("durable", durable);
        v("back", back);
        v("file", file);
    }
};
struct Name {
    static constexpr const char *TYPE = "name";
    quint32 entry = 0;
    QByteArray name;
    template<typename V> void fields(V &v)
    {
        v("entry", entry);
        v("name", name, NAME_LIMIT);
    }
};
struct Missing {
    static constexpr const char *TYPE = "missing";
    quint32 entry = 0;
    quint8 kind = 0;
    template<typename V> void fields(V &v)
    {
        v("entry", entry);
        v("kind", kind);
    }
};
/// The top-level item is durable and about to get its final name.
struct Complete {
    static constexpr const char *TYPE = "complete";
    quint32 root = 0;
    template<typename V> void fields(V &v) { v("root", root); }
};
/// The top-level folder goes into one that was received before.
struct Fills {
    static constexpr const char *TYPE = "fills";
    quint32 root = 0;
    QByteArray name;
    quint64 identity = 0;
    template<typename V> void fields(V &v)
    {
        v("root", root);
        v("name", name, NAME_LIMIT);
        v("identity", identity);
    }
};
/// It is over; the frames tell the sender how.
struct Ended {
    static constexpr const char *TYPE = "ended";
    QByteArray words;
    template<typename V> void fields(V &v) { v("words", words, WORDS_LIMIT); }
};
using Record = std::variant<Begin, Boot, At, Name, Missing, Complete, Fills, Ended>;

} // namespace journal

/// What a journal tells when it is opened again. Nothing in it is beyond the manifest.
struct Recalled {
    QString into;
    StagingCursor cursor;
    std::map<Manifest::Index, QByteArray> names;
    std::map<Manifest::Index, wire::RecordKind> missing;
    std::set<Manifest::Index> complete; ///< roots
    std::map<Manifest::Index, PlacedFolder> fills; ///< roots, and the folders they go into
    QByteArray lastWords; ///< it has ended
    quint64 partIdentity = 0; ///< of the file under way; 0: not known
    qint64 notedNs = 0; ///< when something was noted last; 0: not known
};

class ReceiveJournal {
public:
    /// Replaces what was remembered of the transfer, if anything was.
    static Result<std::unique_ptr<ReceiveJournal>> create(const JournalHome &home,
                                                          const journal::Begin &begin);
    /// Nothing where there is none, or it is of another list.
    static std::optional<Recalled> recall(const JournalHome &home, const DeviceId &from,
                                          const TransferId &id, const Manifest &manifest,
                                          const QByteArray &listHash);
    /// To go on with what recall() told.
    static Result<std::unique_ptr<ReceiveJournal>>
    reopen(const JournalHome &home, const DeviceId &from, const TransferId &id);
    static void forget(const JournalHome &home, const DeviceId &from, const TransferId &id);

    Result<void> note(const journal::Record &record)
    {
        return m_file->append(wire::encodeAny(record));
    }
    Result<void> sync() { return m_file->sync(); }

private:
    explicit ReceiveJournal(std::unique_ptr<JournalFile> file)
        : m_file(std::move(file))
    {
    }
    std::unique_ptr<JournalFile> m_file;
};

/// The pure part of recall(): believes nothing that does not fit the manifest.
class JournalStory {
public:
    JournalStory(const Manifest &manifest, QByteArray bootId)
        : m_manifest(manifest)
        , m_bootId(std::move(bootId))
    {
    }
    void take(const QByteArray &payload);
    const std::optional<journal::Begin> &begin() const { return m_begin; }
    /// `writtenNs`: when the journal was written to last.
    Recalled told(qint64 writtenNs = 0) const;

private:
    Recalled upTo(const StagingCursor &cursor) const;
    void apply(const journal::Begin &begin);
    void apply(const journal::Boot &boot)
    {
        m_sameBoot = !boot.id.isEmpty() && boot.id == m_bootId;
    }
    void apply(const journal::At &at);
    void apply(const journal::Name &name);
    void apply(const journal::Missing &missing);
    void apply(const journal::Complete &complete);
    void apply(const journal::Fills &fills);
    void apply(const journal::Ended &ended) { m_told.lastWords = ended.words; }
    bool isFile(quint32 entry) const;
    bool isRoot(quint32 entry) const;

    const Manifest &m_manifest;
    QByteArray m_bootId;
    std::optional<journal::Begin> m_begin;
    bool m_sameBoot = false;
    Recalled m_told;
};

} // namespace postern
