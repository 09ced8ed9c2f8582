#include "core/transfer/gaps.h"

#include <algorithm>

namespace postern {

namespace {

/// A path's own, beside its text.
constexpr qsizetype PATH_BYTES = 64;

} // namespace

bool PlacedFolder::isIn(Folder &folder) const
{
    const auto there = folder.info(name);
    return there && there->kind == FileKind::Folder && there->identity == identity;
}

void Gaps::noteMissing(const QString &root, const QString &path)
{
    const qsizetype bytes = path.size() * qsizetype{sizeof(QChar)} + PATH_BYTES;
    if (m_bytes + bytes > MOST_BYTES)
        return;
    m_bytes += bytes;
    m_missing.insert(path);
    m_folders.try_emplace(root);
}

void Gaps::notePlaced(const QString &root, const PlacedFolder &folder)
{
    const auto found = m_folders.find(root);
    if (found != m_folders.end())
        found->second = folder;
}

bool Gaps::canBeFilled() const
{
    return std::any_of(m_folders.begin(), m_folders.end(),
                       [](const auto &folder) { return folder.second.has_value(); });
}

/// A folder only as the way to a file.
bool Gaps::isWanted(const NamedManifest &list, Manifest::Index entry) const
{
    const Manifest &manifest = list.manifest;
    if (manifest.isFolder(entry))
        return entry + 1 < manifest.count() && manifest.parent(entry + 1) == entry;
    return manifest.isFile(entry) && m_missing.contains(list.path(entry));
}

Gaps::Folders Gaps::filledBy(const NamedManifest &list, FileSystem &files) const
{
    Folders filled;
    const auto folder = files.openFolder(into);
    if (!folder)
        return filled;
    const auto &roots = list.manifest.roots();
    for (std::size_t i = 0; i < roots.size(); ++i) {
        const auto known = m_folders.find(list.name(roots[i]));
        if (known == m_folders.end() || !known->second || !list.manifest.isFolder(roots[i])
            || !known->second->isIn(**folder))
            continue;
        const auto end = i + 1 < roots.size() ? roots[i + 1] : list.manifest.count();
        auto entry = roots[i];
        while (entry < end && isWanted(list, entry))
            ++entry;
        if (entry == end)
            filled.emplace(known->first, *known->second);
    }
    return filled;
}

} // namespace postern
