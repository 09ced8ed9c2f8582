#include "core/transfer/safe_names.h"
#include "core/transfer/sentences.h"
#include "core/transfer/source.h"

#include <QDir>
#include <QFile>
#include <QStringDecoder>

namespace postern {

namespace {

constexpr int MOST_NOTES = 100;

/// Names as the sender's system has them need no change but this one.
NameRules sendersRules()
{
    NameRules rules;
    rules.mostBytes = static_cast<int>(wire::MAX_NAME_BYTES);
    rules.mostUnits = static_cast<int>(wire::MAX_NAME_BYTES);
    return rules;
}

/// Bytes that are no UTF-8 become the replacement character.
struct Readable {
    QString text;
    bool changed = false;
};

Readable readable(const QByteArray &nativeName)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(nativeName);
    return {text, decoder.hasError()};
}

class Scanner {
public:
    Scanner(FileSystem &files, const std::atomic<bool> &cancelled)
        : m_files(files)
        , m_cancelled(cancelled)
    {
    }

    Result<void> addRoot(const QString &path);
    Result<void> addKept(const QString &base, const QString &path);
    Result<std::shared_ptr<const Source>> take();

private:
    Result<void> add(Folder &in, const QByteArray &nativeName, const QString &name,
                     const QString &path, const FileInfo &info, quint32 depth);
    Result<void> addLink(Folder &in, const QByteArray &nativeName, const QString &name,
                         const QString &path, const FileInfo &info, quint32 depth);
    QByteArray attributesOf(Folder &in, const QByteArray &nativeName, const QString &path);
    Result<void> append(wire::ManifestEntry entry, const QString &name,
                        const QByteArray &nativeName, const FileInfo &info);
    Result<void> addChildren(Folder &folder, const QString &path, quint32 depth);
    QString skipReason(const FileInfo &info, const QString &path, quint32 depth) const;
    void note(const QString &sentence);

