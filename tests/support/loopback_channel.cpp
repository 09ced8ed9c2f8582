#include "tests/support/loopback_channel.h"

#include "core/transport/send_buffer.h"

#include <limits>
#include <map>
#include <optional>
#include <set>

namespace postern::test {

struct LoopbackPair::Wire {
    LoopbackOptions options;
    LoopbackEnd *ends[2] = {nullptr, nullptr}; ///< null once destroyed
    std::size_t delivered = 0;
    std::uint64_t widened = 0;
    std::size_t cutAt = std::numeric_limits<std::size_t>::max();
    std::optional<Error> cutReason;
};

/// One side. Everything it is told to send waits here until pump() carries it over.
class LoopbackEnd final : public PeerChannel {
public:
    LoopbackEnd(std::shared_ptr<LoopbackPair::Wire> wire, int side)
        : m_wire(std::move(wire))
        , m_side(side)
        , m_nextStream(static_cast<StreamId>(side))
    {
        m_wire->ends[side] = this;
    }
    ~LoopbackEnd() override
    {
        m_wire->ends[m_side] = nullptr;
        if (LoopbackEnd *other = peerEnd(); other && !m_closed)
            other->m_pendingClose =
                Error{ErrorCode::Disconnected, QStringLiteral("The other side went away.")};
    }

    void setObserver(PeerChannelObserver *observer) override { m_observer = observer; }
    DeviceId peer() const override
    {
        return m_side == 0 ? m_wire->options.deviceB : m_wire->options.deviceA;
    }
    PathInfo path() const override { return m_wire->options.path; }
    Result<StreamId> openStream() override;
    std::size_t writableBytes(StreamId stream) const override;
    void write(StreamId stream, QByteArray bytes) override;
    void finish(StreamId stream) override;
    void reset(StreamId stream) override;
    void consume(StreamId stream, std::size_t count) override;
    void widen(StreamId, std::uint64_t window) override { m_wire->widened = window; }
    void close(const Error &reason) override;

    bool pumpOnce();
    void endNow(const Error &reason);

private:
    struct Stream {
        SendBuffer queue;
        std::size_t credit = 0; ///< bytes the reader lets come
        std::size_t unconsumed = 0; ///< bytes given to our observer and not consumed
        bool finishing = false;
        bool finishSent = false;
        bool finishReceived = false;
        bool resetPending = false; ///< to be told to the other side
    };

    LoopbackEnd *peerEnd() const { return m_wire->ends[1 - m_side]; }
    Stream *find(StreamId id);
    bool isOwn(StreamId id) const { return static_cast<int>(id % 2) == m_side; }
    bool deliver(StreamId id, LoopbackEnd &to);
    bool deliverClose(LoopbackEnd *to);
    void dropIfDone(StreamId id);

