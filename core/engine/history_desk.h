#pragma once
// Keeps the history of the transfers: records what is over, keeps received texts, answers what
// the faces ask. Engine thread; the store works on a lane of its own.

#include "core/engine_types.h"
#include "core/history/history_store.h"
#include "core/transfer/executor.h"

#include <QSet>

#include <atomic>
#include <functional>
#include <memory>

namespace postern {

class HistoryDesk {
public:
    using Done = std::function<void(Result<void>)>;
    /// The files of a transfer that is over; both are called on a worker.
    struct Files {
        NextFile next;
        std::function<void()> over; ///< once, whatever became of it
    };

    /// `changed` is called whenever an entry was added or cleared.
    HistoryDesk(Executor &executor, std::function<void()> changed);
    ~HistoryDesk() { *m_stopped = true; }

    /// Empty: nothing is kept, and nothing found.
    void setFile(const QString &file);

    /// Of a transfer that is over.
    void record(const TransferInfo &transfer, const QString &device, Files files);
    /// Answers once the text is safe: delivered, as far as the history knows.
    void keepText(const TransferInfo &transfer, Done done);

    void search(const HistoryQuery &query, std::function<void(Result<QList<HistoryEntry>>)> done);
    void files(const HistoryFilesQuery &query, std::function<void(Result<HistoryFilesPage>)> done);
    void exportTo(const QString &file, Done done);
    void clear(qint64 key, Done done);
    /// Of any file, as it would be told of one that was sent.
    void hash(const QString &path, std::function<void(Result<QByteArray>)> done);

private:
    template<typename Value>
    void ask(std::function<Result<Value>(const HistoryStore &)> question,
             std::function<void(Result<Value>)> done);
    void add(const HistoryEntry &entry, const Files &files, Done done);

    Executor &m_executor;
    std::function<void()> m_changed;
    std::shared_ptr<Lane> m_lane;
    std::shared_ptr<std::atomic<bool>> m_stopped = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<const HistoryStore> m_store;
    QSet<TransferId> m_kept; ///< texts that are in it already
    LifeGuard m_guard;
};

} // namespace postern
