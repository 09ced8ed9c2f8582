#pragma once
// What a home router does to IPv6: it translates nothing, and lets in only what an inside host
// has asked for by sending first (RFC 6092). Pure, as NatBox.

#include "tests/support/simnet/nat_box.h"

namespace postern::simnet {

struct FirewallProfile {
    Filtering filtering = Filtering::AddressAndPortDependent; ///< Linux: established,related
    Unsolicited unsolicited = Unsolicited::Drop;
    Duration idleTimeout = 120s; ///< RFC 6092 REC-14: at least two minutes
    bool passesNothing = false; ///< addresses that lead nowhere
};

class Firewall {
public:
    explicit Firewall(FirewallProfile profile)
        : m_profile(profile)
    {
    }

    const FirewallProfile &profile() const { return m_profile; }
    /// False: it does not go out.
    bool outbound(Instant now, const Endpoint &inner, const Endpoint &remote);
    bool inbound(Instant now, const Endpoint &inner, const Endpoint &remote);

private:
    struct Session {
        Endpoint inner;
        Endpoint remote; ///< as much of it as the filtering looks at
        friend bool operator==(const Session &, const Session &) = default;
    };
    struct Hash {
        std::size_t operator()(const Session &session) const
        {
            return qHash(session.inner, 7) ^ (qHash(session.remote) * 31);
        }
    };
    Session sessionOf(const Endpoint &inner, const Endpoint &remote) const;

    FirewallProfile m_profile;
    std::unordered_map<Session, Instant, Hash> m_sessions; ///< when last used
};

} // namespace postern::simnet