    std::shared_ptr<LoopbackPair::Wire> m_wire;
    int m_side;
    StreamId m_nextStream;
    PeerChannelObserver *m_observer = nullptr;
    std::map<StreamId, Stream> m_streams;
    std::set<StreamId> m_gone; ///< late bytes of these are dropped
    std::optional<Error> m_pendingClose; ///< to be told to our observer
    std::optional<Error> m_closing; ///< we asked; flush, then tell the other side
    bool m_closed = false;
};

Result<StreamId> LoopbackEnd::openStream()
{
    std::size_t own = 0;
    for (const auto &[id, stream] : m_streams)
        own += isOwn(id) ? 1 : 0;
    if (m_closed || own >= m_wire->options.maxStreams)
        return Error{ErrorCode::LimitExceeded, QStringLiteral("No more streams are allowed.")};
    const StreamId id = m_nextStream;
    m_nextStream += 2;
    m_streams[id].credit = m_wire->options.window;
    return id;
}

LoopbackEnd::Stream *LoopbackEnd::find(StreamId id)
{
    const auto found = m_streams.find(id);
    return found == m_streams.end() ? nullptr : &found->second;
}

std::size_t LoopbackEnd::writableBytes(StreamId stream) const
{
    const auto found = m_streams.find(stream);
    return found == m_streams.end() || m_closed ? 0 : found->second.queue.writable();
}

void LoopbackEnd::write(StreamId stream, QByteArray bytes)
{
    if (Stream *found = find(stream); found && !m_closed && !found->finishing)
        found->queue.append(std::move(bytes));
}

void LoopbackEnd::finish(StreamId stream)
{
    if (Stream *found = find(stream))
        found->finishing = true;
}

void LoopbackEnd::reset(StreamId stream)
{
    if (Stream *found = find(stream)) {
        found->queue.clear();
        found->resetPending = true;
    }
}

void LoopbackEnd::consume(StreamId stream, std::size_t count)
{
    Stream *found = find(stream);
    if (!found)
        return;
    count = std::min(count, found->unconsumed);
    found->unconsumed -= count;
    if (LoopbackEnd *other = peerEnd())
        if (Stream *theirs = other->find(stream))
            theirs->credit += count;
}

void LoopbackEnd::close(const Error &reason)
{
    if (!m_closing && !m_closed)
        m_closing = reason;
}

void LoopbackEnd::dropIfDone(StreamId id)
{
    if (const Stream *stream = find(id); stream && stream->finishSent && stream->finishReceived) {
        m_gone.insert(id);
        m_streams.erase(id);
    }
}

bool LoopbackEnd::deliver(StreamId id, LoopbackEnd &to)
{
    Stream &stream = m_streams.at(id);
    if (stream.resetPending) {
        m_gone.insert(id);
        m_streams.erase(id);
        if (to.m_streams.erase(id) > 0 && to.m_observer) {
            to.m_gone.insert(id);
            to.m_observer->streamReset(id);
        }
        return true;
    }
    std::array<ByteView, 1> views;
    const std::size_t most = std::min(stream.credit, m_wire->options.chunk);
    const std::size_t count = stream.queue.peek(views, most);
    const ByteView bytes = count > 0 ? views[0] : ByteView();
    const bool finished =
        stream.finishing && !stream.finishSent && bytes.size() == stream.queue.unsent();
    if (bytes.empty() && !finished)
        return false;

    const QByteArray copy = toByteArray(bytes);
    stream.queue.markSent(bytes.size());
    stream.queue.markAcknowledged(bytes.size());
    stream.credit -= bytes.size();
    stream.finishSent = stream.finishSent || finished;
    const bool writable = stream.queue.takeBecameWritable();
    dropIfDone(id);

    m_wire->delivered += static_cast<std::size_t>(copy.size());
    if (!to.m_gone.contains(id) && to.m_observer) {
        if (!to.m_streams.contains(id))
            to.m_streams[id].credit = m_wire->options.window;
        Stream &theirs = to.m_streams[id];
        theirs.unconsumed += static_cast<std::size_t>(copy.size());
        theirs.finishReceived = theirs.finishReceived || finished;
        to.dropIfDone(id);
        to.m_observer->streamData(id, viewOf(copy), finished);
    }
    if (writable && m_wire->ends[m_side] == this && m_streams.contains(id))
        m_observer->streamWritable(id);
    return true;
}

void LoopbackEnd::endNow(const Error &reason)
{
    if (m_closed)
        return;
    m_closed = true;
    m_streams.clear();
    if (m_observer)
        m_observer->channelClosed(reason);
}

bool LoopbackEnd::deliverClose(LoopbackEnd *to)
{
    if (m_pendingClose) {
        endNow(*m_pendingClose);
        return true;
    }
    if (!m_closing)
        return false;
    const Error reason = *m_closing;
    if (to && !to->m_closed)
        to->m_pendingClose = reason;
    endNow(reason);
    return true;
}

bool LoopbackEnd::pumpOnce()
{
    if (m_closed)
        return false;
    const auto wire = m_wire; // outlives this end if an observer destroys it
    const int side = m_side;
    bool moved = false;
    std::vector<StreamId> ids;
    for (const auto &[id, stream] : m_streams)
        ids.push_back(id);
    for (const StreamId id : ids) {
        LoopbackEnd *to = wire->ends[1 - side];
        if (wire->ends[side] != this || m_closed || !to || to->m_closed)
            break;
        if (m_streams.contains(id) && deliver(id, *to))
            moved = true;
        if (wire->delivered >= wire->cutAt)
            return true;
    }
    if (wire->ends[side] != this || moved)
        return moved;
    return deliverClose(peerEnd());
}

LoopbackPair::LoopbackPair(const LoopbackOptions &options)
    : m_wire(std::make_shared<Wire>())
{
    m_wire->options = options;
    m_a = std::make_unique<LoopbackEnd>(m_wire, 0);
    m_b = std::make_unique<LoopbackEnd>(m_wire, 1);
}

LoopbackPair::~LoopbackPair() = default;

PeerChannel &LoopbackPair::a() const { return *m_wire->ends[0]; }
PeerChannel &LoopbackPair::b() const { return *m_wire->ends[1]; }
std::unique_ptr<PeerChannel> LoopbackPair::takeA() { return std::move(m_a); }
std::unique_ptr<PeerChannel> LoopbackPair::takeB() { return std::move(m_b); }

bool LoopbackPair::pump(int rounds)
{
    const auto wire = m_wire;
    bool any = false;
    for (int round = 0; round < rounds; ++round) {
        bool moved = false;
        for (const int side : {0, 1}) {
            if (wire->delivered >= wire->cutAt && wire->cutReason) {
                for (const int end : {0, 1})
                    if (wire->ends[end])
                        wire->ends[end]->endNow(*wire->cutReason);
                return true;
            }
            if (LoopbackEnd *end = wire->ends[side])
                moved = end->pumpOnce() || moved;
        }
        if (!moved)
            break;
        any = true;
    }
    return any;
}

void LoopbackPair::cut(const Error &reason) { cutAfter(0, reason); }

void LoopbackPair::cutAfter(std::size_t bytes, const Error &reason)
{
    m_wire->cutAt = bytes;
    m_wire->cutReason = reason;
}

std::uint64_t LoopbackPair::widenedTo() const { return m_wire->widened; }

std::size_t LoopbackPair::bytesDelivered() const { return m_wire->delivered; }

} // namespace postern::test
