#include "core/engine/queue_desk.h"

namespace postern {

QueueDesk::QueueDesk(Executor &executor, std::shared_ptr<FileSystem> files)
    : m_files(std::move(files))
    , m_lane(executor.makeLane())
{
}

template<typename Value>
void QueueDesk::ask(std::function<Result<Value>(const SendBook &)> question,
                    std::function<void(Result<Value>)> done)
{
    m_lane->run([book = SendBook({m_files, m_folder}), question = std::move(question),
                 done = std::move(done), life = m_guard.watch()]() -> Continuation {
        return [life, done, answer = question(book)] {
            if (!life.expired())
                done(answer);
        };
    });
}

void QueueDesk::list(std::function<void(Result<QList<QueuedSend>>)> done)
{
    ask<QList<QueuedSend>>(
        [](const SendBook &book) { return Result<QList<QueuedSend>>(book.list()); },
        std::move(done));
}

void QueueDesk::move(const TransferId &id, int place, Done done)
{
    ask<void>([id, place](const SendBook &book) { return book.move(id, place); }, std::move(done));
}

void QueueDesk::drop(const TransferId &id, Done done)
{
    ask<void>([id](const SendBook &book) { return book.drop(id); }, std::move(done));
}

} // namespace postern
