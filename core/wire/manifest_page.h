#pragma once
// The entries of a manifest, packed: a million of them must fit. Entries come in
// pre-order; each tells its depth, so that its parent is the last folder one level up.
// The shape alone thus makes a file that has children impossible to say.
//
//     entry := flags:u8 depth:varint name-length:varint name [size:varint]
//              [target-length:varint target] mtime:zigzag-varint
//              [attributes-length:varint attribute{1..}]
//     attribute := name-length:varint name value-length:varint value
//     folder-attributes := (place:varint attributes-length:varint attribute{1..})*
//
// flags: bit 0 folder, bit 1 executable, bit 2 link, bit 3 attributes (of a file); others must be
// 0. size is there for a file only, target for a link only. The attributes of folders came later:
// they lie beside the entries, where who does not know of them reads over them, each under its
// folder's place on the page, from 0. varint: seven bits a byte, least significant first, at most
// ten bytes. Pure; any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QList>

#include <map>
#include <optional>

namespace postern::wire {

inline constexpr qint64 MAX_FILE_BYTES = qint64{1} << 60;
/// Longest name on the wire: 255 UTF-16 units, some systems' limit, are at most 765 bytes.
inline constexpr qsizetype MAX_NAME_BYTES = 1024;
inline constexpr int MAX_DEPTH_OF_TREE = 128;
/// Where a link may lead to: a path on the same tree, well below what systems take.
inline constexpr qsizetype MAX_TARGET_BYTES = 2048;

/// Extended attributes of one file or folder, by name, without the system's prefix ("user.").
using Attributes = std::map<QByteArray, QByteArray>;
inline constexpr std::size_t MOST_ATTRIBUTES = 32;
inline constexpr qsizetype MAX_ATTRIBUTE_NAME_BYTES = 250; ///< Linux: 255 with the prefix
inline constexpr qsizetype MAX_ATTRIBUTE_VALUE_BYTES = 4096;
inline constexpr qsizetype MAX_ATTRIBUTES_BYTES = 8192; ///< packed, of one of them

/// No control characters, and none that programs take for a matter of trust: where a file came
/// from, who owns it, what a layered file system hides.
bool isAttributeName(const QByteArray &name);
QByteArray packAttributes(const Attributes &attributes);
/// Nothing unless each is within the limits and the names ascend.
std::optional<Attributes> unpackAttributes(ByteView packed);

enum class EntryKind : std::uint8_t { File, Folder, Link };

struct ManifestEntry {
    EntryKind kind = EntryKind::File;
    bool executable = false; ///< files only
    quint32 depth = 0; ///< 0: at the top
    QByteArray name; ///< one component, UTF-8; not yet made safe
    qint64 size = 0; ///< files only
    qint64 mtimeNs = 0; ///< since 1970-01-01 UTC
    QByteArray target; ///< links only, see isInnerTarget()
    QByteArray attributes{}; ///< of files and folders, packed; empty: none

    friend bool operator==(const ManifestEntry &, const ManifestEntry &) = default;
};

/// Whether a link that lies so deep may lead there: one or more names with '/' between, before
/// them as many ".." as keep it below its top-level item. A ".." behind a name could climb out
/// through another link, so there is none; nor "." or empty names, '\\' or control characters.
bool isInnerTarget(const QByteArray &target, quint32 depth);

/// Appends the entry to the page; without the attributes of a folder.
void appendManifestEntry(QByteArray &page, const ManifestEntry &entry);
/// Those, of the entry at this place of its page, if it is a folder that has some.
void appendFolderAttributes(QByteArray &packed, quint32 place, const ManifestEntry &entry);

/// The entries of a page, each within the limits above; Protocol otherwise. How they fit
/// together is for Manifest::append() to judge.
Result<QList<ManifestEntry>> decodeManifestPage(ByteView page);
/// Gives the folders of a page what was told beside it; Protocol where that is not within the
/// limits, the places don't ascend, or there is no folder.
Result<void> addFolderAttributes(QList<ManifestEntry> &entries, ByteView packed);

} // namespace postern::wire
