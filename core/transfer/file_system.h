#pragma once
// The file layer: all that a transfer asks of a disk, and the only place of the module
// that knows the operating system. Everything below an opened folder is reached by single
// names relative to it and links are never followed, so nobody who swaps a folder for a
// link can lead a read or a write astray.
//
// Names are the system's own bytes (UTF-8 where the system has no other idea). Errors carry
// the code and the system's reason; sentences.h makes them fit for people.
// Thread: any; one object from one thread at a time.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QList>

#include <map>
#include <memory>

namespace postern {

enum class FileKind { File, Folder, Link, Special };

struct FileInfo {
    FileKind kind = FileKind::File;
    qint64 size = 0;
    qint64 stored = 0; ///< bytes of the disk that a file takes; fewer than its size with holes
    qint64 mtimeNs = 0;
    quint64 identity = 0; ///< tells two files at one name apart (inode and device)
    bool executable = false;
    bool readable = true;
    bool named = true; ///< of an open file: some folder still holds it
};

struct FileMetadata {
    qint64 mtimeNs = 0;
    bool executable = false;
};

/// Extended attributes that people and programs put there, by name, without the system's prefix
/// ("user." on Linux). Systems and disks that know of none have none.
using FileAttributes = std::map<QByteArray, QByteArray>;

struct FolderItem {
    QByteArray name;
    FileInfo info;
};

class File {
public:
    virtual ~File() = default;
    virtual Result<FileInfo> info() = 0;
    /// As many bytes as there are, at most the view's; 0 at the end.
    virtual Result<qsizetype> read(qint64 offset, MutableByteView into) = 0;
    virtual Result<void> write(qint64 offset, ByteView bytes) = 0; ///< all of them or an error
    /// Makes sure that so many bytes will fit, where the system can.
    virtual Result<void> reserve(qint64 size) = 0;
    /// Cuts what is behind, or adds a hole: it reads as zeros and takes no space where the
    /// system can do that.
    virtual Result<void> resize(qint64 size) = 0;
    /// Where the next data, or the next hole, begins at or behind the offset; the file's size
    /// if there is none. A system that does not know of holes has data everywhere.
    virtual Result<qint64> nextData(qint64 offset) = 0;
    virtual Result<qint64> nextHole(qint64 offset) = 0;
    /// Marks the file as come from elsewhere, as this system does it: user.xdg.origin.url,
    /// com.apple.quarantine or the Mark of the Web. A file system that can't is no error.
    virtual void markOrigin(const QByteArray &origin) = 0;
    /// False if the disk did not take all of them.
    virtual bool setAttributes(const FileAttributes &attributes) = 0;
    /// Asks the system to begin writing out what was written; a hint.
    virtual void startFlush(qint64 offset, qint64 length) = 0;
    virtual Result<void> setMetadata(const FileMetadata &metadata) = 0;
    virtual Result<void> sync() = 0;
};

class Folder {
public:
    virtual ~Folder() = default;

    virtual Result<QList<FolderItem>> list() = 0; ///< sorted by name; without "." and ".."
    virtual Result<FileInfo> info(const QByteArray &name) = 0; ///< of a link: the link itself

    /// Of a file or a folder; follows no link.
    virtual FileAttributes attributes(const QByteArray &name) = 0;

    virtual Result<std::unique_ptr<Folder>> openFolder(const QByteArray &name) = 0;
    virtual Result<std::unique_ptr<File>> openFile(const QByteArray &name) = 0; ///< to read
    /// To read and write one that is there.
    virtual Result<std::unique_ptr<File>> changeFile(const QByteArray &name) = 0;
    /// Both fail with FileExists when anything has that name.
    virtual Result<std::unique_ptr<Folder>> createFolder(const QByteArray &name) = 0;
    virtual Result<std::unique_ptr<File>> createFile(const QByteArray &name) = 0; ///< to write

    /// FileExists when anything has that name; Unavailable where there are no links.
    virtual Result<void> createLink(const QByteArray &name, const QByteArray &target) = 0;
    virtual Result<QByteArray> readLink(const QByteArray &name) = 0;

    /// Takes the folder for this process until the handle goes: Unavailable where another handle
    /// has it. A crash lets it go. Systems without such locks say yes to everybody.
    virtual Result<void> lock() = 0;

    /// Moves a file or a whole folder; never replaces anything: FileExists.
    virtual Result<void> rename(const QByteArray &name, Folder &to, const QByteArray &newName) = 0;
    virtual Result<void> removeFile(const QByteArray &name) = 0;
    virtual Result<void> removeFolder(const QByteArray &name) = 0; ///< an empty one

    virtual Result<void> setModified(qint64 mtimeNs) = 0; ///< of the folder itself
    virtual bool setAttributes(const FileAttributes &attributes) = 0; ///< as those of a File
    virtual Result<void> sync() = 0; ///< the folder's own names
    /// Everything below the folder, in one go where the system can.
    virtual Result<void> syncFileSystem() = 0;
    virtual Result<qint64> freeBytes() = 0; ///< fails where the system does not tell
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    /// An existing folder by its absolute path; links on the way are the user's own choice.
    virtual Result<std::unique_ptr<Folder>> openFolder(const QString &path) = 0;

    /// Where an absolute path really leads: its folder and the name in it, links resolved.
    struct Place {
        QByteArray folder;
        QByteArray name;
    };
    virtual Result<Place> resolve(const QString &path) = 0;
    virtual Result<std::unique_ptr<Folder>> openFolderNative(const QByteArray &path) = 0;

    /// Another one after each start of the machine: what was written under this one is there
    /// even if it was not synced. Empty where the system does not tell.
    virtual QByteArray bootId() = 0;
};

/// The machine's own.
std::shared_ptr<FileSystem> systemFileSystem();
/// The same by paths, for systems without descriptors relative to folders.
std::shared_ptr<FileSystem> portableFileSystem();

/// Removes the folder and all in it, following no link. Goes on after a failure and tells
/// the first one.
Result<void> removeTree(Folder &parent, const QByteArray &name);

} // namespace postern
