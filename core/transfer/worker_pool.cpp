#include "core/transfer/worker_pool.h"

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

void WorkerPool::after(Duration delay, Continuation call)
{
    m_engine.after(delay, std::move(call));
}

} // namespace postern
