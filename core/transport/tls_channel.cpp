#include "core/transport/tls_channel.h"

#include "core/base/log.h"
#include "core/transport/close_code.h"

namespace postern {

namespace {

constexpr std::size_t READ_BYTES = 256 * 1024;
constexpr int MAX_READS_AT_ONCE = 4;
/// Ciphertext gathered for one write to the socket.
constexpr std::size_t WRITE_BYTES = 256 * 1024;
/// Writes in one go before timers and other sockets get their turn.
constexpr int MAX_WRITES_AT_ONCE = 8;
/// Answers that may wait for a peer who does not read, before we stop reading it.
constexpr std::size_t MAX_CONTROL_BACKLOG = 64 * 1024;

} // namespace

std::unique_ptr<TlsChannel> TlsChannel::start(std::unique_ptr<TcpSocket> socket, ChannelRole role,
                                              const DeviceKey &own, std::vector<DeviceId> expected,
                                              const PathInfo &path, Established established,
                                              const ChannelTiming &timing)
{
    std::unique_ptr<TlsChannel> channel(
        new TlsChannel(std::move(socket), role, path, std::move(established), timing));
    Result<PeerCredentials> credentials = PeerCredentials::make(own, std::move(expected));
    Result<std::unique_ptr<TlsSession>> session = credentials
        ? TlsSession::make(role, std::move(*credentials))
        : Result<std::unique_ptr<TlsSession>>(credentials.error());
    if (session) {
        channel->m_session = std::move(*session);
        channel->m_socket->setReadableHandler([raw = channel.get()] { raw->readable(); });
    } else {
        channel->m_failure = session.error();
    }
    channel->flushSoon();
    return channel;
}

TlsChannel::TlsChannel(std::unique_ptr<TcpSocket> socket, ChannelRole role, const PathInfo &path,
                       Established established, const ChannelTiming &timing)
    : m_socket(std::move(socket))
    , m_mux(role)
    , m_path(path)
    , m_established(std::move(established))
    , m_timing(timing)
    , m_readBuffer(READ_BYTES)
    , m_progress(monotonicNow())
    , m_lastHeard(m_progress)
    , m_lastSent(m_lastHeard)
    , m_deadline(m_lastHeard + timing.handshake)
    , m_flushTimer([this] { flush(); })
    , m_clock([this] { timeIsUp(); })
{
    m_path.local = m_socket->local();
    m_path.remote = m_socket->remote();
    watchTheClock();
}

TlsChannel::~TlsChannel() { *m_alive = false; }

void TlsChannel::setObserver(PeerChannelObserver *observer)
{
    m_observer = observer;
    m_mux.setObserver(observer);
}

DeviceId TlsChannel::peer() const { return m_session ? m_session->peer() : DeviceId(); }

std::size_t TlsChannel::writableBytes(StreamId stream) const
{
    return m_state == State::Open ? m_mux.writableBytes(stream) : 0;
}

void TlsChannel::write(StreamId stream, QByteArray bytes)
{
    if (m_state != State::Open)
        return;
    m_mux.write(stream, std::move(bytes));
    flushSoon();
}

void TlsChannel::finish(StreamId stream)
{
    m_mux.finish(stream);
    flushSoon();
}

void TlsChannel::reset(StreamId stream)
{
    m_mux.reset(stream);
    flushSoon();
}

void TlsChannel::consume(StreamId stream, std::size_t count)
{
    m_mux.consume(stream, count);
    if (m_mux.controlBacklog() > 0)
        flushSoon();
}

void TlsChannel::widen(StreamId stream, std::uint64_t window)
{
    m_mux.widen(stream, window);
    if (m_mux.controlBacklog() > 0)
        flushSoon();
}

ChannelVitals TlsChannel::vitals(Instant now)
{
    if (!m_socket || m_state != State::Open)
        return {false, now, now, {}};
    const std::uint64_t held = std::min<std::uint64_t>(m_socket->unacknowledged(), m_written);
    if (m_written - held > m_acknowledged)
        m_progress = now;
    m_acknowledged = m_written - held;
    if (held == 0)
        m_quietAt = now;
    return {held > 0, m_quietAt, std::max(m_progress, m_lastHeard), m_socket->roundTrip()};
}

void TlsChannel::setWatched(bool watched)
{
    m_watched = watched;
    watchTheClock();
}

void TlsChannel::close(const Error &reason)
{
    if (m_state == State::Closing || m_state == State::Closed)
        return;
    m_closeReason = reason;
    if (m_state == State::Handshaking) {
        m_failure = reason;
    } else {
        m_state = State::Closing;
        m_mux.setObserver(nullptr); // nothing but the end is told from here on
        m_mux.close(closeCodeOf(reason.code));
        m_deadline = monotonicNow() + m_timing.close;
        watchTheClock();
    }
    flushSoon();
}

/// Calls never come from inside a call: what must be sent leaves at the next turn of the loop.
void TlsChannel::flushSoon()
{
    if (!m_inReadable && m_flushTimer.deadline() == NEVER)
        m_flushTimer.set(Instant::min());
}

void TlsChannel::readable()
{
    const auto alive = m_alive;
    m_inReadable = true;
    for (int i = 0; i < MAX_READS_AT_ONCE; ++i) {
        const IoResult got = m_socket->read(m_readBuffer);
        if (got.status == IoStatus::WouldBlock)
            break;
        if (got.status != IoStatus::Done) {
            end(m_state == State::Closing ? m_closeReason : channel_error::lost());
            return;
        }
        m_lastHeard = monotonicNow();
        if (!take(ByteView(m_readBuffer).first(got.bytes)))
            return;
        if (got.bytes < m_readBuffer.size())
            break;
    }
    m_inReadable = false;
    flush();
    if (*alive && m_state != State::Closed && m_mux.controlBacklog() > MAX_CONTROL_BACKLOG) {
        m_reading = false;
        m_socket->setReadableHandler(nullptr);
    }
}

bool TlsChannel::take(ByteView ciphertext)
{
    m_session->setInput(ciphertext);
    return (m_state != State::Handshaking || takeHandshake())
        && (m_state == State::Handshaking || takeRecords());
}

bool TlsChannel::takeHandshake()
{
    const Result<TlsSession::Progress> progress = m_session->handshake();
    if (!progress) {
        m_socket->write(m_session->output()); // the alert, as far as it goes
        end(progress.error());
        return false;
    }
    if (*progress == TlsSession::Progress::NeedsInput)
        return true;
    m_state = State::Open;
    m_deadline = NEVER;
    watchTheClock();
    const auto alive = m_alive;
    if (const Established established = std::exchange(m_established, nullptr))
        established({});
    return *alive;
}

bool TlsChannel::takeRecords()
{
    const auto alive = m_alive;
    Result<void> received;
    const Result<TlsSession::Progress> progress = m_session->decrypt([&](ByteView plaintext) {
        received = m_mux.receive(plaintext);
        return *alive && received && !m_mux.closedByPeer();
    });
    if (!*alive)
        return false;
    if (!received) {
        m_mux.close(closeCodeOf(received.error().code));
        end(received.error());
    } else if (m_mux.closedByPeer()) {
        end(errorOfCloseCode(*m_mux.closedByPeer()));
    } else if (!progress) {
        end(progress.error());
    } else if (*progress == TlsSession::Progress::Done) {
        end(m_state == State::Closing ? m_closeReason : channel_error::lost());
    } else {
        return true;
    }
    return false;
}

/// Encrypts the next frames into the session's output; false if there are none.
bool TlsChannel::encryptSome()
{
    const StreamMux::Output output = m_mux.takeOutput();
    if (output.isEmpty())
        return false;
    Result<void> done = m_session->encrypt(viewOf(output.frames));
    for (std::size_t i = 0; i < output.payloadParts && done; ++i)
        done = m_session->encrypt(output.payload[i]);
    if (!done)
        m_failure = done.error();
    m_lastSent = monotonicNow();
    return done.ok();
}

/// Fills an empty output with what may be sent; false if the observer destroyed us.
bool TlsChannel::gather(const bool &alive)
{
    if (m_state == State::Handshaking || !m_session->output().empty())
        return true;
    while (alive && m_session->output().size() < WRITE_BYTES && encryptSome())
        m_mux.outputDone();
    return alive;
}

void TlsChannel::flush()
{
    const auto alive = m_alive;
    if (m_state == State::Closed
        || (m_state == State::Handshaking && !m_failure && !takeHandshake()))
        return;
    bool blocked = false;
    for (int i = 0; !m_failure && !blocked; ++i) {
        if (!gather(*alive))
            return;
        if (m_session->output().empty())
            break;
        if (i == MAX_WRITES_AT_ONCE) {
            flushSoon();
            break;
        }
        const IoResult written = m_socket->write(m_session->output());
        if (written.status == IoStatus::Failed)
            m_failure = channel_error::lost();
        blocked = written.status == IoStatus::WouldBlock;
        m_written += written.bytes;
        m_session->outputSent(written.bytes);
    }
    if (m_failure)
        return end(*m_failure);
    m_socket->setWritableHandler(blocked ? std::function<void()>([this] { flush(); }) : nullptr);
    if (m_mux.allTaken() && !blocked)
        m_socket->shutdownWrite(); // then the peer's end tells that it has read everything
    if (!m_reading && m_mux.controlBacklog() == 0) {
        m_reading = true;
        m_socket->setReadableHandler([this] { readable(); });
    }
}

Duration TlsChannel::keepAliveInterval() const
{
    return m_watched ? m_timing.watchedKeepAlive : m_timing.keepAlive;
}

void TlsChannel::watchTheClock()
{
    m_clock.set(
        std::min({m_deadline, m_lastHeard + m_timing.silence, m_lastSent + keepAliveInterval()}));
}

void TlsChannel::timeIsUp()
{
    const Instant now = monotonicNow();
    if (now >= m_deadline)
        return end(m_state == State::Closing ? m_closeReason : channel_error::handshakeTimeout());
    if (now >= m_lastHeard + m_timing.silence)
        return end(channel_error::silent());
    if (now >= m_lastSent + keepAliveInterval()) {
        m_lastSent = now;
        if (m_state == State::Open) {
            m_mux.keepAlive();
            flushSoon();
        }
    }
    watchTheClock();
}

void TlsChannel::end(const Error &reason)
{
    if (m_state == State::Closed)
        return;
    qCDebug(logTransport) << "TLS channel to" << m_path.remote.toString()
                          << "ended:" << errorName(reason.code);
    m_state = State::Closed;
    m_flushTimer.cancel();
    m_clock.cancel();
    m_socket.reset(); // now, whatever the owner does: a peer who closes waits for our end
    if (const Established established = std::exchange(m_established, nullptr))
        established(reason);
    else if (m_observer)
        m_observer->channelClosed(reason);
}

} // namespace postern
