#include "core/transfer/yielding_rate.h"

#include <algorithm>

namespace postern {

namespace {

/// Base delays are forgotten after so many spans (RFC 6817 section 3.4.2, BASE_HISTORY): two
/// minutes and not ten, since every slowdown measures the empty path anew.
constexpr std::size_t BASE_SPANS = 4;
constexpr Duration BASE_SPAN = 30s;
constexpr std::size_t RECENT = 3;
/// A change is seen in the delay after a round trip; no quicker than round trips are told.
constexpr Duration LEAST_STEP = 50ms;
constexpr double GROWTH = 0.125; ///< of a step, with no delay at all
constexpr double SHRINKING = 0.25; ///< for each target that the delay is above the target
constexpr double MOST_SHRINKING = 0.5;
/// Above what is used it may be by this factor: an idle sender must not save up for a burst.
constexpr double HEADROOM = 2;
/// Our own queue hides the base delay: now and then it is let run empty.
constexpr Duration SLOWDOWN_EVERY = 20s;
constexpr Duration LEAST_SLOWDOWN = 100ms;
constexpr double SLOWDOWN = 0.25;
constexpr qint64 FIRST_RATE = 256 * 1024;
/// The start ends where the delay is three quarters of the target.
constexpr double STARTED = -0.25;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

} // namespace

YieldingRate::YieldingRate(Instant now)
    : m_usedSince(now)
    , m_nextStep(now)
    , m_nextSlowdown(now + SLOWDOWN_EVERY)
{
}

void YieldingRate::noteBase(Instant now, Duration roundTrip)
{
    if (m_base.empty() || now - m_base.back().since >= BASE_SPAN)
        m_base.push_back({now, roundTrip});
    else
        m_base.back().roundTrip = std::min(m_base.back().roundTrip, roundTrip);
    while (m_base.size() > BASE_SPANS)
        m_base.pop_front();
}

Duration YieldingRate::base() const
{
    return std::min_element(
               m_base.begin(), m_base.end(),
               [](const Minimum &a, const Minimum &b) { return a.roundTrip < b.roundTrip; })
        ->roundTrip;
}

Duration YieldingRate::current() const
{
    return *std::min_element(m_recent.begin(), m_recent.end());
}

void YieldingRate::noteUse(Instant now, qint64 sentBytes)
{
    const double time = seconds(now - m_usedSince);
    if (!m_first && time > 0)
        m_used = static_cast<double>(sentBytes - m_usedBytes) / time;
    m_first = false;
    m_usedSince = now;
    m_usedBytes = sentBytes;
}

void YieldingRate::note(Instant now, Duration roundTrip, qint64 sentBytes)
{
    if (roundTrip <= Duration::zero())
        return;
    noteBase(now, roundTrip);
    if (m_recent.empty())
        m_window = double{FIRST_RATE} * seconds(roundTrip + TARGET);
    m_recent.push_back(roundTrip);
    if (m_recent.size() > RECENT)
        m_recent.pop_front();
    if (now < m_nextStep)
        return;
    noteUse(now, sentBytes);
    step(now, roundTrip);
}

void YieldingRate::step(Instant now, Duration roundTrip)
{
    m_nextStep = now + std::max(roundTrip, LEAST_STEP);
    if (m_state == State::Slowed) {
        m_state = State::Steady;
        m_nextSlowdown = now + SLOWDOWN_EVERY;
        return;
    }
    const double above = seconds(current() - base() - TARGET) / seconds(TARGET); // -1: no delay
    const double longest = seconds(std::max(current(), base() + TARGET));
    const double most = std::max(m_used * HEADROOM, double{FIRST_RATE}) * longest;
    if (m_state == State::Starting && above < STARTED) {
        m_window = std::max(m_window, std::min(m_window * 2, most));
        return;
    }
    m_state = State::Steady;
    if (above > 0)
        m_window *= 1 - std::min(above * SHRINKING, MOST_SHRINKING);
    else if (m_window < most)
        m_window = std::min(m_window * (1 - above * GROWTH), most);
    m_window = std::max(m_window, double{LEAST} * longest);
    if (now >= m_nextSlowdown) {
        m_state = State::Slowed;
        m_nextStep = now + std::max(2 * roundTrip, LEAST_SLOWDOWN);
    }
}

qint64 YieldingRate::bytesPerSecond() const
{
    if (m_recent.empty())
        return FIRST_RATE;
    // An empty queue is filled by the window's growth, not by sending it all the quicker.
    const double rate = m_window / seconds(std::max(m_recent.back(), base() + TARGET));
    return std::max(static_cast<qint64>(m_state == State::Slowed ? rate * SLOWDOWN : rate), LEAST);
}

} // namespace postern
