#include "core/transfer/manifest.h"

#include "core/transfer/block_hash.h"
#include "core/transfer/sentences.h"

#include <algorithm>

namespace postern {

Result<void> Manifest::append(const wire::ManifestEntry &entry)
{
    const auto nameBytes = static_cast<std::size_t>(entry.name.size());
    if (entry.depth > m_open.size() || entry.depth >= wire::MAX_DEPTH_OF_TREE || nameBytes == 0
        || entry.name.size() > wire::MAX_NAME_BYTES || entry.size < 0
        || entry.size > wire::MAX_FILE_BYTES || (entry.folder && entry.size != 0))
        return sentences::brokenOffer();
    if (m_entries.size() >= MAX_ENTRIES || m_names.size() + nameBytes > MAX_NAMES_BYTES
        || m_totals.bytes > MAX_TOTAL_BYTES - entry.size)
        return sentences::offerTooLarge();

    m_open.resize(entry.depth);
    const Index parent = m_open.empty() ? NONE : m_open.back();
    const Index index = count();
    if (parent == NONE)
        m_roots.push_back(index);
    m_entries.push_back({entry.size, entry.mtimeNs, static_cast<quint32>(m_names.size()), parent,
                         static_cast<quint16>(nameBytes), entry.folder, entry.executable});
    m_names.insert(m_names.end(), entry.name.begin(), entry.name.end());
    if (entry.folder) {
        m_open.push_back(index);
        ++m_totals.folders;
    } else {
        ++m_totals.files;
        m_totals.bytes += entry.size;
    }
    return {};
}

QByteArray Manifest::name(Index entry) const
{
    const Entry &record = m_entries[entry];
    return QByteArray(m_names.data() + record.nameAt, record.nameBytes);
}

QString Manifest::path(Index entry) const
{
    QString path = QString::fromUtf8(name(entry));
    for (Index up = parent(entry); up != NONE; up = parent(up))
        path.prepend(QString::fromUtf8(name(up)) + u'/');
    return path;
}

quint32 Manifest::depth(Index entry) const
{
    quint32 depth = 0;
    for (Index up = parent(entry); up != NONE; up = parent(up))
        ++depth;
    return depth;
}

wire::ManifestEntry Manifest::entry(Index entry) const
{
    const Entry &record = m_entries[entry];
    return {record.folder, record.executable, depth(entry),
            name(entry),   record.size,       record.mtimeNs};
}

Manifest::Index Manifest::nextFile(Index entry) const
{
    while (entry < count() && isFolder(entry))
        ++entry;
    return entry;
}

quint32 Manifest::filesBefore(Index entry) const
{
    return static_cast<quint32>(std::count_if(m_entries.begin(), m_entries.begin() + entry,
                                              [](const Entry &one) { return !one.folder; }));
}

/// A chain over the entries as they are packed on the wire: H(i) = hash(H(i-1) || page i).
QByteArray Manifest::hash() const
{
    constexpr Index ENTRIES_A_PAGE = 1024;
    QByteArray chain;
    for (Index next = 0; next < count();) {
        for (const Index until = std::min(next + ENTRIES_A_PAGE, count()); next < until; ++next)
            wire::appendManifestEntry(chain, entry(next));
        const wire::BlockHash link = blockHash(viewOf(chain));
        chain = QByteArray(reinterpret_cast<const char *>(link.data()), link.size());
    }
    return chain;
}

} // namespace postern
