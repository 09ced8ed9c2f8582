#include "rendezvous/sessions/limits.h"

namespace postern::rendezvous {

IpAddress sourceOf(const IpAddress &address)
{
    if (address.isV4())
        return address;
    std::array<std::uint8_t, 16> prefix{};
    const auto bytes = address.bytes();
    std::copy_n(bytes.begin(), 8, prefix.begin());
    return IpAddress::v6(prefix);
}

bool ConnectionLimits::admit(const IpAddress &address)
{
    Count &count = m_counts[sourceOf(address)];
    if (count.all >= m_most.all || count.early >= m_most.early)
        return false; // never a new entry: a new one has room
    ++count.all;
    ++count.early;
    return true;
}

void ConnectionLimits::signedIn(const IpAddress &address) { --m_counts[sourceOf(address)].early; }

void ConnectionLimits::closed(const IpAddress &address, bool wasEarly)
{
    const auto found = m_counts.find(sourceOf(address));
    if (found == m_counts.end())
        return;
    if (wasEarly)
        --found->second.early;
    if (--found->second.all == 0)
        m_counts.erase(found);
}

bool EntryLimits::admit(const IpAddress &address, const QString &name, bool withPassword,
                        Instant now)
{
    const IpAddress source = sourceOf(address);
    if (!withPassword)
        return m_byKey.take(source, now);
    return m_bySource.take(source, now) && m_byName.take(name, now);
}

void EntryLimits::succeeded(const IpAddress &address, const QString &name, bool withPassword)
{
    if (!withPassword)
        return;
    m_bySource.giveBack(sourceOf(address));
    m_byName.giveBack(name);
}

} // namespace postern::rendezvous
