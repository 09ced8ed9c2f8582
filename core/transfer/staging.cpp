#include "core/transfer/staging.h"

#include "core/base/log.h"
#include "core/transfer/block_hash.h"
#include "core/transfer/leftovers.h"
#include "core/transfer/sentences.h"
#include "core/transfer/source.h"

#include <algorithm>

namespace postern {

using wire::BlockFrame;
using wire::BlockRecord;
using wire::RecordKind;

namespace {

/// Files up to this size are not worth a reservation call.
constexpr qint64 RESERVE_FROM = 1024 * 1024;
/// Have the disk begin on what was written in such steps, so that the last sync is short.
constexpr qint64 FLUSH_STEP = 8 * 1024 * 1024;
/// So many files are synced one by one; more of them by one sync of the whole file system.
constexpr qsizetype SYNC_ONE_BY_ONE = 8;
/// Complete items are delivered in batches of about this much before all has come.
constexpr qint64 DELIVERY_BYTES = 256 * 1024 * 1024;
constexpr qsizetype DELIVERY_ITEMS = 4096;
constexpr int MOST_TRIES = 10'000;
constexpr int MOST_NOTES = 100;

/// Whether the disk that the folder lies on keeps holes: tried out where it matters.
bool keepsHoles(Folder &folder)
{
    constexpr qint64 TRIAL_BYTES = 1024 * 1024;
    const QByteArray name = ".hole";
    bool keeps = false;
    {
        const auto file = folder.createFile(name);
        if (file && (*file)->resize(TRIAL_BYTES)) {
            const auto info = (*file)->info();
            keeps = info && mayHaveHoles(*info);
        }
    }
    (void)folder.removeFile(name).ok();
    return keeps;
}

/// A FAT disk says so in ways of its own where it does not take a name.
bool mayRefuseNames(const Error &error)
{
    return error.code == ErrorCode::FileNotFound || error.code == ErrorCode::InvalidArgument
        || error.code == ErrorCode::Internal;
}

qint64 bytesNeededIn(Folder &folder, const NeededSpace &needed)
{
    return needed.hasHoles() && keepsHoles(folder) ? needed.stored : needed.whole;
}

} // namespace

Staging::Staging(std::shared_ptr<FileSystem> files, std::shared_ptr<const NamedManifest> offer,
                 const DeviceId &from, const TransferId &id, JournalHome home,
                 std::optional<qint64> storedBytes, std::shared_ptr<HashNotes> hashes)
    : m_files(std::move(files))
    , m_offer(std::move(offer))
    , m_manifest(m_offer->manifest)
    , m_from(from)
    , m_id(id)
    , m_home(std::move(home))
    , m_needed{m_manifest.totals().bytes, m_manifest.totals().bytes}
    , m_origin("postern:" + from.toByteArray().first(8).toHex())
    , m_partName(partFolderName(from, id))
    , m_chain(
          m_manifest, [this](Manifest::Index entry) { return stagedName(entry); },
          [this](Folder &folder, Manifest::Index entry) {
              (void)folder.setModified(m_manifest.mtimeNs(entry)).ok(); // a nicety
          })
    , m_hashes(std::move(hashes))
    , m_hasher(m_hashes)
{
    if (storedBytes)
        m_needed.stored = std::clamp<qint64>(*storedBytes, 0, m_needed.whole);
}

DestinationCheck Staging::check(FileSystem &files, const QString &into, const TransferId &id,
                                const NeededSpace &needed)
{
    DestinationCheck result;
    const auto folder = files.openFolder(into);
    if (!folder) {
        result.problem = sentences::folderUnusable(into, folder.error());
        return result;
    }
    if (const auto available = (*folder)->freeBytes())
        result.freeBytes = *available;
    // Permission bits don't tell of read-only mounts, quotas or attributes; trying does.
    const QByteArray name = ".postern-part-" + id.toByteArray().toHex() + ".check";
    if (const auto tried = (*folder)->createFolder(name); !tried)
        result.problem = sentences::folderUnusable(into, tried.error());
    else if (const qint64 bytes = bytesNeededIn(**tried, needed);
             result.freeBytes >= 0 && bytes > result.freeBytes)
        result.problem = sentences::folderFull(into, bytes, result.freeBytes);
    (void)(*folder)->removeFolder(name).ok();
    return result;
}

void Staging::sweep(FileSystem &files, const QString &into, const DeviceId &from,
                    const TransferId &id)
{
    if (const auto folder = files.openFolder(into))
        removePart(**folder, partFolderName(from, id)); // most often there is none
}

Result<void> Staging::openDestination()
{
    auto destination = m_files->openFolder(m_into);
    if (!destination)
        return sentences::folderUnusable(m_into, destination.error());
    m_destination = std::move(*destination);
    return {};
}

Result<void> Staging::openPart()
{
    auto part = m_destination->openFolder(m_partName);
    if (!part)
        part = m_destination->createFolder(m_partName);
    if (!part)
        return sentences::folderUnusable(m_into, part.error());
    m_part = std::move(*part);
    if (auto locked = m_part->lock(); !locked)
        return sentences::folderUnusable(m_into, locked.error());
    const auto info = m_destination->info(m_partName);
    if (!info)
        return sentences::folderUnusable(m_into, info.error());
    m_partIdentity = info->identity;
    auto base = m_destination->openFolder(m_partName);
    if (!base)
        return sentences::folderUnusable(m_into, base.error());
    m_chain.setBase(std::move(*base));
    if (m_home.folder.isEmpty())
        return {};
    // What the journal will say of the folder's content would be idle if its name got lost.
    const auto synced = m_destination->sync();
    return synced ? synced : sentences::folderUnusable(m_into, synced.error());
}

Result<void> Staging::checkSpace()
{
    const auto available = m_destination->freeBytes();
    if (!available)
        return {};
    const qint64 needed = bytesNeededIn(*m_part, m_needed);
    return *available < needed ? sentences::folderFull(m_into, needed, *available) : Result<void>();
}

Result<void> Staging::prepare(const QString &into, const Gaps::Folders &filled)
{
    m_into = m_gaps.into = into;
    for (const Manifest::Index root : m_manifest.roots())
        if (const auto known = filled.find(m_offer->name(root)); known != filled.end())
            m_filled.emplace(root, known->second);
    if (auto opened = openDestination(); !opened)
        return opened;
    if (m_destination->info(m_partName)) // ours by its name, from a life nobody remembers
        removePart(*m_destination, m_partName); // else openPart() will say who has it
    if (auto opened = openPart(); !opened)
        return opened;
    if (auto enough = checkSpace(); !enough)
        return enough;
    if (m_home.folder.isEmpty())
        return {};
    if (m_hashes)
        m_hashes->forget(); // what an earlier life noted of it
    auto journal =
        ReceiveJournal::create(m_home, {journal::VERSION, m_from, m_id, m_offer->listHash, into});
    if (journal)
        m_journal = std::move(*journal);
    else // it can be received all the same, but not be taken up again
        qCWarning(logTransfer) << "no journal:" << journal.error().message;
    for (const auto &[root, folder] : m_filled)
        if (auto noted = note(journal::Fills{root, folder.name, folder.identity}); !noted)
            return noted;
    return {};
}

Error Staging::failure(Manifest::Index entry, const Error &reason) const
{
    return sentences::writeFailed(m_offer->path(entry), reason);
}

QByteArray Staging::stagedName(Manifest::Index entry) const
{
    const auto other = m_stagedNames.constFind(entry);
    return other == m_stagedNames.constEnd() ? m_offer->name(entry).toUtf8() : *other;
}

template<typename Handle>
Result<std::unique_ptr<Handle>>
Staging::create(Manifest::Index entry,
                Result<std::unique_ptr<Handle>> (Folder::*how)(const QByteArray &))
{
    const auto folder = m_chain.reach(m_manifest.parent(entry));
    if (!folder)
        return failure(entry, folder.error());
    auto created = ((*folder)->*how)(stagedName(entry));
    const QString name = m_offer->name(entry);
    const QString plainer = safeName(name, NameRules::ofForeignDisks());
    QString base = name, other;
    for (int number = 2; !created && number < MOST_TRIES;) {
        if (created.error().code == ErrorCode::FileExists)
            other = numberedName(base, number++, NameRules::ofThisSystem());
        else if (base != plainer && mayRefuseNames(created.error()))
            other = base = plainer;
        else
            break;
        m_stagedNames.insert(entry, other.toUtf8());
        if (auto noted = note(journal::Name{entry, other.toUtf8()}); !noted)
            return noted.error();
        created = ((*folder)->*how)(stagedName(entry));
        if (created && m_notes.size() < MOST_NOTES)
            m_notes.append(sentences::renamed(name, other));
    }
    if (!created)
        return failure(entry, created.error());
    return created;
}

Result<void> Staging::expect(const BlockRecord &record) const
{
    const bool inOrder = m_next < m_manifest.count() && m_manifest.isFile(m_next)
        && record.entry == m_next && record.offset == m_offset;
    if (!inOrder)
        return sentences::protocolBroken();
    const qint64 left = m_manifest.size(m_next) - m_offset;
    if (record.covers() > left
        || (record.kind == RecordKind::Data && record.length == 0 && left > 0))
        return sentences::protocolBroken();
    return {};
}

Result<void> Staging::write(const BlockFrame &frame)
{
    ByteView data = viewOf(frame.data);
    for (const BlockRecord &record : frame.records) {
        if (auto passed = passUntil(std::min(record.entry, m_manifest.count())); !passed)
            return passed;
        if (auto expected = expect(record); !expected)
            return expected;
        const auto written = record.kind == RecordKind::Data
            ? writeRecord(record, data.first(record.length))
            : record.kind == RecordKind::Hole ? writeHole(record)
                                              : abandonFile(record);
        if (!written)
            return written;
        data = data.subspan(record.length);
    }
    return noteProgress();
}

template<typename Handle> void Staging::restoreAttributes(Handle &handle)
{
    const QByteArray packed = m_manifest.attributes(m_next);
    const auto attributes = wire::unpackAttributes(viewOf(packed));
    if (packed.isEmpty() || !attributes || handle.setAttributes(*attributes)
        || std::exchange(m_lacksAttributes, true))
        return;
    m_notes.append(sentences::attributesNotKept(m_offer->path(m_next)));
}

/// Passes what no data comes for between the last file and the entry `until`.
Result<void> Staging::passUntil(Manifest::Index until)
{
    while (m_next < until && !m_manifest.isFile(m_next)) {
        if (m_manifest.isLink(m_next))
            ++m_done.files; // it is made when all of its item is there
        else if (auto made = makeFolder(); !made)
            return made;
        if (auto done = entryDone(); !done)
            return done;
    }
    return {};
}

Result<void> Staging::makeFolder()
{
    const auto folder = create(m_next, &Folder::createFolder);
    if (!folder)
        return folder.error();
    restoreAttributes(**folder);
    (void)(*folder)->setModified(m_manifest.mtimeNs(m_next)).ok();
    return {};
}

Result<void> Staging::beginFile()
{
    if (m_offset > 0) { // begun in an earlier life
        const auto folder = m_chain.reach(m_manifest.parent(m_next));
        if (!folder)
            return failure(m_next, folder.error());
        auto file = (*folder)->changeFile(stagedName(m_next));
        if (!file)
            return failure(m_next, file.error());
        m_file = std::move(*file);
        m_flushed = m_offset;
        // What lies behind was never noted, and a hole would let it stand.
        if (const auto cut = m_file->resize(m_offset); !cut)
            return failure(m_next, cut.error());
    } else {
        auto file = create(m_next, &Folder::createFile);
        if (!file)
            return file.error();
        m_file = std::move(*file);
        m_flushed = 0;
    }
    m_hasher.begin(m_next, m_offset, *m_file);
    const qint64 size = m_manifest.size(m_next);
    if (size >= RESERVE_FROM && !m_needed.hasHoles())
        if (const auto reserved = m_file->reserve(size); !reserved)
            return failure(m_next, reserved.error());
    return {};
}

Result<void> Staging::writeRecord(const BlockRecord &record, ByteView data)
{
    if (blockHash(data) != record.hash)
        return sentences::corrupt(m_offer->path(record.entry));
    if (!m_file)
        if (auto begun = beginFile(); !begun)
            return begun;
    if (const auto written = m_file->write(m_offset, data); !written)
        return failure(m_next, written.error());
    return wrote(record, data);
}

/// What nobody writes is a hole; only the file's end must be moved.
Result<void> Staging::writeHole(const BlockRecord &record)
{
    if (!m_file)
        if (auto begun = beginFile(); !begun)
            return begun;
    const auto info = m_file->info();
    if (!info)
        return failure(m_next, info.error());
    if (info->size < m_offset + record.hole)
        if (const auto left = m_file->resize(m_offset + record.hole); !left)
            return failure(m_next, left.error());
    return wrote(record, {});
}

Result<void> Staging::wrote(const BlockRecord &record, ByteView data)
{
    const qint64 bytes = record.covers();
    m_hasher.add(record, data, m_offset + bytes == m_manifest.size(m_next));
    m_offset += bytes;
    m_done.bytes += bytes;
    m_rootBytes += bytes;
    if (m_offset - m_flushed >= FLUSH_STEP) {
        m_file->startFlush(m_flushed, m_offset - m_flushed);
        m_flushed = m_offset;
    }
    return m_offset == m_manifest.size(m_next) ? completeFile() : Result<void>();
}

Result<void> Staging::completeFile()
{
    restoreAttributes(*m_file);
    m_file->markOrigin(m_origin);
    const auto set =
        m_file->setMetadata({m_manifest.mtimeNs(m_next), m_manifest.isExecutable(m_next)});
    if (!set)
        return failure(m_next, set.error());
    ++m_done.files;
    return entryDone();
}

Result<void> Staging::abandonFile(const BlockRecord &record)
{
    if (auto noted = note(journal::Missing{m_next, static_cast<quint8>(record.kind)}); !noted)
        return noted;
    if (m_file || m_offset > 0) {
        m_file.reset();
        const auto folder = m_chain.reach(m_manifest.parent(m_next));
        if (!folder)
            return failure(m_next, folder.error());
        if (const auto removed = (*folder)->removeFile(stagedName(m_next)); !removed)
            return failure(m_next, removed.error());
    }
    if (m_done.missing++ == 0) {
        m_done.firstProblem = record.kind;
        m_done.firstMissing = m_offer->path(m_next);
    }
    noteGap(m_next, record.kind);
    m_rootMissing = m_manifest.parent(m_next) == Manifest::NONE;
    return entryDone();
}

/// Where the disk wanted another name for a folder on the way, a later list would meet another.
void Staging::noteGap(Manifest::Index file, RecordKind kind)
{
    auto root = file;
    while (m_manifest.parent(root) != Manifest::NONE) {
        root = m_manifest.parent(root);
        if (m_stagedNames.contains(root))
            return;
    }
    if (kind == RecordKind::Changed && root != file)
        m_gaps.noteMissing(m_offer->name(root), m_offer->path(file));
}

Manifest::Index Staging::endOfRoot(std::size_t root) const
{
    const auto &roots = m_manifest.roots();
    return root + 1 < roots.size() ? roots[root + 1] : m_manifest.count();
}

/// The entry m_next is dealt with; with the last one of a top-level item, so is the item.
Result<void> Staging::entryDone()
{
    m_file.reset();
    m_hasher.drop();
    m_offset = 0;
    ++m_next;
    if (m_next < m_manifest.count() && m_manifest.parent(m_next) != Manifest::NONE)
        return {};
    const Manifest::Index root = m_manifest.roots()[m_root++];
    if (auto made = makeLinks(root, m_next); !made)
        return made;
    m_chain.leaveAll();
    if (!m_rootMissing) {
        m_ready.append({root, stagedName(root), m_manifest.isFolder(root)});
        m_readyBytes += m_rootBytes;
    }
    m_rootMissing = false;
    m_rootBytes = 0;
    return {};
}

/// A transfer whose journal can't be kept up ends: a journal that lags would tell lies.
Result<void> Staging::note(const journal::Record &record)
{
    if (!m_journal)
        return {};
    if (const auto noted = m_journal->note(record); !noted)
        return failure(std::min(m_next, m_manifest.count() - 1), noted.error());
    return {};
}

Result<void> Staging::finish()
{
    if (auto passed = passUntil(m_manifest.count()); !passed)
        return passed;
    if (m_next < m_manifest.count())
        return sentences::protocolBroken(); // the data ended before the files did
    return {};
}

bool Staging::worthDelivering() const
{
    return m_readyBytes >= DELIVERY_BYTES || m_ready.size() >= DELIVERY_ITEMS;
}

Result<void> Staging::syncItems()
{
    const bool folders =
        std::any_of(m_ready.begin(), m_ready.end(), [](const Item &item) { return item.folder; });
    if (folders || m_ready.size() > SYNC_ONE_BY_ONE)
        return m_part->syncFileSystem();
    for (const Item &item : m_ready) {
        const auto file = m_part->openFile(item.stagedName);
        if (!file)
            return file.error();
        if (auto synced = (*file)->sync(); !synced)
            return synced;
    }
    return m_part->sync();
}

Result<void> Staging::deliver()
{
    m_hasher.note();
    if (m_ready.isEmpty())
        return {};
    if (const auto synced = syncItems(); !synced)
        return failure(m_ready.first().root, synced.error());
    for (const Item &item : m_ready)
        if (auto noted = note(journal::Complete{item.root}); !noted)
            return noted;
    if (m_journal)
        if (auto synced = m_journal->sync(); !synced)
            return failure(m_ready.first().root, synced.error());
    const QList<Item> items = std::exchange(m_ready, {});
    m_readyBytes = 0;
    for (const Item &item : items)
        if (auto placed = place(item); !placed)
            return placed;
    if (const auto synced = m_destination->sync(); !synced)
        return failure(items.first().root, synced.error());
    return {};
}

Result<void> Staging::end(const QByteArray &words)
{
    auto noted = note(journal::Ended{words});
    if (noted && m_journal)
        noted = m_journal->sync();
    if (!noted)
        return noted;
    m_ended = true;
    discard();
    return {};
}

void Staging::discard()
{
    m_file.reset();
    m_chain.setBase(nullptr);
    if (m_part) {
        (void)removeTree(*m_destination, m_partName).ok(); // what can't be is hidden, at least
        m_part.reset(); // the lock goes last
    }
    if (std::exchange(m_journal, nullptr) && !m_ended)
        ReceiveJournal::forget(m_home, m_from, m_id);
}

void Staging::putDown()
{
    if (!m_journal)
        return discard();
    m_file.reset();
    m_chain.setBase(nullptr);
    m_part.reset();
    m_journal.reset();
}

} // namespace postern
