#pragma once
// A file system in memory that fails, fills up or loses power when a test says so. It knows
// what was synced: after powerLoss() only that is sure to be there.

#include "core/transfer/file_system.h"

#include <functional>
#include <map>
#include <optional>
#include <random>

namespace postern::test {

struct MemoryNode {
    FileKind kind = FileKind::Folder;
    QByteArray bytes;
    qint64 mtimeNs = 0;
    bool executable = false;
    bool named = true;
    quint64 identity = 0;
    QByteArray origin; ///< of a marked file
    FileAttributes attributes;
    qint64 bytesRead = 0; ///< of its content, through handles
    std::weak_ptr<int> lock;
    std::map<QByteArray, std::shared_ptr<MemoryNode>> children;

    // What the disk would still have after a power loss.
    QByteArray syncedBytes;
    std::map<QByteArray, std::shared_ptr<MemoryNode>> syncedChildren;
};

/// Path below some folder -> content; folders end with '/'.
using MemoryTree = std::map<QByteArray, QByteArray>;

class MemoryFileSystem final : public FileSystem {
public:
    MemoryFileSystem();

    // --- for the test ----------------------------------------------------------------
    /// Asked before every operation; an error makes it fail.
    std::function<std::optional<Error>(const char *operation)> fault;
    qint64 capacity = qint64{1} << 50;
    bool foldsCase = false;
    bool holes = false; ///< whole pages of zeros are holes
    bool tellsFreeSpace = true;
    bool keepsAttributes = true;

    MemoryNode &folder(const QString &path); ///< made where missing
    void put(const QString &path, const QByteArray &bytes);
    void link(const QString &path, const QByteArray &target);
    void remove(const QString &path);
    MemoryTree tree(const MemoryNode &node) const;
    void syncAll();

    /// What is left when the power fails: names that were changed since the last sync are as
    /// before it or as after it, as `keepsNames` says, and files have what was synced.
    enum class Names { AsSynced, AsNow };
    void powerLoss(Names names);
    /// The same, but of what was written since the last sync some pages are there and others
    /// are not, as the seed decides.
    void powerLoss(Names names, std::mt19937_64 &random);

    // --- FileSystem ------------------------------------------------------------------
    Result<std::unique_ptr<Folder>> openFolder(const QString &path) override;
    Result<Place> resolve(const QString &path) override;
    QByteArray bootId() override { return QByteArray::number(m_boots); }
    Result<std::unique_ptr<Folder>> openFolderNative(const QByteArray &path) override;

    // --- for its handles ---------------------------------------------------------------
    Result<void> may(const char *operation) const;
    Result<void> grow(qint64 bytes);
    QByteArray keyOf(const QByteArray &name) const;
    std::shared_ptr<MemoryNode> newNode(FileKind kind);
    qint64 used() const { return m_used; }
    void syncNames(MemoryNode &folder);

private:
    std::shared_ptr<MemoryNode> m_root;
    quint64 m_nextIdentity = 1;
    qint64 m_used = 0;
    int m_boots = 1;
    qint64 m_clock = 1'700'000'000'000'000'000;
};

} // namespace postern::test
