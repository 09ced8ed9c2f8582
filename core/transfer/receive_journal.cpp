#include "core/transfer/receive_journal.h"

#include "core/base/log.h"

#include <algorithm>

namespace postern {

namespace {

/// A name of one component, as the file layer wants it.
bool isPlain(const QByteArray &name)
{
    return !name.isEmpty() && name != "." && name != ".." && !name.contains('/')
        && !name.contains('\\') && !name.contains('\0');
}

} // namespace

QByteArray receiveJournalName(const DeviceId &from, const TransferId &id)
{
    return RECEIVE_JOURNAL_PREFIX + from.toByteArray().first(8).toHex() + '-'
        + id.toByteArray().toHex();
}

// --- what it tells ---------------------------------------------------------------------

bool JournalStory::isFile(quint32 entry) const
{
    return entry < m_manifest.count() && m_manifest.isFile(entry);
}

bool JournalStory::isRoot(quint32 entry) const
{
    return entry < m_manifest.count() && m_manifest.parent(entry) == Manifest::NONE;
}

void JournalStory::take(const QByteArray &payload)
{
    const auto record = wire::decode<journal::Record>(payload);
    if (record)
        std::visit([this](const auto &one) { apply(one); }, *record);
}

void JournalStory::apply(const journal::Begin &begin)
{
    m_begin = begin;
    m_told.into = begin.into;
}

void JournalStory::apply(const journal::At &at)
{
    const StagingCursor cursor{at.entry, at.offset};
    const bool sound = at.entry <= m_manifest.count() && at.offset >= 0
        && (at.offset == 0 || (isFile(at.entry) && at.offset < m_manifest.size(at.entry)));
    if (sound && at.back) // where it went on from may have been there before a power loss only
        m_told = upTo(std::min(cursor, m_told.cursor));
    else if (sound && (at.durable || m_sameBoot) && cursor > m_told.cursor) {
        m_told.cursor = cursor;
        m_told.partIdentity = m_sameBoot ? at.file : 0; // disks may get other numbers
    }
}

void JournalStory::apply(const journal::Name &name)
{
    if (name.entry < m_manifest.count() && isPlain(name.name))
        m_told.names[name.entry] = name.name;
}

void JournalStory::apply(const journal::Missing &missing)
{
    const auto kind = static_cast<wire::RecordKind>(missing.kind);
    if (isFile(missing.entry) && wire::isProblem(kind))
        m_told.missing[missing.entry] = kind;
}

void JournalStory::apply(const journal::Complete &complete)
{
    const auto &roots = m_manifest.roots();
    const auto root = std::lower_bound(roots.begin(), roots.end(), complete.root);
    if (root == roots.end() || *root != complete.root)
        return;
    m_told.complete.insert(complete.root);
    const auto next = std::next(root);
    const StagingCursor behind{next == roots.end() ? m_manifest.count() : *next, 0};
    if (behind > m_told.cursor) {
        m_told.cursor = behind;
        m_told.partIdentity = 0;
    }
}

void JournalStory::apply(const journal::Fills &fills)
{
    if (isRoot(fills.root) && m_manifest.isFolder(fills.root) && isPlain(fills.name))
        m_told.fills[fills.root] = {fills.name, fills.identity};
}

Recalled JournalStory::told(qint64 writtenNs) const
{
    Recalled told = upTo(m_told.cursor);
    if (m_sameBoot) // else the times on the disk may be older than the notes, or newer
        told.notedNs = writtenNs;
    return told;
}

/// What was noted behind the cursor happened to files that will come again.
Recalled JournalStory::upTo(const StagingCursor &cursor) const
{
    Recalled told = m_told;
    if (told.cursor != cursor)
        told.partIdentity = 0;
    told.cursor = cursor;
    const bool begun = told.cursor.offset > 0;
    std::erase_if(told.names, [&](const auto &entry) {
        return entry.first > told.cursor.entry || (entry.first == told.cursor.entry && !begun);
    });
    told.complete.erase(told.complete.lower_bound(told.cursor.entry), told.complete.end());
    std::erase_if(told.missing,
                  [&](const auto &entry) { return entry.first >= told.cursor.entry; });
    return told;
}

// --- the store -------------------------------------------------------------------------

Result<std::unique_ptr<ReceiveJournal>> ReceiveJournal::create(const JournalHome &home,
                                                               const journal::Begin &begin)
{
    auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return folder.error();
    const QByteArray name = receiveJournalName(begin.from, begin.transfer);
    (void)(*folder)->removeFile(name).ok(); // of an earlier life; most often there is none
    auto file = JournalFile::create(**folder, name);
    if (!file)
        return file.error();
    std::unique_ptr<ReceiveJournal> made(new ReceiveJournal(std::move(*file)));
    auto noted = made->note(begin);
    if (noted)
        noted = made->note(journal::Boot{home.files->bootId()});
    if (noted)
        noted = made->sync();
    if (noted)
        noted = (*folder)->sync();
    if (!noted)
        return noted.error();
    return made;
}

std::optional<Recalled> ReceiveJournal::recall(const JournalHome &home, const DeviceId &from,
                                               const TransferId &id, const Manifest &manifest,
                                               const QByteArray &listHash)
{
    if (home.folder.isEmpty())
        return std::nullopt;
    const auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return std::nullopt;
    JournalStory story(manifest, home.files->bootId());
    const auto file =
        JournalFile::open(**folder, receiveJournalName(from, id),
                          [&story](const QByteArray &payload) { story.take(payload); });
    if (!file)
        return std::nullopt;
    const auto &begin = story.begin();
    if (!begin || begin->version != journal::VERSION || begin->from != from || begin->transfer != id
        || begin->list != listHash)
        return std::nullopt;
    return story.told((*file)->openedNs());
}

Result<std::unique_ptr<ReceiveJournal>>
ReceiveJournal::reopen(const JournalHome &home, const DeviceId &from, const TransferId &id)
{
    const auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return folder.error();
    auto file =
        JournalFile::open(**folder, receiveJournalName(from, id), [](const QByteArray &) {});
    if (!file)
        return file.error();
    std::unique_ptr<ReceiveJournal> opened(new ReceiveJournal(std::move(*file)));
    if (auto noted = opened->note(journal::Boot{home.files->bootId()}); !noted)
        return noted.error();
    return opened;
}

void ReceiveJournal::forget(const JournalHome &home, const DeviceId &from, const TransferId &id)
{
    if (home.folder.isEmpty())
        return;
    if (const auto folder = home.files->openFolder(home.folder))
        (void)(*folder)->removeFile(receiveJournalName(from, id)).ok();
}

} // namespace postern
