#pragma once
// The allocations of a TURN server: who has which relayed address, who may send to it, and
// which channels stand for whom. Pure; network thread. Source: RFC 8656 sections 3.2, 9 and 12.

#include "core/base/clock.h"
#include "core/base/endpoint.h"
#include "core/stun/message.h"

#include <memory>
#include <unordered_map>
#include <vector>

namespace postern::rendezvous {

/// Who speaks to us: the 5-tuple.
struct TurnClient {
    quint64 stream = 0; ///< number of its TCP or TLS connection; 0: UDP
    Endpoint from;
    IpAddress to; ///< our address that it uses; answers leave from there

    friend bool operator==(const TurnClient &a, const TurnClient &b)
    {
        return a.stream == b.stream && a.from == b.from;
    }
};

/// How a client proves that it is the one that allocated.
struct TurnKey {
    QByteArray username;
    QByteArray holder; ///< whose quota it is
    QByteArray key;
    bool sha256 = false;
};

class RelayAllocation {
public:
    static constexpr std::size_t MOST_PERMISSIONS = 128;
    static constexpr std::size_t MOST_CHANNELS = 128;

    quint64 id = 0;
    TurnClient client;
    TurnKey key;
    Endpoint relayed; ///< as the client was told
    Instant expiry = NEVER;
    stun::TransactionId allocatedBy; ///< the request, should it come again
    Duration lifetime{}; ///< as it was granted then

    bool permits(const IpAddress &peer, Instant now) const;
    /// False: there are too many.
    [[nodiscard]] bool permit(const IpAddress &peer, Instant now);

    std::optional<std::uint16_t> channelTo(const Endpoint &peer, Instant now) const;
    std::optional<Endpoint> peerOf(std::uint16_t channel, Instant now) const;
    /// False: the number or the peer is bound otherwise, or there are too many.
    [[nodiscard]] bool bind(std::uint16_t channel, const Endpoint &peer, Instant now);

private:
    struct Channel {
        std::uint16_t number = 0;
        Instant expiry;
    };
    std::unordered_map<IpAddress, Instant> m_permissions;
    std::unordered_map<Endpoint, Channel> m_channels;
    std::unordered_map<std::uint16_t, Endpoint> m_peers;
};

class AllocationTable {
public:
    RelayAllocation &add(RelayAllocation allocation);
    void remove(quint64 id);

    RelayAllocation *byId(quint64 id);
    RelayAllocation *byClient(const TurnClient &client);
    RelayAllocation *byRelayed(const Endpoint &relayed);
    /// Whether any allocation is at that address: then it is one of ours.
    bool isRelayAddress(const IpAddress &address) const { return m_addresses.contains(address); }

    std::vector<quint64> expired(Instant now) const;
    std::vector<quint64> ofStream(quint64 stream) const;
    std::size_t countOf(const QByteArray &holder) const;
    std::size_t size() const { return m_all.size(); }

private:
    struct ClientHash {
        std::size_t operator()(const TurnClient &client) const
        {
            return qHashMulti(0, client.stream, client.from);
        }
    };
    std::unordered_map<quint64, std::unique_ptr<RelayAllocation>> m_all;
    std::unordered_map<TurnClient, RelayAllocation *, ClientHash> m_byClient;
    std::unordered_map<Endpoint, RelayAllocation *> m_byRelayed;
    std::unordered_map<IpAddress, std::size_t> m_addresses;
    std::unordered_map<std::string, std::size_t> m_holders;
};

} // namespace postern::rendezvous
