#pragma once
// The transfers that are over, as the profile remembers them: an SQLite file, readable by its
// owner only, that several processes of one profile may use at once. Bounded: the oldest go when
// there are too many. A damaged file is moved aside and a fresh one begun.
//
// Every call opens a connection of its own and blocks: use it on one worker lane.

#include "core/base/result.h"
#include "core/engine_types.h"

#include <QList>
#include <QString>

#include <functional>
#include <optional>

class QSqlDatabase;

namespace postern {

namespace history {
class Export;
}

/// One file after the other, then nothing.
using NextFile = std::function<std::optional<HistoryFile>()>;

class HistoryStore {
public:
    struct Limits {
        int transfers = 100'000;
        qint64 files = 2'000'000; ///< of all transfers together
    };

    explicit HistoryStore(QString file, const Limits &limits = {100'000, 2'000'000});

    /// Durable when it returns. The same transfer that ended at the same time is kept once.
    Result<void> add(const HistoryEntry &entry, const NextFile &files) const;
    Result<QList<HistoryEntry>> search(const HistoryQuery &query) const; ///< newest first
    /// A page, a few MiB at most. NotFound where the entry is gone that the page before was of.
    Result<HistoryFilesPage> files(const HistoryFilesQuery &query) const;
    /// To *.csv, *.json or *.jsonl (one object a line). Never replaces a file.
    Result<void> exportTo(const QString &file) const;
    Result<void> clear(qint64 key) const; ///< 0: all

private:
    Result<void> exportEntry(history::Export &writer, const HistoryEntry &entry) const;

    using Work = std::function<Result<void>(QSqlDatabase &)>;
    Result<void> with(const Work &work) const;
    Result<void> attempt(const Work &work, bool &damaged) const;
    void setAside() const;

    QString m_file;
    Limits m_limits;
};

} // namespace postern
