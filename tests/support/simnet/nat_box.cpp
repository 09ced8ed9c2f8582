#include "tests/support/simnet/nat_box.h"

#include <algorithm>

namespace postern::simnet {

namespace {

constexpr std::uint16_t FIRST_PORT = 1024;
constexpr Duration UNREPLIED_TIMEOUT = 30s; // nf_conntrack_udp_timeout
constexpr int MOST_TRIES = 20'000;
constexpr int PORTS = 65'536 - FIRST_PORT;

int wrapped(int port) { return FIRST_PORT + ((port - FIRST_PORT) % PORTS + PORTS) % PORTS; }

} // namespace

NatBox::NatBox(NatProfile profile, IpAddress outer, std::uint64_t seed)
    : m_profile(profile)
    , m_outer(outer)
    , m_random(seed)
    , m_nextSequential{}
    , m_blockStart(profile.blockLowest)
{
    m_nextSequential[0] = static_cast<int>(20'000 + m_random() % 20'000);
    if (profile.keepsParity)
        m_nextSequential[0] -= m_nextSequential[0] % 2;
    m_nextSequential[1] = m_nextSequential[0] + 1;
    if (profile.allocation == Allocation::Block && m_blockStart == 0)
        m_profile.blockLowest = m_blockStart = static_cast<std::uint16_t>(
            FIRST_PORT
            + m_random() % static_cast<std::uint64_t>(65'536 - FIRST_PORT - profile.blockSize));
}

NatBox::Ends NatBox::keyFor(const Endpoint &inner, const Endpoint &remote) const
{
    switch (m_profile.mapping) {
    case Mapping::EndpointIndependent: return {inner, {}};
    case Mapping::AddressDependent: return {inner, {remote.address, 0}};
    case Mapping::AddressAndPortDependent: return {inner, remote};
    }
    return {inner, {}};
}

NatBox::Mapped *NatBox::alive(Instant now, std::uint16_t port)
{
    const auto found = m_mappings.find(port);
    if (found == m_mappings.end())
        return nullptr;
    const Mapped &mapped = found->second;
    const bool cut =
        m_profile.absoluteTimeout > 0ms && now - mapped.bornAt >= m_profile.absoluteTimeout;
    if (!cut && now - mapped.lastUsed < m_profile.idleTimeout)
        return &found->second;
    if (!mapped.oneSession)
        m_ports.erase(mapped.key);
    m_mappings.erase(found);
    // Its sessions die with it, even if the port is soon given again.
    std::erase_if(m_sessions, [port](const auto &item) { return item.second.port == port; });
    std::erase_if(m_sentTo, [port](const auto &item) { return item.first.inner.port == port; });
    return nullptr;
}

std::optional<std::uint16_t> NatBox::portFor(Instant now, const Ends &key)
{
    const auto found = m_ports.find(key);
    if (found != m_ports.end() && alive(now, found->second))
        return found->second;
    return create(now, key, false);
}

std::uint16_t NatBox::nextPort(Instant now, bool odd)
{
    switch (m_profile.allocation) {
    case Allocation::Sequential: {
        letOthersTakeTheirs(now);
        int &next = m_nextSequential[m_profile.keepsParity && odd ? 1 : 0];
        const int port = next;
        next = wrapped(next + (m_profile.keepsParity ? 2 : 1) * m_profile.delta);
        return static_cast<std::uint16_t>(port);
    }
    case Allocation::Block:
        return static_cast<std::uint16_t>(
            m_blockStart + m_random() % static_cast<std::uint64_t>(m_profile.blockSize));
    default: return static_cast<std::uint16_t>(FIRST_PORT + m_random() % (65'536 - FIRST_PORT));
    }
}

/// Others behind this NAT take their share of the sequence.
void NatBox::letOthersTakeTheirs(Instant now)
{
    if (m_profile.foreignPerSecond <= 0 || now <= m_foreignUntil)
        return;
    const double seconds = std::chrono::duration<double>(now - m_foreignUntil).count();
    std::poisson_distribution<int> foreign(m_profile.foreignPerSecond * seconds);
    for (int &next : m_nextSequential)
        next = wrapped(next + m_profile.delta * foreign(m_random));
    m_foreignUntil = now;
}

std::optional<std::uint16_t> NatBox::freePort(Instant now, std::uint16_t preferred,
                                              bool mayPreserve)
{
    if (mayPreserve && m_profile.allocation == Allocation::Preserve && !alive(now, preferred))
        return preferred;
    const bool odd = preferred % 2 != 0;
    for (int tries = 0; tries < MOST_TRIES; ++tries) {
        const auto port = nextPort(now, odd);
        if (!alive(now, port) && (!m_profile.keepsParity || port % 2 == (odd ? 1 : 0)))
            return port;
    }
    return std::nullopt;
}

std::optional<std::uint16_t> NatBox::create(Instant now, const Ends &key, bool oneSession)
{
    const auto port = freePort(now, key.inner.port, !oneSession);
    if (!port)
        return std::nullopt;
    m_mappings[*port] = {key, oneSession, 0, now, now};
    if (!oneSession)
        m_ports[key] = *port;
    return port;
}

bool NatBox::isPoisoned(Instant now, std::uint16_t port, const Endpoint &remote) const
{
    const auto found = m_strangers.find({{m_outer, port}, remote});
    return found != m_strangers.end() && now < found->second;
}

std::optional<Endpoint> NatBox::outbound(Instant now, const Endpoint &inner, const Endpoint &remote)
{
    const Ends session{inner, remote};
    const auto known = m_sessions.find(session);
    if (known != m_sessions.end() && now - known->second.lastUsed < m_profile.idleTimeout
        && alive(now, known->second.port)) {
        const auto port = known->second.port;
        use(now, port, session);
        return Endpoint{m_outer, port};
    }
    if (!makeRoom(now))
        return std::nullopt;
    auto port = portFor(now, keyFor(inner, remote));
    if (port && isPoisoned(now, *port, remote))
        port = create(now, session, true);
    if (!port)
        return std::nullopt;
    use(now, *port, session);
    return Endpoint{m_outer, *port};
}

void NatBox::use(Instant now, std::uint16_t port, const Ends &session)
{
    m_mappings[port].lastUsed = now;
    add(session, port, now);
    if (m_profile.filtering == Filtering::EndpointIndependent)
        return;
    const bool byAddress = m_profile.filtering == Filtering::AddressDependent;
    const Endpoint peer{session.remote.address, byAddress ? std::uint16_t{0} : session.remote.port};
    m_sentTo[{{m_outer, port}, peer}] = now;
}

bool NatBox::letsIn(Instant now, std::uint16_t port, const Mapped &mapped,
                    const Endpoint &remote) const
{
    if (mapped.oneSession)
        return mapped.key.remote == remote;
    if (m_profile.filtering == Filtering::EndpointIndependent)
        return true;
    const bool byAddress = m_profile.filtering == Filtering::AddressDependent;
    const auto sent = m_sentTo.find(
        {{m_outer, port}, {remote.address, byAddress ? std::uint16_t{0} : remote.port}});
    return sent != m_sentTo.end() && now - sent->second < m_profile.idleTimeout;
}

std::optional<Endpoint> NatBox::inbound(Instant now, std::uint16_t port, const Endpoint &remote)
{
    Mapped *mapped = alive(now, port);
    if (mapped && letsIn(now, port, *mapped, remote)) {
        const Ends session{mapped->key.inner, remote};
        const auto known = m_sessions.find(session);
        if (known == m_sessions.end() && !makeRoom(now))
            return std::nullopt;
        mapped = alive(now, port);
        if (!mapped)
            return std::nullopt; // it was the one that made room
        mapped->lastUsed = now;
        if (known == m_sessions.end())
            add(session, port, now);
        else if (known->second.port == port)
            known->second.lastUsed = now;
        return session.inner;
    }
    if (m_profile.poisonedByStrangers)
        m_strangers[{{m_outer, port}, remote}] = now + UNREPLIED_TIMEOUT;
    return std::nullopt;
}

void NatBox::add(const Ends &session, std::uint16_t port, Instant now)
{
    const auto [place, isNew] = m_sessions.insert_or_assign(session, Session{port, now});
    if (!isNew || m_profile.overflow != Overflow::ForgetOldest)
        return;
    ++m_mappings[port].sessions;
    m_births.push_back(place->first);
}

bool NatBox::makeRoom(Instant now)
{
    if (m_sessions.size() < m_profile.tableSize)
        return true;
    forgetOld(now);
    while (m_sessions.size() >= m_profile.tableSize && !m_births.empty())
        forgetOldest();
    return m_sessions.size() < m_profile.tableSize;
}

void NatBox::forgetOldest()
{
    const Ends oldest = m_births.front();
    m_births.pop_front();
    const auto found = m_sessions.find(oldest);
    if (found == m_sessions.end())
        return; // its mapping has ended before
    const auto port = found->second.port;
    m_sessions.erase(found);
    for (const std::uint16_t remotePort : {oldest.remote.port, std::uint16_t{0}})
        m_sentTo.erase({{m_outer, port}, {oldest.remote.address, remotePort}});
    const auto mapped = m_mappings.find(port);
    if (mapped == m_mappings.end() || --mapped->second.sessions > 0)
        return;
    if (!mapped->second.oneSession)
        m_ports.erase(mapped->second.key);
    m_mappings.erase(mapped);
}

void NatBox::forgetOld(Instant now)
{
    std::vector<std::uint16_t> ports;
    for (const auto &[port, mapped] : m_mappings)
        ports.push_back(port);
    for (const auto port : ports)
        (void)alive(now, port);
    const auto idle = [&](Instant used) { return now - used >= m_profile.idleTimeout; };
    std::erase_if(m_sessions, [&](const auto &item) { return idle(item.second.lastUsed); });
    std::erase_if(m_sentTo, [&](const auto &item) { return idle(item.second); });
    std::erase_if(m_strangers, [&](const auto &item) { return now >= item.second; });
}

std::size_t NatBox::mappings(Instant now)
{
    forgetOld(now);
    return m_mappings.size();
}

std::size_t NatBox::sessions(Instant now)
{
    forgetOld(now);
    return m_sessions.size();
}

} // namespace postern::simnet
