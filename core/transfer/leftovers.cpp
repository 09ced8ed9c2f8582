#include "core/transfer/leftovers.h"

#include "core/base/log.h"
#include "core/transfer/choice.h"
#include "core/transfer/hash_notes.h"

#include <QRegularExpression>
#include <QSet>

#include <map>

namespace postern {

namespace {

/// Names of folders, and of them the parts that must stay.
using Folders = std::map<QString, QSet<QByteArray>>;

struct Told {
    std::optional<journal::Begin> begin;
    bool ended = false;
};

Told tell(Folder &folder, const QByteArray &name)
{
    Told told;
    const auto read = JournalFile::open(folder, name, [&told](const QByteArray &payload) {
        const auto record = wire::decode<journal::Record>(payload);
        if (!record)
            return;
        if (const auto *begin = std::get_if<journal::Begin>(&*record))
            told.begin = *begin;
        told.ended = told.ended || std::holds_alternative<journal::Ended>(*record);
    });
    if (!read)
        told.begin.reset();
    return told;
}

bool isPartName(const QByteArray &name)
{
    static const QRegularExpression form(
        QStringLiteral("\\A\\.postern-part-[0-9a-f]{32}-[0-9a-f]{8}\\z"));
    return form.match(QString::fromLatin1(name)).hasMatch();
}

/// True if the journal has to go.
bool sweepJournal(const JournalHome &home, const Told &told, bool old, Folders &folders)
{
    if (!told.begin)
        return old;
    const QByteArray part = partFolderName(told.begin->from, told.begin->transfer);
    auto &keeps = folders[told.begin->into];
    if (!told.ended && !old) {
        keeps.insert(part);
        return false;
    }
    const auto into = home.files->openFolder(told.begin->into);
    const bool there = into && (*into)->info(part);
    if (there && !removePart(**into, part)) {
        keeps.insert(part);
        return false; // held, or not to be removed: it stays with its journal
    }
    return old; // the last words of one that has ended are kept a while
}

/// What lies beside a journal or a ticket, by the name of that; nothing for other files.
QByteArray ownerOf(const QByteArray &name)
{
    if (name.startsWith(HASH_NOTES_PREFIX))
        return name.mid(HASH_NOTES_PREFIX.size());
    if (name.startsWith(CHOICE_PREFIX))
        return RECEIVE_JOURNAL_PREFIX + name.mid(CHOICE_PREFIX.size());
    return {};
}

/// Removes what lies beside nothing any more.
int sweepOrphans(Folder &journals, const QList<FolderItem> &items, qint64 nowNs)
{
    int swept = 0;
    for (const FolderItem &item : items) {
        const QByteArray owner = ownerOf(item.name);
        if (owner.isEmpty() || item.info.kind != FileKind::File
            || nowNs - item.info.mtimeNs <= ORPHAN_AGE_NS || journals.info(owner))
            continue;
        if (journals.removeFile(item.name))
            ++swept;
    }
    return swept;
}

int sweepFolder(Folder &folder, const QSet<QByteArray> &keeps, qint64 nowNs)
{
    const auto items = folder.list();
    int swept = 0;
    for (const FolderItem &item : items ? *items : QList<FolderItem>())
        if (item.info.kind == FileKind::Folder && isPartName(item.name)
            && !keeps.contains(item.name) && nowNs - item.info.mtimeNs > LEFTOVER_AGE_NS
            && removePart(folder, item.name))
            ++swept;
    return swept;
}

} // namespace

QByteArray partFolderName(const DeviceId &from, const TransferId &id)
{
    return ".postern-part-" + id.toByteArray().toHex() + '-' + from.toByteArray().first(4).toHex();
}

bool removePart(Folder &in, const QByteArray &name)
{
    const auto part = in.openFolder(name); // a link is none
    return part && (*part)->lock() && removeTree(in, name);
}

int sweepLeftovers(const JournalHome &home, const QStringList &folders, qint64 nowNs)
{
    Folders known;
    for (const QString &folder : folders)
        known[folder];
    int swept = 0;
    const auto journals = home.files->openFolder(home.folder);
    const auto items = journals ? (*journals)->list() : journals.error();
    for (const FolderItem &item : items ? *items : QList<FolderItem>()) {
        if (item.info.kind != FileKind::File || !item.name.startsWith(RECEIVE_JOURNAL_PREFIX))
            continue;
        const bool old = nowNs - item.info.mtimeNs > LEFTOVER_AGE_NS;
        if (sweepJournal(home, tell(**journals, item.name), old, known)
            && (*journals)->removeFile(item.name))
            ++swept;
    }
    if (journals && items)
        swept += sweepOrphans(**journals, *items, nowNs);
    for (const auto &[path, keeps] : known)
        if (const auto folder = home.files->openFolder(path))
            swept += sweepFolder(**folder, keeps, nowNs);
    if (swept > 0)
        qCInfo(logTransfer) << "removed" << swept << "leftovers of transfers";
    return swept;
}

} // namespace postern
