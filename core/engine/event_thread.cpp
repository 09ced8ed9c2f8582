#include "core/engine/event_thread.h"

#include <QCoreApplication>

#include <future>

namespace postern {

EventThread::EventThread(std::function<void()> atEnd)
{
    std::promise<void> runs;
    m_thread = std::thread([this, &runs, atEnd = std::move(atEnd)] {
        QEventLoop loop;
        m_loop = &loop;
        m_qtThread = QThread::currentThread();
        runs.set_value();
        loop.exec();
        atEnd();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    });
    runs.get_future().wait();
}

void EventThread::quit()
{
    QMetaObject::invokeMethod(m_loop, &QEventLoop::quit, Qt::QueuedConnection);
}

void EventThread::join()
{
    if (m_thread.joinable())
        m_thread.join();
}

} // namespace postern
