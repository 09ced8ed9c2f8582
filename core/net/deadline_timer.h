#pragma once
// Calls back once at an instant. Made for owners that move their deadline at every packet:
// moving it later costs nothing, since the system's timer is left to ring early and is
// then set anew. Precise to some microseconds on Linux, to a millisecond elsewhere.
//
// The call comes from the event loop, never from inside set(), and may destroy the timer.
// Thread: one with an event loop.

#include "core/base/clock.h"

#include <functional>
#include <memory>

namespace postern {

class DeadlineTimer {
public:
    explicit DeadlineTimer(std::function<void()> expired);
    ~DeadlineTimer();

    /// NEVER cancels. An instant that has passed means: at the next turn of the loop.
    void set(Instant deadline);
    void cancel() { set(NEVER); }
    Instant deadline() const { return m_deadline; }

private:
    class SystemTimer;
    void rang();

    std::function<void()> m_expired;
    Instant m_deadline = NEVER;
    Instant m_armed = NEVER; ///< when the system's timer will ring; at or before m_deadline
    std::unique_ptr<SystemTimer> m_timer;
};

} // namespace postern
