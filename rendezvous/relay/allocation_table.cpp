#include "rendezvous/relay/allocation_table.h"

namespace postern::rendezvous {

namespace {

constexpr Duration PERMISSION_LIFETIME = 300s; // RFC 8656 section 9
constexpr Duration CHANNEL_LIFETIME = 600s; // RFC 8656 section 12

template<typename Map> void count(Map &map, const typename Map::key_type &key, bool up)
{
    std::size_t &number = map[key];
    number = up ? number + 1 : number - 1;
    if (number == 0)
        map.erase(key);
}

} // namespace

bool RelayAllocation::permits(const IpAddress &peer, Instant now) const
{
    const auto found = m_permissions.find(peer);
    return found != m_permissions.end() && found->second > now;
}

bool RelayAllocation::permit(const IpAddress &peer, Instant now)
{
    if (!m_permissions.contains(peer) && m_permissions.size() >= MOST_PERMISSIONS) {
        std::erase_if(m_permissions, [now](const auto &entry) { return entry.second <= now; });
        if (m_permissions.size() >= MOST_PERMISSIONS)
            return false;
    }
    m_permissions[peer] = now + PERMISSION_LIFETIME;
    return true;
}

std::optional<std::uint16_t> RelayAllocation::channelTo(const Endpoint &peer, Instant now) const
{
    const auto found = m_channels.find(peer);
    return found != m_channels.end() && found->second.expiry > now
        ? std::optional(found->second.number)
        : std::nullopt;
}

std::optional<Endpoint> RelayAllocation::peerOf(std::uint16_t channel, Instant now) const
{
    const auto found = m_peers.find(channel);
    return found != m_peers.end() && channelTo(found->second, now) ? std::optional(found->second)
                                                                   : std::nullopt;
}

bool RelayAllocation::bind(std::uint16_t channel, const Endpoint &peer, Instant now)
{
    // What has expired is free again, for others too.
    std::erase_if(m_channels, [&](const auto &entry) {
        if (entry.second.expiry > now)
            return false;
        m_peers.erase(entry.second.number);
        return true;
    });
    const auto bound = m_peers.find(channel);
    const auto had = m_channels.find(peer);
    const bool otherPeer = bound != m_peers.end() && bound->second != peer;
    const bool otherNumber = had != m_channels.end() && had->second.number != channel;
    if (otherPeer || otherNumber)
        return false;
    if (had == m_channels.end() && m_channels.size() >= MOST_CHANNELS)
        return false;
    m_channels[peer] = {channel, now + CHANNEL_LIFETIME};
    m_peers[channel] = peer;
    return true;
}

RelayAllocation &AllocationTable::add(RelayAllocation allocation)
{
    auto kept = std::make_unique<RelayAllocation>(std::move(allocation));
    RelayAllocation &added = *kept;
    m_byClient[added.client] = &added;
    m_byRelayed[added.relayed] = &added;
    count(m_addresses, added.relayed.address, true);
    count(m_holders, added.key.holder.toStdString(), true);
    m_all[added.id] = std::move(kept);
    return added;
}

void AllocationTable::remove(quint64 id)
{
    const auto found = m_all.find(id);
    if (found == m_all.end())
        return;
    const RelayAllocation &gone = *found->second;
    m_byClient.erase(gone.client);
    m_byRelayed.erase(gone.relayed);
    count(m_addresses, gone.relayed.address, false);
    count(m_holders, gone.key.holder.toStdString(), false);
    m_all.erase(found);
}

RelayAllocation *AllocationTable::byId(quint64 id)
{
    const auto found = m_all.find(id);
    return found == m_all.end() ? nullptr : found->second.get();
}

RelayAllocation *AllocationTable::byClient(const TurnClient &client)
{
    const auto found = m_byClient.find(client);
    return found == m_byClient.end() ? nullptr : found->second;
}

RelayAllocation *AllocationTable::byRelayed(const Endpoint &relayed)
{
    const auto found = m_byRelayed.find(relayed);
    return found == m_byRelayed.end() ? nullptr : found->second;
}

std::vector<quint64> AllocationTable::expired(Instant now) const
{
    std::vector<quint64> ids;
    for (const auto &[id, allocation] : m_all) {
        if (allocation->expiry <= now)
            ids.push_back(id);
    }
    return ids;
}

std::vector<quint64> AllocationTable::ofStream(quint64 stream) const
{
    std::vector<quint64> ids;
    for (const auto &[id, allocation] : m_all) {
        if (allocation->client.stream == stream)
            ids.push_back(id);
    }
    return ids;
}

std::size_t AllocationTable::countOf(const QByteArray &holder) const
{
    const auto found = m_holders.find(holder.toStdString());
    return found == m_holders.end() ? 0 : found->second;
}

} // namespace postern::rendezvous
