#pragma once
// The entries of a manifest, packed: a million of them must fit. Entries come in
// pre-order; each tells its depth, so that its parent is the last folder one level up.
// The shape alone thus makes a file that has children impossible to say.
//
//     entry := flags:u8 depth:varint name-length:varint name size:varint mtime:zigzag-varint
//
// flags: bit 0 folder, bit 1 executable; others must be 0. size is absent for a folder.
// varint: seven bits a byte, least significant first, at most ten bytes. Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QList>

namespace postern::wire {

inline constexpr qint64 MAX_FILE_BYTES = qint64{1} << 60;
/// Longest name on the wire: 255 UTF-16 units, some systems' limit, are at most 765 bytes.
inline constexpr qsizetype MAX_NAME_BYTES = 1024;
inline constexpr int MAX_DEPTH_OF_TREE = 128;

struct ManifestEntry {
    bool folder = false;
    bool executable = false;
    quint32 depth = 0; ///< 0: at the top
    QByteArray name; ///< one component, UTF-8; not yet made safe
    qint64 size = 0;
    qint64 mtimeNs = 0; ///< since 1970-01-01 UTC

    friend bool operator==(const ManifestEntry &, const ManifestEntry &) = default;
};

/// Appends the entry to the page.
void appendManifestEntry(QByteArray &page, const ManifestEntry &entry);

/// The entries of a page, each within the limits above; Protocol otherwise. How they fit
/// together is for Manifest::append() to judge.
Result<QList<ManifestEntry>> decodeManifestPage(ByteView page);

} // namespace postern::wire
