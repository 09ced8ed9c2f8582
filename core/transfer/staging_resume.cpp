// Taking up what an earlier Staging was put down with, and noting what a later one needs.

#include "core/transfer/sentences.h"
#include "core/transfer/staging.h"

#include <algorithm>
#include <cstdlib>

namespace postern {

namespace {

/// So many cursors are noted over a whole transfer at most, and then some for its files.
constexpr qint64 MOST_NOTES_OF_BYTES = 8192;
constexpr Manifest::Index NOTE_ENTRIES = 1024;
/// A power loss costs at most about so much that must come again.
constexpr qint64 DURABLE_STEP = 256 * 1024 * 1024;
/// While data comes, something is noted at least so often.
constexpr auto NOTE_INTERVAL = std::chrono::seconds(30);
/// A file that was written later than this after the last note was written by somebody else:
/// the interval, and the coarsest times that file systems keep.
constexpr qint64 TOUCHED_AFTER_NS = qint64{60} * 1'000'000'000;
/// vfat keeps even seconds.
constexpr qint64 COARSEST_NS = qint64{2} * 1'000'000'000;

} // namespace

Result<void> Staging::noteProgress()
{
    if (!m_journal)
        return {};
    const qint64 step = m_manifest.totals().bytes / MOST_NOTES_OF_BYTES;
    const bool durable = m_done.bytes - m_durableBytes >= DURABLE_STEP;
    const auto now = std::chrono::steady_clock::now();
    if (!durable && m_done.bytes - m_notedBytes <= step && m_next - m_noted.entry < NOTE_ENTRIES
        && now - m_notedWhen < NOTE_INTERVAL)
        return {};
    m_hasher.note();
    if (durable) {
        if (const auto synced = m_part->syncFileSystem(); !synced)
            return failure(std::min(m_next, m_manifest.count() - 1), synced.error());
        m_hasher.sync();
        m_durableBytes = m_done.bytes;
    }
    m_noted = cursor();
    m_notedBytes = m_done.bytes;
    m_notedWhen = now;
    quint64 identity = 0;
    if (m_file)
        if (const auto info = m_file->info())
            identity = identityOf(*info);
    auto noted = note(journal::At{m_next, m_offset, durable, false, identity});
    if (noted && durable)
        noted = m_journal->sync();
    return noted;
}

Result<void> Staging::resume(const Recalled &told)
{
    m_into = m_gaps.into = told.into;
    m_filled = told.fills;
    if (auto opened = openDestination(); !opened)
        return opened;
    if (auto opened = openPart(); !opened)
        return opened;
    auto journal = ReceiveJournal::reopen(m_home, m_from, m_id);
    if (!journal)
        return sentences::folderUnusable(m_home.folder, journal.error());
    m_journal = std::move(*journal);
    for (const auto &[entry, name] : told.names)
        m_stagedNames.insert(entry, name);
    for (const auto &[entry, kind] : told.missing)
        m_missing.insert(entry);
    m_told = &told;
    const StagingCursor cursor = soundPart(told);
    goTo(cursor, told);
    m_told = nullptr;
    // Always: what was noted beyond it, and not believed now, must not be believed later.
    auto noted = note(journal::At{cursor.entry, cursor.offset, false, true, 0});
    if (noted)
        noted = m_journal->sync();
    if (noted && m_deliveredItems > 0) { // their names may not be on the disk yet
        const auto synced = m_destination->sync();
        if (!synced)
            noted = sentences::folderUnusable(m_into, synced.error());
    }
    if (!noted)
        return noted;
    m_noted = cursor;
    m_notedBytes = m_durableBytes = m_done.bytes;
    m_notedWhen = std::chrono::steady_clock::now();
    return {};
}

/// The first entry behind this one and all it holds.
Manifest::Index Staging::behind(Manifest::Index entry, Manifest::Index end) const
{
    Manifest::Index next = entry + 1;
    while (next < end && m_manifest.parent(next) != Manifest::NONE
           && m_manifest.parent(next) >= entry)
        ++next;
    return next;
}

bool Staging::isInPart(Manifest::Index root) const { return m_part->info(stagedName(root)).ok(); }

/// How far what was told is true, root by root; notes what only waits for its final name.
StagingCursor Staging::soundPart(const Recalled &told)
{
    const auto &roots = m_manifest.roots();
    for (std::size_t i = 0; i < roots.size(); ++i) {
        const Manifest::Index root = roots[i];
        const Manifest::Index end = i + 1 < roots.size() ? roots[i + 1] : m_manifest.count();
        if (told.cursor <= StagingCursor{root, 0})
            return told.cursor;
        const bool whole = told.cursor >= StagingCursor{end, 0};
        if (whole && m_missing.contains(root))
            continue;
        if (whole && told.complete.contains(root) && !isInPart(root)) {
            ++m_deliveredItems; // it has its final name
            m_location = m_into;
        } else if (whole && told.complete.contains(root) && m_filled.contains(root)) {
            m_ready.append({root, stagedName(root), true}); // some of it may be in its folder
        } else if (!rootIsSound(root, end, told.cursor) || (whole && !makeLinks(root, end).ok())) {
            return {root, 0};
        } else if (whole) {
            m_ready.append({root, stagedName(root), m_manifest.isFolder(root)});
        }
    }
    return told.cursor;
}

/// Whether it is the file that was left, as far as its metadata tells: nothing is read.
bool Staging::fileIsSound(const FileInfo &info, Manifest::Index entry,
                          const StagingCursor &limit) const
{
    if (info.kind != FileKind::File)
        return false;
    if (entry != limit.entry) {
        const qint64 difference = info.mtimeNs - m_manifest.mtimeNs(entry);
        return info.size == m_manifest.size(entry) && std::abs(difference) <= COARSEST_NS;
    }
    const bool sameFile = m_told->partIdentity == 0 || m_told->partIdentity == identityOf(info);
    const bool untouched =
        m_told->notedNs == 0 || info.mtimeNs - m_told->notedNs <= TOUCHED_AFTER_NS;
    return info.size >= limit.offset && sameFile && untouched;
}

bool Staging::rootIsSound(Manifest::Index root, Manifest::Index end, const StagingCursor &limit)
{
    const auto info = m_part->info(stagedName(root));
    if (!info)
        return false;
    if (!m_manifest.isFolder(root))
        return fileIsSound(*info, root, limit);
    const auto folder = m_part->openFolder(stagedName(root));
    return folder && folderIsSound(**folder, root + 1, end, limit);
}

/// Whether the folder holds what came before the limit, in the right sizes. Removes the rest,
/// links too: it will come again.
bool Staging::folderIsSound(Folder &folder, Manifest::Index begin, Manifest::Index end,
                            const StagingCursor &limit)
{
    QHash<QByteArray, Manifest::Index> expected;
    for (Manifest::Index entry = begin; entry < end; entry = behind(entry, end)) {
        const bool came = StagingCursor{entry, 0} < limit && !m_manifest.isLink(entry);
        if (came && !m_missing.contains(entry))
            expected.insert(stagedName(entry), entry);
    }
    const auto items = folder.list();
    if (!items)
        return false;
    for (const FolderItem &item : *items) {
        const auto found = expected.constFind(item.name);
        if (found == expected.constEnd()) {
            const auto gone = item.info.kind == FileKind::Folder ? removeTree(folder, item.name)
                                                                 : folder.removeFile(item.name);
            if (!gone)
                return false;
            continue;
        }
        const Manifest::Index entry = *found;
        expected.remove(item.name);
        if (m_manifest.isFolder(entry)) {
            const auto inner = folder.openFolder(item.name);
            if (!inner || !folderIsSound(**inner, entry + 1, behind(entry, end), limit))
                return false;
        } else if (!fileIsSound(item.info, entry, limit)) {
            return false;
        }
    }
    return expected.isEmpty();
}

/// Sets everything as if all before the cursor had just come.
void Staging::goTo(const StagingCursor &cursor, const Recalled &told)
{
    m_next = cursor.entry;
    m_offset = cursor.offset;
    const auto &roots = m_manifest.roots();
    m_root = static_cast<std::size_t>(std::upper_bound(roots.begin(), roots.end(), cursor.entry)
                                      - roots.begin());
    if (cursor.entry < m_manifest.count() && m_root > 0)
        --m_root;
    m_done = {};
    for (const auto &[entry, kind] : told.missing) {
        if (entry >= cursor.entry)
            break;
        if (m_done.missing++ == 0) {
            m_done.firstProblem = kind;
            m_done.firstMissing = m_offer->path(entry);
        }
        noteGap(entry, kind);
    }
    m_done.files = m_manifest.filesBefore(cursor.entry) - m_done.missing;
    m_done.bytes = cursor.offset;
    for (Manifest::Index entry = 0; entry < cursor.entry; ++entry)
        if (!m_missing.contains(entry))
            m_done.bytes += m_manifest.size(entry);
    m_rootBytes = 0;
    if (m_root < roots.size())
        for (Manifest::Index entry = roots[m_root]; entry < cursor.entry; ++entry)
            m_rootBytes += m_manifest.size(entry);
    for (auto name = m_stagedNames.begin(); name != m_stagedNames.end();)
        name = name.key() > cursor.entry || (name.key() == cursor.entry && cursor.offset == 0)
            ? m_stagedNames.erase(name)
            : std::next(name);
    tidyPart();
}

/// Removes what lies at the top of the hidden folder and will come again.
void Staging::tidyPart()
{
    QSet<QByteArray> expected;
    for (const Item &item : m_ready)
        expected.insert(item.stagedName);
    const auto &roots = m_manifest.roots();
    if (m_root < roots.size() && StagingCursor{roots[m_root], 0} < cursor())
        expected.insert(stagedName(roots[m_root]));
    const auto items = m_part->list();
    if (!items)
        return;
    for (const FolderItem &item : *items)
        if (!expected.contains(item.name))
            (void)(item.info.kind == FileKind::Folder ? removeTree(*m_part, item.name)
                                                      : m_part->removeFile(item.name))
                .ok(); // else its file gets another name
}

} // namespace postern
