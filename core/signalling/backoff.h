#pragma once
// How long to wait before the next try: "exponential backoff with full jitter". Every client
// of a server that restarts draws its own delay, so they do not return in one wave. Pure.

#include "core/base/clock.h"
#include "core/base/random.h"

#include <algorithm>

namespace postern {

class Backoff {
public:
    static constexpr Duration FIRST = 500ms;
    static constexpr Duration LONGEST = 60s;

    /// A delay drawn evenly from 0 to a ceiling that doubles with every call.
    Duration next(const RandomSource &random)
    {
        std::array<std::uint8_t, 4> bytes{};
        random(bytes);
        const auto draw = (std::uint64_t{bytes[0]} << 24) | (std::uint64_t{bytes[1]} << 16)
            | (std::uint64_t{bytes[2]} << 8) | bytes[3];
        const Duration ceiling = m_ceiling;
        m_ceiling = std::min(m_ceiling * 2, LONGEST);
        return std::chrono::duration_cast<Duration>(ceiling * (static_cast<double>(draw) / 0x1p32));
    }
    void reset() { m_ceiling = FIRST; }

private:
    Duration m_ceiling = FIRST;
};

} // namespace postern
