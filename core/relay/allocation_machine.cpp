#include "core/relay/allocation_machine.h"

#include "core/relay/sentences.h"

#include <algorithm>

namespace postern::relay {

using stun::Attribute;
using stun::Message;
using stun::MessageClass;
using stun::MessageWriter;
using stun::Method;
using stun::StunError;

namespace {

constexpr std::uint32_t TRANSPORT_UDP = 17u << 24; // RFC 8656 section 18.7: protocol, zeros
constexpr std::uint32_t FAMILY_V6 = 2u << 24; // RFC 8656 section 18.6
constexpr Duration PERMISSION_RENEWAL = 240s; // RFC 8656 section 9: it lives 300 s
constexpr Duration CHANNEL_RENEWAL = 240s; // section 12: 600 s, but its permission 300 s
constexpr Duration RETRY = 5s; // of a renewal that failed, while there is time left
constexpr Duration RENEWAL_MARGIN = 60s;
constexpr Duration SHORTEST_LIFETIME = 10s; // what a server may tell, as far as we follow it
constexpr Duration LONGEST_LIFETIME = 3600s;
constexpr Duration RELEASE_PATIENCE = 1s;
constexpr int MOST_CHALLENGES = 3;

/// RFC 8489 section 6.2.2: over a stream one request and Ti = 39.5 s of patience.
constexpr stun::RetransmissionTimings STREAM_TIMINGS{39'500ms, 1, 1};

Method methodOf(int kind)
{
    constexpr std::array METHODS{Method::Allocate, Method::Refresh, Method::Refresh,
                                 Method::CreatePermission, Method::ChannelBind};
    return METHODS[static_cast<std::size_t>(kind)];
}

int codeOf(const Message &response)
{
    const auto error = response.error();
    return error ? error->code : 0;
}

bool is(int code, StunError error) { return code == static_cast<int>(error); }

} // namespace

AllocationMachine::AllocationMachine(Settings settings, RandomSource random)
    : m_settings(std::move(settings))
    , m_random(std::move(random))
{
    if (m_settings.reliable)
        m_settings.timings = STREAM_TIMINGS;
}

// --- orders ------------------------------------------------------------------------

void AllocationMachine::allocate(Instant now)
{
    if (m_state != State::Idle)
        return;
    m_state = State::Allocating;
    ask(now, Kind::Allocate);
}

void AllocationMachine::permit(Instant now, const IpAddress &address)
{
    if (m_state != State::Ready || m_permissions.contains(address)
        || m_permissions.size() >= MOST_PEERS)
        return;
    m_permissions[address] = {};
    ask(now, Kind::Permission, {address, 0});
}

void AllocationMachine::bind(Instant now, const Endpoint &peer)
{
    if (m_state != State::Ready || m_channels.contains(peer) || m_channels.size() >= MOST_PEERS
        || m_nextChannel > stun::LAST_CHANNEL)
        return;
    // A channel brings its permission along, but a refused channel must not leave us without.
    permit(now, peer.address);
    const std::uint16_t number = m_nextChannel++;
    m_channels[peer] = {number};
    m_peers[number] = peer;
    ask(now, Kind::Channel, peer);
}

void AllocationMachine::release(Instant now)
{
    if (m_state != State::Ready)
        return end(givenBack());
    m_requests.clear();
    m_state = State::Releasing;
    m_expiry = now + RELEASE_PATIENCE;
    m_renewal = NEVER;
    ask(now, Kind::Release);
}

// --- requests ----------------------------------------------------------------------

void AllocationMachine::ask(Instant now, Kind kind, const Endpoint &peer, int challenges)
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
    m_random(id);
    const stun::TransactionId transaction(id);
    MessageWriter writer = writerFor(kind, transaction, peer);
    if (m_settings.credential.isReady())
        m_settings.credential.sign(writer);
    m_requests.push_back({kind, peer, challenges,
                          stun::Transaction(transaction, writer.fingerprint().take(),
                                            m_settings.server, now, m_settings.timings)});
}

MessageWriter AllocationMachine::writerFor(Kind kind, const stun::TransactionId &id,
                                           const Endpoint &peer) const
{
    MessageWriter writer(MessageClass::Request, methodOf(static_cast<int>(kind)), id);
    switch (kind) {
    case Kind::Allocate:
        writer.number32(Attribute::RequestedTransport, TRANSPORT_UDP);
        // IPv4 is what a server gives unasked, and older ones know no other word for it.
        if (m_settings.family == IpAddress::Family::V6)
            writer.number32(Attribute::RequestedAddressFamily, FAMILY_V6);
        break;
    case Kind::Refresh: break;
    case Kind::Release: writer.number32(Attribute::Lifetime, 0); break;
    case Kind::Permission: writer.xorAddress(Attribute::XorPeerAddress, peer); break;
    case Kind::Channel:
        writer.number32(Attribute::ChannelNumber, std::uint32_t{m_channels.at(peer).number} << 16);
        writer.xorAddress(Attribute::XorPeerAddress, peer);
        break;
    }
    // Refreshing an IPv6 allocation says so (RFC 8656 section 8.1).
    const bool refreshing = kind == Kind::Refresh || kind == Kind::Release;
    if (refreshing && !m_allocation.relayed.address.isV4())
        writer.number32(Attribute::RequestedAddressFamily, FAMILY_V6);
    return writer;
}

void AllocationMachine::received(Instant now, ByteView stunMessage)
{
    const auto message = Message::parse(stunMessage);
    if (!message)
        return;
    const auto asked = std::find_if(m_requests.begin(), m_requests.end(), [&](const Request &r) {
        return r.transaction.id() == message->transaction()
            && methodOf(static_cast<int>(r.kind)) == message->method();
    });
    if (asked == m_requests.end() || !isAuthentic(*message)
        || !asked->transaction.handleResponse(now, *message, m_settings.server))
        return;
    const Request request = std::move(*asked);
    m_requests.erase(asked);
    if (message->messageClass() == MessageClass::Success)
        succeeded(now, request, *message);
    else
        refused(now, request, *message);
}

bool AllocationMachine::isAuthentic(const Message &response) const
{
    if (!m_settings.credential.isReady())
        return response.messageClass() == MessageClass::Error;
    if (m_settings.credential.verify(response))
        return true;
    // RFC 8489 section 9.2.5: refused before there was a common key, or with an older nonce.
    const int code = codeOf(response);
    return is(code, StunError::TryAlternate) || is(code, StunError::BadRequest)
        || is(code, StunError::Unauthenticated) || is(code, StunError::StaleNonce);
}

void AllocationMachine::succeeded(Instant now, const Request &request, const Message &response)
{
    switch (request.kind) {
    case Kind::Allocate: return allocated(now, response);
    case Kind::Refresh: return setLifetime(now, response);
    case Kind::Release: return end(givenBack());
    case Kind::Permission:
        m_permissions[request.peer.address].renewal = now + PERMISSION_RENEWAL;
        return;
    case Kind::Channel: {
        Channel &channel = m_channels[request.peer];
        channel.renewal = now + CHANNEL_RENEWAL;
        if (!std::exchange(channel.bound, true))
            m_events.emplace_back(allocation_event::PeerReady{request.peer});
        return;
    }
    }
}

void AllocationMachine::allocated(Instant now, const Message &response)
{
    const auto relayed = response.xorAddress(Attribute::XorRelayedAddress);
    if (!relayed || !isPlausible(*relayed))
        return end(nonsense());
    m_allocation.relayed = *relayed;
    m_allocation.mapped = response.mappedAddress().value_or(Endpoint());
    m_state = State::Ready;
    setLifetime(now, response);
    m_events.emplace_back(allocation_event::Allocated{});
}

void AllocationMachine::setLifetime(Instant now, const Message &response)
{
    const Duration told =
        std::chrono::seconds(response.number32(Attribute::Lifetime).value_or(600));
    const Duration lifetime = std::clamp<Duration>(told, SHORTEST_LIFETIME, LONGEST_LIFETIME);
    m_expiry = now + lifetime;
    m_renewal = m_expiry - std::min(RENEWAL_MARGIN, lifetime / 2);
}

void AllocationMachine::refused(Instant now, const Request &request, const Message &response)
{
    const int code = codeOf(response);
    const bool challenge = is(code, StunError::StaleNonce)
        || (is(code, StunError::Unauthenticated) && request.challenges == 0);
    if (challenge && request.challenges < MOST_CHALLENGES) {
        if (const auto taken = m_settings.credential.challenged(response); !taken)
            return end(taken.error());
        return ask(now, request.kind, request.peer, request.challenges + 1);
    }
    switch (request.kind) {
    case Kind::Allocate:
        if (is(code, StunError::TryAlternate))
            return redirected(response);
        return end(allocationRefused(code));
    case Kind::Refresh: return end(allocationLost());
    case Kind::Release: return end(givenBack());
    case Kind::Permission:
    case Kind::Channel: return peerRefused(request, code);
    }
}

void AllocationMachine::redirected(const Message &response)
{
    const auto to = response.address(Attribute::AlternateServer);
    if (!to || !isPlausible(*to))
        return end(nonsense());
    m_state = State::Ended;
    m_requests.clear();
    m_events.emplace_back(allocation_event::Redirected{*to});
}

void AllocationMachine::peerRefused(const Request &request, int code)
{
    if (request.kind == Kind::Channel) {
        // Indications still work as long as the permission does.
        const Channel channel = m_channels.at(request.peer);
        if (!channel.bound) {
            m_peers.erase(channel.number);
            m_channels.erase(request.peer);
            m_events.emplace_back(
                allocation_event::PeerRefused{request.peer.address, peerForbidden(code)});
        }
        return;
    }
    m_permissions.erase(request.peer.address);
    m_events.emplace_back(allocation_event::PeerRefused{request.peer.address, peerForbidden(code)});
}

/// No public relay has a loopback or unroutable address, so one that is told would only make
/// us or our peers send to ourselves; except where the server itself is there, as in tests.
bool AllocationMachine::isPlausible(const Endpoint &endpoint) const
{
    const IpAddress &address = endpoint.address;
    return endpoint.port != 0 && !address.isUnspecified() && !address.isMulticastOrBroadcast()
        && !address.isLinkLocal()
        && (!address.isLoopback() || m_settings.server.address.isLoopback());
}

// --- time --------------------------------------------------------------------------

void AllocationMachine::advance(Instant now)
{
    if (m_state == State::Idle || m_state == State::Ended)
        return;
    if (now >= m_expiry)
        return end(m_state == State::Releasing ? givenBack() : allocationLost());
    for (Request &request : m_requests)
        request.transaction.handleTimeout(now);
    const auto silent = [](const Request &request) {
        return request.transaction.state() == stun::Transaction::State::TimedOut;
    };
    for (;;) {
        const auto found = std::find_if(m_requests.begin(), m_requests.end(), silent);
        if (found == m_requests.end())
            break;
        const Request request = std::move(*found);
        m_requests.erase(found);
        timedOut(now, request);
    }
    if (m_state == State::Ready)
        renew(now);
}

void AllocationMachine::timedOut(Instant now, const Request &request)
{
    switch (request.kind) {
    case Kind::Allocate: return end(silentServer());
    case Kind::Refresh: m_renewal = now + RETRY; return; // until it has expired
    case Kind::Release: return end(givenBack());
    case Kind::Permission: m_permissions[request.peer.address].renewal = now + RETRY; return;
    case Kind::Channel: m_channels[request.peer].renewal = now + RETRY; return;
    }
}

void AllocationMachine::renew(Instant now)
{
    if (now >= m_renewal) {
        m_renewal = NEVER;
        ask(now, Kind::Refresh);
    }
    for (auto &[address, permission] : m_permissions) {
        if (now < permission.renewal)
            continue;
        permission.renewal = NEVER;
        ask(now, Kind::Permission, {address, 0});
    }
    for (auto &[peer, channel] : m_channels) {
        if (now < channel.renewal)
            continue;
        channel.renewal = NEVER;
        ask(now, Kind::Channel, peer);
    }
}

void AllocationMachine::end(Error why)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_requests.clear();
    m_channels.clear();
    m_peers.clear();
    m_permissions.clear();
    m_events.emplace_back(allocation_event::Ended{std::move(why)});
}

