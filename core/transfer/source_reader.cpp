#include "core/transfer/block_hash.h"
#include "core/transfer/source.h"

#include <QFile>

#include <algorithm>

namespace postern {

using wire::BlockRecord;
using wire::RecordKind;

namespace {
/// Not more of a sparse file is looked at ahead, however many small holes it has.
constexpr qint64 LONGEST_RUN = 64 * 1024 * 1024;
} // namespace

SourceReader::SourceReader(std::shared_ptr<FileSystem> files, std::shared_ptr<const Source> source,
                           Manifest::Index from, qint64 offset, std::shared_ptr<HashNotes> hashes)
    : m_files(std::move(files))
    , m_source(std::move(source))
    , m_chain(
          m_source->manifest,
          [source = m_source.get()](Manifest::Index entry) { return source->nativeName(entry); })
    , m_entry(m_source->manifest.nextFile(from))
    , m_offset(m_entry == from ? offset : 0)
    , m_hasher(std::move(hashes))
{
}

void SourceReader::advance()
{
    m_file.reset();
    m_hasher.drop();
    m_sparse = false;
    m_entry = m_source->manifest.nextFile(m_entry + 1);
    m_offset = 0;
}

/// Why the file under way is not what was offered; nothing if it is.
std::optional<RecordKind> SourceReader::verdict(const FileInfo &info)
{
    const Manifest &manifest = m_source->manifest;
    if (info.kind != FileKind::File || info.size != manifest.size(m_entry)
        || info.mtimeNs != manifest.mtimeNs(m_entry)
        || (!m_wasAway && !m_source->identities.empty()
            && Source::folded(info.identity) != m_source->identities[m_entry]))
        return RecordKind::Changed;
    if (!info.named)
        return nameIsTaken() ? RecordKind::Changed : RecordKind::Vanished;
    return std::nullopt;
}

QString Source::keptPath(Manifest::Index entry) const
{
    const bool isRoot = manifest.parent(entry) == Manifest::NONE;
    QByteArray path = nativeName(entry);
    Manifest::Index root = entry;
    for (; manifest.parent(root) != Manifest::NONE; root = manifest.parent(root))
        path = nativeName(manifest.parent(root)) + '/' + path;
    const auto &roots = manifest.roots();
    const auto at = std::lower_bound(roots.begin(), roots.end(), root) - roots.begin();
    const QByteArray &folder = rootFolders[static_cast<std::size_t>(at)];
    return QFile::decodeName((folder.endsWith('/') ? folder : folder + '/')
                             + (isRoot ? path : "./" + path));
}

bool SourceReader::nameIsTaken()
{
    const auto folder = m_chain.reach(m_source->manifest.parent(m_entry));
    return folder && (*folder)->info(m_source->nativeName(m_entry)).ok();
}

/// Opens the file under way; the reason where that can't be.
std::optional<RecordKind> SourceReader::openCurrent()
{
    const auto why = [](const Error &error) {
        return error.code == ErrorCode::FileNotFound ? RecordKind::Vanished
                                                     : RecordKind::Unreadable;
    };
    const auto &roots = m_source->manifest.roots();
    const bool newRoot = m_nextRoot < roots.size() && roots[m_nextRoot] <= m_entry;
    while (m_nextRoot < roots.size() && roots[m_nextRoot] <= m_entry)
        ++m_nextRoot;
    if (newRoot || !m_chain.base()) {
        auto base = m_files->openFolderNative(m_source->rootFolders[m_nextRoot - 1]);
        m_chain.setBase(base ? std::move(*base) : nullptr);
        if (!base)
            return why(base.error());
    }
    const auto folder = m_chain.reach(m_source->manifest.parent(m_entry));
    if (!folder)
        return why(folder.error());
    auto file = (*folder)->openFile(m_source->nativeName(m_entry));
    if (!file)
        return why(file.error());
    const auto info = (*file)->info();
    if (!info)
        return why(info.error());
    const auto problem = verdict(*info);
    if (!problem) {
        m_file = std::move(*file);
        m_hasher.begin(m_entry, m_offset, *m_file);
        m_sparse = mayHaveHoles(*info);
        m_dataBegin = m_dataEnd = m_offset;
    }
    return problem;
}

/// Finds the next run of data of a sparse file, past holes too small to tell.
Result<void> SourceReader::findData()
{
    if (!m_sparse || m_offset < m_dataEnd)
        return {};
    auto begin = m_file->nextData(m_offset);
    if (begin && *begin - m_offset < LEAST_HOLE)
        begin = m_offset;
    auto end = begin ? m_file->nextHole(*begin) : begin;
    while (end) {
        const auto next = m_file->nextData(*end);
        if (!next)
            return next.error();
        if (*next - *end >= LEAST_HOLE || *next <= *end || *end - *begin >= LONGEST_RUN)
            break;
        end = m_file->nextHole(*next);
    }
    if (!end)
        return end.error();
    m_dataBegin = *begin;
    m_dataEnd = *end;
    return {};
}

/// Fills `into` with the record's bytes; the reason where they are not what was offered.
std::optional<RecordKind> SourceReader::readCurrent(BlockRecord &record, char *into)
{
    const MutableByteView view(reinterpret_cast<std::uint8_t *>(into), record.length);
    const auto got = m_file->read(m_offset, view);
    if (!got)
        return RecordKind::Unreadable;
    const auto after = m_file->info();
    if (!after)
        return RecordKind::Unreadable;
    if (const auto problem = verdict(*after))
        return problem;
    if (*got != static_cast<qsizetype>(record.length))
        return RecordKind::Changed;
    record.hash = blockHash(view);
    return std::nullopt;
}

/// The same for a hole, where nothing is read.
std::optional<RecordKind> SourceReader::passHole(BlockRecord &record)
{
    record.kind = RecordKind::Hole;
    record.hole = m_dataBegin - m_offset;
    const auto info = m_file->info();
    return info ? verdict(*info) : RecordKind::Unreadable;
}

/// How many bytes of the file under way go into a frame that has `used` already: a small file
/// whole or not at all, a large one in whole blocks, a sparse one in runs of data.
qsizetype SourceReader::roomForCurrent(qsizetype used) const
{
    const qint64 end = m_sparse ? m_dataEnd : m_source->manifest.size(m_entry);
    const qint64 wanted = std::min<qint64>(end - m_offset, BLOCK_BYTES);
    return used + wanted <= BLOCK_BYTES ? static_cast<qsizetype>(wanted) : -1;
}

/// Tells a file that is gone from a disk that is: then even the folder in which the root lies
/// can't be opened. What comes next is looked at anew.
bool SourceReader::isAway(RecordKind problem)
{
    if (problem == RecordKind::Changed
        || m_files->openFolderNative(m_source->rootFolders[m_nextRoot - 1]))
        return false;
    m_file.reset();
    m_chain.setBase(nullptr);
    m_wasAway = true;
    return true;
}

/// Adds what comes next; false if the frame has no room for it.
bool SourceReader::addBlock(Frame &frame, QList<BlockRecord> &records, qsizetype &used)
{
    BlockRecord record;
    record.entry = m_entry;
    record.offset = m_offset;
    auto problem = m_file ? std::nullopt : openCurrent();
    if (!problem && !findData())
        problem = RecordKind::Unreadable;
    if (!problem && m_dataBegin > m_offset) {
        problem = passHole(record);
    } else if (!problem) {
        const qsizetype room = roomForCurrent(used);
        if (room < 0)
            return false;
        record.length = static_cast<quint32>(room);
        if (frame.data.size() < used + room)
            frame.data.resize(BLOCK_BYTES); // once a frame; trimmed when it is done
        problem = readCurrent(record, frame.data.data() + used);
    }
    if (problem && isAway(*problem)) {
        frame.away = true;
        return false;
    }
    if (problem) {
        record = {.kind = *problem, .entry = m_entry, .offset = m_offset};
        records.append(record);
        frame.problems.append(record);
        advance();
        return true;
    }
    const auto *data = reinterpret_cast<const std::uint8_t *>(frame.data.constData()) + used;
    m_hasher.add(record, {data, record.length},
                 m_offset + record.covers() == m_source->manifest.size(m_entry));
    used += static_cast<qsizetype>(record.length);
    m_offset += record.covers();
    records.append(record);
    if (m_offset == m_source->manifest.size(m_entry))
        advance();
    return true;
}

SourceReader::Frame SourceReader::next()
{
    Frame frame;
    QList<BlockRecord> records;
    qsizetype used = 0;
    const auto count = m_source->manifest.count();
    while (!frame.away && m_entry < count && records.size() < wire::MAX_BLOCK_RECORDS
           && addBlock(frame, records, used)) { }
    m_hasher.note();
    frame.data.resize(used);
    if (used <= BLOCK_BYTES / 2)
        frame.data.squeeze(); // a thousand tiny files; it may wait for the channel long
    frame.last = m_entry >= count;
    if (!records.isEmpty())
        frame.head = wire::encodeBlockHead(records);
    return frame;
}

} // namespace postern
