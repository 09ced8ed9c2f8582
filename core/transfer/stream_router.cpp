#include "core/transfer/stream_router.h"

#include "core/transfer/sentences.h"
#include "core/wire/frame.h"
#include "core/wire/transfer_messages.h"

#include <QtEndian>

#include <algorithm>

namespace postern {

namespace {

/// New streams that have not yet said what they are.
constexpr std::size_t MOST_OPENING = 32;
/// So many finished streams are remembered, to drop what still comes for them.
constexpr std::size_t MOST_GONE = 4096;
constexpr qsizetype LENGTH_BYTES = 4;
/// A first frame: the longest is an offer of a text.
constexpr auto MAX_FIRST_FRAME_BYTES =
    static_cast<std::uint32_t>(wire::TEXT_BYTES_LIMIT.most) + MAX_EARLY_FRAME_BYTES;

} // namespace

void StreamRouter::channelClosed(const Error &reason)
{
    tellLost();
    m_owner.routerClosed(*this, reason);
}

void StreamRouter::tellLost()
{
    m_closed = true;
    m_users.clear();
    m_opening.clear();
    while (!m_members.empty()) { // each may make others leave
        StreamUser *member = *m_members.begin();
        m_members.erase(m_members.begin());
        member->channelLost();
    }
}

void StreamRouter::streamData(StreamId stream, ByteView data, bool finished)
{
    if (m_gone.contains(stream)) {
        m_channel.consume(stream, data.size());
        return;
    }
    const auto found = m_users.find(stream);
    if (found == m_users.end()) {
        openingData(stream, data, finished);
        return;
    }
    found->second.theyFinished |= finished;
    if (StreamUser *user = found->second.user)
        user->streamReceived(stream, data, finished);
    else
        m_channel.consume(stream, data.size());
    letGoIfDone(stream);
}

/// Moves bytes into the stream's first frame until it has `upTo` of them; true once it has.
bool StreamRouter::takeOpening(StreamId stream, ByteView &data, qsizetype upTo)
{
    QByteArray &frame = m_opening[stream];
    const auto missing = static_cast<std::size_t>(std::max<qsizetype>(upTo - frame.size(), 0));
    const std::size_t count = std::min(missing, data.size());
    frame.append(toByteArray(data.first(count)));
    data = data.subspan(count);
    m_channel.consume(stream, count);
    return frame.size() >= upTo;
}

/// Collects the first frame of a new stream, which tells what the stream is for.
void StreamRouter::openingData(StreamId stream, ByteView data, bool finished)
{
    const bool known = m_opening.contains(stream);
    if (!known && data.empty() && finished)
        return; // the end of a stream that someone else used before us
    if (!known && m_opening.size() >= MOST_OPENING) {
        letGo(stream);
        m_channel.reset(stream);
        return;
    }
    bool whole = takeOpening(stream, data, LENGTH_BYTES);
    if (whole) {
        const auto length = qFromBigEndian<quint32>(m_opening[stream].constData());
        if (length > MAX_FIRST_FRAME_BYTES) {
            letGo(stream);
            m_channel.reset(stream);
            return;
        }
        whole = takeOpening(stream, data, LENGTH_BYTES + static_cast<qsizetype>(length));
    }
    if (!whole) {
        if (finished)
            letGo(stream);
        return;
    }
    const QByteArray payload = m_opening[stream].mid(LENGTH_BYTES);
    m_opening.erase(stream);
    m_owner.streamOpened(*this, stream, payload);
    if (!data.empty() || finished)
        streamData(stream, data, finished);
}

void StreamRouter::streamWritable(StreamId stream)
{
    if (const auto found = m_users.find(stream); found != m_users.end() && found->second.user)
        found->second.user->streamWritable(stream);
}

void StreamRouter::streamReset(StreamId stream)
{
    const auto found = m_users.find(stream);
    StreamUser *user = found == m_users.end() ? nullptr : found->second.user;
    letGo(stream);
    if (user)
        user->streamGivenUp(stream);
}

Result<StreamId> StreamRouter::open(StreamUser *user)
{
    if (m_closed)
        return sentences::connectionLost(false, {});
    auto stream = m_channel.openStream();
    if (!stream)
        return sentences::noMoreStreams();
    setUser(*stream, user);
    return stream;
}

void StreamRouter::setUser(StreamId stream, StreamUser *user)
{
    m_users[stream].user = user;
    if (user)
        m_members.insert(user);
}

void StreamRouter::finish(StreamId stream)
{
    const auto found = m_users.find(stream);
    if (found == m_users.end() || found->second.weFinished)
        return;
    found->second.weFinished = true;
    m_channel.finish(stream);
    letGoIfDone(stream);
}

void StreamRouter::reset(StreamId stream)
{
    if (m_closed || m_gone.contains(stream))
        return;
    letGo(stream);
    m_channel.reset(stream);
}

void StreamRouter::leave(StreamUser *user) { part(user, true); }

void StreamRouter::desert(StreamUser *user) { part(user, false); }

void StreamRouter::part(StreamUser *user, bool keepFinished)
{
    if (m_members.erase(user) == 0)
        return;
    std::vector<StreamId> open;
    for (auto &[stream, use] : m_users) {
        if (use.user != user)
            continue;
        use.user = nullptr;
        if (!use.weFinished || !keepFinished)
            open.push_back(stream);
    }
    for (const StreamId stream : open)
        reset(stream);
}

void StreamRouter::letGo(StreamId stream)
{
    m_users.erase(stream);
    m_opening.erase(stream);
    if (!m_gone.insert(stream).second)
        return;
    m_goneOrder.push_back(stream);
    if (m_goneOrder.size() > MOST_GONE) {
        m_gone.erase(m_goneOrder.front());
        m_goneOrder.pop_front();
    }
}

void StreamRouter::letGoIfDone(StreamId stream)
{
    const auto found = m_users.find(stream);
    if (found != m_users.end() && found->second.weFinished && found->second.theyFinished)
        letGo(stream);
}

} // namespace postern
