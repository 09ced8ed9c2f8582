#pragma once
// Folders of real files for tests of transfers: made, and compared entry by entry.

#include <QString>
#include <QStringList>

namespace postern::test {

/// A file whose bytes repeat nowhere in a way that could hide a misplaced block.
bool writePatternFile(const QString &path, qint64 bytes);

/// 1,000 small files in folders, empty files and folders, names in several scripts, a name of
/// 255 bytes, executable files, times in the past. Empty if it could not be made.
bool writeDiverseTree(const QString &folder);

/// What differs between two files or folders: names, kinds, bytes, times, executable bits.
/// Empty if nothing does.
QStringList differences(const QString &one, const QString &other);

} // namespace postern::test
