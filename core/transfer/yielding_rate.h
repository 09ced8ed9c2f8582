#pragma once
// A rate that leaves room for others on the line. While packets pass as quickly as they can, it
// grows until it is what the link carries; when they wait in a queue on the way, someone else
// wants the link, too, and it makes room within a few round trips. Source: RFC 6817 (LEDBAT),
// with the multiplicative decrease and the periodic slowdown of LEDBAT++.
//
//     starting --(delay near the target)--> steady --(every 20 s)--> slowed --(a moment)--> steady
//
// Pure. The delay is known from round trips only, so a queue on the way back counts as well.

#include "core/base/clock.h"

#include <QtGlobal>

#include <deque>

namespace postern {

class YieldingRate {
public:
    explicit YieldingRate(Instant now);

    /// To be told several times a second while something is sent: the path's latest round trip
    /// (0: not known, then nothing changes) and the bytes that were sent in all.
    void note(Instant now, Duration roundTrip, qint64 sentBytes);

    qint64 bytesPerSecond() const;

    /// What we let packets wait on the way; RFC 6817 section 2.3.1 allows up to 100 ms.
    static constexpr Duration TARGET = 40ms;
    static constexpr qint64 LEAST = 16 * 1024; ///< bytes a second

private:
    enum class State { Starting, Steady, Slowed };

    void noteBase(Instant now, Duration roundTrip);
    Duration base() const;
    Duration current() const;
    void noteUse(Instant now, qint64 sentBytes);
    void step(Instant now, Duration roundTrip);

    struct Minimum {
        Instant since;
        Duration roundTrip;
    };
    std::deque<Minimum> m_base; ///< the least round trip of each span, newest last
    std::deque<Duration> m_recent; ///< RFC 6817 section 3.4.2, CURRENT_FILTER
    State m_state = State::Starting;
    double m_window = 0; ///< bytes under way; a longer round trip thus slows us by itself
    double m_used = 0; ///< bytes a second that were sent over the last step
    Instant m_usedSince;
    qint64 m_usedBytes = 0;
    bool m_first = true;
    Instant m_nextStep;
    Instant m_nextSlowdown;
};

} // namespace postern