Instant AllocationMachine::deadline() const
{
    if (m_state == State::Idle || m_state == State::Ended)
        return NEVER;
    Instant first = std::min(m_expiry, m_renewal);
    for (const Request &request : m_requests)
        first = std::min(first, request.transaction.nextDeadline());
    for (const auto &[address, permission] : m_permissions)
        first = std::min(first, permission.renewal);
    for (const auto &[peer, channel] : m_channels)
        first = std::min(first, channel.renewal);
    return first;
}

std::vector<QByteArray> AllocationMachine::takeTransmits(Instant now)
{
    std::vector<QByteArray> due;
    for (Request &request : m_requests) {
        if (auto bytes = request.transaction.pollTransmit(now))
            due.push_back(std::move(*bytes));
    }
    return due;
}

std::vector<AllocationEvent> AllocationMachine::takeEvents() { return std::exchange(m_events, {}); }

// --- payload -----------------------------------------------------------------------

std::optional<AllocationMachine::Payload> AllocationMachine::payloadOf(ByteView message) const
{
    if (const auto data = stun::readChannelData(message)) {
        const auto peer = m_peers.find(data->channel);
        return peer == m_peers.end() ? std::nullopt
                                     : std::optional(Payload{peer->second, data->data});
    }
    const auto indication = Message::parse(message);
    if (!indication || indication->messageClass() != MessageClass::Indication
        || indication->method() != Method::Data)
        return std::nullopt;
    const auto peer = indication->xorAddress(Attribute::XorPeerAddress);
    const auto data = indication->find(Attribute::Data);
    if (!peer || !data || !m_permissions.contains(peer->address))
        return std::nullopt;
    return Payload{*peer, *data};
}

std::optional<std::uint16_t> AllocationMachine::channelOf(const Endpoint &peer) const
{
    const auto found = m_channels.find(peer);
    return found != m_channels.end() && found->second.bound ? std::optional(found->second.number)
                                                            : std::nullopt;
}

QByteArray AllocationMachine::sendIndication(const Endpoint &peer, ByteView data) const
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
    m_random(id);
    return MessageWriter(MessageClass::Indication, Method::Send, stun::TransactionId(id))
        .xorAddress(Attribute::XorPeerAddress, peer)
        .bytes(Attribute::Data, data)
        .take();
}

} // namespace postern::relay
