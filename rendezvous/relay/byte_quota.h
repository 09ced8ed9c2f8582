#pragma once
// How much each holder of credentials may have relayed: so many bytes a second, with a second
// in hand, and so many a day. Pure; network thread.

#include "core/base/clock.h"
#include "rendezvous/relay/relay_settings.h"

#include <unordered_map>

namespace postern::rendezvous {

class ByteQuota {
public:
    explicit ByteQuota(const RelaySettings &settings)
        : m_perSecond(settings.bytesPerSecondOfHolder)
        , m_perDay(settings.bytesPerDayOfHolder)
    {
    }

    /// False: these bytes are over the quota and must not be relayed.
    [[nodiscard]] bool take(const QByteArray &holder, std::uint64_t bytes, Instant now);
    /// Whether the day's bytes are used up: no new allocation then.
    bool isExhausted(const QByteArray &holder, Instant now) const;

private:
    struct Account {
        Instant day; ///< when its day began
        std::uint64_t today = 0;
        Instant refilled;
        double inHand = 0;
    };

    std::uint64_t m_perSecond;
    std::uint64_t m_perDay;
    std::unordered_map<QByteArray, Account> m_accounts;
};

} // namespace postern::rendezvous
