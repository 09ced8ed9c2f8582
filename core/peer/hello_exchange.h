#pragma once
// The first words on a secured channel: a full-size PeerHello each way. Until it is over the
// path does not count (DESIGN.md, invariant 7). The initiator says hello only on the channel
// that won the race, so hello also tells the responder which one that is. It may go on to speak at
// once (greeting_channel.h), and so may the responder after its answer: streams overtake each
// other.
//
//     initiator:  Speaking --answer--> done       responder:  Listening --hello--> done
//
// Thread: engine thread. The callback comes once and may destroy the exchange; the channel
// then wants a new observer at once.

#include "core/peer/connect_messages.h"
#include "core/transport/peer_channel.h"
#include "core/wire/frame.h"

#include <functional>
#include <vector>

namespace postern {

/// What came on a stream of the peer's before its hello: it may go on as soon as that has left, and
/// streams overtake each other. No credit was given for it.
struct EarlyBytes {
    StreamId stream = 0;
    QByteArray bytes;
    bool finished = false;
};

class HelloExchange final : public PeerChannelObserver {
public:
    using Done = std::function<void(Result<peer::PeerHello>)>;

    enum class Side { Initiator, Responder };

    HelloExchange(PeerChannel &channel, Side side, Done done);

    /// Initiator only: says hello.
    void begin();

    /// What came on other streams meanwhile, for the channel's next user.
    std::vector<EarlyBytes> takeEarly() { return std::move(m_early); }

    void streamData(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId) override { }
    void streamReset(StreamId stream) override;
    void channelClosed(const Error &reason) override;

private:
    void end(Result<peer::PeerHello> result);

    PeerChannel &m_channel;
    StreamId m_stream; ///< the hello's
    Side m_side;
    Done m_done;
    std::vector<EarlyBytes> m_early; ///< bounded by the credit of the channel
    FrameReader m_frames{4096};
};

} // namespace postern
