#pragma once
// The entries of a manifest, packed: a million of them must fit. Entries come in
// pre-order; each tells its depth, so that its parent is the last folder one level up.
// The shape alone thus makes a file that has children impossible to say.
//
//     entry := flags:u8 depth:varint name-length:varint name [size:varint]
//              [target-length:varint target] mtime:zigzag-varint
//
// flags: bit 0 folder, bit 1 executable, bit 2 link; others must be 0. size is there for a file
// only, target for a link only. varint: seven bits a byte, least significant first, at most ten
// bytes. Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QList>

namespace postern::wire {

inline constexpr qint64 MAX_FILE_BYTES = qint64{1} << 60;
/// Longest name on the wire: 255 UTF-16 units, some systems' limit, are at most 765 bytes.
inline constexpr qsizetype MAX_NAME_BYTES = 1024;
inline constexpr int MAX_DEPTH_OF_TREE = 128;
/// Where a link may lead to: a path on the same tree, well below what systems take.
inline constexpr qsizetype MAX_TARGET_BYTES = 2048;

enum class EntryKind : std::uint8_t { File, Folder, Link };

struct ManifestEntry {
    EntryKind kind = EntryKind::File;
    bool executable = false; ///< files only
    quint32 depth = 0; ///< 0: at the top
    QByteArray name; ///< one component, UTF-8; not yet made safe
    qint64 size = 0; ///< files only
    qint64 mtimeNs = 0; ///< since 1970-01-01 UTC
    QByteArray target; ///< links only, see isInnerTarget()

    friend bool operator==(const ManifestEntry &, const ManifestEntry &) = default;
};

/// Whether a link that lies so deep may lead there: one or more names with '/' between, before
/// them as many ".." as keep it below its top-level item. A ".." behind a name could climb out
/// through another link, so there is none; nor "." or empty names, '\\' or control characters.
bool isInnerTarget(const QByteArray &target, quint32 depth);

/// Appends the entry to the page.
void appendManifestEntry(QByteArray &page, const ManifestEntry &entry);

/// The entries of a page, each within the limits above; Protocol otherwise. How they fit
/// together is for Manifest::append() to judge.
Result<QList<ManifestEntry>> decodeManifestPage(ByteView page);

} // namespace postern::wire
