#include "core/punch/local_addresses.h"

#include <algorithm>
#include <array>

namespace postern::punch {

namespace {

/// Bridges and cables of containers and virtual machines. "br0" is left alone on purpose: it
/// is many a server's own way to its network; Docker's are called "br-" and a number.
constexpr std::array VIRTUAL_PREFIXES{"docker", "br-",    "veth",      "virbr",    "vmnet",
                                      "vbox",   "lxc",    "lxdbr",     "cni",      "flannel",
                                      "cali",   "podman", "vEthernet", "bridge100"};
constexpr std::array VPN_PREFIXES{"tun", "tap",      "wg",    "utun",  "tailscale",
                                  "zt",  "nordlynx", "ipsec", "proton"};

template<std::size_t SIZE>
bool startsWithAny(const QString &name, const std::array<const char *, SIZE> &prefixes)
{
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const char *p) { return name.startsWith(QLatin1String(p)); });
}

/// RFC 6724 in short: global IPv6 first, then IPv4, then unique local IPv6.
int familyRank(const IpAddress &address)
{
    if (address.isLinkLocal())
        return 0;
    if (address.isV4())
        return address.isLoopback() ? 4 : 2; // 127.0.0.1 is there on every machine, ::1 is not
    return address.isPrivate() ? 1 : 3;
}

int classRank(InterfaceClass interfaceClass)
{
    switch (interfaceClass) {
    case InterfaceClass::Physical: return 3;
    case InterfaceClass::Vpn: return 2;
    case InterfaceClass::Virtual: return 1;
    case InterfaceClass::Loopback: return 0;
    }
    return 0;
}

bool isOfferable(const InterfaceAddress &candidate)
{
    const IpAddress &address = candidate.address;
    const bool scoped = !address.isV4() && address.isLinkLocal();
    return candidate.up && !address.isUnspecified() && !address.isMulticastOrBroadcast() && !scoped;
}

int rankOf(const InterfaceAddress &address)
{
    // A self-assigned IPv4 address (169.254/16) means that its network has no router.
    const bool selfAssigned = address.address.isLinkLocal();
    return (selfAssigned ? 0 : 100) + 10 * classRank(classifyInterface(address))
        + familyRank(address.address);
}

} // namespace

InterfaceClass classifyInterface(const InterfaceAddress &address)
{
    if (address.address.isLoopback())
        return InterfaceClass::Loopback;
    if (startsWithAny(address.name, VIRTUAL_PREFIXES))
        return InterfaceClass::Virtual;
    // "ppp" is a dial-up or DSL line: the machine's own way out, though point to point.
    const bool dialUp = address.name.startsWith(QLatin1String("ppp"));
    if (startsWithAny(address.name, VPN_PREFIXES) || (address.pointToPoint && !dialUp))
        return InterfaceClass::Vpn;
    return InterfaceClass::Physical;
}

QList<InterfaceAddress> rankLocalAddresses(const QList<InterfaceAddress> &all,
                                           const LocalAddressPolicy &policy)
{
    QList<InterfaceAddress> usable;
    std::copy_if(all.begin(), all.end(), std::back_inserter(usable), isOfferable);
    std::stable_sort(usable.begin(), usable.end(),
                     [](const auto &a, const auto &b) { return rankOf(a) > rankOf(b); });

    QList<InterfaceAddress> ranked;
    bool haveReal = false; // something better than a container's bridge
    bool haveOther = false; // something better than loopback
    for (const auto &candidate : usable) {
        const auto kind = classifyInterface(candidate);
        const bool lastResort = kind == InterfaceClass::Virtual && haveReal;
        const bool unwantedLoopback =
            kind == InterfaceClass::Loopback && !policy.offerLoopback && haveOther;
        const auto siblings =
            std::count_if(ranked.begin(), ranked.end(), [&](const InterfaceAddress &other) {
                return other.name == candidate.name
                    && other.address.family() == candidate.address.family();
            });
        const bool known =
            std::any_of(ranked.begin(), ranked.end(), [&](const InterfaceAddress &other) {
                return other.address == candidate.address;
            });
        if (lastResort || unwantedLoopback || known || siblings >= policy.mostPerInterface
            || ranked.size() >= policy.most)
            continue;
        haveOther |= kind != InterfaceClass::Loopback;
        haveReal |= kind == InterfaceClass::Physical || kind == InterfaceClass::Vpn;
        ranked.append(candidate);
    }
    return ranked;
}

QList<Candidate> hostCandidates(const QList<InterfaceAddress> &ranked, Transport transport,
                                std::uint16_t port)
{
    QList<Candidate> candidates;
    std::uint16_t preference = 65535;
    for (const auto &local : ranked) {
        const Endpoint endpoint{local.address, port};
        candidates.append({transport, CandidateType::Host, endpoint, endpoint,
                           candidatePriority(CandidateType::Host, preference)});
        preference = static_cast<std::uint16_t>(preference - 1);
    }
    return candidates;
}

bool isOnLink(const IpAddress &address, const QList<InterfaceAddress> &local)
{
    return std::any_of(local.begin(), local.end(), [&](const InterfaceAddress &own) {
        const int whole = own.address.isV4() ? 32 : 128;
        const bool isNetwork = own.prefix > 0 && own.prefix < whole && !own.pointToPoint;
        return own.up
            && (own.address == address
                || (isNetwork && own.address.sharesPrefix(address, own.prefix)));
    });
}

} // namespace postern::punch
