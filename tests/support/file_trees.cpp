#include "tests/support/file_trees.h"

#include <QDateTime>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>

#include <cstring>

namespace postern::test {

namespace {

constexpr qint64 CHUNK = 1 << 20;
const auto SOME_TIME = QDateTime::fromMSecsSinceEpoch(1'234'567'890'123);

bool writeFile(const QString &path, const QByteArray &content, int number, bool executable = false)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        return false;
    if (executable)
        file.setPermissions(file.permissions() | QFile::ExeOwner);
    file.flush();
    return file.setFileTime(SOME_TIME.addSecs(number), QFileDevice::FileModificationTime);
}

QStringList namesOfManyScripts()
{
    return {
        QString::fromUtf8("文件 测试.txt"),
        QString::fromUtf8("ملف تجريبي.txt"),
        QString::fromUtf8("🚀📁👩‍🚀.bin"),
        QString::fromUtf8("été à Zürich & co. (1) 'x' \"y\".txt"),
        QString(255, u'n'), // the most that common file systems take
        QString(85, QChar(0x6587)), // 255 bytes of UTF-8
        QStringLiteral(".hidden"),
        QStringLiteral("-rf"),
    };
}

bool sameBytes(QFile &one, QFile &other)
{
    if (!one.open(QIODevice::ReadOnly) || !other.open(QIODevice::ReadOnly)
        || one.size() != other.size())
        return false;
    QByteArray a;
    QByteArray b;
    do {
        a = one.read(CHUNK);
        b = other.read(CHUNK);
        if (a != b)
            return false;
    } while (!a.isEmpty());
    return true;
}

void compareFiles(const QFileInfo &one, const QFileInfo &other, QStringList &found)
{
    QFile a(one.filePath());
    QFile b(other.filePath());
    if (!sameBytes(a, b))
        found << "content of " + one.filePath();
    if (one.lastModified() != other.lastModified())
        found << "time of " + one.filePath();
    if (one.permission(QFile::ExeOwner) != other.permission(QFile::ExeOwner))
        found << "executable bit of " + one.filePath();
}

QStringList entriesBelow(const QString &folder)
{
    QStringList entries;
    QDirIterator it(folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                    QDirIterator::Subdirectories);
    while (it.hasNext())
        entries << QDir(folder).relativeFilePath(it.next());
    entries.sort();
    return entries;
}

} // namespace

bool writePatternFile(const QString &path, qint64 bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return false;
    QByteArray chunk(CHUNK, Qt::Uninitialized);
    auto state = quint64(0x9e3779b97f4a7c15); // xorshift64 (Marsaglia 2003)
    for (qsizetype i = 0; i < CHUNK; i += 8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        std::memcpy(chunk.data() + i, &state, sizeof state);
    }
    for (qint64 at = 0; at < bytes; at += CHUNK) {
        std::memcpy(chunk.data(), &at, sizeof at);
        const auto count = std::min(CHUNK, bytes - at);
        if (file.write(chunk.constData(), count) != count)
            return false;
    }
    return true;
}

bool writeDiverseTree(const QString &folder)
{
    const QDir root(folder);
    bool good = root.mkpath("empty folder/emptier") && root.mkpath("deep/er/est")
        && writeFile(root.filePath("empty"), {}, 1) && writeFile(root.filePath("deep/empty"), {}, 2)
        && writeFile(root.filePath("run.sh"), "#!/bin/sh\n", 3, true);
    for (const auto &name : namesOfManyScripts())
        good = good && writeFile(root.filePath(name), name.toUtf8(), 4);
    good = good && root.mkpath(QString::fromUtf8("папка 📂"));
    for (int i = 0; i < 1000; ++i) {
        const auto below = QStringLiteral("small/%1").arg(i % 20);
        const QByteArray content(i * 7 % 5000, char('a' + i % 26));
        good = good && root.mkpath(below)
            && writeFile(root.filePath(below + QStringLiteral("/%1.txt").arg(i)), content, i,
                         i % 50 == 0);
    }
    return good;
}

QStringList differences(const QString &one, const QString &other)
{
    QStringList found;
    if (!QFileInfo(one).isDir()) {
        compareFiles(QFileInfo(one), QFileInfo(other), found);
        return found;
    }
    const auto expected = entriesBelow(one);
    const auto there = entriesBelow(other);
    for (const auto &entry : there)
        if (!expected.contains(entry))
            found << "not sent: " + entry;
    for (const auto &entry : expected) {
        const QFileInfo a(QDir(one).filePath(entry));
        const QFileInfo b(QDir(other).filePath(entry));
        if (!b.exists() || a.isDir() != b.isDir())
            found << "missing: " + entry;
        else if (!a.isDir())
            compareFiles(a, b, found);
    }
    return found;
}

} // namespace postern::test
