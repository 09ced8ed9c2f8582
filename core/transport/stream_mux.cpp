#include "core/transport/stream_mux.h"

#include "core/transport/close_code.h"

#include <QCoreApplication>
#include <QtEndian>

#include <algorithm>
#include <limits>

namespace postern {

namespace {

void appendCredit(QByteArray &out, std::uint32_t stream, std::uint64_t limit)
{
    appendMuxHeader(out, {MuxFrameType::Credit, 8, stream});
    std::array<char, 8> bytes;
    qToBigEndian<quint64>(limit, bytes.data());
    out.append(bytes.data(), bytes.size());
}

/// New credit is told in steps, not at every read.
bool worthTelling(std::uint64_t announced, std::uint64_t consumed, std::uint64_t window)
{
    return consumed + window - announced >= window / 4;
}

} // namespace

StreamMux::StreamMux(ChannelRole role)
    : m_role(role)
    , m_nextOwn(role == ChannelRole::Initiator ? FIRST_STREAM : FIRST_STREAM + 1)
    , m_nextPeer(role == ChannelRole::Initiator ? FIRST_STREAM + 1 : FIRST_STREAM)
{
}

StreamMux::~StreamMux() { *m_alive = false; }

StreamMux::Stream *StreamMux::find(StreamId id)
{
    if (id > std::numeric_limits<std::uint32_t>::max())
        return nullptr;
    const auto found = m_streams.find(static_cast<std::uint32_t>(id));
    return found == m_streams.end() ? nullptr : &found->second;
}

Result<StreamId> StreamMux::openStream()
{
    if (m_openOwn >= MAX_STREAMS_EACH || m_closing
        || m_nextOwn > std::numeric_limits<std::uint32_t>::max() - 2)
        return Error{
            ErrorCode::LimitExceeded,
            QCoreApplication::translate("Transport",
                                        "Too much is under way on this connection: wait for some "
                                        "of it to finish.")};
    const std::uint32_t id = m_nextOwn;
    m_nextOwn += 2;
    ++m_openOwn;
    m_streams[id].told = true;
    return StreamId{id};
}

std::size_t StreamMux::writableBytes(StreamId stream) const
{
    const auto found = m_streams.find(static_cast<std::uint32_t>(stream));
    if (found == m_streams.end() || found->second.finishing || m_closing)
        return 0;
    return found->second.queue.writable();
}

void StreamMux::write(StreamId stream, QByteArray bytes)
{
    if (Stream *found = find(stream); found && !found->finishing && !m_closing)
        found->queue.append(std::move(bytes));
}

void StreamMux::finish(StreamId stream)
{
    if (Stream *found = find(stream))
        found->finishing = true;
}

void StreamMux::reset(StreamId stream)
{
    if (!find(stream))
        return;
    const auto id = static_cast<std::uint32_t>(stream);
    forget(id);
    appendMuxHeader(m_control, {MuxFrameType::Reset, 0, id});
}

void StreamMux::consume(StreamId stream, std::size_t count)
{
    Stream *found = find(stream);
    if (!found)
        return;
    count =
        static_cast<std::size_t>(std::min<std::uint64_t>(count, found->received - found->consumed));
    found->consumed += count;
    giveBack(count);
    if (worthTelling(found->receiveLimit, found->consumed, found->window))
        tellCredit(stream, *found);
    endIfDone(static_cast<std::uint32_t>(stream));
}

void StreamMux::tellCredit(StreamId id, Stream &stream)
{
    if (stream.finishReceived)
        return;
    stream.receiveLimit = stream.consumed + stream.window;
    appendCredit(m_control, static_cast<std::uint32_t>(id), stream.receiveLimit);
}

void StreamMux::widen(StreamId stream, std::uint64_t window)
{
    Stream *found = find(stream);
    window = std::min(window, STREAM_WINDOW_BYTES);
    if (!found || window <= found->window)
        return;
    found->window = window;
    tellCredit(stream, *found);
}

void StreamMux::giveBack(std::uint64_t count)
{
    m_consumed += count;
    if (!worthTelling(m_receiveLimit, m_consumed, CHANNEL_WINDOW_BYTES))
        return;
    m_receiveLimit = m_consumed + CHANNEL_WINDOW_BYTES;
    appendCredit(m_control, 0, m_receiveLimit);
}

void StreamMux::keepAlive() { appendMuxHeader(m_control, {MuxFrameType::KeepAlive, 0, 0}); }

void StreamMux::close(std::uint32_t code)
{
    if (!m_closing)
        m_closing = code;
}

/// Both directions are over: what is left of the stream goes, and with it its claim on the
/// channel's window.
void StreamMux::forget(std::uint32_t id)
{
    const auto found = m_streams.find(id);
    if (found == m_streams.end())
        return;
    const Stream &stream = found->second;
    giveBack(stream.received - stream.consumed);
    if (!(stream.finishSent && stream.finishReceived))
        --(isOwn(id) ? m_openOwn : m_openPeer);
    if (m_inOutput == id)
        m_inOutput.reset();
    m_streams.erase(found);
}

/// A stream that finished both ways leaves once its reader has consumed everything.
void StreamMux::endIfDone(std::uint32_t id)
{
    const Stream *stream = find(id);
    if (stream && stream->finishSent && stream->finishReceived
        && stream->consumed == stream->received)
        forget(id);
}

Result<StreamMux::Stream *> StreamMux::streamOfPeer(std::uint32_t id)
{
    if (id == 0)
        return channel_error::notOurProtocol();
    if (Stream *found = find(id))
        return found;
    if (isOwn(id))
        return id < m_nextOwn ? Result<Stream *>(nullptr) : channel_error::notOurProtocol();
    if (id < m_nextPeer)
        return Result<Stream *>(nullptr);
    // A number opens all lower ones too (RFC 9000 section 3.2): their bytes may come later.
    const std::size_t opened = (id - m_nextPeer) / 2 + 1;
    if (opened + m_openPeer > MAX_STREAMS_EACH
        || id > std::numeric_limits<std::uint32_t>::max() - 2)
        return channel_error::notOurProtocol();
    m_openPeer += opened;
    for (; m_nextPeer <= id; m_nextPeer += 2)
        m_streams[m_nextPeer];
    return find(id);
}

Result<void> StreamMux::handleData(const MuxFrameReader::Piece &piece)
{
    const std::uint32_t id = piece.header.stream;
    const bool finished = piece.header.type == MuxFrameType::DataEnd && piece.last;
    const std::size_t count = piece.payload.size();
    Result<Stream *> found = streamOfPeer(id);
    if (!found)
        return found.error();
    m_received += count;
    if (m_received > m_receiveLimit)
        return channel_error::notOurProtocol();
    if (!*found) { // given up by us, the peer did not know yet
        giveBack(count);
        return {};
    }
    Stream &stream = **found;
    stream.received += count;
    if (stream.finishReceived || stream.received > stream.receiveLimit)
        return channel_error::notOurProtocol();
    if (count == 0 && !finished)
        return {};
    stream.told = true;
    stream.finishReceived = finished;
    if (finished && stream.finishSent)
        --(isOwn(id) ? m_openOwn : m_openPeer);
    const auto alive = m_alive;
    if (m_observer)
        m_observer->streamData(id, piece.payload, finished);
    if (*alive)
        endIfDone(id);
    return {};
}

Result<void> StreamMux::handleCredit(const MuxFrameHeader &header, std::uint64_t limit)
{
    if (header.stream == 0) {
        m_sendLimit = std::max(m_sendLimit, limit);
        return {};
    }
    const Result<Stream *> found = streamOfPeer(header.stream);
    if (!found)
        return found.error();
    if (*found)
        (*found)->sendLimit = std::max((*found)->sendLimit, limit);
    return {};
}

void StreamMux::handleReset(std::uint32_t id)
{
    const Stream *stream = find(id);
    if (!stream)
        return;
    const bool tell = stream->told && m_observer;
    forget(id);
    if (tell)
        m_observer->streamReset(id);
}

Result<void> StreamMux::handle(const MuxFrameReader::Piece &piece)
{
    switch (piece.header.type) {
    case MuxFrameType::Data:
    case MuxFrameType::DataEnd: return handleData(piece);
    case MuxFrameType::Credit:
        return handleCredit(piece.header, qFromBigEndian<quint64>(piece.payload.data()));
    case MuxFrameType::Reset: {
        const Result<Stream *> known = streamOfPeer(piece.header.stream);
        if (!known)
            return known.error();
        handleReset(piece.header.stream);
        return {};
    }
    case MuxFrameType::KeepAlive: return {};
    case MuxFrameType::Close:
        m_closedByPeer = qFromBigEndian<quint32>(piece.payload.data());
        return {};
    }
    return channel_error::notOurProtocol();
}

Result<void> StreamMux::receive(ByteView bytes)
{
    const auto alive = m_alive;
    while (!m_closedByPeer) {
        const Result<std::optional<MuxFrameReader::Piece>> piece = m_reader.next(bytes);
        if (!piece)
            return piece.error();
        if (!*piece)
            break;
        if (const Result<void> handled = handle(**piece); !handled || !*alive)
            return handled;
    }
    return {};
}

/// The next stream, in turn, that has something it may send.
StreamMux::Streams::iterator StreamMux::nextReady()
{
    const auto ready = [this](const Streams::value_type &entry) {
        const Stream &stream = entry.second;
        if (stream.queue.unsent() > 0)
            return stream.sent < stream.sendLimit && m_sent < m_sendLimit;
        return stream.finishing && !stream.finishSent;
    };
    const auto start = m_streams.upper_bound(m_lastServed);
    auto found = std::find_if(start, m_streams.end(), ready);
    if (found == m_streams.end()) {
        found = std::find_if(m_streams.begin(), start, ready);
        if (found == start)
            return m_streams.end();
    }
    return found;
}

StreamMux::Output StreamMux::takeOutput()
{
    Output output;
    if (m_closeTaken)
        return output;
    output.frames = std::exchange(m_control, {});
    const auto entry = nextReady();
    if (entry == m_streams.end()) {
        const bool blocked = std::any_of(m_streams.begin(), m_streams.end(), [](const auto &each) {
            return each.second.queue.unsent() > 0;
        });
        if (m_closing && !blocked) {
            appendMuxHeader(output.frames, {MuxFrameType::Close, 4, 0});
            std::array<char, 4> code;
            qToBigEndian<quint32>(*m_closing, code.data());
            output.frames.append(code.data(), code.size());
            m_closeTaken = true;
        }
        return output;
    }
    auto &[id, stream] = *entry;
    m_lastServed = id;
    const std::uint64_t most = std::min<std::uint64_t>(
        {MAX_MUX_PAYLOAD, stream.sendLimit - stream.sent, m_sendLimit - m_sent});
    output.payloadParts = stream.queue.peek(output.payload, static_cast<std::size_t>(most));
    m_inOutputBytes = 0;
    for (std::size_t i = 0; i < output.payloadParts; ++i)
        m_inOutputBytes += output.payload[i].size();
    m_inOutput = id;
    const bool ends = stream.finishing && m_inOutputBytes == stream.queue.unsent();
    stream.finishSent = ends;
    if (ends && stream.finishReceived)
        --(isOwn(id) ? m_openOwn : m_openPeer);
    appendMuxHeader(output.frames,
                    {ends ? MuxFrameType::DataEnd : MuxFrameType::Data,
                     static_cast<std::uint32_t>(m_inOutputBytes), id});
    return output;
}

void StreamMux::outputDone()
{
    if (!m_inOutput)
        return;
    const std::uint32_t id = *m_inOutput;
    m_inOutput.reset();
    Stream &stream = m_streams.at(id);
    stream.sent += m_inOutputBytes;
    m_sent += m_inOutputBytes;
    stream.queue.markSent(m_inOutputBytes);
    stream.queue.markAcknowledged(m_inOutputBytes);
    const bool writable = stream.queue.takeBecameWritable() && !stream.finishing;
    endIfDone(id);
    if (writable && m_observer)
        m_observer->streamWritable(id);
}

} // namespace postern
