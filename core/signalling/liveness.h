#pragma once
// Is the other end still there? A ping every INTERVAL; anything heard counts as an answer; two
// pings in a row with nothing heard mean that it is gone. Pure.

#include "core/base/clock.h"

#include <algorithm>

namespace postern {

class Liveness {
public:
    static constexpr Duration INTERVAL = 20s; ///< below the 30 s of the hastiest NATs (RFC 4787)
    static constexpr int MOST_MISSED = 2;
    static constexpr Duration PROBE_PATIENCE = 5s; ///< after a network change, for one ping
    static constexpr Duration URGENT_PATIENCE = 1s; ///< when a peer went silent as well

    enum class Verdict { Alive, SendPing, Gone };

    void start(Instant now)
    {
        *this = {};
        m_next = now + INTERVAL;
    }
    void stop() { *this = {}; }

    void heard()
    {
        m_heard = true;
        m_probeLate = NEVER;
    }

    /// The network changed: send a ping now; silence until PROBE_PATIENCE is enough.
    void probe(Instant now, Duration patience = PROBE_PATIENCE)
    {
        m_heard = false;
        m_probeLate = std::min(m_probeLate, now + patience);
        m_next = now + INTERVAL;
    }

    Verdict check(Instant now)
    {
        if (now >= m_probeLate)
            return Verdict::Gone;
        if (now < m_next)
            return Verdict::Alive;
        m_missed = m_heard ? 0 : m_missed + 1;
        if (m_missed >= MOST_MISSED)
            return Verdict::Gone;
        m_heard = false;
        m_next = now + INTERVAL;
        return Verdict::SendPing;
    }

    Instant deadline() const { return std::min(m_next, m_probeLate); }

private:
    Instant m_next = NEVER;
    Instant m_probeLate = NEVER;
    bool m_heard = true; ///< since the last ping
    int m_missed = 0;
};

} // namespace postern
