#include "core/peer/hello_exchange.h"

namespace postern {

namespace {

Error badHello()
{
    return {ErrorCode::Protocol, QStringLiteral("The other side did not greet as Postern does.")};
}

QByteArray helloFrame() { return frameOf(wire::encode(peer::PeerHello())); }

} // namespace

HelloExchange::HelloExchange(PeerChannel &channel, Side side, Done done)
    : m_channel(channel)
    , m_stream(channel.firstStream())
    , m_side(side)
    , m_done(std::move(done))
{
    m_channel.setObserver(this);
}

void HelloExchange::begin()
{
    auto stream = m_channel.openStream();
    if (!stream)
        return end(stream.error());
    m_channel.write(*stream, helloFrame());
    m_channel.finish(*stream);
}

void HelloExchange::streamData(StreamId stream, ByteView data, bool finished)
{
    if (stream != m_stream) {
        m_early.push_back({stream, toByteArray(data), finished});
        return;
    }
    m_channel.consume(stream, data.size());
    if (m_frames.buffered() + data.size() > 8192)
        return end(badHello());
    m_frames.append(data);
    if (!finished)
        return;

    auto frame = m_frames.next();
    if (!frame || !*frame || m_frames.buffered() > 0)
        return end(badHello());
    auto message = wire::decode<peer::HelloMessage>(**frame);
    if (!message)
        return end(message.error());
    const auto &hello = std::get<peer::PeerHello>(*message);
    if (hello.padding.size() < peer::PeerHello::PADDING_BYTES)
        return end(badHello());
    if (m_side == Side::Responder) {
        m_channel.write(stream, helloFrame());
        m_channel.finish(stream);
    }
    end(hello);
}

void HelloExchange::streamReset(StreamId stream)
{
    if (stream == m_stream)
        return end(badHello());
    std::erase_if(m_early, [stream](const auto &one) { return one.stream == stream; });
}

void HelloExchange::channelClosed(const Error &reason) { end(reason); }

void HelloExchange::end(Result<peer::PeerHello> result)
{
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

} // namespace postern
