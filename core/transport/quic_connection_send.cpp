// QuicConnection's sending half: streams in, runs of packets out.
#include "core/transport/close_code.h"
#include "core/transport/quic_connection.h"
#include "core/transport/quic_ngtcp2.h"

#include <QCoreApplication>

#include <algorithm>
#include <cstring>

namespace postern {

using namespace quic;

namespace {

/// Pieces of a stream's queue that one packet may be filled from.
constexpr std::size_t MAX_PIECES = 8;
/// How much lateness of our own pacing makes up for, in a burst of as many bytes.
constexpr Duration PACE_CATCH_UP = 25ms;
/// Of a packet of padding: its header, the frame's and the cipher's tag.
constexpr std::size_t PADDING_OVERHEAD = 40;
/// The probes of PathMtu count from one.
constexpr std::uint64_t NO_PROBE = 0;
/// Padding is at most this part of what is to come...
constexpr std::uint64_t PADDING_SHARE = 64;
/// ...and no more than lets the window double five times.
constexpr std::uint64_t MOST_PADDING = 512 * 1024;
/// ...and none where a window grows as fast without.
constexpr Duration WORTH_PADDING = 10ms;
/// Packets that it leaves to what is said next, which need not wait for an acknowledgement then.
constexpr std::size_t SPARED_PACKETS = 4;
/// A message is shorter; a write of so much is what the padding was for.
constexpr qsizetype DATA_BYTES = 16 * 1024;

std::int64_t libraryId(StreamId id) { return static_cast<std::int64_t>(id); }

} // namespace

struct QuicConnection::Packet {
    std::uint8_t *data = nullptr;
    std::size_t room = 0;
    std::size_t size = 0; ///< 0: nothing may be sent now
    bool filled = false; ///< with nothing
    Ecn ecn = Ecn::NotEct;
};

// ---- packets ----------------------------------------------------------------------------

void QuicConnection::accountSent(QuicStream &stream, std::size_t count, bool offeredEnd)
{
    const bool all = count == stream.out.unsent();
    stream.out.markSent(count);
    stream.finishSent = stream.finishSent || (offeredEnd && all);
    if (stream.out.takeBecameWritable() && !stream.finishing)
        tell(QuicEvent::Kind::Writable, stream.id);
}

/// Writes one packet, filled from as many streams as it takes; false if that failed.
bool QuicConnection::writePacket(Packet &packet, Instant now)
{
    ngtcp2_conn *connection = m_library->connection;
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    for (;;) {
        QuicStream *stream = m_streams.current();
        const bool channelFull =
            stream && stream->out.unsent() > 0 && ngtcp2_conn_get_max_data_left(connection) == 0;
        if (m_doubted && bytesInFlight(connection) > 0)
            stream = nullptr;
        else if (channelFull || (!stream && m_streams.waitForCredit()))
            return writeWithoutData(packet, now);
        std::array<ByteView, MAX_PIECES> views;
        std::array<ngtcp2_vec, MAX_PIECES> pieces;
        const std::size_t count = stream ? stream->out.peek(views, packet.room) : 0;
        std::size_t offered = 0;
        for (std::size_t i = 0; i < count; ++i) {
            pieces[i] = {const_cast<std::uint8_t *>(views[i].data()), views[i].size()};
            offered += views[i].size();
        }
        const bool end = stream && stream->finishing && offered == stream->out.unsent();
        std::uint32_t flags = end ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE;
        if (stream && offered < packet.room)
            flags |= NGTCP2_WRITE_STREAM_FLAG_MORE; // another stream may share the packet
        ngtcp2_ssize taken = -1;
        const ngtcp2_ssize size = ngtcp2_conn_writev_stream(
            connection, &path.path, &info, packet.data, packet.room, &taken, flags,
            stream ? libraryId(stream->id) : -1, pieces.data(), count, stampOf(now));
        if (stream && taken >= 0)
            accountSent(*stream, static_cast<std::size_t>(taken), end);
        if (size >= 0)
            return isWritten(size, info.ecn, packet, now);
        switch (size) {
        case NGTCP2_ERR_WRITE_MORE: break;
        case NGTCP2_ERR_STREAM_DATA_BLOCKED: stream->blocked = true; break;
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND: stream->given = true; break;
        default: fail(static_cast<int>(size), now); return false;
        }
    }
}

/// A packet of what the library has to say while all data waits for the peer's credit. Without
/// this, it would take the writer for idle: BBR learns nothing then, never ends its start on a path
/// that carries more than the credit, and floods what it has not measured (0.12: 26 % of 1 Gbit/s
/// at 200 ms, with 1.8 times the packets that were needed). A message that fits no packet tells it
/// that there is more to send. False if that failed.
bool QuicConnection::writeWithoutData(Packet &packet, Instant now)
{
    packet.room = std::min(packet.room, packetSize());
    const Offered offered = writeDatagram(packet, packetSize(), NO_PROBE, now);
    if (offered != Offered::Refused)
        return offered == Offered::Taken;
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    return isWritten(ngtcp2_conn_writev_stream(
                         m_library->connection, &path.path, &info, packet.data, packet.room,
                         nullptr, NGTCP2_WRITE_STREAM_FLAG_NONE, -1, nullptr, 0, stampOf(now)),
                     info.ecn, packet, now);
}

/// Bytes of a packet on this path, as far as it is known.
std::size_t QuicConnection::packetSize() const
{
    return m_mtu ? m_mtu->size()
                 : ngtcp2_conn_get_path_max_tx_udp_payload_size(m_library->connection);
}

bool QuicConnection::writePadding(Packet &packet, Instant now)
{
    packet.room = std::min(packet.room, packetSize());
    if (ngtcp2_conn_get_cwnd_left(m_library->connection) < (1 + SPARED_PACKETS) * packet.room)
        return true;
    if (!writeFiller(packet, NO_PROBE, now))
        return false;
    if (packet.filled)
        m_padding -= std::min(m_padding, packet.size);
    return true;
}

/// A packet of the size that PathMtu wants to know of, if it wants to and congestion control lets
/// it go. What was lost has precedence over the probe, and would be lost again in a packet that
/// is too large: where that has come about, probing waits for better days.
QuicRun QuicConnection::takeProbe(Instant now)
{
    m_mending = m_mending && !m_streams.allAcknowledged();
    const auto wanted = m_mtu && m_established && !m_mending ? m_mtu->wanted() : std::nullopt;
    if (!wanted)
        return {};
    Packet packet;
    packet.data = m_out.data();
    packet.room = wanted->size;
    if (!writeFiller(packet, wanted->number, now))
        return transmit(now); // the packet that tells why
    if (packet.filled)
        m_mtu->sent({wanted->number, packet.size});
    else
        m_mending = packet.size > 0;
    if (packet.size > 0)
        pace(packet.size, now);
    return {ByteView(m_out).first(packet.size), packet.size, packet.ecn};
}

/// Fills a packet with nothing, in a DATAGRAM frame (RFC 9221): congestion control counts it as
/// it does data, the peer drops it, and it is not sent again. False if that failed.
bool QuicConnection::writeFiller(Packet &packet, std::uint64_t number, Instant now)
{
    if (packet.room <= PADDING_OVERHEAD)
        return true;
    const Offered offered = writeDatagram(packet, packet.room - PADDING_OVERHEAD, number, now);
    if (offered == Offered::Refused) {
        m_padding = 0;
        if (m_mtu)
            m_mtu->giveUp();
    }
    return offered != Offered::Failed;
}

/// One of `size` zeroes. Only if it fits the packet, it is in there.
QuicConnection::Offered QuicConnection::writeDatagram(Packet &packet, std::size_t size,
                                                      std::uint64_t number, Instant now)
{
    static constexpr std::array<std::uint8_t, JUMBO_UDP_PAYLOAD> ZEROES{};
    const ngtcp2_vec piece{const_cast<std::uint8_t *>(ZEROES.data()), size};
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    int accepted = 0;
    const ngtcp2_ssize written = ngtcp2_conn_writev_datagram(
        m_library->connection, &path.path, &info, packet.data, packet.room, &accepted,
        NGTCP2_WRITE_DATAGRAM_FLAG_NONE, number, &piece, 1, stampOf(now));
    if (written == NGTCP2_ERR_INVALID_STATE || written == NGTCP2_ERR_INVALID_ARGUMENT)
        return Offered::Refused;
    packet.filled = accepted != 0;
    return isWritten(written, info.ecn, packet, now) ? Offered::Taken : Offered::Failed;
}

/// Takes over what the library wrote; false if it failed, and the connection with it.
bool QuicConnection::isWritten(std::ptrdiff_t size, unsigned ecn, Packet &packet, Instant now)
{
    if (size < 0) {
        fail(static_cast<int>(size), now);
        return false;
    }
    packet.size = static_cast<std::size_t>(size);
    packet.ecn = static_cast<Ecn>(ecn & NGTCP2_ECN_MASK);
    return true;
}

/// What was held back, moved to the front of the buffer.
QuicRun QuicConnection::takeHeld()
{
    QuicRun run = std::exchange(m_held, {});
    std::memmove(m_out.data(), run.bytes.data(), run.bytes.size());
    run.bytes = ByteView(m_out).first(run.bytes.size());
    return run;
}

/// Tells the library when the run left by its schedule, not when the system let us: a turn that
/// came late would slow all that follow, BBR would take that for what the path can carry, and
/// on a busy machine the rate would sink to nothing.
void QuicConnection::pace(std::size_t sent, Instant now)
{
    ngtcp2_conn *connection = m_library->connection;
    const Instant start = m_paceDue > now ? now : std::max(m_paceDue, now - PACE_CATCH_UP);
    ngtcp2_conn_update_pkt_tx_time(connection, stampOf(start));
    const double rate = pacingRate(connection);
    m_paceDue = rate > 0
        ? start + std::chrono::nanoseconds(static_cast<qint64>(static_cast<double>(sent) / rate))
        : NEVER;
}

QuicRun QuicConnection::transmit(Instant now)
{
    if (!m_held.bytes.empty())
        return takeHeld();
    if (!m_closePacket.isEmpty()) {
        m_out.assign(m_closePacket.cbegin(), m_closePacket.cend());
        m_closePacket.clear();
        return {ByteView(m_out), 0, Ecn::NotEct};
    }
    if (!m_library || m_error)
        return {};
    if (const QuicRun probe = takeProbe(now); !probe.bytes.empty())
        return probe;
    ngtcp2_conn *connection = m_library->connection;
    const std::size_t full = packetSize();
    const std::size_t most =
        std::min(m_out.size(), std::max(full, ngtcp2_conn_get_send_quantum(connection)));
    if (bytesInFlight(connection) == 0)
        m_flyingSince = now;
    QuicRun run;
    std::size_t used = 0;
    for (;;) {
        Packet packet;
        packet.data = m_out.data() + used;
        packet.room = used > 0 ? run.segmentSize
            : m_mtu            ? full
                               : ngtcp2_conn_get_max_tx_udp_payload_size(connection);
        if (used + packet.room > most && used > 0)
            break;
        const bool written = writePacket(packet, now);
        const bool idle = written && packet.size == 0 && m_established && !m_streams.current();
        if (!written || (idle && m_padding > 0 && !writePadding(packet, now)))
            return transmit(now); // the packet that tells why
        if (packet.size == 0)
            break;
        const ByteView bytes(packet.data, packet.size);
        if (used == 0) {
            run = {{}, packet.size, packet.ecn};
        } else if (packet.ecn != run.ecn) {
            m_held = {bytes, packet.size, packet.ecn};
            break;
        }
        used += packet.size;
        if (packet.size < run.segmentSize || packet.size < full)
            break;
    }
    if (used > 0) {
        pace(used, now);
        m_streams.nextTurn();
    } else if (m_paceDue <= now) {
        m_paceDue = NEVER; // it is not the pace that holds us: no schedule to make up for
    }
    run.bytes = ByteView(m_out).first(used);
    return run;
}

// ---- streams ----------------------------------------------------------------------------

Result<StreamId> QuicConnection::openStream()
{
    std::int64_t id = 0;
    if (!m_library || m_error
        || ngtcp2_conn_open_bidi_stream(m_library->connection, &id, nullptr) != 0)
        return Error{
            ErrorCode::LimitExceeded,
            QCoreApplication::translate("Transport",
                                        "Too much is under way on this connection: wait for some "
                                        "of it to finish.")};
    return m_streams.add(static_cast<StreamId>(id)).id;
}

std::size_t QuicConnection::writableBytes(StreamId id) const
{
    const QuicStream *stream = m_streams.find(id);
    const bool open = stream && !stream->finishing && !stream->given && !stream->over && !m_error;
    return open ? stream->out.writable() : 0;
}

void QuicConnection::write(StreamId id, QByteArray bytes)
{
    QuicStream *stream = m_streams.find(id);
    if (!stream || stream->finishing || stream->given || stream->over || m_error)
        return;
    if (bytes.size() >= DATA_BYTES)
        m_padding = 0;
    stream->out.append(std::move(bytes));
    m_streams.wantTurn(*stream);
}

void QuicConnection::expectData(std::uint64_t bytes)
{
    if (roundTrip() >= WORTH_PADDING)
        m_padding = static_cast<std::size_t>(std::min(bytes / PADDING_SHARE, MOST_PADDING));
}

void QuicConnection::finish(StreamId id)
{
    if (QuicStream *stream = m_streams.find(id)) {
        stream->finishing = true;
        m_streams.wantTurn(*stream);
    }
}

void QuicConnection::reset(StreamId id)
{
    if (QuicStream *stream = m_streams.find(id))
        giveUp(*stream);
}

/// Tells the peer that we take and send no more. What was sent stays until QUIC closes the
/// stream, since packets under way refer to it.
void QuicConnection::giveUp(QuicStream &stream)
{
    stream.given = true;
    const std::size_t count = std::exchange(stream.unconsumed, 0);
    if (m_library && !m_error) {
        ngtcp2_conn_extend_max_offset(m_library->connection, count);
        shutDownStream(m_library->connection, stream.id);
    }
    removeIfDone(stream);
}

void QuicConnection::consume(StreamId id, std::size_t count)
{
    QuicStream *stream = m_streams.find(id);
    if (!stream || !m_library || m_error)
        return;
    count = std::min(count, stream->unconsumed);
    stream->unconsumed -= count;
    if (!stream->over)
        ngtcp2_conn_extend_max_stream_offset(m_library->connection, libraryId(id), count);
    ngtcp2_conn_extend_max_offset(m_library->connection, count);
    removeIfDone(*stream);
}

void QuicConnection::widen(StreamId id, std::uint64_t window)
{
    QuicStream *stream = m_streams.find(id);
    window = std::min(window, STREAM_WINDOW_BYTES);
    if (!stream || stream->over || stream->given || !m_library || m_error
        || window <= FIRST_WINDOW_BYTES + stream->widened)
        return;
    const std::uint64_t more = window - FIRST_WINDOW_BYTES - stream->widened;
    stream->widened += more;
    ngtcp2_conn_extend_max_stream_offset(m_library->connection, libraryId(id), more);
}

void QuicConnection::removeIfDone(QuicStream &stream)
{
    if (stream.over && stream.unconsumed == 0)
        m_streams.remove(stream.id);
}

} // namespace postern
