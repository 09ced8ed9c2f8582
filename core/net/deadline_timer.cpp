#include "core/net/deadline_timer.h"

#include "core/net/readiness.h"

#include <QTimer>

#ifdef Q_OS_LINUX
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace postern {

#ifdef Q_OS_LINUX

/// A timerfd: Qt's own timers are only as fine as poll's millisecond.
class DeadlineTimer::SystemTimer {
public:
    explicit SystemTimer(std::function<void()> rang)
        : m_handle(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))
        , m_watch(m_handle.get(), net::Readiness::Kind::Read, [this, rang = std::move(rang)] {
            std::uint64_t rings = 0;
            if (::read(m_handle.get(), &rings, sizeof rings) == sizeof rings)
                rang();
        })
    {
    }

    void arm(Instant at)
    {
        using namespace std::chrono;
        // Zero would disarm; std::chrono::steady_clock is CLOCK_MONOTONIC on Linux.
        const auto since = std::max(at.time_since_epoch(), Instant::duration(1));
        const auto whole = duration_cast<seconds>(since);
        itimerspec spec{};
        spec.it_value.tv_sec = whole.count();
        spec.it_value.tv_nsec = duration_cast<nanoseconds>(since - whole).count();
        ::timerfd_settime(m_handle.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
    }
    void disarm()
    {
        const itimerspec spec{};
        ::timerfd_settime(m_handle.get(), 0, &spec, nullptr);
    }

private:
    net::OwnedSocket m_handle;
    net::Readiness m_watch;
};

#else

class DeadlineTimer::SystemTimer {
public:
    explicit SystemTimer(std::function<void()> rang)
    {
        m_timer->setSingleShot(true);
        m_timer->setTimerType(Qt::PreciseTimer);
        QObject::connect(m_timer.get(), &QTimer::timeout, m_timer.get(), std::move(rang));
    }

    void arm(Instant at)
    {
        const Duration left = std::max(at - monotonicNow(), Duration::zero());
        m_timer->start(std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    void disarm() { m_timer->stop(); }

private:
    struct DeleteLater {
        void operator()(QTimer *timer) const
        {
            timer->stop();
            timer->deleteLater();
        }
    };
    std::unique_ptr<QTimer, DeleteLater> m_timer{new QTimer};
};

#endif

DeadlineTimer::DeadlineTimer(std::function<void()> expired)
    : m_expired(std::move(expired))
    , m_timer(std::make_unique<SystemTimer>([this] { rang(); }))
{
}

DeadlineTimer::~DeadlineTimer() = default;

void DeadlineTimer::set(Instant deadline)
{
    m_deadline = deadline;
    if (deadline >= m_armed)
        return;
    m_armed = deadline;
    m_timer->arm(deadline);
}

void DeadlineTimer::rang()
{
    m_armed = NEVER;
    if (m_deadline == NEVER)
        return;
    if (monotonicNow() < m_deadline) {
        set(m_deadline);
        return;
    }
    m_deadline = NEVER;
    if (const auto expired = m_expired)
        expired();
}

} // namespace postern
