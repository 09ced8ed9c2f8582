// The file layer on Linux, macOS and other POSIX systems: everything by descriptors.

#include <QtGlobal>

#ifdef Q_OS_UNIX

#include "core/transfer/file_system.h"

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifdef Q_OS_LINUX
#include <sys/syscall.h>
#endif
#if defined(Q_OS_LINUX) || defined(Q_OS_DARWIN)
#include <sys/xattr.h>
#endif

namespace postern {

namespace {

/// Longer values are no business of a transfer: wire/manifest_page.h has its limits.
[[maybe_unused]] constexpr qsizetype MOST_ATTRIBUTE_BYTES = 64 * 1024;
[[maybe_unused]] const QByteArray ATTRIBUTE_PREFIX = "user."; ///< Linux
[[maybe_unused]] const QByteArray SYSTEM_PREFIX = "com.apple."; ///< macOS

Error systemError(int number)
{
    const QString reason = QString::fromLocal8Bit(std::strerror(number));
    switch (number) {
    case ENOENT:
    case ENOTDIR: return {ErrorCode::FileNotFound, reason};
    case EEXIST:
    case ENOTEMPTY: return {ErrorCode::FileExists, reason};
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {ErrorCode::DiskFull, reason};
    case EACCES:
    case EPERM: return {ErrorCode::NotAllowed, reason};
    case EROFS: return {ErrorCode::FileNotWritable, reason};
    default: return {ErrorCode::Internal, reason};
    }
}

Result<void> check(int outcome)
{
    if (outcome < 0)
        return systemError(errno);
    return {};
}

class Descriptor {
public:
    explicit Descriptor(int fd)
        : m_fd(fd)
    {
    }
    Descriptor(Descriptor &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    Descriptor &operator=(Descriptor &&) = delete;
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    int get() const { return m_fd; }

private:
    int m_fd;
};

qint64 mtimeOf(const struct stat &status)
{
#ifdef Q_OS_DARWIN
    const timespec &time = status.st_mtimespec;
#else
    const timespec &time = status.st_mtim;
#endif
    return static_cast<qint64>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileInfo infoOf(const struct stat &status)
{
    FileInfo info;
    if (S_ISREG(status.st_mode))
        info.kind = FileKind::File;
    else if (S_ISDIR(status.st_mode))
        info.kind = FileKind::Folder;
    else
        info.kind = S_ISLNK(status.st_mode) ? FileKind::Link : FileKind::Special;
    info.size = info.kind == FileKind::File ? status.st_size : 0;
    info.stored = info.kind == FileKind::File ? static_cast<qint64>(status.st_blocks) * 512 : 0;
    info.mtimeNs = mtimeOf(status);
    info.identity = static_cast<quint64>(status.st_ino)
        ^ (static_cast<quint64>(status.st_dev) * 0x9e3779b97f4a7c15ULL);
    info.executable = info.kind == FileKind::File && (status.st_mode & S_IXUSR);
    info.named = status.st_nlink > 0;
    return info;
}

/// {leave the access time, this modification time}
std::array<timespec, 2> timesFor(qint64 mtimeNs)
{
    constexpr qint64 SECOND = 1'000'000'000;
    qint64 seconds = mtimeNs / SECOND;
    qint64 rest = mtimeNs % SECOND;
    if (rest < 0) {
        rest += SECOND;
        --seconds;
    }
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(seconds);
    times[1].tv_nsec = static_cast<long>(rest);
    return times;
}

Result<void> syncDescriptor(int fd)
{
#ifdef Q_OS_DARWIN
    if (::fcntl(fd, F_FULLFSYNC) == 0) // fsync() there leaves data in the drive's cache
        return {};
#endif
    return check(::fsync(fd));
}

bool setAttributesOf([[maybe_unused]] int fd, const FileAttributes &attributes)
{
    bool all = true;
    for (const auto &[name, value] : attributes) {
        [[maybe_unused]] const auto size = static_cast<std::size_t>(value.size());
#if defined(Q_OS_LINUX)
        const QByteArray whole = ATTRIBUTE_PREFIX + name;
        all = ::fsetxattr(fd, whole.constData(), value.constData(), size, 0) == 0 && all;
#elif defined(Q_OS_DARWIN)
        all = !name.toLower().startsWith(SYSTEM_PREFIX) // the system's own, quarantine among them
            && ::fsetxattr(fd, name.constData(), value.constData(), size, 0, 0) == 0 && all;
#else
        all = false;
#endif
    }
    return all;
}

class PosixFile final : public File {
public:
    explicit PosixFile(Descriptor fd)
        : m_fd(std::move(fd))
    {
    }

    Result<FileInfo> info() override
    {
        struct stat status { };
        if (::fstat(m_fd.get(), &status) < 0)
            return systemError(errno);
        return infoOf(status);
    }

    Result<qsizetype> read(qint64 offset, MutableByteView into) override
    {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t got = ::pread(m_fd.get(), into.data() + done, into.size() - done,
                                        static_cast<off_t>(offset) + static_cast<off_t>(done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return systemError(errno);
            if (got == 0)
                break;
            done += static_cast<std::size_t>(got);
        }
        return static_cast<qsizetype>(done);
    }

    Result<void> write(qint64 offset, ByteView bytes) override
    {
        while (!bytes.empty()) {
            const ssize_t put =
                ::pwrite(m_fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return systemError(errno);
            offset += put;
            bytes = bytes.subspan(static_cast<std::size_t>(put));
        }
        return {};
    }

    Result<void> reserve([[maybe_unused]] qint64 size) override
    {
#ifdef Q_OS_LINUX
        if (::fallocate(m_fd.get(), 0, 0, static_cast<off_t>(size)) < 0 && errno != EOPNOTSUPP
            && errno != ENOSYS && errno != EINTR)
            return systemError(errno);
#endif
        return {};
    }

    Result<void> resize(qint64 size) override
    {
        return check(::ftruncate(m_fd.get(), static_cast<off_t>(size)));
    }
    Result<qint64> nextData(qint64 offset) override { return seek(offset, SEEK_DATA); }
    Result<qint64> nextHole(qint64 offset) override { return seek(offset, SEEK_HOLE); }

    void markOrigin(const QByteArray &origin) override
    {
#if defined(Q_OS_LINUX)
        const auto size = static_cast<std::size_t>(origin.size());
        (void)::fsetxattr(m_fd.get(), "user.xdg.origin.url", origin.constData(), size, 0);
#elif defined(Q_OS_DARWIN)
        // Flags as a browser sets them, when, who; the origin is for the system's own database.
        const QByteArray mark = "0081;" + QByteArray::number(::time(nullptr), 16) + ";Postern;";
        (void)::fsetxattr(m_fd.get(), "com.apple.quarantine", mark.constData(),
                          static_cast<std::size_t>(mark.size()), 0, 0);
        (void)origin;
#endif
    }

    bool setAttributes(const FileAttributes &attributes) override
    {
        return setAttributesOf(m_fd.get(), attributes);
    }

    void startFlush([[maybe_unused]] qint64 offset, [[maybe_unused]] qint64 length) override
    {
#ifdef Q_OS_LINUX
        ::sync_file_range(m_fd.get(), offset, length, SYNC_FILE_RANGE_WRITE);
#endif
    }

    Result<void> setMetadata(const FileMetadata &metadata) override
    {
        const auto times = timesFor(metadata.mtimeNs);
        if (::futimens(m_fd.get(), times.data()) < 0 && errno != EINVAL)
            return systemError(errno);
        if (!metadata.executable)
            return {};
        struct stat status { };
        if (::fstat(m_fd.get(), &status) < 0)
            return systemError(errno);
        // Whoever may read it may run it, as the umask had it for reading.
        const mode_t mode = status.st_mode | ((status.st_mode & 0444) >> 2);
        if (::fchmod(m_fd.get(), mode & 07777) < 0 && errno != EPERM) // vfat has no such bit
            return systemError(errno);
        return {};
    }

    Result<void> sync() override { return syncDescriptor(m_fd.get()); }

private:
    Result<qint64> seek(qint64 offset, int whence)
    {
        const off_t found = ::lseek(m_fd.get(), static_cast<off_t>(offset), whence);
        if (found >= 0)
            return static_cast<qint64>(found);
        if (errno == ENXIO) { // nothing but a hole up to the end
            const auto status = info();
            return status ? Result<qint64>(status->size) : status.error();
        }
        return systemError(errno);
    }

    Descriptor m_fd;
};

class PosixFolder final : public Folder {
public:
    explicit PosixFolder(Descriptor fd)
        : m_fd(std::move(fd))
    {
    }

    static Result<std::unique_ptr<Folder>> open(int at, const QByteArray &name, int flags)
    {
        Descriptor fd(::openat(at, name.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
        if (fd.get() < 0)
            return systemError(errno);
        return std::unique_ptr<Folder>(std::make_unique<PosixFolder>(std::move(fd)));
    }

    Result<QList<FolderItem>> list() override;

    Result<FileInfo> info(const QByteArray &name) override
    {
        struct stat status { };
        if (::fstatat(m_fd.get(), name.constData(), &status, AT_SYMLINK_NOFOLLOW) < 0)
            return systemError(errno);
        FileInfo info = infoOf(status);
        if (info.kind == FileKind::File || info.kind == FileKind::Folder) {
            const int wanted = info.kind == FileKind::Folder ? R_OK | X_OK : R_OK;
            info.readable = ::faccessat(m_fd.get(), name.constData(), wanted, AT_EACCESS) == 0;
        }
        return info;
    }

    FileAttributes attributes(const QByteArray &name) override;

    Result<std::unique_ptr<Folder>> openFolder(const QByteArray &name) override
    {
        return open(m_fd.get(), name, O_NOFOLLOW);
    }

    Result<std::unique_ptr<File>> openFile(const QByteArray &name) override
    {
        // Not to hang on a pipe that took the file's place: O_NONBLOCK.
        return openFileWith(name, O_RDONLY | O_NONBLOCK);
    }

    Result<std::unique_ptr<Folder>> createFolder(const QByteArray &name) override
    {
        if (::mkdirat(m_fd.get(), name.constData(), 0777) < 0)
            return systemError(errno);
        return openFolder(name);
    }

    Result<std::unique_ptr<File>> changeFile(const QByteArray &name) override
    {
        return openFileWith(name, O_RDWR | O_NONBLOCK);
    }
    Result<std::unique_ptr<File>> createFile(const QByteArray &name) override
    {
        return openFileWith(name, O_RDWR | O_CREAT | O_EXCL);
    }

    Result<void> createLink(const QByteArray &name, const QByteArray &target) override
    {
        if (::symlinkat(target.constData(), m_fd.get(), name.constData()) == 0)
            return {};
        if (errno == EPERM || errno == ENOTSUP)
            return Error{ErrorCode::Unavailable, QStringLiteral("there are no links here")};
        return systemError(errno);
    }
    Result<QByteArray> readLink(const QByteArray &name) override
    {
        QByteArray target(PATH_MAX, '\0');
        const ssize_t size = ::readlinkat(m_fd.get(), name.constData(), target.data(),
                                          static_cast<std::size_t>(target.size()));
        if (size < 0)
            return systemError(errno);
        target.truncate(size);
        return target;
    }

    Result<void> lock() override
    {
        if (::flock(m_fd.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            return {}; // some network file systems have none for folders
        return Error{ErrorCode::Unavailable, QStringLiteral("another process uses it")};
    }

    Result<void> rename(const QByteArray &name, Folder &to, const QByteArray &newName) override;

    Result<void> removeFile(const QByteArray &name) override
    {
        return check(::unlinkat(m_fd.get(), name.constData(), 0));
    }
    Result<void> removeFolder(const QByteArray &name) override
    {
        return check(::unlinkat(m_fd.get(), name.constData(), AT_REMOVEDIR));
    }

    bool setAttributes(const FileAttributes &attributes) override
    {
        return setAttributesOf(m_fd.get(), attributes);
    }

    Result<void> setModified(qint64 mtimeNs) override
    {
        const auto times = timesFor(mtimeNs);
        if (::futimens(m_fd.get(), times.data()) < 0 && errno != EINVAL)
            return systemError(errno);
        return {};
    }

    Result<void> sync() override
    {
        const Result<void> synced = syncDescriptor(m_fd.get());
        // Some network file systems can't sync a folder; their renames are durable as they are.
        if (!synced && errno == EINVAL)
            return {};
        return synced;
    }

    Result<void> syncFileSystem() override
    {
#ifdef Q_OS_LINUX
        return check(::syncfs(m_fd.get()));
#else
        ::sync();
        return {};
#endif
    }

    Result<qint64> freeBytes() override
    {
        struct statvfs status { };
        if (::fstatvfs(m_fd.get(), &status) < 0)
            return systemError(errno);
        if (status.f_blocks == 0) // some mounts have no idea of their size
            return Error{ErrorCode::Unavailable, QStringLiteral("free space is not told")};
        return static_cast<qint64>(status.f_bavail) * static_cast<qint64>(status.f_frsize);
    }

private:
    Result<std::unique_ptr<File>> openFileWith(const QByteArray &name, int flags)
    {
        Descriptor fd(::openat(m_fd.get(), name.constData(), flags | O_NOFOLLOW | O_CLOEXEC, 0666));
        if (fd.get() < 0)
            return systemError(errno);
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd)));
    }

    Result<void> renameByTakingTheName(const QByteArray &name, int to, const QByteArray &newName);

    Descriptor m_fd;
};

#if defined(Q_OS_LINUX)
/// No call takes a folder's descriptor and a name; its path by the descriptor is as good.
FileAttributes PosixFolder::attributes(const QByteArray &name)
{
    const QByteArray path = "/proc/self/fd/" + QByteArray::number(m_fd.get()) + '/' + name;
    const ssize_t size = ::llistxattr(path.constData(), nullptr, 0);
    FileAttributes found;
    if (size <= 0)
        return found;
    QByteArray names(size, '\0');
    names.truncate(std::max<ssize_t>(
        ::llistxattr(path.constData(), names.data(), static_cast<std::size_t>(size)), 0));
    QByteArray value(MOST_ATTRIBUTE_BYTES, Qt::Uninitialized);
    for (const QByteArray &whole : names.split('\0')) {
        if (!whole.startsWith(ATTRIBUTE_PREFIX))
            continue;
        const ssize_t got = ::lgetxattr(path.constData(), whole.constData(), value.data(),
                                        static_cast<std::size_t>(value.size()));
        if (got >= 0)
            found[whole.mid(ATTRIBUTE_PREFIX.size())] = value.first(got);
    }
    return found;
}
#elif defined(Q_OS_DARWIN)
/// All but the system's own.
FileAttributes PosixFolder::attributes(const QByteArray &name)
{
    const Descriptor fd(
        ::openat(m_fd.get(), name.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const ssize_t size = fd.get() < 0 ? -1 : ::flistxattr(fd.get(), nullptr, 0, 0);
    FileAttributes found;
    if (size <= 0)
        return found;
    QByteArray names(size, '\0');
    names.truncate(std::max<ssize_t>(
        ::flistxattr(fd.get(), names.data(), static_cast<std::size_t>(size), 0), 0));
    QByteArray value(MOST_ATTRIBUTE_BYTES, Qt::Uninitialized);
    for (const QByteArray &one : names.split('\0')) {
        if (one.isEmpty() || one.startsWith(SYSTEM_PREFIX))
            continue;
        const ssize_t got = ::fgetxattr(fd.get(), one.constData(), value.data(),
                                        static_cast<std::size_t>(value.size()), 0, 0);
        if (got >= 0)
            found[one] = value.first(got);
    }
    return found;
}
#else
FileAttributes PosixFolder::attributes(const QByteArray &) { return {}; }
#endif

Result<QList<FolderItem>> PosixFolder::list()
{
    const int copy = ::openat(m_fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (!stream) {
        const Error error = systemError(errno);
        if (copy >= 0)
            ::close(copy);
        return error;
    }
    QList<FolderItem> items;
    while (const dirent *item = ::readdir(stream)) {
        const QByteArray name(item->d_name);
        if (name == "." || name == "..")
            continue;
        if (auto found = info(name)) // gone since: not there
            items.append({name, *found});
    }
    ::closedir(stream);
    std::sort(items.begin(), items.end(),
              [](const FolderItem &a, const FolderItem &b) { return a.name < b.name; });
    return items;
}

Result<void> PosixFolder::rename(const QByteArray &name, Folder &to, const QByteArray &newName)
{
    const int target = static_cast<PosixFolder &>(to).m_fd.get();
#if defined(Q_OS_LINUX) && defined(SYS_renameat2)
    constexpr unsigned NO_REPLACE = 1; // RENAME_NOREPLACE
    if (::syscall(SYS_renameat2, m_fd.get(), name.constData(), target, newName.constData(),
                  NO_REPLACE)
        == 0)
        return {};
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return systemError(errno);
#elif defined(Q_OS_DARWIN)
    if (::renameatx_np(m_fd.get(), name.constData(), target, newName.constData(), RENAME_EXCL) == 0)
        return {};
    if (errno != ENOTSUP)
        return systemError(errno);
#endif
    return renameByTakingTheName(name, target, newName);
}

/// Where the file system has no exclusive rename: first make sure that the name is ours.
Result<void> PosixFolder::renameByTakingTheName(const QByteArray &name, int to,
                                                const QByteArray &newName)
{
    const auto kind = info(name);
    if (!kind)
        return kind.error();
    if (kind->kind == FileKind::Folder) {
        // A folder may replace an empty one, and this empty one nobody else made.
        if (::mkdirat(to, newName.constData(), 0777) < 0)
            return systemError(errno);
    } else {
        if (::linkat(m_fd.get(), name.constData(), to, newName.constData(), 0) == 0)
            return removeFile(name);
        if (errno == EEXIST)
            return systemError(errno);
        const Descriptor holder(
            ::openat(to, newName.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (holder.get() < 0)
            return systemError(errno);
    }
    return check(::renameat(m_fd.get(), name.constData(), to, newName.constData()));
}

QByteArray readBootId()
{
    QFile id(QStringLiteral("/proc/sys/kernel/random/boot_id")); // Linux; elsewhere none
    return id.open(QIODevice::ReadOnly) ? id.read(64).trimmed() : QByteArray();
}

class PosixFileSystem final : public FileSystem {
public:
    QByteArray bootId() override { return m_bootId; }
    Result<std::unique_ptr<Folder>> openFolder(const QString &path) override
    {
        return openFolderNative(QFile::encodeName(path));
    }
    Result<std::unique_ptr<Folder>> openFolderNative(const QByteArray &path) override
    {
        return PosixFolder::open(AT_FDCWD, path, 0);
    }
    Result<Place> resolve(const QString &path) override
    {
        char *real = ::realpath(QFile::encodeName(path).constData(), nullptr);
        if (!real)
            return systemError(errno);
        const QByteArray whole(real);
        std::free(real);
        const auto slash = whole.lastIndexOf('/');
        return Place{slash == 0 ? QByteArray("/") : whole.left(slash), whole.mid(slash + 1)};
    }

private:
    const QByteArray m_bootId = readBootId(); ///< now: a confined thread could not
};

} // namespace

std::shared_ptr<FileSystem> systemFileSystem() { return std::make_shared<PosixFileSystem>(); }

} // namespace postern

#endif
