#include "core/transfer/pace.h"

#include <algorithm>
#include <cmath>

namespace postern {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

} // namespace

void RateMeter::note(Instant now, qint64 totalBytes)
{
    if (m_samples.size() >= 2 && now - m_samples[m_samples.size() - 2].when < STEP)
        m_samples.back() = {now, totalBytes};
    else
        m_samples.push_back({now, totalBytes});
    while (m_samples.size() > 2 && now - m_samples[1].when > WINDOW)
        m_samples.pop_front();
}

double RateMeter::rate(Instant now) const
{
    if (m_samples.size() < 2)
        return 0;
    const double time = seconds(now - m_samples.front().when);
    const auto bytes = m_samples.back().bytes - m_samples.front().bytes;
    return time > 0 ? static_cast<double>(bytes) / time : 0;
}

Duration TokenBucket::wait(Instant now)
{
    if (m_rate <= 0)
        return Duration::zero();
    const auto rate = static_cast<double>(m_rate);
    if (m_filledAt)
        m_tokens = std::min(m_tokens + rate * seconds(now - *m_filledAt), rate * BURST_SECONDS);
    m_filledAt = now;
    if (m_tokens >= 0)
        return Duration::zero();
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::duration<double>(-m_tokens / rate));
}

void TokenBucket::setRate(qint64 bytesPerSecond)
{
    if (bytesPerSecond == m_rate)
        return;
    m_rate = bytesPerSecond;
    m_tokens = std::max(m_tokens, 0.0); // a debt at a slow rate would outlive it
    m_filledAt.reset();
}

Duration SharedRate::wait(Instant now, const void *who)
{
    const Duration wait = m_bucket.wait(now);
    while (!m_waiting.empty() && m_waiting.front().who != who
           && m_waiting.front().expected + PATIENCE < now)
        m_waiting.pop_front();
    const auto own = std::find_if(m_waiting.begin(), m_waiting.end(),
                                  [who](const auto &one) { return one.who == who; });
    if (wait == Duration::zero() && (m_waiting.empty() || own == m_waiting.begin())) {
        if (own != m_waiting.end())
            m_waiting.erase(own);
        return wait;
    }
    const Duration back = std::max<Duration>(wait, 1ms);
    if (own == m_waiting.end())
        m_waiting.push_back({who, now + back});
    else
        own->expected = now + back;
    return back;
}

void SharedRate::leave(const void *who)
{
    std::erase_if(m_waiting, [who](const auto &one) { return one.who == who; });
}

void ProgressClock::contentPassed(Instant now)
{
    if (m_awaitedSince && !m_firstByte)
        m_firstByte = now - *m_awaitedSince;
}

void ProgressClock::start(Instant now)
{
    m_started = m_lastProgress = now;
    m_bytes = 0;
    m_meter.note(now, 0);
}

void ProgressClock::progress(Instant now, qint64 bytes)
{
    if (bytes == m_bytes)
        return;
    m_bytes = bytes;
    m_lastProgress = now;
    m_meter.note(now, bytes);
}

void ProgressClock::goOn(Instant now)
{
    if (!m_started)
        return;
    m_lastProgress = now;
    m_meter = {};
    m_meter.note(now, std::max<qint64>(m_bytes, 0));
}

void ProgressClock::stop(Instant now)
{
    if (!m_stopped)
        m_stopped = now;
}

void ProgressClock::fill(TransferSnapshot &snapshot, Instant now) const
{
    if (m_firstByte)
        snapshot.firstByteMs = toMilliseconds(*m_firstByte);
    if (!m_started)
        return;
    const Instant until = m_stopped.value_or(now);
    snapshot.elapsedMs = toMilliseconds(until - *m_started);
    snapshot.rate = m_meter.rate(until);
    if (snapshot.isPaused())
        snapshot.rate = 0;
    if (snapshot.stage != TransferStage::Transferring || snapshot.isPaused())
        return;
    snapshot.stalled = now - m_lastProgress >= STALLED_AFTER;
    if (snapshot.rate >= 1 && !snapshot.stalled)
        snapshot.secondsLeft = static_cast<qint64>(
            std::ceil(static_cast<double>(snapshot.totalBytes - snapshot.bytes) / snapshot.rate));
}

} // namespace postern
