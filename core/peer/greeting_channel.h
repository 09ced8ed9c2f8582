#pragma once
// A channel whose initiator goes on at once after its hello: what it asks travels with that, and
// files flow a round trip earlier. Nothing of the peer's is heard before its own hello has come at
// full size, so no content is sent, and the path does not count (DESIGN.md, invariant 7), before
// it has been proven. Afterwards the channel beneath speaks to its user directly.
//
//     Greeting --hello--> proven          Greeting --time, another word, the end--> closed
//
// Thread: engine thread.

#include "core/net/deadline_timer.h"
#include "core/peer/hello_exchange.h"

namespace postern {

class GreetingChannel final : public PeerChannel, private PeerChannelObserver {
public:
    /// Says hello on a channel that is secured and has carried nothing yet.
    GreetingChannel(std::unique_ptr<PeerChannel> channel, Duration patience);

    /// `answered` is called once the peer's hello has come, before anything else of it.
    void whenAnswered(std::function<void()> answered) { m_answered = std::move(answered); }

    void setObserver(PeerChannelObserver *observer) override;
    DeviceId peer() const override { return m_channel->peer(); }
    PathInfo path() const override { return m_channel->path(); }
    StreamId firstStream() const override { return m_channel->firstStream(); }
    Result<StreamId> openStream() override { return m_channel->openStream(); }
    std::size_t writableBytes(StreamId stream) const override
    {
        return m_channel->writableBytes(stream);
    }
    void write(StreamId stream, QByteArray bytes) override
    {
        m_channel->write(stream, std::move(bytes));
    }
    void finish(StreamId stream) override { m_channel->finish(stream); }
    void reset(StreamId stream) override { m_channel->reset(stream); }
    void consume(StreamId stream, std::size_t count) override { m_channel->consume(stream, count); }
    void widen(StreamId stream, std::uint64_t window) override { m_channel->widen(stream, window); }
    void expectData(std::uint64_t bytes) override { m_channel->expectData(bytes); }
    ChannelVitals vitals(Instant now) override { return m_channel->vitals(now); }
    void setWatched(bool watched) override { m_channel->setWatched(watched); }
    void close(const Error &reason) override { m_channel->close(reason); }

private:
    void streamData(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId stream) override;
    void streamReset(StreamId stream) override;
    void channelClosed(const Error &reason) override;
    void greeted(const Result<peer::PeerHello> &hello);

    std::unique_ptr<PeerChannel> m_channel;
    PeerChannelObserver *m_user = nullptr;
    bool m_greeting = true;
    std::function<void()> m_answered;
    DeadlineTimer m_timer;
    HelloExchange m_hello;
};

} // namespace postern
