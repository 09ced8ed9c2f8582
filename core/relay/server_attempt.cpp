#include "core/relay/server_attempt.h"

#include "core/relay/sentences.h"
#include "core/relay/stream_link.h"
#include "core/relay/udp_link.h"

#include <QHostInfo>
#include <QPointer>

#include <algorithm>

namespace postern::relay {

namespace {

/// To look a name up, and for TCP and TLS to get through, both with retransmissions.
constexpr Duration LINK_PATIENCE = 10s;
constexpr std::size_t MOST_SERVERS = 4; ///< the one told, and three redirects

} // namespace

ServerAttempt::ServerAttempt(Order order, Handlers handlers)
    : m_order(std::move(order))
    , m_handlers(std::move(handlers))
    , m_timer([this] { expired(); })
{
}

ServerAttempt::~ServerAttempt() = default;

void ServerAttempt::start()
{
    m_started = true;
    m_patience = monotonicNow() + LINK_PATIENCE;
    m_timer.set(m_patience);
    openLink();
}

void ServerAttempt::dismiss()
{
    m_dismissed = true;
    if (!m_machine || m_machine->state() != AllocationMachine::State::Ready)
        return;
    m_machine->release(monotonicNow());
    transmit();
}

// --- the link ----------------------------------------------------------------------

void ServerAttempt::openLink()
{
    const wire::RelayServer &server = m_order.server;
    if (server.transport != wire::RelayTransport::Udp) {
        m_link = std::make_unique<StreamLink>(server, linkHandlers());
        return;
    }
    if (const auto address = IpAddress::parse(server.host))
        return openUdp(*address);
    QHostInfo::lookupHost(server.host, this, [this](const QHostInfo &found) {
        for (const QHostAddress &each : found.addresses()) {
            if (const auto address = IpAddress::parse(each.toString()))
                return openUdp(*address);
        }
        fail(silentServer());
    });
}

void ServerAttempt::openUdp(const IpAddress &address)
{
    auto link = UdpLink::open({address, m_order.server.port}, linkHandlers());
    if (!link)
        return fail(link.error());
    m_link = std::move(*link);
}

ServerLink::Handlers ServerAttempt::linkHandlers()
{
    return {[this] { linkOpened(); },
            [this](std::span<const ByteView> messages) { linkReceived(messages); },
            [this] { m_handlers.writable(); }, [this](const Error &why) { fail(why); }};
}

void ServerAttempt::linkOpened()
{
    m_patience = NEVER;
    m_visited.push_back(m_link->server());
    m_machine.emplace(
        AllocationMachine::Settings{.credential = {m_order.username, m_order.password},
                                    .server = m_link->server(),
                                    .reliable = m_link->isReliable(),
                                    .family = m_order.family},
        m_order.random);
    m_machine->allocate(monotonicNow());
    transmit();
}

void ServerAttempt::linkReceived(std::span<const ByteView> messages)
{
    if (!m_machine)
        return;
    const Instant now = monotonicNow();
    m_batch.clear();
    for (const ByteView message : messages) {
        if (const auto payload = m_machine->payloadOf(message))
            m_batch.push_back({payload->peer, m_machine->allocation().relayed, payload->data});
        else
            m_machine->received(now, message);
    }
    transmit();
    const QPointer<ServerAttempt> alive(this);
    if (!m_batch.empty() && !m_dismissed)
        m_handlers.received(m_batch);
    if (alive)
        tellEvents();
}

void ServerAttempt::redirect(const Endpoint &to)
{
    const bool again = std::find(m_visited.begin(), m_visited.end(), to) != m_visited.end();
    if (again || m_visited.size() >= MOST_SERVERS)
        return fail(nonsense());
    m_oldLink = std::move(m_link);
    m_machine.reset();
    m_order.server.host = to.address.toString();
    m_order.server.port = to.port;
    start();
}

void ServerAttempt::fail(const Error &why)
{
    if (m_ended || m_failure)
        return;
    m_failure = why;
    m_timer.set(monotonicNow()); // told from the event loop
}

// --- the machine -------------------------------------------------------------------

void ServerAttempt::expired()
{
    const Instant now = monotonicNow();
    m_oldLink.reset();
    if (m_ended) {
        m_link.reset();
        return;
    }
    if (now >= m_patience)
        fail(silentServer());
    if (m_failure) {
        m_ended = true;
        m_machine.reset();
        m_link.reset();
        return m_handlers.happened(allocation_event::Ended{*m_failure});
    }
    if (m_machine)
        m_machine->advance(now);
    transmit();
    tellEvents();
}

void ServerAttempt::transmit()
{
    Instant next = m_patience;
    if (m_machine) {
        for (const QByteArray &message : m_machine->takeTransmits(monotonicNow()))
            (void)m_link->send(viewOf(message)); // lost like a datagram: it is said again
        next = std::min(next, m_machine->deadline());
    }
    m_timer.set(m_failure || m_oldLink ? monotonicNow() : next);
}

void ServerAttempt::tellEvents()
{
    const QPointer<ServerAttempt> alive(this);
    if (!m_machine)
        return;
    for (const AllocationEvent &event : m_machine->takeEvents()) {
        if (const auto *redirected = std::get_if<allocation_event::Redirected>(&event))
            return redirect(redirected->to);
        if (std::holds_alternative<allocation_event::Ended>(event)) {
            m_ended = true;
            m_timer.set(monotonicNow()); // the link goes from the event loop
        }
        const bool came = std::holds_alternative<allocation_event::Allocated>(event);
        if (m_dismissed && came)
            dismiss();
        else
            m_handlers.happened(event);
        if (!alive)
            return;
    }
}

void ServerAttempt::permit(const IpAddress &peer)
{
    m_machine->permit(monotonicNow(), peer);
    transmit();
}

void ServerAttempt::bind(const Endpoint &peer)
{
    m_machine->bind(monotonicNow(), peer);
    transmit();
}

// --- payload -----------------------------------------------------------------------

SendResult ServerAttempt::send(const Endpoint &peer, ByteView bytes, const SendOptions &options)
{
    if (!m_link || !m_machine || m_machine->state() != AllocationMachine::State::Ready)
        return {SendStatus::Unreachable, 0};
    if (const auto channel = m_machine->channelOf(peer))
        return m_link->sendChannel({*channel, bytes, options});
    return sendSingly(peer, bytes, options.segmentSize > 0 ? options.segmentSize : bytes.size());
}

SendResult ServerAttempt::sendSingly(const Endpoint &peer, ByteView bytes, std::size_t segment)
{
    SendResult result;
    while (result.sent < bytes.size()) {
        const ByteView data =
            bytes.subspan(result.sent, std::min(segment, bytes.size() - result.sent));
        const QByteArray message = m_machine->sendIndication(peer, data);
        result.status = m_link->send(viewOf(message));
        if (result.status != SendStatus::Sent)
            break;
        result.sent += data.size();
    }
    return result;
}

} // namespace postern::relay