    FileSystem &m_files;
    const std::atomic<bool> &m_cancelled;
    std::shared_ptr<Source> m_source = std::make_shared<Source>();
    NameRegister m_rootNames{sendersRules()};
    QString m_keptBase; ///< of the path with folders to keep before this one
    QStringList m_keptFolders; ///< that are open
    int m_moreNotes = 0;
};

void Scanner::note(const QString &sentence)
{
    if (m_source->notes.size() < MOST_NOTES)
        m_source->notes.append(sentence);
    else
        ++m_moreNotes;
}

QString Scanner::skipReason(const FileInfo &info, const QString &path, quint32 depth) const
{
    if (info.kind == FileKind::Special)
        return sentences::skippedSpecial(path);
    if (!info.readable)
        return sentences::skippedUnreadable(path);
    if (depth >= wire::MAX_DEPTH_OF_TREE)
        return sentences::skippedTooDeep(path);
    return {};
}

Result<void> Scanner::add(Folder &in, const QByteArray &nativeName, const QString &name,
                          const QString &path, const FileInfo &info, quint32 depth)
{
    if (m_cancelled)
        return sentences::cancelledHere();
    if (const QString reason = skipReason(info, path, depth); !reason.isEmpty()) {
        note(reason);
        return {};
    }
    if (info.kind == FileKind::Link)
        return addLink(in, nativeName, name, path, info, depth);
    const bool isFolder = info.kind == FileKind::Folder;
    std::unique_ptr<Folder> folder;
    if (isFolder) {
        auto opened = in.openFolder(nativeName);
        if (!opened) { // it went away, or was never ours to read
            note(sentences::skippedUnreadable(path));
            return {};
        }
        folder = std::move(*opened);
    }

    wire::ManifestEntry entry;
    entry.kind = isFolder ? wire::EntryKind::Folder : wire::EntryKind::File;
    entry.executable = info.executable;
    entry.depth = depth;
    entry.size = isFolder ? 0 : info.size;
    entry.mtimeNs = info.mtimeNs;
    entry.attributes = attributesOf(in, nativeName, path);
    if (auto appended = append(std::move(entry), name, nativeName, info); !appended)
        return appended;
    return folder ? addChildren(*folder, path, depth + 1) : Result<void>();
}

/// Packed, as many as the limits allow; what is left out of them is noted.
QByteArray Scanner::attributesOf(Folder &in, const QByteArray &nativeName, const QString &path)
{
    const FileAttributes all = in.attributes(nativeName);
    if (all.empty())
        return {};
    std::size_t kept = 0;
    const std::size_t used = m_source->manifest.attributesBytes();
    QByteArray packed;
    bool tooMuch = false;
    for (const auto &attribute : all) {
        if (!wire::isAttributeName(attribute.first))
            continue; // the system's matter, not this entry's
        const QByteArray with = packed + wire::packAttributes({attribute});
        if (kept >= wire::MOST_ATTRIBUTES
            || attribute.second.size() > wire::MAX_ATTRIBUTE_VALUE_BYTES
            || with.size() > wire::MAX_ATTRIBUTES_BYTES
            || used + static_cast<std::size_t>(with.size()) > Manifest::MAX_ATTRIBUTES_BYTES) {
            tooMuch = true;
            continue;
        }
        ++kept;
        packed = with;
    }
    if (tooMuch)
        note(sentences::attributesTooLarge(path));
    return packed;
}

/// A link is sent as one where it stays inside the item that is sent, whatever the disk holds.
Result<void> Scanner::addLink(Folder &in, const QByteArray &nativeName, const QString &name,
                              const QString &path, const FileInfo &info, quint32 depth)
{
    const auto target = in.readLink(nativeName);
    if (!target || readable(*target).changed || !wire::isInnerTarget(*target, depth)) {
        note(sentences::skippedLink(path));
        return {};
    }
    wire::ManifestEntry entry;
    entry.kind = wire::EntryKind::Link;
    entry.depth = depth;
    entry.mtimeNs = info.mtimeNs;
    entry.target = *target;
    return append(std::move(entry), name, nativeName, info);
}

Result<void> Scanner::append(wire::ManifestEntry entry, const QString &name,
                             const QByteArray &nativeName, const FileInfo &info)
{
    const Manifest::Index index = m_source->manifest.count();
    entry.name = name.toUtf8();
    if (entry.name != nativeName)
        m_source->nativeNames.insert(index, nativeName);
    if (auto appended = m_source->manifest.append(entry); !appended)
        return appended;
    m_source->identities.push_back(Source::folded(info.identity));
    m_source->storedBytes += mayHaveHoles(info) ? std::min(info.stored, entry.size) : entry.size;
    return {};
}

Result<void> Scanner::addChildren(Folder &folder, const QString &path, quint32 depth)
{
    const auto items = folder.list();
    if (!items) {
        note(sentences::skippedUnreadable(path));
        return {};
    }
    for (const FolderItem &item : *items) {
        const Readable name = readable(item.name);
        const QString itemPath = path + u'/' + name.text;
        if (name.changed)
            note(sentences::nameMadeReadable(itemPath));
        auto added = add(folder, item.name, name.text, itemPath, item.info, depth);
        if (!added)
            return added;
    }
    return {};
}

/// The folders of the path that are not there yet, then what it names.
Result<void> Scanner::addKept(const QString &base, const QString &path)
{
    QStringList parts = path.split(u'/', Qt::SkipEmptyParts);
    const QString last = parts.isEmpty() ? QString() : parts.takeLast();
    if (parts.contains(QLatin1String("..")) || last == QLatin1String("..") || last.isEmpty())
        return sentences::sourceMissing(path);
    auto folder = m_files.openFolder(base);
    const bool sameBase = std::exchange(m_keptBase, base) == base;
    const QStringList open = sameBase ? std::exchange(m_keptFolders, parts) : QStringList();
    m_keptFolders = parts;
    bool isOpen = true;
    for (qsizetype depth = 0; folder && depth < parts.size(); ++depth) {
        const QByteArray native = QFile::encodeName(parts[depth]);
        const auto info = (*folder)->info(native);
        isOpen = isOpen && depth < open.size() && open[depth] == parts[depth];
        if (!info || info->kind != FileKind::Folder)
            return sentences::sourceMissing(path);
        if (!isOpen) {
            wire::ManifestEntry entry;
            entry.kind = wire::EntryKind::Folder;
            entry.depth = static_cast<quint32>(depth);
            entry.mtimeNs = info->mtimeNs;
            entry.attributes = attributesOf(**folder, native, parts.first(depth + 1).join(u'/'));
            const QString name = depth == 0 ? m_rootNames.take(0, parts[0]) : parts[depth];
            if (auto appended = append(std::move(entry), name, native, *info); !appended)
                return appended;
            if (depth == 0)
                m_source->rootFolders.push_back(QFile::encodeName(base));
        }
        folder = (*folder)->openFolder(native);
    }
    if (!folder)
        return sentences::sourceUnreadable(path);
    const QByteArray native = QFile::encodeName(last);
    const auto info = (*folder)->info(native);
    if (!info)
        return sentences::sourceMissing(path);
    return add(**folder, native, last, path, *info, static_cast<quint32>(parts.size()));
}

Result<void> Scanner::addRoot(const QString &path)
{
    const auto kept = path.indexOf(QLatin1String("/./"));
    if (kept >= 0 && path.indexOf(u'/', kept + 3) > 0)
        return addKept(kept == 0 ? QStringLiteral("/") : path.first(kept), path.mid(kept + 3));
    m_keptFolders.clear();
    // A link that a person chose is followed, under the link's own name.
    const QString clean = QDir::cleanPath(QDir::current().absoluteFilePath(path));
    const auto place = m_files.resolve(clean);
    if (!place)
        return place.error().code == ErrorCode::FileNotFound ? sentences::sourceMissing(path)
                                                             : sentences::sourceUnreadable(path);
    const QString chosen = clean.section(u'/', -1);
    if (chosen.isEmpty() || place->name.isEmpty())
        return sentences::nothingToSend(); // the root of the file system has no name
    auto folder = m_files.openFolderNative(place->folder);
    if (!folder)
        return sentences::sourceUnreadable(path);
    const auto info = (*folder)->info(place->name);
    if (!info)
        return sentences::sourceMissing(path);
    if (!info->readable)
        return sentences::sourceUnreadable(path);

    const auto before = m_source->manifest.roots().size();
    const QString name = m_rootNames.take(0, chosen);
    auto added = add(**folder, place->name, name, name, *info, 0);
    if (!added || m_source->manifest.roots().size() == before)
        return added;
    if (name != chosen)
        note(sentences::renamed(chosen, name));
    m_source->rootFolders.push_back(place->folder);
    return {};
}

Result<std::shared_ptr<const Source>> Scanner::take()
{
    if (m_source->manifest.count() == 0) {
        Error error = sentences::nothingToSend();
        if (!m_source->notes.isEmpty())
            error.message = m_source->notes.first() + u' ' + error.message;
        return error;
    }
    if (m_moreNotes > 0)
        m_source->notes.append(sentences::andMore(m_moreNotes));
    m_source->listHash = m_source->manifest.hash();
    m_source->title = QString::fromUtf8(m_source->manifest.name(0));
    return std::shared_ptr<const Source>(m_source);
}

} // namespace

Result<std::shared_ptr<const Source>> scanSource(FileSystem &files, const QStringList &paths,
                                                 const std::atomic<bool> &cancelled)
{
    Scanner scanner(files, cancelled);
    for (const QString &path : paths)
        if (auto added = scanner.addRoot(path); !added)
            return added.error();
    return scanner.take();
}

} // namespace postern
