#pragma once
// How fast checks may leave: a burst at once, then one each interval (RFC 8445 section 14.2
// calls the interval Ta). Pure.

#include "core/base/clock.h"

#include <algorithm>

namespace postern::punch {

class Pacer {
public:
    Pacer(Duration interval, int burst)
        : m_interval(interval)
        , m_tolerance(interval * (burst - 1))
    {
    }

    /// When the next one may leave, if none leaves before.
    Instant readyAt() const { return m_full - m_tolerance; }
    bool isReady(Instant now) const { return now >= readyAt(); }
    /// None before that.
    void pauseUntil(Instant when) { m_full = std::max(m_full, when + m_tolerance); }
    void sent(Instant now) { m_full = std::max(m_full, now) + m_interval; }

private:
    Duration m_interval;
    Duration m_tolerance;
    Instant m_full{}; ///< when the allowance will be whole again
};

} // namespace postern::punch
