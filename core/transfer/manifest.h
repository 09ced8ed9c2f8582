#pragma once
// What is offered: a tree of files and folders in pre-order, held compactly (a million
// entries are about 60 MB). Built entry by entry by the sender's scan and by the receiver
// from pages; append() is where a hostile manifest fails. Value, any thread.

#include "core/base/result.h"
#include "core/wire/manifest_page.h"
#include "core/wire/transfer_messages.h"

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
    static constexpr std::size_t MAX_NAMES_BYTES = 128 * 1024 * 1024;

    /// Protocol when the depth does not follow from the entry before, LimitExceeded when it
    /// would be too much in all.
    Result<void> append(const wire::ManifestEntry &entry);

    Index count() const { return static_cast<Index>(m_entries.size()); }
    bool isFolder(Index entry) const { return m_entries[entry].folder; }
    bool isExecutable(Index entry) const { return m_entries[entry].executable; }
    qint64 size(Index entry) const { return m_entries[entry].size; }
    qint64 mtimeNs(Index entry) const { return m_entries[entry].mtimeNs; }
    Index parent(Index entry) const { return m_entries[entry].parent; } ///< NONE at the top
    QByteArray name(Index entry) const; ///< as offered: UTF-8, one component
    QString path(Index entry) const; ///< as offered, '/' between parts
    quint32 depth(Index entry) const;
    wire::ManifestEntry entry(Index entry) const;

    /// The entries at the top, in order. The subtree of each ends where the next begins.
    const std::vector<Index> &roots() const { return m_roots; }
    const wire::TransferTotals &totals() const { return m_totals; }

    /// The next file at or after `entry`; count() if there is none.
    Index nextFile(Index entry) const;
    /// Files before `entry`.
    quint32 filesBefore(Index entry) const;

    /// Tells two lists apart: names, shape, sizes, times. Takes a while for a long one.
    QByteArray hash() const;

private:
    struct Entry {
        qint64 size;
        qint64 mtimeNs;
        quint32 nameAt;
        Index parent;
        quint16 nameBytes;
        bool folder;
        bool executable;
    };

    std::deque<Entry> m_entries; ///< grows without ever being copied
    std::vector<char> m_names;
    std::vector<Index> m_roots;
    std::vector<Index> m_open; ///< the folders that the next entry may lie in, outermost first
    wire::TransferTotals m_totals;
};

} // namespace postern
