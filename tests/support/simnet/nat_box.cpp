#include "tests/support/simnet/nat_box.h"

#include <algorithm>

namespace postern::simnet {

namespace {

constexpr std::uint16_t FIRST_PORT = 1024;
constexpr Duration UNREPLIED_TIMEOUT = 30s; // nf_conntrack_udp_timeout

} // namespace

NatBox::NatBox(NatProfile profile, IpAddress outer, std::uint64_t seed)
    : m_profile(profile)
    , m_outer(outer)
    , m_random(seed)
    , m_nextSequential{}
    , m_blockStart(0)
{
    m_nextSequential[0] = static_cast<int>(20'000 + m_random() % 20'000);
    if (profile.keepsParity)
        m_nextSequential[0] -= m_nextSequential[0] % 2;
    m_nextSequential[1] = m_nextSequential[0] + 1;
    if (profile.allocation == Allocation::Block)
        m_blockStart = static_cast<std::uint16_t>(
            FIRST_PORT
            + m_random() % static_cast<std::uint64_t>(65'536 - FIRST_PORT - profile.blockSize));
}

NatBox::Key NatBox::keyFor(const Endpoint &inner, const Endpoint &remote) const
{
    switch (m_profile.mapping) {
    case Mapping::EndpointIndependent: return {inner, {}};
    case Mapping::AddressDependent: return {inner, {remote.address, 0}};
    case Mapping::AddressAndPortDependent: return {inner, remote};
    }
    return {inner, {}};
}

void NatBox::forgetIdle(Instant now)
{
    std::erase_if(m_entries, [&](const auto &item) {
        return now - item.second.lastUsed >= m_profile.idleTimeout
            || now - item.second.born >= m_profile.absoluteTimeout;
    });
    std::erase_if(m_strangers, [&](const auto &item) { return now >= item.second; });
}

NatBox::Entry *NatBox::find(Instant now, const Key &key, bool oneSession)
{
    forgetIdle(now);
    for (auto &[port, entry] : m_entries)
        if (entry.key == key && entry.oneSession == oneSession)
            return &entry;
    return nullptr;
}

std::optional<std::uint16_t> NatBox::freePort(std::uint16_t preferred, bool mayPreserve)
{
    if (mayPreserve && m_profile.allocation == Allocation::Preserve
        && !m_entries.contains(preferred))
        return preferred;
    const bool odd = preferred % 2 != 0;
    for (int tries = 0; tries < 100'000; ++tries) {
        const auto port = nextPort(odd);
        if (!m_entries.contains(port) && (!m_profile.keepsParity || port % 2 == (odd ? 1 : 0)))
            return port;
    }
    return std::nullopt;
}

std::uint16_t NatBox::nextPort(bool odd)
{
    switch (m_profile.allocation) {
    case Allocation::Sequential: {
        int &next = m_nextSequential[m_profile.keepsParity && odd ? 1 : 0];
        const int port = next;
        next += m_profile.keepsParity ? 2 * m_profile.delta : m_profile.delta;
        if (next > 65'535)
            next -= 65'536 - FIRST_PORT;
        else if (next < FIRST_PORT)
            next += 65'536 - FIRST_PORT;
        return static_cast<std::uint16_t>(port);
    }
    case Allocation::Block:
        return static_cast<std::uint16_t>(
            m_blockStart + m_random() % static_cast<std::uint64_t>(m_profile.blockSize));
    default: return static_cast<std::uint16_t>(FIRST_PORT + m_random() % (65'536 - FIRST_PORT));
    }
}

NatBox::Entry *NatBox::create(Instant now, const Key &key, bool oneSession)
{
    if (m_entries.size() >= m_profile.tableSize)
        return nullptr;
    const auto port = freePort(key.inner.port, !oneSession);
    if (!port)
        return nullptr;
    return &m_entries.emplace(*port, Entry{key, *port, oneSession, now, now, {}}).first->second;
}

bool NatBox::isPoisoned(Instant now, std::uint16_t port, const Endpoint &remote) const
{
    const auto found = m_strangers.find({port, remote});
    return found != m_strangers.end() && now < found->second;
}

std::optional<Endpoint> NatBox::outbound(Instant now, const Endpoint &inner, const Endpoint &remote)
{
    const Key session{inner, remote};
    Entry *entry = find(now, session, true);
    if (!entry) {
        const Key key = keyFor(inner, remote);
        entry = find(now, key, false);
        if (!entry)
            entry = create(now, key, false);
        // A session that was there first keeps its port, whatever strangers do.
        if (entry && isPoisoned(now, entry->port, remote) && !entry->sentTo.contains(remote))
            entry = create(now, session, true);
    }
    if (!entry)
        return std::nullopt;
    entry->lastUsed = now;
    entry->sentTo[remote] = now;
    return Endpoint{m_outer, entry->port};
}

bool NatBox::letsIn(const Entry &entry, const Endpoint &remote) const
{
    if (entry.oneSession)
        return entry.key.remote == remote;
    switch (m_profile.filtering) {
    case Filtering::EndpointIndependent: return true;
    case Filtering::AddressDependent:
        return std::any_of(entry.sentTo.begin(), entry.sentTo.end(),
                           [&](const auto &sent) { return sent.first.address == remote.address; });
    case Filtering::AddressAndPortDependent: return entry.sentTo.contains(remote);
    }
    return false;
}

std::optional<Endpoint> NatBox::inbound(Instant now, std::uint16_t port, const Endpoint &remote)
{
    forgetIdle(now);
    const auto found = m_entries.find(port);
    if (found != m_entries.end() && letsIn(found->second, remote)) {
        found->second.lastUsed = now;
        return found->second.key.inner;
    }
    if (m_profile.poisonedByStrangers)
        m_strangers[{port, remote}] = now + UNREPLIED_TIMEOUT;
    return std::nullopt;
}

std::size_t NatBox::mappings(Instant now)
{
    forgetIdle(now);
    return m_entries.size();
}

} // namespace postern::simnet
