#pragma once
// How fast: RateMeter tells it, TokenBucket limits it, ProgressClock does the sums that
// both sides show. Pure values.

#include "core/base/clock.h"
#include "core/transfer/transfer_types.h"

#include <deque>

namespace postern {

/// Bytes a second over the last few seconds.
class RateMeter {
public:
    void note(Instant now, qint64 totalBytes);
    double rate(Instant now) const;

private:
    static constexpr Duration WINDOW = 5s;
    static constexpr Duration STEP = 100ms;
    struct Sample {
        Instant when;
        qint64 bytes;
    };
    std::deque<Sample> m_samples;
};

/// Lets `bytesPerSecond` pass on average; 0 lets everything pass.
class TokenBucket {
public:
    explicit TokenBucket(qint64 bytesPerSecond)
        : m_rate(bytesPerSecond)
    {
    }
    void setRate(qint64 bytesPerSecond);
    /// How long to wait before anything may be sent; zero: now.
    Duration wait(Instant now);
    /// Something was sent. May go into debt by one frame.
    void spend(qint64 bytes) { m_tokens -= static_cast<double>(bytes); }

private:
    static constexpr double BURST_SECONDS = 0.05;
    qint64 m_rate;
    double m_tokens = 0;
    std::optional<Instant> m_filledAt;
};

/// One limit for several transfers, which take turns.
class SharedRate {
public:
    explicit SharedRate(qint64 bytesPerSecond = 0)
        : m_bucket(bytesPerSecond)
    {
    }
    void setRate(qint64 bytesPerSecond) { m_bucket.setRate(bytesPerSecond); }
    /// How long `who` should wait before it asks again; zero: it is its turn, and it should spend.
    Duration wait(Instant now, const void *who);
    void spend(qint64 bytes) { m_bucket.spend(bytes); }
    void leave(const void *who);

private:
    /// One that does not ask again loses its turn.
    static constexpr Duration PATIENCE = 500ms;
    struct Waiting {
        const void *who;
        Instant expected; ///< back by then
    };
    TokenBucket m_bucket;
    std::deque<Waiting> m_waiting;
};

/// Times one transfer from the first moment data could flow to its end.
class ProgressClock {
public:
    void awaitFirstByte(Instant since) { m_awaitedSince = since; }
    void contentPassed(Instant now); ///< the first of it ends that
    void start(Instant now);
    bool isStarted() const { return m_started.has_value(); }
    void progress(Instant now, qint64 bytes);
    void stop(Instant now);
    void goOn(Instant now); ///< after a pause, which does not count as slowness
    /// Fills rate, secondsLeft, elapsedMs, firstByteMs and stalled.
    void fill(TransferSnapshot &snapshot, Instant now) const;

private:
    RateMeter m_meter;
    std::optional<Instant> m_started;
    std::optional<Instant> m_stopped;
    std::optional<Instant> m_awaitedSince;
    std::optional<Duration> m_firstByte;
    Instant m_lastProgress{};
    qint64 m_bytes = -1;
};

} // namespace postern
