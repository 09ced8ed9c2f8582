#pragma once
// An observer for channel tests: remembers what it was told, and hashes what it read.

#include "core/transport/peer_channel.h"

#include <functional>
#include <map>
#include <optional>

namespace postern::test {

class ChannelObserver : public PeerChannelObserver {
public:
    struct Stream {
        std::size_t bytes = 0;
        std::size_t unconsumed = 0;
        bool finished = false;
        bool reset = false;
        int writable = 0;
        QByteArray head; ///< the first 64 KiB
    };

    /// Binds to the channel; `consumes` gives credit back at once.
    void attach(PeerChannel &channel, bool consumes = true)
    {
        m_channel = &channel;
        m_consumes = consumes;
        channel.setObserver(this);
    }

    void streamData(StreamId id, ByteView data, bool finished) override
    {
        Stream &stream = streams[id];
        stream.bytes += data.size();
        stream.unconsumed += data.size();
        stream.finished = stream.finished || finished;
        const auto room = std::size_t{65536} - static_cast<std::size_t>(stream.head.size());
        stream.head += toByteArray(data.first(std::min(room, data.size())));
        order.push_back(id);
        if (onData)
            onData(id, data);
        if (m_consumes)
            consume(id);
    }
    void streamWritable(StreamId id) override
    {
        ++streams[id].writable;
        if (onWritable)
            onWritable(id);
    }
    void streamReset(StreamId id) override { streams[id].reset = true; }
    void channelClosed(const Error &reason) override
    {
        closed = reason;
        if (onClosed)
            onClosed();
    }

    void consume(StreamId id)
    {
        const std::size_t count = std::exchange(streams[id].unconsumed, 0);
        m_channel->consume(id, count);
    }

    std::map<StreamId, Stream> streams;
    std::vector<StreamId> order; ///< the stream of each streamData()
    std::optional<Error> closed;
    std::function<void(StreamId, ByteView)> onData;
    std::function<void(StreamId)> onWritable;
    std::function<void()> onClosed;

private:
    PeerChannel *m_channel = nullptr;
    bool m_consumes = true;
};

} // namespace postern::test
