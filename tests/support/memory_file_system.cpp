#include "tests/support/memory_file_system.h"

#include <algorithm>
#include <cstring>

namespace postern::test {

namespace {

using Node = std::shared_ptr<MemoryNode>;

constexpr qsizetype PAGE = 4096;

Error missing() { return {ErrorCode::FileNotFound, QStringLiteral("no such name")}; }

FileInfo infoOf(const MemoryNode &node)
{
    FileInfo info;
    info.kind = node.kind;
    info.size = node.kind == FileKind::File ? node.bytes.size() : 0;
    info.stored = info.size;
    if (info.size > 100'000) // near enough: what begins like a hole
        for (qsizetype at = 0; at + PAGE <= info.size; at += PAGE)
            if (node.bytes[at] == 0 && node.bytes[at + PAGE / 2] == 0)
                info.stored -= PAGE;
    info.mtimeNs = node.mtimeNs;
    info.identity = node.identity;
    info.executable = node.executable;
    info.named = node.named;
    return info;
}

class MemoryFile final : public File {
public:
    MemoryFile(MemoryFileSystem &system, Node node)
        : m_system(system)
        , m_node(std::move(node))
    {
    }

    Result<FileInfo> info() override
    {
        const auto may = m_system.may("info");
        return may ? Result<FileInfo>(infoOf(*m_node)) : may.error();
    }
    Result<qsizetype> read(qint64 offset, MutableByteView into) override
    {
        if (auto may = m_system.may("read"); !may)
            return may.error();
        const auto left = std::max<qint64>(m_node->bytes.size() - offset, 0);
        const auto count = std::min(static_cast<qint64>(into.size()), left);
        m_node->bytesRead += count;
        if (count > 0)
            std::memcpy(into.data(), m_node->bytes.constData() + offset,
                        static_cast<std::size_t>(count));
        return static_cast<qsizetype>(count);
    }
    Result<void> write(qint64 offset, ByteView bytes) override
    {
        const auto size = static_cast<qint64>(bytes.size());
        if (auto may = m_system.may("write"); !may) {
            put(offset, bytes.first(bytes.size() / 2)); // a failed write may have done a part
            return may;
        }
        if (auto room = m_system.grow(std::max<qint64>(offset + size - m_node->bytes.size(), 0));
            !room)
            return room;
        put(offset, bytes);
        return {};
    }
    Result<void> reserve(qint64 size) override
    {
        if (auto may = m_system.may("reserve"); !may)
            return may;
        if (auto room = m_system.grow(std::max<qint64>(size - m_node->bytes.size(), 0)); !room)
            return room;
        m_node->bytes.resize(std::max<qsizetype>(m_node->bytes.size(), size), '\0');
        return {};
    }
    Result<void> resize(qint64 size) override
    {
        if (auto may = m_system.may("resize"); !may)
            return may;
        if (auto room = m_system.grow(std::max<qint64>(size - m_node->bytes.size(), 0)); !room)
            return room;
        m_node->bytes.resize(size, '\0');
        return {};
    }
    /// Whole pages of zeros are holes, if the test says so.
    Result<qint64> nextData(qint64 offset) override { return nextPage(offset, false); }
    Result<qint64> nextHole(qint64 offset) override { return nextPage(offset, true); }
    void markOrigin(const QByteArray &origin) override
    {
        if (m_system.may("mark"))
            m_node->origin = origin;
    }
    bool setAttributes(const FileAttributes &attributes) override
    {
        if (!m_system.keepsAttributes || !m_system.may("attributes"))
            return false;
        m_node->attributes = attributes;
        return true;
    }
    void startFlush(qint64, qint64) override { }
    Result<void> setMetadata(const FileMetadata &metadata) override
    {
        if (auto may = m_system.may("metadata"); !may)
            return may;
        m_node->mtimeNs = metadata.mtimeNs;
        m_node->executable = metadata.executable;
        return {};
    }
    Result<void> sync() override
    {
        if (auto may = m_system.may("sync"); !may)
            return may;
        m_node->syncedBytes = m_node->bytes;
        return {};
    }

private:
    Result<qint64> nextPage(qint64 offset, bool hole)
    {
        if (auto may = m_system.may("seek"); !may)
            return may.error();
        const auto size = static_cast<qint64>(m_node->bytes.size());
        for (qint64 at = offset; at < size; at = (at / PAGE + 1) * PAGE) {
            const char *page = m_node->bytes.constData() + at / PAGE * PAGE;
            const bool zeros = m_system.holes && at / PAGE * PAGE + PAGE <= size && *page == 0
                && std::memcmp(page, page + 1, PAGE - 1) == 0;
            if (zeros == hole)
                return at;
        }
        return size;
    }
    void put(qint64 offset, ByteView bytes)
    {
        const auto end = offset + static_cast<qint64>(bytes.size());
        if (m_node->bytes.size() < end)
            m_node->bytes.resize(end, '\0');
        if (!bytes.empty())
            std::memcpy(m_node->bytes.data() + offset, bytes.data(), bytes.size());
    }

    MemoryFileSystem &m_system;
    Node m_node;
};

void syncBelow(MemoryNode &node)
{
    node.syncedBytes = node.bytes;
    node.syncedChildren = node.children;
    for (const auto &[name, child] : node.children)
        syncBelow(*child);
}

class MemoryFolder final : public Folder {
public:
    MemoryFolder(MemoryFileSystem &system, Node node, Node root)
        : m_system(system)
        , m_node(std::move(node))
        , m_root(std::move(root))
    {
    }

    Result<QList<FolderItem>> list() override
    {
        if (auto may = m_system.may("list"); !may)
            return may.error();
        QList<FolderItem> items;
        for (const auto &[name, child] : m_node->children)
            items.append({name, infoOf(*child)});
        return items;
    }
    Result<FileInfo> info(const QByteArray &name) override
    {
        if (auto may = m_system.may("info"); !may)
            return may.error();
        const Node found = find(name);
        return found ? Result<FileInfo>(infoOf(*found)) : missing();
    }
    FileAttributes attributes(const QByteArray &name) override
    {
        const Node found = m_system.may("attributes") ? find(name) : nullptr;
        return found ? found->attributes : FileAttributes();
    }
    bool setAttributes(const FileAttributes &attributes) override
    {
        if (!m_system.keepsAttributes || !m_system.may("attributes"))
            return false;
        m_node->attributes = attributes;
        return true;
    }
    Result<std::unique_ptr<Folder>> openFolder(const QByteArray &name) override
    {
        if (auto may = m_system.may("open folder"); !may)
            return may.error();
        const Node found = find(name);
        if (!found || found->kind != FileKind::Folder)
            return missing();
        return handle(found);
    }
    Result<std::unique_ptr<File>> openFile(const QByteArray &name) override
    {
        if (auto may = m_system.may("open"); !may)
            return may.error();
        const Node found = find(name);
        if (!found || found->kind != FileKind::File)
            return missing();
        return std::unique_ptr<File>(std::make_unique<MemoryFile>(m_system, found));
    }
    Result<std::unique_ptr<File>> changeFile(const QByteArray &name) override
    {
        return openFile(name);
    }
    Result<std::unique_ptr<Folder>> createFolder(const QByteArray &name) override
    {
        auto made = create(name, FileKind::Folder);
        return made ? Result<std::unique_ptr<Folder>>(handle(*made)) : made.error();
    }
    Result<std::unique_ptr<File>> createFile(const QByteArray &name) override
    {
        auto made = create(name, FileKind::File);
        if (!made)
            return made.error();
        return std::unique_ptr<File>(std::make_unique<MemoryFile>(m_system, *made));
    }
    Result<void> createLink(const QByteArray &name, const QByteArray &target) override
    {
        auto made = create(name, FileKind::Link);
        if (made)
            (*made)->bytes = (*made)->syncedBytes = target;
        return made ? Result<void>() : made.error();
    }
    Result<QByteArray> readLink(const QByteArray &name) override
    {
        if (auto may = m_system.may("read link"); !may)
            return may.error();
        const Node found = find(name);
        return found && found->kind == FileKind::Link ? Result<QByteArray>(found->bytes)
                                                      : missing();
    }
    Result<void> lock() override
    {
        if (auto may = m_system.may("lock"); !may)
            return may;
        if (!m_node->lock.expired())
            return Error{ErrorCode::Unavailable, QStringLiteral("another handle has it")};
        m_held = std::make_shared<int>();
        m_node->lock = m_held;
        return {};
    }
    Result<void> rename(const QByteArray &name, Folder &to, const QByteArray &newName) override
    {
        if (auto may = m_system.may("rename"); !may)
            return may;
        auto &target = static_cast<MemoryFolder &>(to);
        const Node found = find(name);
        if (!found)
            return missing();
        if (target.find(newName))
            return taken();
        m_node->children.erase(keyIn(name));
        target.m_node->children[newName] = found;
        return {};
    }
    Result<void> removeFile(const QByteArray &name) override { return removeNode(name); }
    Result<void> removeFolder(const QByteArray &name) override
    {
        const Node found = find(name);
        if (found && !found->children.empty())
            return taken();
        return removeNode(name);
    }
    Result<void> setModified(qint64 mtimeNs) override
    {
        if (auto may = m_system.may("metadata"); !may)
            return may;
        m_node->mtimeNs = mtimeNs;
        return {};
    }
    Result<void> sync() override
    {
        if (auto may = m_system.may("sync folder"); !may)
            return may;
        m_system.syncNames(*m_node);
        return {};
    }
    Result<void> syncFileSystem() override
    {
        if (auto may = m_system.may("sync all"); !may)
            return may;
        syncBelow(*m_root);
        return {};
    }
    Result<qint64> freeBytes() override
    {
        if (auto may = m_system.may("free space"); !may)
            return may.error();
        if (!m_system.tellsFreeSpace)
            return Error{ErrorCode::Unavailable, QStringLiteral("free space is not told")};
        return m_system.capacity - m_system.used();
    }

private:
    static Error taken() { return {ErrorCode::FileExists, QStringLiteral("name taken")}; }

    QByteArray keyIn(const QByteArray &name) const
    {
        for (const auto &[key, child] : m_node->children)
            if (m_system.keyOf(key) == m_system.keyOf(name))
                return key;
        return name;
    }
    Node find(const QByteArray &name) const
    {
        const auto found = m_node->children.find(keyIn(name));
        return found == m_node->children.end() ? nullptr : found->second;
    }
    std::unique_ptr<Folder> handle(const Node &node) const
    {
        return std::make_unique<MemoryFolder>(m_system, node, m_root);
    }
    Result<Node> create(const QByteArray &name, FileKind kind)
    {
        if (auto may = m_system.may("create"); !may)
            return may.error();
        if (name.isEmpty() || name.contains('/') || name == "." || name == ".."
            || name.size() > 255)
            return Error{ErrorCode::InvalidArgument, QStringLiteral("bad name")};
        if (find(name))
            return taken();
        return m_node->children[name] = m_system.newNode(kind);
    }
    Result<void> removeNode(const QByteArray &name)
    {
        if (auto may = m_system.may("remove"); !may)
            return may;
        const Node found = find(name);
        if (!found)
            return missing();
        found->named = false;
        m_node->children.erase(keyIn(name));
        return {};
    }

    MemoryFileSystem &m_system;
    Node m_node;
    Node m_root;
    std::shared_ptr<int> m_held; ///< the lock
};

void addTree(const MemoryNode &node, const QByteArray &prefix, MemoryTree &out)
{
    for (const auto &[name, child] : node.children) {
        if (child->kind == FileKind::Folder) {
            out[prefix + name + '/'] = {};
            addTree(*child, prefix + name + '/', out);
        } else {
            out[prefix + name] = child->bytes;
        }
    }
}

/// Calls for every folder there is, now or after a power loss.
void forEachFolder(MemoryNode &node, const std::function<void(MemoryNode &)> &call)
{
    call(node);
    for (const auto &[name, child] : node.children)
        if (child->kind == FileKind::Folder)
            forEachFolder(*child, call);
}

void tear(MemoryNode &node, std::mt19937_64 &random)
{
    QByteArray torn = random() % 2 ? node.bytes : node.syncedBytes;
    for (qsizetype at = 0; at < torn.size(); at += PAGE) {
        const QByteArray &from = random() % 2 ? node.bytes : node.syncedBytes;
        const qsizetype size = std::min(PAGE, torn.size() - at);
        torn.replace(at, size, from.mid(at, size).leftJustified(size, '\0'));
    }
    if (node.bytes != node.syncedBytes)
        node.syncedBytes = torn;
    for (const auto &[name, child] : node.children)
        tear(*child, random);
}

void losePower(MemoryNode &node, bool namesAsNow)
{
    node.bytes = node.syncedBytes;
    if (!namesAsNow)
        node.children = node.syncedChildren;
    for (const auto &[name, child] : node.children)
        losePower(*child, namesAsNow);
}

} // namespace

MemoryFileSystem::MemoryFileSystem()
    : m_root(newNode(FileKind::Folder))
{
}

Result<void> MemoryFileSystem::may(const char *operation) const
{
    if (fault)
        if (auto error = fault(operation))
            return *error;
    return {};
}

Result<void> MemoryFileSystem::grow(qint64 bytes)
{
    if (m_used + bytes > capacity)
        return Error{ErrorCode::DiskFull, QStringLiteral("no space left")};
    m_used += bytes;
    return {};
}

QByteArray MemoryFileSystem::keyOf(const QByteArray &name) const
{
    return foldsCase ? QString::fromUtf8(name).toCaseFolded().toUtf8() : name;
}

std::shared_ptr<MemoryNode> MemoryFileSystem::newNode(FileKind kind)
{
    auto node = std::make_shared<MemoryNode>();
    node->kind = kind;
    node->identity = m_nextIdentity++;
    node->mtimeNs = m_clock += 1'000'000;
    return node;
}

MemoryNode &MemoryFileSystem::folder(const QString &path)
{
    Node node = m_root;
    for (const QByteArray &part : path.toUtf8().split('/'))
        if (!part.isEmpty()) {
            Node &child = node->children[part];
            if (!child)
                child = newNode(FileKind::Folder);
            node = child;
        }
    return *node;
}

void MemoryFileSystem::put(const QString &path, const QByteArray &bytes)
{
    Node &file = folder(path.section(u'/', 0, -2)).children[path.section(u'/', -1).toUtf8()];
    if (!file)
        file = newNode(FileKind::File);
    file->bytes = bytes;
    file->mtimeNs = m_clock += 1'000'000;
}

void MemoryFileSystem::link(const QString &path, const QByteArray &target)
{
    put(path, target);
    folder(path.section(u'/', 0, -2)).children[path.section(u'/', -1).toUtf8()]->kind =
        FileKind::Link;
}

void MemoryFileSystem::remove(const QString &path)
{
    auto &children = folder(path.section(u'/', 0, -2)).children;
    const auto found = children.find(path.section(u'/', -1).toUtf8());
    if (found == children.end())
        return;
    found->second->named = false;
    children.erase(found);
}

MemoryTree MemoryFileSystem::tree(const MemoryNode &node) const
{
    MemoryTree out;
    addTree(node, {}, out);
    return out;
}

void MemoryFileSystem::syncAll() { syncBelow(*m_root); }

/// A rename is either done or not, as with every file system that has a journal: never is a
/// file in both folders, nor in none.
void MemoryFileSystem::syncNames(MemoryNode &folder)
{
    const auto before = std::exchange(folder.syncedChildren, folder.children);
    forEachFolder(*m_root, [&](MemoryNode &other) {
        if (&other == &folder)
            return;
        for (const auto &[name, node] : folder.children)
            std::erase_if(other.syncedChildren,
                          [&node = node](const auto &entry) { return entry.second == node; });
        for (const auto &[oldName, node] : before)
            for (const auto &[name, moved] : other.children)
                if (moved == node)
                    other.syncedChildren[name] = node;
    });
}

void MemoryFileSystem::powerLoss(Names names, std::mt19937_64 &random)
{
    tear(*m_root, random);
    powerLoss(names);
}

void MemoryFileSystem::powerLoss(Names names)
{
    losePower(*m_root, names == Names::AsNow);
    ++m_boots;
}

Result<std::unique_ptr<Folder>> MemoryFileSystem::openFolder(const QString &path)
{
    if (auto allowed = may("open folder"); !allowed)
        return allowed.error();
    Node node = m_root;
    for (const QByteArray &part : path.toUtf8().split('/')) {
        if (part.isEmpty())
            continue;
        const auto child = node->children.find(part);
        if (child == node->children.end() || child->second->kind != FileKind::Folder)
            return missing();
        node = child->second;
    }
    return std::unique_ptr<Folder>(std::make_unique<MemoryFolder>(*this, node, m_root));
}

Result<std::unique_ptr<Folder>> MemoryFileSystem::openFolderNative(const QByteArray &path)
{
    return openFolder(QString::fromUtf8(path));
}

Result<FileSystem::Place> MemoryFileSystem::resolve(const QString &path)
{
    const QByteArray whole = path.toUtf8();
    const auto slash = whole.lastIndexOf('/');
    const Place place{slash <= 0 ? QByteArray("/") : whole.left(slash), whole.mid(slash + 1)};
    auto in = openFolderNative(place.folder);
    if (!in)
        return in.error();
    if (auto info = (*in)->info(place.name); !info)
        return info.error();
    return place;
}

} // namespace postern::test
