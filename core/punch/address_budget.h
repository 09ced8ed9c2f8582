#pragma once
// How many packets an address may get from this program before anyone there has answered,
// whichever connections they are for: a contact who names a victim's address, again and again,
// gets no more out of us than a few seconds of a slow trickle. Pure; the owner's thread.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <unordered_map>

namespace postern::punch {

class AddressBudget {
public:
    struct Rate {
        int atOnce;
        int perSecond; ///< what comes back
    };
    static constexpr std::size_t MOST_ADDRESSES = 256;

    explicit AddressBudget(const Rate &rate)
        : m_rate(rate)
    {
    }

    /// True if so many may be sent there; they count as sent.
    bool take(Instant now, const IpAddress &address, int packets = 1);

private:
    struct Spent {
        double packets = 0;
        Instant at{};
    };
    double left(const Spent &spent, Instant now) const;

    Rate m_rate;
    std::unordered_map<IpAddress, Spent> m_spent;
};

/// Of all connections together.
struct Budgets {
    /// Packets of volleys: two whole searches, and one more each two and a half minutes.
    static constexpr AddressBudget::Rate SHOTS{12'288, 40};
    /// Checks, and answers to the peer's: thirty searches for a path, and one more a second.
    static constexpr AddressBudget::Rate CHECKS{768, 24};
    /// TCP connections begun; each is up to five SYNs (RFC 9293 section 3.8.3).
    static constexpr AddressBudget::Rate DIALS{96, 2};

    AddressBudget shots{SHOTS};
    AddressBudget checks{CHECKS};
    AddressBudget dials{DIALS};
};

} // namespace postern::punch
