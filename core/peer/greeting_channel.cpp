#include "core/peer/greeting_channel.h"

#include <QCoreApplication>

namespace postern {

namespace {

Error silence()
{
    return {ErrorCode::Timeout, QCoreApplication::translate("Peer", "The other side fell silent.")};
}

} // namespace

GreetingChannel::GreetingChannel(std::unique_ptr<PeerChannel> channel, Duration patience)
    : m_channel(std::move(channel))
    , m_timer([this] { greeted(silence()); })
    , m_hello(*m_channel, HelloExchange::Side::Initiator,
              [this](const Result<peer::PeerHello> &hello) { greeted(hello); })
{
    m_channel->setObserver(this);
    m_timer.set(monotonicNow() + patience);
    m_hello.begin();
}

void GreetingChannel::setObserver(PeerChannelObserver *observer)
{
    m_user = observer;
    if (!m_greeting)
        m_channel->setObserver(observer);
}

void GreetingChannel::greeted(const Result<peer::PeerHello> &hello)
{
    if (!std::exchange(m_greeting, false))
        return;
    m_timer.cancel();
    m_channel->setObserver(m_user);
    if (!hello)
        return m_channel->close(hello.error());
    if (const auto answered = std::exchange(m_answered, {}))
        answered();
    for (const auto &[stream, bytes, finished] : m_hello.takeEarly())
        m_user->streamData(stream, viewOf(bytes), finished);
}

void GreetingChannel::streamData(StreamId stream, ByteView data, bool finished)
{
    m_hello.streamData(stream, data, finished);
}

void GreetingChannel::streamWritable(StreamId stream)
{
    if (stream != firstStream())
        m_user->streamWritable(stream);
}

void GreetingChannel::streamReset(StreamId stream)
{
    m_hello.streamReset(stream);
    if (stream != firstStream())
        m_user->streamReset(stream);
}

void GreetingChannel::channelClosed(const Error &reason)
{
    m_greeting = false;
    m_timer.cancel();
    m_user->channelClosed(reason);
}

} // namespace postern
