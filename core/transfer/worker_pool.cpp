#include "core/transfer/worker_pool.h"

#include "core/base/log.h"
#include "core/transfer/thread_confinement.h"

#include <atomic>
#include <utility>

namespace postern {

struct WorkerPool::Shared {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<Strand>> runnable; ///< strands with work that no thread runs
    bool ending = false;
    std::function<void(Continuation)> post;
};

class WorkerPool::Strand final : public Lane, public std::enable_shared_from_this<Strand> {
public:
    explicit Strand(std::shared_ptr<Shared> shared)
        : m_shared(std::move(shared))
    {
    }

    void run(Work work) override
    {
        const std::lock_guard lock(m_shared->mutex);
        m_queue.push_back(std::move(work));
        if (std::exchange(m_scheduled, true))
            return;
        m_shared->runnable.push_back(shared_from_this());
        m_shared->wake.notify_one();
    }

    /// The next job. Called with the lock held, only while scheduled.
    Work take()
    {
        Work work = std::move(m_queue.front());
        m_queue.pop_front();
        return work;
    }

    /// True if there is more to do. Called with the lock held, after a job.
    bool stillScheduled() { return m_scheduled = !m_queue.empty(); }

private:
    std::shared_ptr<Shared> m_shared;
    std::deque<Work> m_queue;
    bool m_scheduled = false; ///< in `runnable`, or a thread runs it
};

/// What a confined thread shares with its lane.
struct WorkerPool::Cell {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Work> queue;
    bool ending = false; ///< once the queue is empty
    std::atomic<bool> ended = false;

    void end()
    {
        const std::lock_guard lock(mutex);
        ending = true;
        wake.notify_one();
    }
};

class WorkerPool::ConfinedLane final : public Lane {
public:
    explicit ConfinedLane(std::shared_ptr<Cell> cell)
        : m_cell(std::move(cell))
    {
    }
    ~ConfinedLane() override { m_cell->end(); }

    void run(Work work) override
    {
        const std::lock_guard lock(m_cell->mutex);
        m_cell->queue.push_back(std::move(work));
        m_cell->wake.notify_one();
    }

private:
    std::shared_ptr<Cell> m_cell;
};

WorkerPool::WorkerPool(EngineThread engine, int threads)
    : m_engine(std::move(engine))
    , m_shared(std::make_shared<Shared>())
{
    m_shared->post = m_engine.post;
    for (int i = 0; i < threads; ++i)
        m_threads.emplace_back([shared = m_shared] { work(*shared); });
}

WorkerPool::~WorkerPool()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->ending = true;
    }
    m_shared->wake.notify_all();
    for (std::thread &thread : m_threads)
        thread.join();
    for (auto &[cell, thread] : m_confined) {
        cell->end();
        thread.join();
    }
}

void WorkerPool::work(Shared &shared)
{
    std::unique_lock lock(shared.mutex);
    while (true) {
        shared.wake.wait(lock, [&] { return shared.ending || !shared.runnable.empty(); });
        if (shared.runnable.empty())
            return;
        const std::shared_ptr<Strand> strand = std::move(shared.runnable.front());
        shared.runnable.pop_front();
        Work job = strand->take();
        lock.unlock();
        if (Continuation answer = job())
            shared.post(std::move(answer));
        job = {}; // what it held is let go here, not under the lock
        lock.lock();
        if (strand->stillScheduled())
            shared.runnable.push_back(strand);
    }
}

std::shared_ptr<Lane> WorkerPool::makeLane() { return std::make_shared<Strand>(m_shared); }

std::shared_ptr<Lane> WorkerPool::makeConfinedLane(const QStringList &folders)
{
    std::erase_if(m_confined, [](auto &one) {
        if (one.first->ended)
            one.second.join();
        return !one.second.joinable();
    });
    auto cell = std::make_shared<Cell>();
    m_confined.emplace_back(cell, std::thread([shared = m_shared, cell, folders] {
                                if (!confineThread(folders))
                                    qCInfo(logTransfer) << "This system can't confine what "
                                                           "writes received files.";
                                work(*shared, *cell);
                                cell->ended = true;
                            }));
    return std::make_shared<ConfinedLane>(std::move(cell));
}

void WorkerPool::work(Shared &shared, Cell &cell)
{
    std::unique_lock lock(cell.mutex);
    while (true) {
        cell.wake.wait(lock, [&] { return cell.ending || !cell.queue.empty(); });
        if (cell.queue.empty())
            return;
        Work job = std::move(cell.queue.front());
        cell.queue.pop_front();
        lock.unlock();
        if (Continuation answer = job())
            shared.post(std::move(answer));
        job = {};
        lock.lock();
    }
}

void WorkerPool::after(Duration delay, Continuation call)
{
    m_engine.after(delay, std::move(call));
}

} // namespace postern
