#include "core/transport/quic_channel.h"

#include "core/base/log.h"
#include "core/transport/close_code.h"

#include <algorithm>

namespace postern {

namespace {

/// The packet that ends the connection is not acknowledged: copies stand in for that.
constexpr int CLOSE_COPIES = 3;
/// While the socket has no room, its writable handler drives us; the timer only watches.
constexpr Duration BLOCKED_WAIT = 10ms;
/// What the system has refused for so long counts as lost: a link that drops what is too large for
/// it says that it has no room (ENOBUFS), each time.
constexpr Duration MOST_BLOCKED = 50ms;
/// Runs in one go (of 64 KiB) before timers and other sockets get their turn.
constexpr int MAX_RUNS_AT_ONCE = 16;

} // namespace

std::unique_ptr<QuicChannel> QuicChannel::start(std::unique_ptr<DatagramPath> datagrams,
                                                ChannelRole role, const DeviceKey &own,
                                                std::vector<DeviceId> expected,
                                                const PathInfo &path, Established established,
                                                const QuicOptions &options)
{
    std::unique_ptr<QuicChannel> channel(
        new QuicChannel(std::move(datagrams), path, std::move(established), options));
    Result<PeerCredentials> credentials = PeerCredentials::make(own, std::move(expected));
    auto connection = credentials
        ? QuicConnection::make(role, std::move(*credentials), channel->m_path.local,
                               channel->m_path.remote, options, monotonicNow())
        : Result<std::unique_ptr<QuicConnection>>(credentials.error());
    if (connection)
        channel->m_connection = std::move(*connection);
    else
        channel->m_reason = connection.error();
    channel->workSoon();
    return channel;
}

QuicChannel::QuicChannel(std::unique_ptr<DatagramPath> datagrams, const PathInfo &path,
                         Established established, const QuicOptions &options)
    : m_datagrams(std::move(datagrams))
    , m_path(path)
    , m_established(std::move(established))
    , m_options(options)
    , m_limit(monotonicNow() + options.timing.handshake)
    , m_timer([this] { work(); })
{
    m_path.local = m_datagrams->local();
    m_path.remote = m_datagrams->remote();
    listenToPath();
}

QuicChannel::~QuicChannel() { *m_alive = false; }

void QuicChannel::listenToPath()
{
    m_datagrams->setReceiver([this](std::span<const Datagram> batch) { received(batch); });
    m_datagrams->setWritableHandler([this] { work(); });
    m_datagrams->setIcmpHandler([this](const IcmpReport &report) {
        // Unauthenticated, and a NAT's reboot sends them too: silence decides (RFC 9000
        // section 14.2.1 and RFC 8085 section 5.2).
        if (m_connection && !report.tooBig && !report.timeExceeded)
            m_connection->doubt();
    });
}

DeviceId QuicChannel::peer() const { return m_connection ? m_connection->peer() : DeviceId(); }

Result<StreamId> QuicChannel::openStream()
{
    if (m_state != State::Open)
        return channel_error::lost();
    return m_connection->openStream();
}

std::size_t QuicChannel::writableBytes(StreamId stream) const
{
    return m_state == State::Open ? m_connection->writableBytes(stream) : 0;
}

void QuicChannel::write(StreamId stream, QByteArray bytes)
{
    if (m_state != State::Open)
        return;
    m_connection->write(stream, std::move(bytes));
    workSoon();
}

void QuicChannel::finish(StreamId stream)
{
    if (m_state != State::Open)
        return;
    m_connection->finish(stream);
    workSoon();
}

void QuicChannel::reset(StreamId stream)
{
    if (m_state != State::Open)
        return;
    m_connection->reset(stream);
    workSoon();
}

void QuicChannel::consume(StreamId stream, std::size_t count)
{
    if (m_state != State::Open)
        return;
    m_connection->consume(stream, count);
    workSoon();
}

void QuicChannel::widen(StreamId stream, std::uint64_t window)
{
    if (m_state != State::Open)
        return;
    m_connection->widen(stream, window);
    workSoon();
}

void QuicChannel::expectData(std::uint64_t bytes)
{
    if (m_state != State::Open)
        return;
    m_connection->expectData(bytes);
    workSoon();
}

ChannelVitals QuicChannel::vitals(Instant now)
{
    return m_state == State::Open ? m_connection->vitals() : ChannelVitals{false, now, now, {}};
}

void QuicChannel::setWatched(bool watched)
{
    if (m_state != State::Open)
        return;
    m_connection->setKeepAlive(watched ? m_options.timing.watchedKeepAlive
                                       : m_options.timing.keepAlive);
    workSoon();
}

void QuicChannel::close(const Error &reason)
{
    if (m_state == State::Closing || m_state == State::Closed)
        return;
    m_limit = m_state == State::Open ? monotonicNow() + m_options.timing.close : Instant::min();
    m_state = State::Closing;
    m_reason = reason;
    workSoon();
}

void QuicChannel::setPath(std::unique_ptr<DatagramPath> datagrams, const PathInfo &path)
{
    if (m_state == State::Closed)
        return;
    m_datagrams = std::move(datagrams);
    m_path = path;
    m_path.local = m_datagrams->local();
    m_path.remote = m_datagrams->remote();
    listenToPath();
    workSoon();
}

/// Calls never come from inside a call: what is to be sent leaves at the next turn of the loop.
void QuicChannel::workSoon()
{
    if (!m_inWork)
        m_timer.set(Instant::min());
}

void QuicChannel::received(std::span<const Datagram> datagrams)
{
    if (m_state == State::Closed || !m_connection)
        return;
    m_connection->receive(datagrams, monotonicNow());
    work();
}

/// One turn: tells what has happened, sends what may be sent, sets the timer.
void QuicChannel::work()
{
    if (m_state == State::Closed)
        return;
    if (!m_connection)
        return end(m_reason);
    m_inWork = true;
    const Instant now = monotonicNow();
    m_connection->handleTimeout(now);
    if (!tellEvents())
        return;
    const bool closing = m_state == State::Closing;
    if (closing && (m_connection->allAcknowledged() || now >= m_limit))
        m_connection->close(closeCodeOf(m_reason.code), now);
    send();
    m_inWork = false;
    if (m_connection->error())
        return end(closing ? m_reason : *m_connection->error());
    if (m_state == State::Handshaking && now >= m_limit)
        return end(channel_error::handshakeTimeout());
    if (m_timer.deadline() == Instant::min())
        return;
    Instant next = m_connection->deadline();
    if (!m_unsent.bytes.empty())
        next = std::clamp(next, now + BLOCKED_WAIT, now + MOST_BLOCKED); // no room, due or not
    m_timer.set(std::min(next, m_limit));
}

/// False if an observer destroyed the channel.
bool QuicChannel::tellEvents()
{
    const auto alive = m_alive;
    const std::vector<QuicEvent> events = m_connection->takeEvents();
    for (const QuicEvent &event : events)
        if (!tell(event, m_connection->received().subspan(event.offset, event.length)))
            return false;
    m_connection->clearReceived();
    return true;
}

bool QuicChannel::tell(const QuicEvent &event, ByteView bytes)
{
    const auto alive = m_alive;
    if (event.kind == QuicEvent::Kind::Established && m_state == State::Handshaking) {
        m_state = State::Open;
        m_limit = NEVER;
        if (const Established established = std::exchange(m_established, nullptr))
            established({});
    } else if (m_state == State::Open && m_observer) {
        if (event.kind == QuicEvent::Kind::Data)
            m_observer->streamData(event.stream, bytes, event.finished);
        else if (event.kind == QuicEvent::Kind::Writable)
            m_observer->streamWritable(event.stream);
        else if (event.kind == QuicEvent::Kind::Reset)
            m_observer->streamReset(event.stream);
    }
    return *alive;
}

void QuicChannel::send()
{
    for (int i = 0; i < MAX_RUNS_AT_ONCE; ++i) {
        if (m_unsent.bytes.empty())
            m_unsent = m_connection->transmit(monotonicNow());
        if (m_unsent.bytes.empty())
            return;
        SendOptions options;
        options.segmentSize = m_unsent.segmentSize;
        options.ecn = m_unsent.ecn;
        const int copies = m_connection->error() ? CLOSE_COPIES : 1;
        for (int copy = 1; copy < copies; ++copy)
            m_datagrams->send(m_unsent.bytes, options);
        const SendResult result = m_datagrams->send(m_unsent.bytes, options);
        if (result.status == SendStatus::WouldBlock && copies == 1) {
            m_unsent.bytes = m_unsent.bytes.subspan(result.sent);
            const Instant now = monotonicNow();
            if (result.sent > 0 || m_blockedSince == NEVER)
                m_blockedSince = now;
            if (now - m_blockedSince < MOST_BLOCKED)
                return; // the writable handler goes on
        }
        m_blockedSince = NEVER;
        m_unsent = {}; // whatever else went wrong counts as loss, which QUIC repairs
    }
    m_timer.set(Instant::min());
}

void QuicChannel::end(const Error &reason)
{
    if (m_state == State::Closed)
        return;
    qCDebug(logTransport) << "QUIC channel to" << m_path.remote.toString()
                          << "ended:" << errorName(reason.code);
    m_state = State::Closed;
    m_timer.cancel();
    m_datagrams->setReceiver(nullptr);
    m_datagrams->setWritableHandler(nullptr);
    if (const Established established = std::exchange(m_established, nullptr))
        established(reason);
    else if (m_observer)
        m_observer->channelClosed(reason);
}

} // namespace postern
