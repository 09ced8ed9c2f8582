#pragma once
// A secured connection between two devices, whatever carries it. QUIC over a punched
// UDP path and TLS 1.3 over TCP look the same from here: ordered byte streams with
// back-pressure, both ends authenticated by pinned device key before the first byte.
//
// Shape: the owner hands in a PeerChannelObserver; calls come back on the engine
// thread, never from inside a call to the channel. Thread: engine thread only.
// Source: RFC 9000 section 2 (streams), section 4 (flow control).

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/endpoint.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <cstdint>

namespace postern {

/// Bidirectional streams. Numbers are the channel's own and equal on both sides; the
/// side that opens a stream is told its number, the other learns it with first data.
using StreamId = std::uint64_t;

enum class PathKind { Lan, Tcp, Udp, Relay };

/// "lan", "tcp", "udp" or "relay", as JSON and badges name it.
QString pathKindName(PathKind kind);

/// How QUIC finds out what a path carries: its sender's choice alone.
enum class Congestion {
    Bbr, ///< a model of the path's rate and round trip: random loss does not slow it
    Cubic, ///< RFC 9438, as TCP does: every loss counts as congestion
};

/// Unconsumed bytes of one stream, and of all, that the peer may have outstanding. They bound
/// the reader's memory (96 MiB in all) and the speed at a long round trip: 32 MiB is 1 Gbit/s at
/// 260 ms. While a lost packet is sent again, what follows it fills the window: 16 MiB ran out
/// at the start of 200 Mbit/s at 80 ms.
inline constexpr std::uint64_t STREAM_WINDOW_BYTES = 32 * 1024 * 1024;
inline constexpr std::uint64_t CHANNEL_WINDOW_BYTES = 40 * 1024 * 1024;
/// Of a stream until its reader widens it. Its first bytes bring that about: on a long path it
/// takes many round trips to get as far as this, and one to be told.
inline constexpr std::uint64_t FIRST_WINDOW_BYTES = 4 * 1024 * 1024;
/// Streams of its own that a side may have open at a time.
inline constexpr std::size_t MAX_STREAMS_EACH = 128;

/// Which path a channel runs on, for badges, JSON and history.
struct PathInfo {
    PathKind kind = PathKind::Udp;
    QString strategy; ///< stable name: "tcp-host", "tcp-public", "udp-host", "udp-punch", ...
    Endpoint local;
    Endpoint remote;
    std::chrono::milliseconds elapsed{0}; ///< from wanting a path to its first payload byte
    QString explanation{}; ///< a sentence for people: how it came about
};

/// How a channel's path does, for whoever watches over it.
struct ChannelVitals {
    bool outstanding = false; ///< the other end has not acknowledged all that was sent
    Instant since = Instant::min(); ///< outstanding: since when something has been all the time
    Instant progress = Instant::min(); ///< when it last acknowledged or sent something
    Duration roundTrip{0}; ///< 0 where it is not known
};

class PeerChannelObserver {
public:
    virtual ~PeerChannelObserver() = default;

    /// Bytes arrived in order. `finished` tells that the peer ended its direction; data
    /// may then be empty. The view is valid during the call only. The channel gives the
    /// peer no new credit for these bytes until consume() is called.
    virtual void streamData(StreamId stream, ByteView data, bool finished) = 0;

    /// writableBytes(stream) became large again after it had fallen to zero.
    virtual void streamWritable(StreamId stream) = 0;

    /// The peer gave the stream up (reset); no more data will come or be taken.
    virtual void streamReset(StreamId stream) = 0;

    /// The channel ended, by either side or by the network. The last call.
    virtual void channelClosed(const Error &reason) = 0;
};

class PeerChannel {
public:
    virtual ~PeerChannel() = default; ///< closes at once if still open

    virtual void setObserver(PeerChannelObserver *observer) = 0; ///< before any data flows

    virtual DeviceId peer() const = 0; ///< the authenticated key of the other side
    virtual PathInfo path() const = 0;

    /// The number of the first stream that the initiator opens.
    virtual StreamId firstStream() const { return 0; }

    /// Opens a bidirectional stream. Fails with LimitExceeded when the peer allows no more.
    virtual Result<StreamId> openStream() = 0;

    /// How much write() will take now without growing the queue past its bound.
    virtual std::size_t writableBytes(StreamId stream) const = 0;

    /// Queues the bytes (shared, not copied). Never drops: writing more than
    /// writableBytes() is allowed for one message, but only streamWritable() invites more.
    virtual void write(StreamId stream, QByteArray bytes) = 0;

    /// Ends our direction after everything queued has been sent.
    virtual void finish(StreamId stream) = 0;

    /// Gives the stream up in both directions; queued bytes are dropped.
    virtual void reset(StreamId stream) = 0;

    /// The reader has dealt with `count` bytes of the stream: the peer may send as many more.
    virtual void consume(StreamId stream, std::size_t count) = 0;

    /// The peer may have so many bytes of the stream outstanding, up to the channel's bound, where
    /// a stream begins with few. What was allowed once can't be taken back.
    virtual void widen(StreamId, std::uint64_t) { }

    /// So many bytes will be written once the peer has answered. Until then a channel that has
    /// to learn what its path carries may send padding, a small part of them at most.
    virtual void expectData(std::uint64_t) { }

    /// As of now; call it several times a second to have `progress` exact.
    virtual ChannelVitals vitals(Instant now) { return {false, now, now, {}}; }

    /// While something waits for what passes here, a dead path is noticed within a second or so:
    /// something is said at least that often, and vitals() tells what became of it.
    virtual void setWatched(bool) { }

    /// Ends the channel; bytes already queued are flushed first where possible.
    virtual void close(const Error &reason) = 0;
};

} // namespace postern
