#include "core/transport/send_buffer.h"

#include <algorithm>

namespace postern {

void SendBuffer::append(QByteArray bytes)
{
    if (bytes.isEmpty())
        return;
    const auto size = static_cast<std::size_t>(bytes.size());
    m_chunks.push_back(std::move(bytes));
    m_held += size;
    m_unsent += size;
    if (writable() == 0)
        m_wasFull = true;
}

std::size_t SendBuffer::peek(std::span<ByteView> out, std::size_t maxBytes) const
{
    std::size_t views = 0;
    std::size_t skip = m_sentInCursor;
    for (std::size_t i = m_cursor; i < m_chunks.size() && views < out.size() && maxBytes > 0; ++i) {
        ByteView view = viewOf(m_chunks[i]).subspan(skip);
        skip = 0;
        if (view.empty())
            continue;
        view = view.first(std::min(view.size(), maxBytes));
        maxBytes -= view.size();
        out[views++] = view;
    }
    return views;
}

void SendBuffer::markSent(std::size_t count)
{
    Q_ASSERT(count <= m_unsent);
    m_unsent -= count;
    while (count > 0) {
        const auto left = static_cast<std::size_t>(m_chunks[m_cursor].size()) - m_sentInCursor;
        const std::size_t step = std::min(left, count);
        m_sentInCursor += step;
        count -= step;
        if (step == left) {
            ++m_cursor;
            m_sentInCursor = 0;
        }
    }
}

void SendBuffer::markAcknowledged(std::size_t count)
{
    Q_ASSERT(count <= unacknowledged());
    m_held -= count;
    count += m_ackedInFirst;
    while (!m_chunks.empty() && m_cursor > 0
           && count >= static_cast<std::size_t>(m_chunks.front().size())) {
        count -= static_cast<std::size_t>(m_chunks.front().size());
        m_chunks.pop_front();
        --m_cursor;
    }
    m_ackedInFirst = count;
}

void SendBuffer::clear() { *this = SendBuffer(); }

bool SendBuffer::takeBecameWritable()
{
    if (!m_wasFull || m_unsent > WRITE_QUEUE_BYTES / 2)
        return false;
    m_wasFull = false;
    return true;
}

} // namespace postern
