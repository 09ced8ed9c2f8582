#pragma once
// A NAT as RFC 4787 describes them: how it maps, what it lets in, which ports it gives. Pure:
// told the time and a packet's ends, it says how the packet goes on, or that it does not.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <map>
#include <optional>
#include <random>
#include <set>

namespace postern::simnet {

enum class Mapping { EndpointIndependent, AddressDependent, AddressAndPortDependent };
enum class Filtering { EndpointIndependent, AddressDependent, AddressAndPortDependent };
enum class Allocation {
    Preserve, ///< the inner port where it is free, else any
    Sequential, ///< the last one plus `delta`
    Random,
    Block, ///< any of `blockSize` ports that lie together
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
    std::size_t tableSize = 4096;
    int delta = 1; ///< Sequential; may be negative
    int blockSize = 2016; ///< Block: what a carrier gives a subscriber
    bool keepsParity = false; ///< odd stays odd, even stays even (RFC 4787 section 4.2.2)
    Duration absoluteTimeout = Duration::max(); ///< cut this long after birth, used or not
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

private:
    struct Key {
        Endpoint inner;
        Endpoint remote; ///< as much of it as the mapping depends on
        friend auto operator<=>(const Key &, const Key &) = default;
    };
    struct Entry {
        Key key;
        std::uint16_t port = 0;
        bool oneSession = false; ///< made around a poisoned port: for this remote only
        Instant lastUsed;
        Instant born;
        std::map<Endpoint, Instant> sentTo;
    };

    Key keyFor(const Endpoint &inner, const Endpoint &remote) const;
    Entry *find(Instant now, const Key &key, bool oneSession);
    Entry *create(Instant now, const Key &key, bool oneSession);
    std::optional<std::uint16_t> freePort(std::uint16_t preferred, bool mayPreserve);
    std::uint16_t nextPort(bool odd);
    bool isPoisoned(Instant now, std::uint16_t port, const Endpoint &remote) const;
    bool letsIn(const Entry &entry, const Endpoint &remote) const;
    void forgetIdle(Instant now);

    NatProfile m_profile;
    IpAddress m_outer;
    std::mt19937_64 m_random;
    int m_nextSequential[2]; ///< even and odd ones, where parity is kept; else the first
    std::uint16_t m_blockStart;
    std::map<std::uint16_t, Entry> m_entries; ///< by outer port
    std::map<std::pair<std::uint16_t, Endpoint>, Instant> m_strangers; ///< until when
};

} // namespace postern::simnet
