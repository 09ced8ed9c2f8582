#pragma once
// Rates, one bucket a key, in bounded memory. A bucket is one instant: when it will be full
// again (the "generic cell rate algorithm" of ITU-T I.371). Pure.

#include "core/base/clock.h"

#include <algorithm>
#include <unordered_map>

namespace postern::rendezvous {

struct Rate {
    int burst = 1; ///< tokens of a full bucket
    Duration refill{}; ///< time for one token to come back
};

template<typename Key> class TokenBuckets {
public:
    /// Beyond `mostKeys` keys in use at once, the newcomers share one bucket.
    explicit TokenBuckets(Rate rate, std::size_t mostKeys = 65'536)
        : m_rate(rate)
        , m_mostKeys(mostKeys)
    {
    }

    /// Takes a token; false if none is left.
    [[nodiscard]] bool take(const Key &key, Instant now)
    {
        Instant &fullAt = bucket(key, now);
        const Instant from = std::max(fullAt, now);
        if (from - now > m_rate.refill * (m_rate.burst - 1))
            return false;
        fullAt = from + m_rate.refill;
        return true;
    }

    /// Undoes one take(), as when an attempt turned out to be legitimate.
    void giveBack(const Key &key)
    {
        const auto found = m_fullAt.find(key);
        if (found != m_fullAt.end())
            found->second -= m_rate.refill;
    }

    std::size_t keysInUse() const { return m_fullAt.size(); }

private:
    Instant &bucket(const Key &key, Instant now)
    {
        const auto found = m_fullAt.find(key);
        if (found != m_fullAt.end())
            return found->second;
        if (m_fullAt.size() >= m_mostKeys && now >= m_nextSweep) {
            std::erase_if(m_fullAt, [now](const auto &entry) { return entry.second <= now; });
            m_nextSweep = now + 1s; // a flood of keys must not cost a sweep each
        }
        return m_fullAt.size() >= m_mostKeys ? m_shared : m_fullAt[key];
    }

    Rate m_rate;
    std::size_t m_mostKeys;
    std::unordered_map<Key, Instant> m_fullAt;
    Instant m_shared{};
    Instant m_nextSweep{};
};

} // namespace postern::rendezvous
