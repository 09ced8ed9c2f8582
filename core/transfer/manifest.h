#pragma once
// What is offered: a tree of files, folders and links in pre-order, held compactly (a million
// entries are about 25 MB and their names). Built entry by entry by the sender's scan and by the
// receiver from pages; append() is where a hostile manifest fails. Value, any thread.
//
// In totals and counts a link is a file of no bytes; no data is sent for it.

#include "core/base/result.h"
#include "core/wire/manifest_page.h"
#include "core/wire/transfer_messages.h"

#include <QHash>
#include <QList>
#include <QString>

#include <deque>
#include <vector>

namespace postern {

class Manifest {
public:
    using Index = quint32;
    static constexpr Index NONE = 0xffffffff;
    static constexpr Index MAX_ENTRIES = 2'000'000;
    static constexpr qint64 MAX_TOTAL_BYTES = qint64{1} << 62;
    static constexpr std::size_t MAX_NAMES_BYTES = 128 * 1024 * 1024; ///< and targets
    static constexpr std::size_t MAX_ATTRIBUTES_BYTES = 16 * 1024 * 1024; ///< of these, packed

    /// Protocol when the depth does not follow from the entry before, LimitExceeded when it
    /// would be too much in all.
    Result<void> append(const wire::ManifestEntry &entry);

    Index count() const { return static_cast<Index>(m_entries.size()); }
    bool isFolder(Index entry) const { return kind(entry) == wire::EntryKind::Folder; }
    bool isLink(Index entry) const { return kind(entry) == wire::EntryKind::Link; }
    bool isFile(Index entry) const { return kind(entry) == wire::EntryKind::File; }
    wire::EntryKind kind(Index entry) const { return m_entries[entry].kind(); }
    bool isExecutable(Index entry) const { return m_entries[entry].packed & EXECUTABLE; }
    qint64 size(Index entry) const { return isFile(entry) ? m_entries[entry].number() : 0; }
    qint64 mtimeNs(Index entry) const { return m_entries[entry].mtimeNs; }
    Index parent(Index entry) const { return m_entries[entry].parent; } ///< NONE at the top
    QByteArray name(Index entry) const; ///< as offered: UTF-8, one component
    QByteArray target(Index entry) const; ///< of a link
    QByteArray attributes(Index entry) const; ///< of no link; packed; most often empty
    std::size_t attributesBytes() const { return m_attributesBytes; } ///< of all
    QString path(Index entry) const; ///< as offered, '/' between parts
    quint32 depth(Index entry) const;
    wire::ManifestEntry entry(Index entry) const;

    /// The entries at the top, in order. The subtree of each ends where the next begins.
    const std::vector<Index> &roots() const { return m_roots; }
    const wire::TransferTotals &totals() const { return m_totals; }

    /// The next file with data at or after `entry`; count() if there is none.
    Index nextFile(Index entry) const;
    /// Files and links before `entry`.
    quint32 filesBefore(Index entry) const;

    /// Tells two lists apart: names, shape, sizes, times, targets, attributes of files. Takes a
    /// while for a long one.
    QByteArray hash() const;

private:
    static constexpr quint64 KIND = 3; ///< of Entry::packed: a wire::EntryKind
    static constexpr quint64 EXECUTABLE = 4;
    static constexpr int NUMBER_SHIFT = 3;

    struct Entry {
        qint64 mtimeNs;
        quint64 packed; ///< the number, then what it is
        quint32 nameAt;
        Index parent;
        wire::EntryKind kind() const { return static_cast<wire::EntryKind>(packed & KIND); }
        /// Of a file its size, of a link where its target is.
        qint64 number() const { return static_cast<qint64>(packed >> NUMBER_SHIFT); }
    };

    /// Texts one behind the other, in pieces that are never moved nor copied.
    class Texts {
    public:
        quint32 add(const QByteArray &text);
        QByteArray at(quint32 place) const;
        std::size_t bytes() const { return m_bytes; }

    private:
        static constexpr quint32 PIECE = 256 * 1024;
        std::vector<std::vector<char>> m_pieces;
        std::size_t m_bytes = 0;
    };

    std::deque<Entry> m_entries; ///< grows without ever being copied
    Texts m_texts;
    QHash<Index, quint32> m_attributes; ///< where they are, of those that have some
    std::size_t m_attributesBytes = 0;
    std::vector<Index> m_roots;
    std::vector<Index> m_open; ///< the folders that the next entry may lie in, outermost first
    wire::TransferTotals m_totals;
};

} // namespace postern
