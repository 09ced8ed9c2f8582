// The file layer where there are no descriptors to walk by: paths, through Qt. Links and
// junctions are looked for before each step, which leaves a moment between the look and the
// step that the POSIX layer does not have. Built everywhere, so that it is tested everywhere.

#include "core/transfer/file_system.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStorageInfo>

#include <algorithm>

#ifdef Q_OS_WIN
#include <io.h>
#include <windows.h>
#elif defined(Q_OS_UNIX)
#include <unistd.h>
#endif

namespace postern {

namespace {

Error notFound() { return {ErrorCode::FileNotFound, QStringLiteral("no such file or folder")}; }
Error nameTaken() { return {ErrorCode::FileExists, QStringLiteral("the name is taken")}; }

Error errorOf(const QFileDevice &file)
{
    switch (file.error()) {
    case QFileDevice::ResourceError: return {ErrorCode::DiskFull, file.errorString()};
    case QFileDevice::OpenError:
    case QFileDevice::PermissionsError: return {ErrorCode::NotAllowed, file.errorString()};
    default: return {ErrorCode::Internal, file.errorString()};
    }
}

/// In a chroot, or on some network mounts, Qt finds no such volume, or one without a size: it
/// may be as large as any.
bool isKnown(const QStorageInfo &storage) { return storage.isValid() && storage.bytesTotal() > 0; }

/// A write that fails for want of space says so in its own way on each system.
Error writeErrorOf(const QFileDevice &file)
{
    const QStorageInfo storage(QFileInfo(file.fileName()).path());
    constexpr qint64 AS_GOOD_AS_FULL = 64 * 1024;
    if (isKnown(storage) && storage.bytesAvailable() < AS_GOOD_AS_FULL)
        return {ErrorCode::DiskFull, file.errorString()};
    return errorOf(file);
}

bool exists(const QFileInfo &info) { return info.exists() || info.isSymLink(); }

FileInfo infoOf(const QFileInfo &found)
{
    FileInfo info;
    if (found.isSymLink() || found.isJunction())
        info.kind = FileKind::Link;
    else if (found.isDir())
        info.kind = FileKind::Folder;
    else
        info.kind = found.isFile() ? FileKind::File : FileKind::Special;
    info.size = info.kind == FileKind::File ? found.size() : 0;
    info.stored = info.size;
    info.mtimeNs = found.lastModified().toMSecsSinceEpoch() * 1'000'000;
    info.identity = static_cast<quint64>(found.birthTime().toMSecsSinceEpoch());
#ifndef Q_OS_WIN // there every .exe would be one
    info.executable = info.kind == FileKind::File && found.permission(QFileDevice::ExeOwner);
#endif
    info.readable = found.isReadable();
    info.named = exists(found);
    return info;
}

class PortableFile final : public File {
public:
    explicit PortableFile(std::unique_ptr<QFile> file)
        : m_file(std::move(file))
    {
    }

    Result<FileInfo> info() override { return infoOf(QFileInfo(m_file->fileName())); }

    Result<qsizetype> read(qint64 offset, MutableByteView into) override
    {
        if (!m_file->seek(offset))
            return errorOf(*m_file);
        const qint64 got =
            m_file->read(reinterpret_cast<char *>(into.data()), static_cast<qint64>(into.size()));
        if (got < 0)
            return errorOf(*m_file);
        return static_cast<qsizetype>(got);
    }

    Result<void> write(qint64 offset, ByteView bytes) override
    {
        const auto size = static_cast<qint64>(bytes.size());
        if (!m_file->seek(offset)
            || m_file->write(reinterpret_cast<const char *>(bytes.data()), size) != size)
            return writeErrorOf(*m_file);
        return {};
    }

    Result<void> reserve(qint64 size) override
    {
        if (!m_file->resize(size))
            return writeErrorOf(*m_file);
        return {};
    }

    Result<void> resize(qint64 size) override { return reserve(size); }
    Result<qint64> nextData(qint64 offset) override { return offset; }
    Result<qint64> nextHole(qint64) override { return m_file->size(); }

