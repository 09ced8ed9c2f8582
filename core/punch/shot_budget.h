#pragma once
// How many packets of volleys one address may get from this program, whichever connections they
// are for: a contact who names a victim's address, again and again, gets no more out of us than
// a few seconds of a slow trickle. Pure; the owner's thread.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <unordered_map>

namespace postern::punch {

class ShotBudget {
public:
    static constexpr int MOST = 12'288; ///< at once: two whole searches
    static constexpr int PER_SECOND = 40; ///< what comes back: a search each two and a half minutes
    static constexpr std::size_t MOST_ADDRESSES = 256;

    /// True if so many may be sent there; they count as sent.
    bool take(Instant now, const IpAddress &address, int shots);

private:
    struct Spent {
        double shots = 0;
        Instant at{};
    };
    static double left(const Spent &spent, Instant now);

    std::unordered_map<IpAddress, Spent> m_spent;
};

} // namespace postern::punch
