#include "core/transfer/manifest.h"

#include "core/transfer/block_hash.h"
#include "core/transfer/sentences.h"

#include <algorithm>

namespace postern {

quint32 Manifest::Texts::add(const QByteArray &text)
{
    constexpr std::size_t LENGTH_BYTES = 2;
    const auto size = static_cast<std::size_t>(text.size());
    if (m_pieces.empty() || m_pieces.back().size() + LENGTH_BYTES + size > PIECE) {
        m_pieces.emplace_back();
        if (m_pieces.size() > 1) // most lists fit into a part of the first
            m_pieces.back().reserve(PIECE);
    }
    std::vector<char> &piece = m_pieces.back();
    const std::size_t at = (m_pieces.size() - 1) * PIECE + piece.size();
    piece.push_back(static_cast<char>(size & 0xff));
    piece.push_back(static_cast<char>(size >> 8));
    piece.insert(piece.end(), text.begin(), text.end());
    m_bytes += size;
    return static_cast<quint32>(at);
}

QByteArray Manifest::Texts::at(quint32 place) const
{
    const char *text = m_pieces[place / PIECE].data() + place % PIECE;
    const auto size = static_cast<std::uint8_t>(text[0]) | static_cast<std::uint8_t>(text[1]) << 8;
    return QByteArray(text + 2, size);
}

Result<void> Manifest::append(const wire::ManifestEntry &entry)
{
    const bool file = entry.kind == wire::EntryKind::File;
    const bool link = entry.kind == wire::EntryKind::Link;
    if (entry.depth > m_open.size() || entry.depth >= wire::MAX_DEPTH_OF_TREE
        || entry.name.isEmpty() || entry.name.size() > wire::MAX_NAME_BYTES || entry.size < 0
        || entry.size > wire::MAX_FILE_BYTES || (!file && entry.size != 0)
        || (link && !wire::isInnerTarget(entry.target, entry.depth))
        || entry.attributes.size() > (link ? 0 : wire::MAX_ATTRIBUTES_BYTES))
        return sentences::brokenOffer();
    const auto attributeBytes = static_cast<std::size_t>(entry.attributes.size());
    const auto textBytes =
        static_cast<std::size_t>(entry.name.size() + entry.target.size()) + attributeBytes;
    if (m_entries.size() >= MAX_ENTRIES || m_texts.bytes() + textBytes > MAX_NAMES_BYTES
        || m_attributesBytes + attributeBytes > MAX_ATTRIBUTES_BYTES
        || m_totals.bytes > MAX_TOTAL_BYTES - entry.size)
        return sentences::offerTooLarge();

    m_open.resize(entry.depth);
    const Index parent = m_open.empty() ? NONE : m_open.back();
    const Index index = count();
    if (parent == NONE)
        m_roots.push_back(index);
    const quint64 number = link ? m_texts.add(entry.target) : static_cast<quint64>(entry.size);
    const quint64 packed = number << NUMBER_SHIFT | (file && entry.executable ? EXECUTABLE : 0)
        | static_cast<quint64>(entry.kind);
    m_entries.push_back({entry.mtimeNs, packed, m_texts.add(entry.name), parent});
    if (attributeBytes > 0) {
        m_attributes.insert(index, m_texts.add(entry.attributes));
        m_attributesBytes += attributeBytes;
    }
    if (entry.kind == wire::EntryKind::Folder) {
        m_open.push_back(index);
        ++m_totals.folders;
    } else {
        ++m_totals.files;
        m_totals.bytes += entry.size;
    }
    return {};
}

QByteArray Manifest::name(Index entry) const { return m_texts.at(m_entries[entry].nameAt); }

QByteArray Manifest::target(Index entry) const
{
    return isLink(entry) ? m_texts.at(static_cast<quint32>(m_entries[entry].number()))
                         : QByteArray();
}

QByteArray Manifest::attributes(Index entry) const
{
    const auto found = m_attributes.constFind(entry);
    return found == m_attributes.constEnd() ? QByteArray() : m_texts.at(*found);
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
    return {kind(entry), isExecutable(entry), depth(entry),  name(entry),
            size(entry), mtimeNs(entry),      target(entry), attributes(entry)};
}

Manifest::Index Manifest::nextFile(Index entry) const
{
    while (entry < count() && !isFile(entry))
        ++entry;
    return entry;
}

quint32 Manifest::filesBefore(Index entry) const
{
    return static_cast<quint32>(
        std::count_if(m_entries.begin(), m_entries.begin() + entry,
                      [](const Entry &one) { return one.kind() != wire::EntryKind::Folder; }));
}

/// A chain over the entries as they are packed on the wire: H(i) = hash(H(i-1) || page i). Both
/// sides must come to the same one, also where one of them knows of no attributes of folders.
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
