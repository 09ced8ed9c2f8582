#pragma once
// PeerChannel over a punched UDP path: QUIC with both keys pinned. A thin driver of the
// machine in quic_connection.h: batches of datagrams in, runs of datagrams out, one timer.
//
//   handshaking --(both keys checked)--> open --(close())--> closing --(acknowledged)--> closed
//        \------(wrong key, 10 s)--------------\--(silent 15 s, peer's close)------------^
//
// Thread: engine.

#include "core/net/deadline_timer.h"
#include "core/transport/datagram_path.h"
#include "core/transport/quic_connection.h"

namespace postern {

class QuicChannel final : public PeerChannel {
public:
    using Established = std::function<void(Result<void>)>;

    /// Secures a path. `expected` are the devices of which the peer must be one. The two
    /// sides must have agreed who is the initiator. `established` is called exactly once,
    /// from the event loop, and may destroy the channel; not at all if it was destroyed.
    static std::unique_ptr<QuicChannel> start(std::unique_ptr<DatagramPath> datagrams,
                                              ChannelRole role, const DeviceKey &own,
                                              std::vector<DeviceId> expected, const PathInfo &path,
                                              Established established,
                                              const QuicOptions &options = {});
    ~QuicChannel() override;

    void setObserver(PeerChannelObserver *observer) override { m_observer = observer; }
    DeviceId peer() const override;
    PathInfo path() const override { return m_path; }
    Result<StreamId> openStream() override;
    std::size_t writableBytes(StreamId stream) const override;
    void write(StreamId stream, QByteArray bytes) override;
    void finish(StreamId stream) override;
    void reset(StreamId stream) override;
    void consume(StreamId stream, std::size_t count) override;
    void widen(StreamId stream, std::uint64_t window) override;
    void expectData(std::uint64_t bytes) override;
    ChannelVitals vitals(Instant now) override;
    void setWatched(bool watched) override;
    void close(const Error &reason) override;

    /// Goes on over another path to the same peer, streams and all. Both ends must change
    /// over, at about the same time: what is lost in between is sent again. The path must be
    /// known to carry full-size datagrams, since the packets do not shrink.
    void setPath(std::unique_ptr<DatagramPath> datagrams, const PathInfo &path);

private:
    enum class State { Handshaking, Open, Closing, Closed };

    QuicChannel(std::unique_ptr<DatagramPath> datagrams, const PathInfo &path,
                Established established, const QuicOptions &options);
    void listenToPath();
    void received(std::span<const Datagram> datagrams);
    void work();
    bool tellEvents();
    bool tell(const QuicEvent &event, ByteView bytes);
    void send();
    void workSoon();
    void end(const Error &reason);

    std::unique_ptr<DatagramPath> m_datagrams;
    std::unique_ptr<QuicConnection> m_connection; ///< null if it could not be made
    PathInfo m_path;
    Established m_established;
    QuicOptions m_options;
    PeerChannelObserver *m_observer = nullptr;
    State m_state = State::Handshaking;
    Error m_reason; ///< of Closing, or of a start that failed
    Instant m_limit = NEVER; ///< of the handshake, or of closing
    QuicRun m_unsent; ///< what the path had no room for
    Instant m_blockedSince = NEVER; ///< nothing of it has left since
    bool m_inWork = false; ///< sending follows at its end
    DeadlineTimer m_timer;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