    void markOrigin([[maybe_unused]] const QByteArray &origin) override
    {
#ifdef Q_OS_WIN
        QFile mark(m_file->fileName() + QStringLiteral(":Zone.Identifier")); // a stream of NTFS
        if (mark.open(QIODevice::WriteOnly))
            mark.write("[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=" + origin + "\r\n");
#endif
    }

    bool setAttributes(const FileAttributes &attributes) override { return attributes.empty(); }

    void startFlush(qint64, qint64) override { }

    Result<void> setMetadata(const FileMetadata &metadata) override
    {
        const auto time = QDateTime::fromMSecsSinceEpoch(metadata.mtimeNs / 1'000'000);
        if (!m_file->setFileTime(time, QFileDevice::FileModificationTime))
            return errorOf(*m_file);
        if (metadata.executable)
            m_file->setPermissions(m_file->permissions() | QFileDevice::ExeOwner
                                   | QFileDevice::ExeUser);
        return {};
    }

    Result<void> sync() override
    {
#ifdef Q_OS_WIN
        const auto handle = reinterpret_cast<HANDLE>(_get_osfhandle(m_file->handle()));
        const bool synced = ::FlushFileBuffers(handle);
#else
        const bool synced = ::fsync(m_file->handle()) == 0;
#endif
        if (!synced)
            return errorOf(*m_file);
        return {};
    }

private:
    std::unique_ptr<QFile> m_file; ///< unbuffered
};

class PortableFolder final : public Folder {
public:
    explicit PortableFolder(const QString &path)
        : m_dir(path)
    {
    }

    Result<QList<FolderItem>> list() override
    {
        QList<FolderItem> items;
        for (const QFileInfo &found : m_dir.entryInfoList(QDir::AllEntries | QDir::Hidden
                                                          | QDir::System | QDir::NoDotAndDotDot))
            items.append({found.fileName().toUtf8(), infoOf(found)});
        std::sort(items.begin(), items.end(),
                  [](const FolderItem &a, const FolderItem &b) { return a.name < b.name; });
        return items;
    }

    Result<FileInfo> info(const QByteArray &name) override
    {
        const QFileInfo found(pathOf(name));
        return exists(found) ? Result<FileInfo>(infoOf(found)) : notFound();
    }

    FileAttributes attributes(const QByteArray &) override { return {}; }
    bool setAttributes(const FileAttributes &attributes) override { return attributes.empty(); }

    Result<std::unique_ptr<Folder>> openFolder(const QByteArray &name) override
    {
        const auto found = info(name);
        if (!found || found->kind != FileKind::Folder)
            return notFound();
        return std::unique_ptr<Folder>(std::make_unique<PortableFolder>(pathOf(name)));
    }

    Result<std::unique_ptr<File>> openFile(const QByteArray &name) override
    {
        const auto found = info(name);
        if (!found || found->kind != FileKind::File)
            return notFound();
        return open(name, QIODevice::ReadWrite | QIODevice::ExistingOnly, QIODevice::ReadOnly);
    }

    Result<std::unique_ptr<Folder>> createFolder(const QByteArray &name) override
    {
        if (exists(QFileInfo(pathOf(name))))
            return nameTaken();
        if (!m_dir.mkdir(QString::fromUtf8(name)))
            return Error{ErrorCode::NotAllowed, QStringLiteral("it can't be made")};
        return openFolder(name);
    }

    Result<std::unique_ptr<File>> changeFile(const QByteArray &name) override
    {
        const auto found = info(name);
        if (!found || found->kind != FileKind::File)
            return notFound();
        return open(name, QIODevice::ReadWrite | QIODevice::ExistingOnly);
    }

    Result<std::unique_ptr<File>> createFile(const QByteArray &name) override
    {
        if (exists(QFileInfo(pathOf(name))))
            return nameTaken();
        return open(name, QIODevice::ReadWrite | QIODevice::NewOnly);
    }

