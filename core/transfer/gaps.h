#pragma once
// What a transfer did not bring because it changed on the way, and where the folders it belongs
// into are now: a transfer that follows and brings it puts it there. Only what was in the offer
// that a person or rule accepted gets in, so nobody can add to a folder what never was.
// Value, any thread; what asks a disk blocks.

#include "core/transfer/file_system.h"
#include "core/transfer/named_manifest.h"

#include <QSet>

#include <map>

namespace postern {

/// A top-level folder under its final name. Another one of that name is not it.
struct PlacedFolder {
    QByteArray name;
    quint64 identity = 0; ///< FileInfo::identity

    bool isIn(Folder &folder) const; ///< a link is none
};

class Gaps {
public:
    /// What its paths may take; what is beyond is not remembered.
    static constexpr qsizetype MOST_BYTES = 128 * 1024;

    QString into; ///< the folder that it was received into

    /// A file somewhere below `root`. Both as they are named here.
    void noteMissing(const QString &root, const QString &path);
    void notePlaced(const QString &root, const PlacedFolder &folder);
    bool isLacking(const QString &root) const { return m_folders.contains(root); }
    bool canBeFilled() const;

    /// By their names in this list: the folders that are still there, and of which it brings
    /// nothing but what is missing.
    using Folders = std::map<QString, PlacedFolder>;
    Folders filledBy(const NamedManifest &list, FileSystem &files) const;

private:
    bool isWanted(const NamedManifest &list, Manifest::Index entry) const;

    std::map<QString, std::optional<PlacedFolder>> m_folders; ///< those that miss something
    QSet<QString> m_missing;
    qsizetype m_bytes = 0;
};

} // namespace postern
