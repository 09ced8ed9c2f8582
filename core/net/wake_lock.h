#pragma once
// Keeps the machine from going to sleep by itself while it lives: systemd-logind's inhibitor,
// SetThreadExecutionState, or a power assertion. A lid that is closed still wins where the
// system says so. Where none of them is to be had it does nothing, and says so in the log.
//
// Made and destroyed in the same thread, which needs an event loop. Never blocks for an answer.

#include <QString>

#include <memory>

namespace postern::net {

class WakeLock {
public:
    /// `why` is what the system shows people who ask what keeps it awake.
    explicit WakeLock(const QString &why);
    ~WakeLock(); ///< sleep is allowed again at once, also if the system has not answered yet
    WakeLock(const WakeLock &) = delete;
    WakeLock &operator=(const WakeLock &) = delete;

private:
    class Hold;
    std::unique_ptr<Hold> m_hold;
};

} // namespace postern::net
