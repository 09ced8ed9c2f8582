#include "core/transport/quic_streams.h"

#include <algorithm>

namespace postern {

QuicStream &QuicStreams::add(StreamId id)
{
    QuicStream &stream = m_streams[id];
    stream.id = id;
    return stream;
}

QuicStream *QuicStreams::find(StreamId id)
{
    const auto found = m_streams.find(id);
    return found == m_streams.end() ? nullptr : &found->second;
}

const QuicStream *QuicStreams::find(StreamId id) const
{
    const auto found = m_streams.find(id);
    return found == m_streams.end() ? nullptr : &found->second;
}

void QuicStreams::wantTurn(QuicStream &stream)
{
    if (stream.queued || stream.blocked || !stream.hasWork())
        return;
    stream.queued = true;
    m_turns.push_back(stream.id);
}

QuicStream *QuicStreams::current()
{
    while (!m_turns.empty()) {
        QuicStream *stream = find(m_turns.front());
        if (stream && !stream->blocked && stream->hasWork())
            return stream;
        dropTurn();
    }
    return nullptr;
}

void QuicStreams::dropTurn()
{
    if (QuicStream *stream = find(m_turns.front()))
        stream->queued = false;
    m_turns.pop_front();
}

void QuicStreams::nextTurn()
{
    if (m_turns.size() < 2)
        return;
    m_turns.push_back(m_turns.front());
    m_turns.pop_front();
}

bool QuicStreams::waitForCredit() const
{
    return std::any_of(m_streams.begin(), m_streams.end(), [](const auto &entry) {
        return entry.second.blocked && entry.second.hasWork();
    });
}

bool QuicStreams::allAcknowledged() const
{
    return std::all_of(m_streams.begin(), m_streams.end(), [](const auto &entry) {
        const QuicStream &stream = entry.second;
        return stream.over || stream.given
            || (stream.out.unsent() == 0 && stream.out.unacknowledged() == 0
                && stream.finishing == stream.finishSent);
    });
}

} // namespace postern
