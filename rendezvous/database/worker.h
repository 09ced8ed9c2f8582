#pragma once
// A thread with a bounded queue for work that must not stall the network thread: SQL, and
// (another instance) password hashing.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace postern::rendezvous {

class Worker {
public:
    using Job = std::function<void()>;

    explicit Worker(std::size_t mostQueued);
    ~Worker(); ///< stop()
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    /// Any thread. False, and nothing queued, when the queue is full or stopped.
    [[nodiscard]] bool post(Job job);

    /// Finishes what is queued, takes no more, joins. Not from within a job.
    void stop();

private:
    void work();

    const std::size_t m_mostQueued;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Job> m_jobs;
    bool m_stopping = false;
    std::thread m_thread;
};

} // namespace postern::rendezvous
