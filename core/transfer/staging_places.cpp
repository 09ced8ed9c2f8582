// The final names of complete items: each moves to the next free one in one step. What a folder
// missed that was received before goes into that folder, file by file; nothing is ever replaced.

#include "core/transfer/sentences.h"
#include "core/transfer/staging.h"

#include <QDir>

namespace postern {

namespace {
constexpr int MOST_TRIES = 10'000;
constexpr int MOST_NOTES = 100;
} // namespace

/// `path`: what it is called in what is told of it.
Result<QByteArray> Staging::move(Folder &from, const QByteArray &name, Folder &to,
                                 const QString &path)
{
    const QString wanted = QString::fromUtf8(name);
    QString free = wanted;
    for (int number = 2; number < MOST_TRIES; ++number) {
        const auto moved = from.rename(name, to, free.toUtf8());
        if (!moved && moved.error().code != ErrorCode::FileExists)
            return sentences::writeFailed(path, moved.error());
        if (moved) {
            if (free != wanted && m_notes.size() < MOST_NOTES)
                m_notes.append(sentences::renamed(path, free));
            return free.toUtf8();
        }
        free = numberedName(wanted, number, NameRules::ofThisSystem());
    }
    return sentences::writeFailed(path, {ErrorCode::FileExists, wanted});
}

/// Gives a durable item its final name, or the next free one.
Result<void> Staging::place(const Item &item)
{
    QByteArray placed;
    const auto known = m_filled.find(item.root);
    auto folder = known != m_filled.end() && known->second.isIn(*m_destination)
        ? m_destination->openFolder(known->second.name)
        : Error{ErrorCode::FileNotFound, QString()};
    if (folder) {
        placed = known->second.name;
        if (auto filled = fill(item, **folder); !filled)
            return filled;
    } else {
        auto name =
            move(*m_part, item.stagedName, *m_destination, QString::fromUtf8(item.stagedName));
        if (!name)
            return name.error();
        placed = *std::move(name);
    }
    if (const QString root = m_offer->name(item.root); m_gaps.isLacking(root))
        if (const auto info = m_destination->info(placed))
            m_gaps.notePlaced(root, {placed, info->identity});
    if (m_deliveredItems++ == 0)
        m_location = QDir(m_into).filePath(QString::fromUtf8(placed));
    return {};
}

/// Moves what a folder missed into it, from one that a crash may have left half empty.
Result<void> Staging::fill(const Item &item, Folder &folder)
{
    const QString path = QString::fromUtf8(item.stagedName);
    const QString placed = QString::fromUtf8(m_filled.at(item.root).name);
    const auto staged = m_part->openFolder(item.stagedName);
    if (!staged)
        return failure(item.root, staged.error());
    if (auto filled = moveAll(**staged, folder, path); !filled)
        return filled;
    if (const auto removed = m_part->removeFolder(item.stagedName); !removed)
        return failure(item.root, removed.error());
    if (placed != path && m_notes.size() < MOST_NOTES)
        m_notes.append(sentences::renamed(path, placed));
    return {};
}

Result<void> Staging::moveAll(Folder &from, Folder &to, const QString &path)
{
    const auto items = from.list();
    if (!items)
        return sentences::writeFailed(path, items.error());
    bool any = false;
    for (const FolderItem &item : *items) {
        const QString itemPath = path + u'/' + QString::fromUtf8(item.name);
        const bool isFolder = item.info.kind == FileKind::Folder;
        const auto there = isFolder ? to.openFolder(item.name) // follows no link
                                    : Error{ErrorCode::FileNotFound, QString()};
        if (!there) {
            if (const auto moved = move(from, item.name, to, itemPath); !moved)
                return moved.error();
            any = true;
            continue;
        }
        const auto inner = from.openFolder(item.name);
        auto done = inner ? moveAll(**inner, **there, itemPath)
                          : sentences::writeFailed(itemPath, inner.error());
        if (done)
            done = from.removeFolder(item.name);
        if (!done)
            return done;
    }
    const auto synced = any ? to.sync() : Result<void>();
    return synced ? synced : sentences::writeFailed(path, synced.error());
}

} // namespace postern
