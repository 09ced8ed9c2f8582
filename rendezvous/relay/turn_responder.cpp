#include "rendezvous/relay/turn_responder.h"

#include "core/stun/channel_data.h"

#include <algorithm>

namespace postern::rendezvous {

using stun::Attribute;
using stun::Message;
using stun::MessageClass;
using stun::MessageWriter;
using stun::Method;
using stun::StunError;

namespace {

constexpr Duration LEAST_LIFETIME = 600s; // RFC 8656 section 3.2: what a client gets unasked
constexpr Duration MOST_LIFETIME = 3600s; // section 7.2
constexpr std::uint32_t PROTOCOL_UDP = 17; // section 18.8
constexpr std::uint32_t FAMILY_V4 = 1; // section 18.6
constexpr std::uint32_t FAMILY_V6 = 2;
/// We can't keep a client's don't-fragment bit, so must say so (section 7.2).
constexpr std::uint16_t DONT_FRAGMENT[] = {static_cast<std::uint16_t>(Attribute::DontFragment)};

Duration lifetimeWanted(const Message &request)
{
    const Duration wanted = std::chrono::seconds(request.number32(Attribute::Lifetime).value_or(0));
    return std::clamp<Duration>(wanted, LEAST_LIFETIME, MOST_LIFETIME);
}

std::optional<IpAddress::Family> familyWanted(const Message &request)
{
    const auto family = request.number32(Attribute::RequestedAddressFamily);
    if (!family || *family >> 24 == FAMILY_V4)
        return IpAddress::Family::V4;
    return *family >> 24 == FAMILY_V6 ? std::optional(IpAddress::Family::V6) : std::nullopt;
}

std::uint32_t inSeconds(Duration duration)
{
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

} // namespace

TurnResponder::TurnResponder(RelaySettings settings, Ports &ports)
    : m_settings(std::move(settings))
    , m_ports(ports)
    , m_gate(m_settings.secret, m_settings.realm)
    , m_quota(m_settings)
{
}

std::optional<QByteArray> TurnResponder::answer(const TurnGate::Now &now, const TurnClient &client,
                                                const Message &request)
{
    if (request.messageClass() != MessageClass::Request)
        return std::nullopt;
    RelayAllocation *allocation = m_table.byClient(client);
    const auto verdict =
        m_gate.judge(now, client.from, request, allocation ? &allocation->key : nullptr);
    const Asked asked{now, client, request, verdict.key};
    if (verdict.refusal)
        return *verdict.refusal == StunError::BadRequest
                || *verdict.refusal == StunError::WrongCredentials
            ? refuse(asked, *verdict.refusal)
            : challenge(asked, *verdict.refusal);
    if (const auto unknown = request.unknownRequired(); !unknown.isEmpty())
        return refuseUnknown(request, {unknown.constData(), std::size_t(unknown.size())});
    if (request.method() == Method::Allocate)
        return allocate(asked);
    if (!allocation)
        return refuse(asked, StunError::AllocationMismatch);
    switch (request.method()) {
    case Method::Refresh: return refresh(asked, *allocation);
    case Method::CreatePermission: return createPermission(asked, *allocation);
    case Method::ChannelBind: return bindChannel(asked, *allocation);
    default: return refuse(asked, StunError::BadRequest);
    }
}

// --- allocations -------------------------------------------------------------------

QByteArray TurnResponder::allocate(const Asked &asked)
{
    if (const auto *had = m_table.byClient(asked.client)) {
        // Our answer was lost: the same again (RFC 8656 section 7.2).
        return had->allocatedBy == asked.message.transaction()
            ? allocated(asked, *had)
            : refuse(asked, StunError::AllocationMismatch);
    }
    if (asked.message.has(Attribute::DontFragment))
        return refuseUnknown(asked.message, DONT_FRAGMENT);
    if (const auto refusal = refusalOfAllocate(asked))
        return refuse(asked, *refusal);

    RelayAllocation fresh;
    fresh.id = ++m_lastId;
    fresh.client = asked.client;
    fresh.key = asked.key;
    fresh.allocatedBy = asked.message.transaction();
    fresh.lifetime = lifetimeWanted(asked.message);
    fresh.expiry = asked.now.instant + fresh.lifetime;
    const auto port = m_ports.openPort({fresh.id, *familyWanted(asked.message), asked.client.to,
                                        asked.message.has(Attribute::EvenPort)});
    if (!port)
        return refuse(asked,
                      port.error().code == ErrorCode::NotAllowed
                          ? StunError::AddressFamilyNotSupported
                          : StunError::InsufficientCapacity);
    fresh.relayed = *port;
    return allocated(asked, m_table.add(std::move(fresh)));
}

std::optional<StunError> TurnResponder::refusalOfAllocate(const Asked &asked) const
{
    const auto transport = asked.message.number32(Attribute::RequestedTransport);
    if (!transport)
        return StunError::BadRequest;
    if (*transport >> 24 != PROTOCOL_UDP)
        return StunError::UnsupportedTransport;
    const bool reserved = asked.message.has(Attribute::ReservationToken);
    const auto even = asked.message.find(Attribute::EvenPort);
    if (reserved && (even || asked.message.has(Attribute::RequestedAddressFamily)))
        return StunError::BadRequest;
    // Nobody holds reservations here: neither an old token nor a port to be kept for later.
    if (reserved || (even && ((*even)[0] & 0x80) != 0))
        return StunError::InsufficientCapacity;
    if (!familyWanted(asked.message))
        return StunError::AddressFamilyNotSupported;
    if (m_table.countOf(asked.key.holder) >= m_settings.mostAllocationsOfHolder
        || m_quota.isExhausted(asked.key.holder, asked.now.instant))
        return StunError::AllocationQuotaReached;
    if (m_table.size() >= m_settings.mostAllocations)
        return StunError::InsufficientCapacity;
    return std::nullopt;
}

QByteArray TurnResponder::allocated(const Asked &asked, const RelayAllocation &allocation) const
{
    MessageWriter response = success(asked);
    response.xorAddress(Attribute::XorRelayedAddress, allocation.relayed)
        .number32(Attribute::Lifetime, inSeconds(allocation.lifetime))
        .xorAddress(Attribute::XorMappedAddress, asked.client.from)
        .text(Attribute::Software, "postern");
    TurnGate::sign(response, asked.key);
    return response.take();
}

QByteArray TurnResponder::refresh(const Asked &asked, RelayAllocation &allocation)
{
    const bool hasFamily = asked.message.has(Attribute::RequestedAddressFamily);
    if (hasFamily && familyWanted(asked.message) != allocation.relayed.address.family())
        return refuse(asked, StunError::PeerFamilyMismatch);
    const bool givenBack = asked.message.number32(Attribute::Lifetime) == 0u;
    const Duration lifetime = givenBack ? Duration{} : lifetimeWanted(asked.message);
    MessageWriter response = success(asked);
    response.number32(Attribute::Lifetime, inSeconds(lifetime));
    TurnGate::sign(response, asked.key);
    if (givenBack)
        remove(allocation.id);
    else
        allocation.expiry = asked.now.instant + lifetime;
    return response.take();
}

void TurnResponder::remove(quint64 id)
{
    m_table.remove(id);
    m_ports.closePort(id);
}

void TurnResponder::expire(Instant now)
{
    for (const quint64 id : m_table.expired(now))
        remove(id);
}

void TurnResponder::streamEnded(quint64 stream)
{
    for (const quint64 id : m_table.ofStream(stream))
        remove(id);
}

// --- peers -------------------------------------------------------------------------

QByteArray TurnResponder::createPermission(const Asked &asked, RelayAllocation &allocation)
{
    const auto peers = asked.message.xorAddresses(Attribute::XorPeerAddress);
    if (peers.isEmpty())
        return refuse(asked, StunError::BadRequest);
    for (const Endpoint &peer : peers) { // all or none (RFC 8656 section 10.2)
        if (const auto refusal = refusalOfPeer(peer, allocation))
            return refuse(asked, *refusal);
    }
    for (const Endpoint &peer : peers) {
        if (!allocation.permit(peer.address, asked.now.instant))
            return refuse(asked, StunError::InsufficientCapacity);
    }
    MessageWriter response = success(asked);
    TurnGate::sign(response, asked.key);
    return response.take();
}

QByteArray TurnResponder::bindChannel(const Asked &asked, RelayAllocation &allocation)
{
    const auto number = asked.message.number32(Attribute::ChannelNumber);
    const auto peer = asked.message.xorAddress(Attribute::XorPeerAddress);
    if (!number || !peer || !stun::isChannel(*number >> 16))
        return refuse(asked, StunError::BadRequest);
    if (const auto refusal = refusalOfPeer(*peer, allocation))
        return refuse(asked, *refusal);
    if (!allocation.bind(static_cast<std::uint16_t>(*number >> 16), *peer, asked.now.instant))
        return refuse(asked, StunError::BadRequest);
    if (!allocation.permit(peer->address, asked.now.instant))
        return refuse(asked, StunError::InsufficientCapacity);
    MessageWriter response = success(asked);
    TurnGate::sign(response, asked.key);
    return response.take();
}

std::optional<StunError> TurnResponder::refusalOfPeer(const Endpoint &peer,
                                                      const RelayAllocation &allocation) const
{
    if (peer.address.family() != allocation.relayed.address.family())
        return StunError::PeerFamilyMismatch;
    // Two clients of ours may always meet, wherever our relayed addresses lie; what is sent
    // there goes from allocation to allocation, never into a network.
    if (!mayRelayTo(peer.address) && !m_table.isRelayAddress(peer.address))
        return StunError::Forbidden;
    return std::nullopt;
}

bool TurnResponder::mayRelayTo(const IpAddress &peer) const
{
    if (m_settings.privatePeers)
        return !peer.isUnspecified() && !peer.isMulticastOrBroadcast();
    return peer.isGlobal() && !m_table.isRelayAddress(peer);
}

// --- responses ---------------------------------------------------------------------

MessageWriter TurnResponder::success(const Asked &asked) const
{
    return {MessageClass::Success, asked.message.method(), asked.message.transaction()};
}

QByteArray TurnResponder::refuse(const Asked &asked, StunError code) const
{
    MessageWriter response(MessageClass::Error, asked.message.method(),
                           asked.message.transaction());
    response.error(code);
    if (!asked.key.key.isEmpty())
        TurnGate::sign(response, asked.key);
    return response.take();
}

QByteArray TurnResponder::challenge(const Asked &asked, StunError code) const
{
    MessageWriter response(MessageClass::Error, asked.message.method(),
                           asked.message.transaction());
    response.error(code);
    m_gate.challenge(response, asked.now.instant, asked.client.from);
    return response.take();
}

QByteArray TurnResponder::refuseUnknown(const Message &request,
                                        std::span<const std::uint16_t> types) const
{
    MessageWriter response(MessageClass::Error, request.method(), request.transaction());
    return response.error(StunError::UnknownAttribute).unknownAttributes(types).take();
}

} // namespace postern::rendezvous
