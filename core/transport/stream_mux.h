#pragma once
// Many streams over one ordered, secured byte stream, with credit per stream and in all:
// what QUIC does by itself, for the TLS channel. Pure: bytes in, bytes out, no socket, no
// clock. Source: modelled on RFC 9000 sections 2 to 4; frames in mux_frame.h.
//
//   idle --(open, or first bytes)--> open --(both ends finished)--> draining --(consumed)--> gone
//                                      \------------(reset by either side)----------------->/

#include "core/transport/channel_role.h"
#include "core/transport/mux_frame.h"
#include "core/transport/peer_channel.h"
#include "core/transport/send_buffer.h"

#include <map>
#include <memory>
#include <optional>

namespace postern {

class StreamMux {
public:
    static constexpr std::uint32_t FIRST_STREAM = 1; ///< of the initiator's

    explicit StreamMux(ChannelRole role);
    ~StreamMux();

    void setObserver(PeerChannelObserver *observer) { m_observer = observer; }

    Result<StreamId> openStream();
    std::size_t writableBytes(StreamId stream) const;
    void write(StreamId stream, QByteArray bytes);
    void finish(StreamId stream);
    void reset(StreamId stream);
    void consume(StreamId stream, std::size_t count);
    void widen(StreamId stream, std::uint64_t window); ///< as PeerChannel's
    void keepAlive(); ///< queues a frame that says nothing
    void close(std::uint32_t code); ///< queues the last frame, after all that waits

    /// Takes decrypted bytes and calls the observer. Fails with Protocol if they break the
    /// rules. The observer may destroy the mux.
    Result<void> receive(ByteView bytes);
    /// The peer's close frame, once it has come.
    std::optional<std::uint32_t> closedByPeer() const { return m_closedByPeer; }

    /// What to send next: a run of small frames with, at most, the header of one data frame
    /// at its end, and that frame's payload. Empty: nothing may be sent now.
    struct Output {
        QByteArray frames;
        std::array<ByteView, 16> payload; ///< valid until the next call
        std::size_t payloadParts = 0;
        bool isEmpty() const { return frames.isEmpty(); }
    };
    Output takeOutput();
    /// To be called when the payload has been copied or encrypted; may call streamWritable().
    void outputDone();
    /// Small frames that wait. They answer what the peer sends: a driver that can't send
    /// must stop reading before they pile up.
    std::size_t controlBacklog() const { return static_cast<std::size_t>(m_control.size()); }
    /// True when everything queued, the close frame included, has been taken.
    bool allTaken() const { return m_closeTaken; }

private:
    struct Stream {
        SendBuffer queue;
        std::uint64_t sent = 0;
        std::uint64_t sendLimit = FIRST_WINDOW_BYTES; ///< the peer's credit
        std::uint64_t received = 0;
        std::uint64_t consumed = 0;
        std::uint64_t receiveLimit = FIRST_WINDOW_BYTES; ///< our credit, as announced
        std::uint64_t window = FIRST_WINDOW_BYTES;
        bool finishing = false;
        bool finishSent = false;
        bool finishReceived = false;
        bool told = false; ///< the observer knows of it
    };
    using Streams = std::map<std::uint32_t, Stream>;

    Result<void> handle(const MuxFrameReader::Piece &piece);
    Result<void> handleData(const MuxFrameReader::Piece &piece);
    void tellCredit(StreamId id, Stream &stream);
    Result<void> handleCredit(const MuxFrameHeader &header, std::uint64_t limit);
    void handleReset(std::uint32_t id);
    /// The stream, opened if the peer just did; null if it is over. Fails if it can't be.
    Result<Stream *> streamOfPeer(std::uint32_t id);
    bool isOwn(std::uint32_t id) const
    {
        return (id % 2 == 1) == (m_role == ChannelRole::Initiator);
    }
    Stream *find(StreamId id);
    void forget(std::uint32_t id);
    void endIfDone(std::uint32_t id);
    void giveBack(std::uint64_t count);
    Streams::iterator nextReady();

    ChannelRole m_role;
    PeerChannelObserver *m_observer = nullptr;
    MuxFrameReader m_reader;
    Streams m_streams;
    std::uint32_t m_nextOwn;
    std::uint32_t m_nextPeer; ///< the lowest number the peer has not used
    std::size_t m_openOwn = 0;
    std::size_t m_openPeer = 0;
    std::uint64_t m_sent = 0; ///< payload of all streams
    std::uint64_t m_sendLimit = CHANNEL_WINDOW_BYTES;
    std::uint64_t m_received = 0;
    std::uint64_t m_consumed = 0;
    std::uint64_t m_receiveLimit = CHANNEL_WINDOW_BYTES;
    QByteArray m_control; ///< small frames that wait
    std::uint32_t m_lastServed = 0; ///< the stream that sent last; the next one has its turn
    std::optional<std::uint32_t> m_inOutput; ///< the stream whose payload takeOutput() showed
    std::size_t m_inOutputBytes = 0;
    std::optional<std::uint32_t> m_closing;
    bool m_closeTaken = false;
    std::optional<std::uint32_t> m_closedByPeer;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