    Result<void> createLink(const QByteArray &, const QByteArray &) override
    {
        return Error{ErrorCode::Unavailable, QStringLiteral("links are not made here")};
    }
    Result<QByteArray> readLink(const QByteArray &) override
    {
        return Error{ErrorCode::Unavailable, QStringLiteral("links are not read here")};
    }

    Result<void> lock() override { return {}; }

    Result<void> rename(const QByteArray &name, Folder &to, const QByteArray &newName) override
    {
        const QString target = static_cast<PortableFolder &>(to).pathOf(newName);
        if (exists(QFileInfo(target)))
            return nameTaken();
        if (!QDir().rename(pathOf(name), target)) // moves, and never replaces
            return Error{ErrorCode::NotAllowed, QStringLiteral("it can't be moved")};
        return {};
    }

    Result<void> removeFile(const QByteArray &name) override
    {
        QFile file(pathOf(name));
        if (!file.remove())
            return errorOf(file);
        return {};
    }

    Result<void> removeFolder(const QByteArray &name) override
    {
        if (!m_dir.rmdir(QString::fromUtf8(name)))
            return Error{ErrorCode::NotAllowed, QStringLiteral("it can't be removed")};
        return {};
    }

    Result<void> setModified(qint64) override { return {}; } // Qt can't for folders
    Result<void> sync() override { return {}; } // the system journals its names itself

    Result<void> syncFileSystem() override
    {
        const auto items = list();
        if (!items)
            return items.error();
        for (const FolderItem &item : *items)
            if (auto synced = syncItem(item); !synced)
                return synced;
        return {};
    }

    Result<qint64> freeBytes() override
    {
        const QStorageInfo storage(m_dir.absolutePath());
        if (!isKnown(storage))
            return Error{ErrorCode::Unavailable, QStringLiteral("free space is not told")};
        return storage.bytesAvailable();
    }

private:
    QString pathOf(const QByteArray &name) const { return m_dir.filePath(QString::fromUtf8(name)); }

    Result<std::unique_ptr<File>> open(const QByteArray &name, QIODevice::OpenMode mode,
                                       QIODevice::OpenMode otherwise = QIODevice::NotOpen)
    {
        auto file = std::make_unique<QFile>(pathOf(name));
        if (file->open(mode | QIODevice::Unbuffered)
            || (otherwise != QIODevice::NotOpen && file->open(otherwise | QIODevice::Unbuffered)))
            return std::unique_ptr<File>(std::make_unique<PortableFile>(std::move(file)));
        return errorOf(*file);
    }

    Result<void> syncItem(const FolderItem &item)
    {
        if (item.info.kind == FileKind::Folder) {
            auto folder = openFolder(item.name);
            return folder ? (*folder)->syncFileSystem() : folder.error();
        }
        auto file = openFile(item.name);
        return file ? (*file)->sync() : file.error();
    }

    QDir m_dir;
};

class PortableFileSystem final : public FileSystem {
public:
    QByteArray bootId() override { return {}; }
    Result<std::unique_ptr<Folder>> openFolder(const QString &path) override
    {
        if (!QFileInfo(path).isDir())
            return notFound();
        return std::unique_ptr<Folder>(std::make_unique<PortableFolder>(path));
    }
    Result<std::unique_ptr<Folder>> openFolderNative(const QByteArray &path) override
    {
        return openFolder(QString::fromUtf8(path));
    }
    Result<Place> resolve(const QString &path) override
    {
        const QFileInfo real(QFileInfo(path).canonicalFilePath());
        if (!real.exists())
            return notFound();
        return Place{real.path().toUtf8(), real.fileName().toUtf8()};
    }
};

} // namespace

std::shared_ptr<FileSystem> portableFileSystem() { return std::make_shared<PortableFileSystem>(); }

#ifndef Q_OS_UNIX
std::shared_ptr<FileSystem> systemFileSystem() { return portableFileSystem(); }
#endif

} // namespace postern
