#pragma once
// A thread with an event loop that is gone for good once it has been joined. QThread::wait() comes
// back while the thread's own clean-up still runs, which libraries that free everything at exit
// (OpenSSL) do not survive: both freed the same, now and then, when a program ended at once.
//
// Thread: made and joined in one; quit() in any.

#include <QEventLoop>
#include <QThread>

#include <functional>
#include <thread>

namespace postern {

class EventThread {
public:
    /// Runs from now on; `atEnd` runs in it, as the last thing.
    explicit EventThread(std::function<void()> atEnd);
    ~EventThread() { join(); }
    EventThread(const EventThread &) = delete;
    EventThread &operator=(const EventThread &) = delete;

    /// For QObject::moveToThread().
    QThread *qtThread() const { return m_qtThread; }
    /// What was posted before is still done.
    void quit();
    void join();

private:
    QThread *m_qtThread = nullptr;
    QEventLoop *m_loop = nullptr; ///< on the thread's stack
    std::thread m_thread;
};

} // namespace postern
