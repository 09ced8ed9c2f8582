#pragma once
// The queue for those who look at it while nothing of it is sent: what the profile remembers, be it
// this process that keeps it or another. Engine thread; the book works on a lane of its own.

#include "core/engine/send_book.h"
#include "core/transfer/executor.h"

#include <functional>
#include <memory>

namespace postern {

class QueueDesk {
public:
    using Done = std::function<void(Result<void>)>;

    QueueDesk(Executor &executor, std::shared_ptr<FileSystem> files);

    /// Where transfers are remembered; empty: nowhere, and the queue is.
    void setFolder(const QString &folder) { m_folder = folder; }

    void list(std::function<void(Result<QList<QueuedSend>>)> done);
    void move(const TransferId &id, int place, Done done);
    void drop(const TransferId &id, Done done);

private:
    template<typename Value>
    void ask(std::function<Result<Value>(const SendBook &)> question,
             std::function<void(Result<Value>)> done);

    std::shared_ptr<FileSystem> m_files;
    QString m_folder;
    std::shared_ptr<Lane> m_lane;
    LifeGuard m_guard;
};

} // namespace postern
