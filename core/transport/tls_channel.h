#pragma once
// PeerChannel over TCP: TLS 1.3 with both keys pinned, streams by stream_mux.h. A thin
// driver of two machines: socket readiness in, socket writes out, and two clocks.
//
//   handshaking --(both keys checked)--> open --(close())--> closing --(flushed)--> closed
//        \------(wrong key, 10 s, garbage)-----\--(lost, silent 15 s, peer's close)---^
//
// Thread: engine.

#include "core/net/deadline_timer.h"
#include "core/net/tcp_socket.h"
#include "core/transport/channel_timing.h"
#include "core/transport/stream_mux.h"
#include "core/transport/tls_session.h"

namespace postern {

class TlsChannel final : public PeerChannel {
public:
    using Established = std::function<void(Result<void>)>;

    /// Secures a connected socket. `expected` are the devices of which the peer must be one
    /// (an initiator knows the one). `established` is called exactly once, from the event
    /// loop, and may destroy the channel; not at all if the channel is destroyed before.
    static std::unique_ptr<TlsChannel> start(std::unique_ptr<TcpSocket> socket, ChannelRole role,
                                             const DeviceKey &own, std::vector<DeviceId> expected,
                                             const PathInfo &path, Established established,
                                             const ChannelTiming &timing = {});
    ~TlsChannel() override;

    void setObserver(PeerChannelObserver *observer) override;
    DeviceId peer() const override;
    PathInfo path() const override { return m_path; }
    StreamId firstStream() const override { return StreamMux::FIRST_STREAM; }
    Result<StreamId> openStream() override { return m_mux.openStream(); }
    std::size_t writableBytes(StreamId stream) const override;
    void write(StreamId stream, QByteArray bytes) override;
    void finish(StreamId stream) override;
    void reset(StreamId stream) override;
    void consume(StreamId stream, std::size_t count) override;
    void widen(StreamId stream, std::uint64_t window) override;
    ChannelVitals vitals(Instant now) override;
    void setWatched(bool watched) override;
    void close(const Error &reason) override;

private:
    enum class State { Handshaking, Open, Closing, Closed };

    TlsChannel(std::unique_ptr<TcpSocket> socket, ChannelRole role, const PathInfo &path,
               Established established, const ChannelTiming &timing);
    void readable();
    /// False if this channel is gone or closed.
    bool take(ByteView ciphertext);
    bool takeHandshake();
    bool takeRecords();
    void flush();
    bool gather(const bool &alive);
    bool encryptSome();
    void flushSoon();
    void timeIsUp();
    void end(const Error &reason);
    void watchTheClock();
    Duration keepAliveInterval() const;

    std::unique_ptr<TcpSocket> m_socket;
    std::unique_ptr<TlsSession> m_session; ///< null if it could not be made
    StreamMux m_mux;
    PathInfo m_path;
    Established m_established;
    ChannelTiming m_timing;
    PeerChannelObserver *m_observer = nullptr;
    State m_state = State::Handshaking;
    std::optional<Error> m_failure; ///< to be told from the event loop
    Error m_closeReason;
    std::vector<std::uint8_t> m_readBuffer;
    bool m_reading = true; ///< false while the peer takes nothing of what we must answer
    bool m_inReadable = false; ///< a flush follows at its end
    std::uint64_t m_written = 0; ///< bytes given to the socket
    std::uint64_t m_acknowledged = 0; ///< of them, as far as the system knows
    Instant m_progress; ///< see ChannelVitals
    Instant m_quietAt = Instant::min(); ///< when all was last seen acknowledged
    bool m_watched = false;
    Instant m_lastHeard;
    Instant m_lastSent;
    Instant m_deadline = NEVER; ///< of the handshake, or of closing
    DeadlineTimer m_flushTimer;
    DeadlineTimer m_clock;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
