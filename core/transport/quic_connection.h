#pragma once
// One QUIC connection as a machine: datagrams and time in, datagrams, a deadline and events
// out. No socket, no clock, no thread of its own. The only file pair that knows ngtcp2; it
// compiles with 0.12 and 1.x. Source: RFC 9000, 9001, 9002.
//
// What carries the datagrams may change under it: a NAT's rebinding or a better path is the
// business of whoever owns the sockets, which know that a path works before it is used. All
// count as the one path that the connection was made with.
//
// Between two calls to receive() the caller takes the events, then sends what transmit()
// gives until that is empty. Any call may find that the connection has failed: then error()
// says why, and one last transmit() may give a packet that tells the peer.

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/net/datagram_io.h"
#include "core/transport/channel_role.h"
#include "core/transport/channel_timing.h"
#include "core/transport/path_mtu.h"
#include "core/transport/peer_credentials.h"
#include "core/transport/quic_streams.h"

#include <memory>
#include <optional>
#include <vector>

namespace postern {

/// What one call to the system may carry: 45 packets of 1444 bytes.
inline constexpr std::size_t QUIC_RUN_BYTES = 65535 - 40 - 8;

struct QuicOptions {
    Congestion congestion = Congestion::Bbr;
    /// What the first link takes. Above an Ethernet frame's it has to be a link that leads to the
    /// peer itself: congestion control counts in it.
    std::size_t largestPayload = ETHERNET_UDP_PAYLOAD;
    /// What the checks that found the path took; 0: not known. A lost packet of the handshake is
    /// sent again after three of these, where it waits a second otherwise.
    Duration roundTrip{};
    ChannelTiming timing;
    RandomSource random = fillRandom; ///< connection ids, reset tokens
};

/// Something to tell the observer, in order.
struct QuicEvent {
    enum class Kind {
        Established,
        Data, ///< `length` bytes of received() from `offset`; `finished` with the last
        Writable,
        Reset,
    };
    Kind kind = Kind::Established;
    StreamId stream = 0;
    std::size_t offset = 0;
    std::size_t length = 0;
    bool finished = false;
};

/// Datagrams of one size, but perhaps the last, for the peer. Valid until the next call.
struct QuicRun {
    ByteView bytes;
    std::size_t segmentSize = 0;
    Ecn ecn = Ecn::NotEct;
};

struct QuicLibrary; // quic_ngtcp2.h

class QuicConnection {
public:
    static Result<std::unique_ptr<QuicConnection>>
    make(ChannelRole role, PeerCredentials credentials, const Endpoint &local,
         const Endpoint &remote, const QuicOptions &options, Instant now);
    ~QuicConnection();
    QuicConnection(const QuicConnection &) = delete;
    QuicConnection &operator=(const QuicConnection &) = delete;

    void receive(std::span<const Datagram> datagrams, Instant now);
    void handleTimeout(Instant now);
    /// A router says that the peer can't be reached. Nobody proves that, so nothing ends by it
    /// (RFC 9000 section 14.2.1); but as long as the peer is not heard, nothing new is sent beside
    /// what is under way, whose probes a living peer answers: a program that has died is not sent a
    /// window full of data.
    void doubt() { m_doubted = m_established; }
    QuicRun transmit(Instant now); ///< empty bytes: nothing may be sent now
    Instant deadline() const;

    /// Events since the last call, and the bytes their offsets mean.
    std::vector<QuicEvent> takeEvents() { return std::exchange(m_events, {}); }
    ByteView received() const { return m_inbox; }
    void clearReceived();

    Result<StreamId> openStream();
    std::size_t writableBytes(StreamId stream) const;
    void write(StreamId stream, QByteArray bytes);
    void finish(StreamId stream);
    void reset(StreamId stream);
    void consume(StreamId stream, std::size_t count);
    void widen(StreamId stream, std::uint64_t window); ///< as PeerChannel's
    void expectData(std::uint64_t bytes); ///< as PeerChannel's

    /// Ends the connection with a code of close_code.h; the next transmit() tells the peer.
    void close(std::uint32_t code, Instant now);

    bool isEstablished() const { return m_established; }
    bool allAcknowledged() const { return m_streams.allAcknowledged(); }
    const std::optional<Error> &error() const { return m_error; }
    DeviceId peer() const { return m_peer; }
    Duration roundTrip() const;
    ChannelVitals vitals() const;
    void setKeepAlive(Duration interval);

private:
    struct Callbacks;
    struct Packet;
    /// Refused: the peer takes no datagrams.
    enum class Offered { Taken, Refused, Failed };

    QuicConnection(ChannelRole role, PeerCredentials credentials, const Endpoint &local,
                   const Endpoint &remote, const QuicOptions &options);
    Result<void> startTls();
    Result<void> startInitiator(Instant now);
    void startResponder(const Datagram &first, Instant now);
    bool writePacket(Packet &packet, Instant now);
    bool writeWithoutData(Packet &packet, Instant now);
    bool writePadding(Packet &packet, Instant now);
    bool writeFiller(Packet &packet, std::uint64_t number, Instant now);
    Offered writeDatagram(Packet &packet, std::size_t size, std::uint64_t number, Instant now);
    bool isWritten(std::ptrdiff_t size, unsigned ecn, Packet &packet, Instant now);
    std::size_t packetSize() const;
    void accountSent(QuicStream &stream, std::size_t count, bool offeredEnd);
    QuicRun takeProbe(Instant now);
    QuicRun takeHeld();
    void pace(std::size_t sent, Instant now);
    void fail(int code, Instant now);
    void writeClosePacket(const void *reason, Instant now);
    void addData(StreamId stream, ByteView data, bool finished);
    void tell(QuicEvent::Kind kind, StreamId stream = 0);
    void giveUp(QuicStream &stream);
    void removeIfDone(QuicStream &stream);
    int verify();

    ChannelRole m_role;
    PeerCredentials m_credentials;
    Endpoint m_local;
    Endpoint m_remote;
    QuicOptions m_options;
    QuicStreams m_streams; ///< outlives the library's handles, which point into it
    std::vector<std::uint8_t> m_out;
    QuicRun m_held; ///< a packet in m_out that did not fit the run before it
    std::vector<std::uint8_t> m_inbox;
    std::vector<QuicEvent> m_events;
    std::optional<Error> m_error;
    std::size_t m_padding = 0; ///< bytes that may go while there is nothing else to send
    std::optional<PathMtu> m_mtu; ///< where the library's own discovery ends too early
    bool m_mending = false; ///< a probe's place was taken by what was lost
    bool m_doubted = false;
    Instant m_paceDue = NEVER; ///< when the next run may leave, by the pacing rate
    QByteArray m_closePacket;
    DeviceId m_peer;
    bool m_wrongKey = false;
    bool m_established = false;
    Instant m_progress = Instant::min();
    Instant m_flyingSince = Instant::min(); ///< when nothing was in flight last
    std::unique_ptr<QuicLibrary> m_library;
};

} // namespace postern
