#pragma once
// How much a stranger, an address and an account may ask for. All maps are bounded. Pure;
// network thread.

#include "core/base/endpoint.h"
#include "rendezvous/accounts/account_id.h"
#include "rendezvous/sessions/token_buckets.h"

#include <QString>

#include <array>

namespace postern::rendezvous {

/// Who counts as one: an IPv4 address, or an IPv6 /64, which is one household or one machine.
IpAddress sourceOf(const IpAddress &address);

/// Connections at a time from one source.
class ConnectionLimits {
public:
    struct Most {
        int all = 1024; ///< a carrier NAT has many people behind one address
        int early = 64; ///< not signed in yet
    };

    explicit ConnectionLimits(Most most)
        : m_most(most)
    {
    }

    [[nodiscard]] bool admit(const IpAddress &address);
    void signedIn(const IpAddress &address);
    void closed(const IpAddress &address, bool wasEarly);

private:
    struct Count {
        int all = 0;
        int early = 0;
    };
    Most m_most;
    std::unordered_map<IpAddress, Count> m_counts;
};

/// Attempts to get in. Guessing one person's password is slowed by name, guessing at many by
/// source; a device's key can't be guessed, and its sign-ins are only kept from being a flood.
class EntryLimits {
public:
    [[nodiscard]] bool admit(const IpAddress &address, const QString &name, bool withPassword,
                             Instant now);
    /// The attempt was right: it costs nothing.
    void succeeded(const IpAddress &address, const QString &name, bool withPassword);

private:
    TokenBuckets<IpAddress> m_byKey{{200, 50ms}};
    TokenBuckets<IpAddress> m_bySource{{40, 5s}};
    TokenBuckets<QString> m_byName{{10, 30s}};
};

/// What a signed-in account may do, over all its sessions.
class RequestLimits {
public:
    enum class Kind {
        Signal,
        ContactRequest,
        ContactChange,
        Receiving,
        Revoke,
        DialBack,
        Relay,
        COUNT
    };

    [[nodiscard]] bool admit(AccountId account, Kind kind, Instant now)
    {
        return m_buckets[static_cast<std::size_t>(kind)].take(account, now);
    }

private:
    std::array<TokenBuckets<AccountId>, static_cast<std::size_t>(Kind::COUNT)> m_buckets{
        TokenBuckets<AccountId>{{256, 20ms}}, // a punch is a few dozen messages
        TokenBuckets<AccountId>{{20, 60s}}, // the one thing that reaches strangers
        TokenBuckets<AccountId>{{60, 1s}},    TokenBuckets<AccountId>{{60, 200ms}},
        TokenBuckets<AccountId>{{10, 10s}},   TokenBuckets<AccountId>{{10, 5s}},
        TokenBuckets<AccountId>{{60, 10s}},
    };
};

} // namespace postern::rendezvous
