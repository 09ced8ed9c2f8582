#pragma once
// The streams of one QUIC connection as we see them: what waits to be sent, whose turn it
// is, what the reader has not consumed. Knows nothing of ngtcp2. Value, engine thread.

#include "core/transport/peer_channel.h"
#include "core/transport/send_buffer.h"

#include <deque>
#include <map>

namespace postern {

struct QuicStream {
    StreamId id = 0;
    SendBuffer out;
    std::size_t unconsumed = 0; ///< bytes told and not consumed
    std::uint64_t widened = 0; ///< the window beyond what a stream begins with
    bool finishing = false;
    bool finishSent = false;
    bool blocked = false; ///< by the peer's stream window
    bool queued = false; ///< in the turn queue
    bool given = false; ///< up, by either side: nothing more is told or sent
    bool over = false; ///< QUIC has closed it; kept until everything is consumed

    bool hasWork() const
    {
        return !given && !over && (out.unsent() > 0 || (finishing && !finishSent));
    }
};

class QuicStreams {
public:
    QuicStream &add(StreamId id);
    QuicStream *find(StreamId id);
    const QuicStream *find(StreamId id) const;
    void remove(StreamId id) { m_streams.erase(id); }

    /// Queues the stream for its turn if it has something to send and may.
    void wantTurn(QuicStream &stream);
    /// The stream whose turn it is; null if none has one.
    QuicStream *current();
    void dropTurn(); ///< the current stream can't go on
    void nextTurn(); ///< the current stream had its share

    /// True if there is something to send and the peer's window of each such stream is full.
    bool waitForCredit() const;
    /// True when the peer has acknowledged all that was written and all ends.
    bool allAcknowledged() const;

private:
    std::map<StreamId, QuicStream> m_streams;
    std::deque<StreamId> m_turns;
};

} // namespace postern
