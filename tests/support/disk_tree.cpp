#include "tests/support/disk_tree.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace postern::test {

namespace {

constexpr auto ALL = QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot;

void write(const QString &path, const QByteArray &content, QIODevice::OpenMode mode)
{
    QFile file(path);
    if (!file.open(mode) || file.write(content) != content.size())
        qFatal("can't write %s", qPrintable(path));
}

} // namespace

QByteArray content(qsizetype bytes, quint64 seed)
{
    QByteArray out((bytes + 7) / 8 * 8, Qt::Uninitialized);
    for (qsizetype at = 0; at < out.size(); at += 8) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL; // Knuth's MMIX
        const quint64 word = seed ^ (seed >> 29);
        std::memcpy(out.data() + at, &word, 8);
    }
    out.truncate(bytes);
    return out;
}

void put(const QString &path, const QByteArray &content)
{
    QDir().mkpath(QFileInfo(path).path());
    write(path, content, QIODevice::WriteOnly);
}

void append(const QString &path, const QByteArray &content)
{
    write(path, content, QIODevice::Append);
}

QByteArray get(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

void setModified(const QString &path, qint64 seconds, long nanoseconds)
{
    const timespec times[2] = {{0, UTIME_OMIT}, {static_cast<time_t>(seconds), nanoseconds}};
    if (::utimensat(AT_FDCWD, QFile::encodeName(path).constData(), times, 0) < 0)
        qFatal("can't set the time of %s", qPrintable(path));
}

QStringList namesIn(const QString &folder) { return QDir(folder).entryList(ALL, QDir::Name); }

QStringList describeTree(const QString &folder)
{
    QStringList lines;
    QDirIterator walk(folder, ALL, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        const QString path = walk.next();
        struct stat status { };
        ::lstat(QFile::encodeName(path).constData(), &status);
        QString line = QStringLiteral("%1 %2 %3.%4")
                           .arg(QDir(folder).relativeFilePath(path))
                           .arg(status.st_mode, 0, 8)
                           .arg(status.st_mtim.tv_sec)
                           .arg(status.st_mtim.tv_nsec);
        if (S_ISREG(status.st_mode))
            line += u' ' + QString::number(status.st_size) + u' '
                + QString::fromLatin1(
                        QCryptographicHash::hash(get(path), QCryptographicHash::Sha1).toHex());
        lines.append(line);
    }
    lines.sort();
    return lines;
}

} // namespace postern::test
