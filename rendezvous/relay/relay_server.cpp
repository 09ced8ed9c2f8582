#include "rendezvous/relay/relay_server.h"

#include "core/stun/binding.h"
#include "rendezvous/sockets/socket_address.h"

#include <QDateTime>
#include <QRandomGenerator>

namespace postern::rendezvous {

using stun::Attribute;
using stun::Message;
using stun::MessageClass;
using stun::Method;

namespace {

constexpr auto SWEEP_PERIOD = 2s;
constexpr Duration STREAM_IDLE_TIME = 30s; ///< without an allocation
constexpr int PORT_ATTEMPTS = 64;
constexpr int PORT_BUFFER_BYTES = 2 * 1024 * 1024;
constexpr std::size_t MOST_RUN_BYTES = 60'000; ///< of one system call, headers included

TurnGate::Now bothClocks(Instant now) { return {now, QDateTime::currentSecsSinceEpoch()}; }

bool isTurn(ByteView datagram)
{
    if (stun::looksLikeChannelData(datagram))
        return true;
    // RFC 8489 section 5: the method's bits lie around those of the class; Binding is 1.
    return stun::looksLikeStun(datagram) && (datagram[0] != 0 || (datagram[1] & 0xef) != 1);
}

} // namespace

RelayServer::RelayServer(asio::io_context &network, RelaySettings settings)
    : m_network(network)
    , m_settings(settings)
    , m_responder(std::move(settings), *this)
    , m_sweep(network)
{
    sweepLater();
}

RelayServer::~RelayServer() { close(); }

void RelayServer::close()
{
    m_sweep.cancel();
    for (const auto &[number, stream] : m_streams)
        stream->abort();
    m_streams.clear();
    m_ports.clear();
}

// --- clients -----------------------------------------------------------------------

bool RelayServer::arrived(DatagramSocket &socket, const DatagramSocket::Arrival &arrival)
{
    if (!isTurn(arrival.datagrams.front()))
        return false;
    m_udp = &socket;
    m_now = monotonicNow();
    said({0, arrival.from, arrival.to}, arrival.datagrams);
    return true;
}

void RelayServer::admit(DivertedStream stream)
{
    asio::error_code failed;
    const auto from = stream.socket.remote_endpoint(failed);
    if (failed || !m_connections.admit(toEndpoint(from).address))
        return;
    const quint64 number = ++m_lastStream;
    auto made = std::make_shared<RelayStream>(number, std::move(stream),
                                              static_cast<RelayStream::Observer &>(*this));
    m_streams[number] = made;
    made->start();
}

void RelayServer::streamSaid(RelayStream &stream, std::span<const ByteView> messages)
{
    m_now = monotonicNow();
    said(stream.client(), messages);
}

void RelayServer::streamEnded(RelayStream &stream)
{
    const TurnClient client = stream.client();
    m_responder.streamEnded(client.stream);
    m_connections.closed(client.from.address, true);
    m_streams.erase(client.stream);
}

void RelayServer::said(const TurnClient &client, std::span<const ByteView> messages)
{
    for (const ByteView message : messages) {
        if (stun::looksLikeChannelData(message))
            saidOnChannel(client, message);
        else
            saidStun(client, message);
    }
    flush();
}

void RelayServer::saidOnChannel(const TurnClient &client, ByteView message)
{
    const auto *allocation = m_responder.table().byClient(client);
    const auto data = stun::readChannelData(message);
    const auto peer = allocation && data ? allocation->peerOf(data->channel, m_now) : std::nullopt;
    if (peer)
        collect(*allocation, *peer, data->data);
}

void RelayServer::saidStun(const TurnClient &client, ByteView bytes)
{
    const auto message = Message::parse(bytes);
    if (!message)
        return;
    const auto *allocation = m_responder.table().byClient(client);
    if (message->messageClass() == MessageClass::Indication) {
        if (allocation && message->method() == Method::Send)
            sendIndicated(*allocation, *message);
        return;
    }
    flush(); // what was said before may need what this changes
    if (!m_requests.take(sourceOf(client.from.address), m_now))
        return;
    if (message->isBindingRequest()) { // on a stream: by UDP it is the STUN responder's
        const auto stream = m_streams.find(client.stream);
        const Endpoint origin = stream == m_streams.end() ? Endpoint() : stream->second->local();
        return reply(client,
                     viewOf(stun::bindingSuccess(*message, client.from, {origin, std::nullopt})));
    }
    if (const auto answer = m_responder.answer(bothClocks(m_now), client, *message))
        reply(client, viewOf(*answer));
}

void RelayServer::sendIndicated(const RelayAllocation &allocation, const Message &message)
{
    const auto peer = message.xorAddress(Attribute::XorPeerAddress);
    const auto data = message.find(Attribute::Data);
    // RFC 8656 section 11.2: whoever wants it whole would rather have it lost than cut.
    if (peer && data && !message.has(Attribute::DontFragment))
        collect(allocation, *peer, *data);
}

void RelayServer::reply(const TurnClient &client, ByteView message)
{
    if (client.stream == 0) {
        m_udp->send(message, client.from, client.to);
        return;
    }
    const auto stream = m_streams.find(client.stream);
    if (stream != m_streams.end())
        stream->second->sendMessage(message);
}

// --- from clients to peers ---------------------------------------------------------

void RelayServer::collect(const RelayAllocation &allocation, const Endpoint &peer,
                          ByteView datagram)
{
    auto &datagrams = m_run.datagrams;
    const bool fits = !datagrams.empty() && m_run.allocation == allocation.id && m_run.peer == peer
        && datagrams.size() < DatagramSocket::MOST_IN_RUN
        && datagrams.back().size() == datagrams.front().size()
        && datagram.size() <= datagrams.front().size()
        && m_run.bytes + datagram.size() <= MOST_RUN_BYTES;
    if (!fits)
        flush();
    m_run.allocation = allocation.id;
    m_run.peer = peer;
    m_run.bytes += datagram.size();
    datagrams.push_back(datagram);
}

void RelayServer::flush()
{
    if (m_run.datagrams.empty())
        return;
    if (auto *allocation = m_responder.table().byId(m_run.allocation))
        toPeer(*allocation, m_run.peer, m_run.datagrams);
    m_run.datagrams.clear();
    m_run.bytes = 0;
}

void RelayServer::toPeer(RelayAllocation &allocation, const Endpoint &peer,
                         std::span<const ByteView> datagrams)
{
    if (!allocation.permits(peer.address, m_now)
        || !m_responder.quota().take(allocation.key.holder, m_run.bytes, m_now))
        return;
    if (const auto *other = m_responder.table().byRelayed(peer)) {
        if (other->permits(allocation.relayed.address, m_now))
            toClient(*other, allocation.relayed, datagrams);
        return;
    }
    const auto port = m_ports.find(allocation.id);
    if (port != m_ports.end() && m_responder.mayRelayTo(peer.address))
        port->second->sendRun({datagrams, {}, {}}, peer, IpAddress());
}

// --- from peers to clients ---------------------------------------------------------

void RelayServer::peerSaid(quint64 id, const DatagramSocket::Arrival &arrival)
{
    m_now = monotonicNow();
    const auto *allocation = m_responder.table().byId(id);
    if (!allocation || !allocation->permits(arrival.from.address, m_now))
        return;
    std::uint64_t bytes = 0;
    for (const ByteView datagram : arrival.datagrams)
        bytes += datagram.size();
    if (m_responder.quota().take(allocation->key.holder, bytes, m_now))
        toClient(*allocation, arrival.from, arrival.datagrams);
}

void RelayServer::toClient(const RelayAllocation &allocation, const Endpoint &from,
                           std::span<const ByteView> datagrams)
{
    const TurnClient &client = allocation.client;
    const auto channel = allocation.channelTo(from, m_now);
    if (!channel) {
        for (const ByteView datagram : datagrams) {
            stun::MessageWriter indication(MessageClass::Indication, Method::Data,
                                           stun::TransactionId());
            indication.xorAddress(Attribute::XorPeerAddress, from).bytes(Attribute::Data, datagram);
            reply(client, viewOf(indication.take()));
        }
        return;
    }
    if (client.stream != 0) {
        const auto stream = m_streams.find(client.stream);
        if (stream != m_streams.end())
            stream->second->sendChannel(*channel, datagrams);
        return;
    }
    const auto header = stun::channelHeader(*channel, datagrams.front().size());
    const auto lastHeader = stun::channelHeader(*channel, datagrams.back().size());
    m_udp->sendRun({datagrams, header, lastHeader}, client.from, client.to);
}

// --- ports -------------------------------------------------------------------------

Result<Endpoint> RelayServer::openPort(const Wanted &wanted)
{
    IpAddress told = wanted.reachedAt;
    if (m_settings.address && m_settings.address->family() == wanted.family)
        told = *m_settings.address;
    else if (told.family() != wanted.family)
        told = primaryAddress(wanted.family);
    if (told.isUnspecified())
        return Error{ErrorCode::NotAllowed, QStringLiteral("No address of that family.")};
    // An address that is ours only in name is a router's: it sends on to any of ours.
    const IpAddress bound = told == m_settings.address ? IpAddress::any(wanted.family) : told;
    auto socket = std::make_unique<DatagramSocket>(
        m_network, [this, id = wanted.allocation](const DatagramSocket::Arrival &arrival) {
            peerSaid(id, arrival);
        });
    const int ports = m_settings.lastPort - m_settings.firstPort + 1;
    for (int attempt = 0; attempt < PORT_ATTEMPTS; ++attempt) {
        auto port = static_cast<std::uint16_t>(m_settings.firstPort
                                               + QRandomGenerator::system()->bounded(ports));
        if (wanted.even)
            port &= 0xfffe;
        if (!socket->bind({bound, port}))
            continue;
        socket->setBufferBytes(PORT_BUFFER_BYTES);
        socket->startReceiving();
        m_ports[wanted.allocation] = std::move(socket);
        return Endpoint{told, port};
    }
    return Error{ErrorCode::LimitExceeded, QStringLiteral("No free port.")};
}

void RelayServer::closePort(quint64 allocation) { m_ports.erase(allocation); }

// --- time --------------------------------------------------------------------------

void RelayServer::sweepLater()
{
    m_sweep.expires_after(SWEEP_PERIOD);
    m_sweep.async_wait([this](const asio::error_code &cancelled) {
        if (cancelled)
            return;
        sweep();
        sweepLater();
    });
}

void RelayServer::sweep()
{
    const Instant now = monotonicNow();
    m_responder.expire(now);
    std::vector<std::shared_ptr<RelayStream>> idle;
    for (const auto &[number, stream] : m_streams) {
        if (m_responder.table().byClient(stream->client()))
            stream->setIdleSince(now);
        else if (now - stream->idleSince() > STREAM_IDLE_TIME)
            idle.push_back(stream);
    }
    for (const auto &stream : idle) {
        stream->abort();
        streamEnded(*stream);
    }
}

} // namespace postern::rendezvous
