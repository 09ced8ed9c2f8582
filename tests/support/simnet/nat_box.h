#pragma once
// A NAT as RFC 4787 describes them: how it maps, what it lets in, which ports it gives. Pure:
// told the time and a packet's ends, it says how the packet goes on, or that it does not.
// A packet costs a few hash look-ups, so that thousands of whole searches for a path can be
// played, and a program can put it behind a real interface.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <deque>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

namespace postern::simnet {

enum class Mapping { EndpointIndependent, AddressDependent, AddressAndPortDependent };
enum class Filtering { EndpointIndependent, AddressDependent, AddressAndPortDependent };
enum class Allocation {
    Preserve, ///< the inner port where it is free, else a random one
    Sequential, ///< the last one plus `delta`
    Random,
    Block, ///< any of `blockSize` ports that lie together
};
/// What a router answers to a packet that it does not let in. A reset is TCP's; to a datagram such
/// a router answers by ICMP.
enum class Unsolicited { Drop, Icmp, Reset };
/// What a full table does with one session more.
enum class Overflow {
    Refuse, ///< it does not go out
    ForgetOldest, ///< the oldest one makes room for it, used or not
};

struct NatProfile {
    Mapping mapping = Mapping::EndpointIndependent;
    Filtering filtering = Filtering::AddressAndPortDependent;
    Allocation allocation = Allocation::Preserve;
    bool hairpin = false;
    /// As Linux conntrack: a stranger's packet to a port makes an entry of its own, and while
    /// that lives, our side can't use the port toward that stranger.
    bool poisonedByStrangers = false;
    Duration idleTimeout = 120s; ///< RFC 4787 REQ-5: at least two minutes
    std::size_t tableSize = 4096; ///< sessions
    Overflow overflow = Overflow::Refuse;
    int delta = 1; ///< Sequential; may be negative
    int blockSize = 2016; ///< Block: what a carrier gives a subscriber
    std::uint16_t blockLowest = 0; ///< 0: anywhere
    bool keepsParity = false; ///< odd stays odd, even stays even (RFC 4787 section 4.2.2)
    Duration absoluteTimeout = Duration::max(); ///< cut this long after birth, used or not
    double foreignPerSecond = 0; ///< mappings that others behind this NAT take
    Unsolicited unsolicited = Unsolicited::Drop;
};

inline constexpr NatProfile FULL_CONE{.filtering = Filtering::EndpointIndependent};
inline constexpr NatProfile RESTRICTED_CONE{.filtering = Filtering::AddressDependent};
inline constexpr NatProfile PORT_RESTRICTED_CONE{};
inline constexpr NatProfile SYMMETRIC_RANDOM{.mapping = Mapping::AddressAndPortDependent,
                                             .allocation = Allocation::Random};
inline constexpr NatProfile SYMMETRIC_SEQUENTIAL{.mapping = Mapping::AddressAndPortDependent,
                                                 .allocation = Allocation::Sequential};
inline constexpr NatProfile ADDRESS_DEPENDENT{.mapping = Mapping::AddressDependent,
                                              .allocation = Allocation::Random};
/// What home routers built on Linux are.
inline constexpr NatProfile LINUX_MASQUERADE{.poisonedByStrangers = true};

class NatBox {
public:
    NatBox(NatProfile profile, IpAddress outer, std::uint64_t seed);

    const IpAddress &outer() const { return m_outer; }
    const NatProfile &profile() const { return m_profile; }

    /// A packet from inside: the source it leaves with, nothing when the table is full.
    std::optional<Endpoint> outbound(Instant now, const Endpoint &inner, const Endpoint &remote);
    /// A packet from outside to one of our ports: the inner endpoint, or nothing: filtered.
    std::optional<Endpoint> inbound(Instant now, std::uint16_t port, const Endpoint &remote);

    std::size_t mappings(Instant now);
    std::size_t sessions(Instant now);

private:
    /// Two ends: (inner, remote) of a session, or as much of it as the mapping depends on.
    struct Ends {
        Endpoint inner;
        Endpoint remote;
        friend bool operator==(const Ends &, const Ends &) = default;
    };
    struct HashEnds {
        std::size_t operator()(const Ends &ends) const
        {
            return qHash(ends.inner, 7) ^ (qHash(ends.remote) * 31);
        }
    };
    struct Mapped {
        Ends key;
        bool oneSession = false; ///< made around a poisoned port: for this remote only
        int sessions = 0;
        Instant bornAt{};
        Instant lastUsed{};
    };
    /// Packets between these ends use this port, in both directions: the answer to what was let
    /// in leaves by the port that it came to.
    struct Session {
        std::uint16_t port = 0;
        Instant lastUsed{};
    };

    Ends keyFor(const Endpoint &inner, const Endpoint &remote) const;
    Mapped *alive(Instant now, std::uint16_t port);
    std::optional<std::uint16_t> portFor(Instant now, const Ends &key);
    std::optional<std::uint16_t> create(Instant now, const Ends &key, bool oneSession);
    std::optional<std::uint16_t> freePort(Instant now, std::uint16_t preferred, bool mayPreserve);
    std::uint16_t nextPort(Instant now, bool odd);
    void letOthersTakeTheirs(Instant now);
    bool isPoisoned(Instant now, std::uint16_t port, const Endpoint &remote) const;
    bool letsIn(Instant now, std::uint16_t port, const Mapped &mapped,
                const Endpoint &remote) const;
    bool makeRoom(Instant now);
    void add(const Ends &session, std::uint16_t port, Instant now);
    void forgetOldest();
    void forgetOld(Instant now);
    void use(Instant now, std::uint16_t port, const Ends &session);

    NatProfile m_profile;
    IpAddress m_outer;
    std::mt19937_64 m_random;
    int m_nextSequential[2]; ///< even and odd ones, where parity is kept; else the first
    std::uint16_t m_blockStart;
    Instant m_foreignUntil{}; ///< others' mappings are counted up to here
    std::unordered_map<std::uint16_t, Mapped> m_mappings; ///< by outer port
    std::unordered_map<Ends, std::uint16_t, HashEnds> m_ports; ///< by key
    std::unordered_map<Ends, Session, HashEnds> m_sessions;
    std::deque<Ends> m_births; ///< ForgetOldest: sessions in the order they were made
    /// (our port as an inner endpoint, peer) that was sent to: by address for ADF
    std::unordered_map<Ends, Instant, HashEnds> m_sentTo;
    std::unordered_map<Ends, Instant, HashEnds> m_strangers; ///< until when
};

} // namespace postern::simnet
