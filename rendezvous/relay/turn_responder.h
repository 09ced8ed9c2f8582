#pragma once
// A TURN server's answers: requests in, responses out, allocations kept in the table. Opens no
// socket itself. Pure but for the world's ports; network thread.
// Source: RFC 8656 sections 7 to 12.

#include "core/base/random.h"
#include "rendezvous/relay/allocation_table.h"
#include "rendezvous/relay/byte_quota.h"
#include "rendezvous/relay/relay_settings.h"
#include "rendezvous/relay/turn_gate.h"

namespace postern::rendezvous {

class TurnResponder {
public:
    /// The sockets behind allocations.
    class Ports {
    public:
        virtual ~Ports() = default;
        struct Wanted {
            quint64 allocation = 0;
            IpAddress::Family family = IpAddress::Family::V4;
            IpAddress reachedAt; ///< our address that the client uses
            bool even = false; ///< RFC 8656 section 18.7, EVEN-PORT
        };
        /// The endpoint that peers send to.
        virtual Result<Endpoint> openPort(const Wanted &wanted) = 0;
        virtual void closePort(quint64 allocation) = 0;
    };

    TurnResponder(RelaySettings settings, Ports &ports);

    /// Nothing for what is no request, or can't be answered.
    std::optional<QByteArray> answer(const TurnGate::Now &now, const TurnClient &client,
                                     const stun::Message &request);
    /// Lets go of what has expired, and of all that a stream had when it ended.
    void expire(Instant now);
    void streamEnded(quint64 stream);

    /// Whether clients may have us send there: not into our own networks.
    bool mayRelayTo(const IpAddress &peer) const;
    AllocationTable &table() { return m_table; }
    ByteQuota &quota() { return m_quota; }

private:
    struct Asked {
        const TurnGate::Now &now;
        const TurnClient &client;
        const stun::Message &message;
        const TurnKey &key;
    };

    QByteArray allocate(const Asked &asked);
    QByteArray refresh(const Asked &asked, RelayAllocation &allocation);
    QByteArray createPermission(const Asked &asked, RelayAllocation &allocation);
    QByteArray bindChannel(const Asked &asked, RelayAllocation &allocation);
    std::optional<stun::StunError> refusalOfAllocate(const Asked &asked) const;
    std::optional<stun::StunError> refusalOfPeer(const Endpoint &peer,
                                                 const RelayAllocation &allocation) const;
    QByteArray allocated(const Asked &asked, const RelayAllocation &allocation) const;
    stun::MessageWriter success(const Asked &asked) const;
    QByteArray refuse(const Asked &asked, stun::StunError code) const;
    QByteArray challenge(const Asked &asked, stun::StunError code) const;
    QByteArray refuseUnknown(const stun::Message &request,
                             std::span<const std::uint16_t> types) const;
    void remove(quint64 id);

    RelaySettings m_settings;
    Ports &m_ports;
    TurnGate m_gate;
    AllocationTable m_table;
    ByteQuota m_quota;
    quint64 m_lastId = 0;
};

} // namespace postern::rendezvous
