#pragma once
// A profile whose history has one transfer of many files, in the real store.

#include "core/history/history_store.h"

#include <QDir>

namespace postern::test {

/// The names are told apart by their numbers, from 0.
inline QString longHistoryName(qint64 number)
{
    return QStringLiteral("pictures/%1.jpg").arg(number);
}

inline HistoryStore longHistoryStore(const QString &profile)
{
    return HistoryStore(QDir(profile).filePath(QStringLiteral("history.sqlite")));
}

/// The key of the entry.
inline qint64 makeLongHistory(const QString &profile, qint64 files)
{
    HistoryEntry entry;
    entry.id = *TransferId::fromBytes(viewOf(QByteArray(16, 'x')));
    entry.contact = QStringLiteral("ben");
    entry.title = QStringLiteral("pictures");
    entry.files = files;
    entry.startedAt = QDateTime::fromMSecsSinceEpoch(1'800'000'000'000);
    entry.endedAt = entry.startedAt.addSecs(60);
    entry.result = TransferState::Delivered;
    const HistoryStore store = longHistoryStore(profile);
    const auto added = store.add(entry, [number = qint64{0}, files]() mutable {
        const auto next = number++;
        return next < files
            ? std::optional(HistoryFile{longHistoryName(next), next, QByteArray(16, 'h')})
            : std::nullopt;
    });
    const auto found = store.search({});
    return added && found && !found->isEmpty() ? found->first().key : -1;
}

} // namespace postern::test
