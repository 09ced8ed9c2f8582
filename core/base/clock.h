#pragma once
// Time as machines see it: a value handed in, never asked for. Only drivers call
// monotonicNow(); a test hands in whatever instant it likes (virtual time).

#include <chrono>

namespace postern {

using namespace std::chrono_literals;

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// A deadline that never comes.
inline constexpr Instant NEVER = Instant::max();

inline Instant monotonicNow() { return std::chrono::steady_clock::now(); }

inline std::int64_t toMilliseconds(Duration duration)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

} // namespace postern
