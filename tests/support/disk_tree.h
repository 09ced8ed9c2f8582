#pragma once
// Real files for tests: made, changed, and described so that two trees can be compared.

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace postern::test {

/// Bytes that look random and come fast.
QByteArray content(qsizetype bytes, quint64 seed = 1);

/// Writes the file and the folders that lead to it.
void put(const QString &path, const QByteArray &content);
void append(const QString &path, const QByteArray &content);
QByteArray get(const QString &path); ///< "<missing>" where there is none
void setModified(const QString &path, qint64 seconds, long nanoseconds);

/// All names in a folder, hidden ones too.
QStringList namesIn(const QString &folder);

/// One line for each thing below: path, kind, mode, time, size, hash.
QStringList describeTree(const QString &folder);

} // namespace postern::test
