#include "core/transfer/incoming_book.h"

#include <algorithm>

namespace postern {

void IncomingBook::add(const DeviceId &from, const TransferId &id, Incoming *incoming)
{
    m_running[{from, id}] = {incoming, 1};
}

void IncomingBook::remove(const DeviceId &from, const TransferId &id, Incoming *incoming)
{
    const auto found = m_running.find({from, id});
    if (found != m_running.end() && found->second.incoming == incoming)
        m_running.erase(found);
}

Incoming *IncomingBook::find(const DeviceId &from, const TransferId &id) const
{
    const auto found = m_running.find({from, id});
    return found == m_running.end() ? nullptr : found->second.incoming;
}

QByteArray IncomingBook::lastWords(const DeviceId &from, const TransferId &id) const
{
    const auto found = m_ended.find({from, id});
    return found == m_ended.end() ? QByteArray() : found->second;
}

void IncomingBook::noteLastWords(const DeviceId &from, const TransferId &id,
                                 const QByteArray &frames)
{
    const Key key{from, id};
    if (m_ended.insert_or_assign(key, frames).second)
        m_endedOrder.push_back(key);
    if (m_endedOrder.size() > MOST_ENDED) {
        m_ended.erase(m_endedOrder.front());
        m_endedOrder.pop_front();
    }
}

void IncomingBook::noteGaps(const DeviceId &from, const TransferId &id,
                            std::shared_ptr<const Gaps> gaps)
{
    const Key key{from, id};
    std::erase_if(m_gaps, [&key](const auto &noted) { return noted.first == key; });
    m_gaps.emplace_back(key, std::move(gaps));
    if (m_gaps.size() > MOST_WITH_GAPS)
        m_gaps.pop_front();
}

std::shared_ptr<const Gaps> IncomingBook::gaps(const DeviceId &from, const TransferId &id) const
{
    const auto found = std::find_if(m_gaps.begin(), m_gaps.end(), [&](const auto &noted) {
        return noted.first == Key{from, id};
    });
    return found == m_gaps.end() ? nullptr : found->second;
}

void IncomingBook::noteUnknown(const DeviceId &from, const TransferId &id, quint64 attachment)
{
    m_unknown.emplace_back(Key{from, id}, attachment);
    if (m_unknown.size() > MOST_UNKNOWN)
        m_unknown.pop_front();
}

bool IncomingBook::isOvertaken(const DeviceId &from, const TransferId &id, quint64 attachment) const
{
    return std::any_of(m_unknown.begin(), m_unknown.end(), [&](const auto &noted) {
        return noted.first == Key{from, id} && attachment < noted.second;
    });
}

void IncomingBook::noteUnanswered(const DeviceId &from, const TransferId &id, std::size_t listBytes)
{
    const auto found = m_running.find({from, id});
    if (found != m_running.end())
        found->second.listBytes = listBytes;
}

std::size_t IncomingBook::unanswered(const DeviceId &from) const
{
    return static_cast<std::size_t>(
        std::count_if(m_running.begin(), m_running.end(), [&from](const auto &entry) {
            return entry.first.first == from && entry.second.listBytes > 0;
        }));
}

std::size_t IncomingBook::unansweredBytes(const DeviceId &from) const
{
    std::size_t sum = 0;
    for (const auto &[key, running] : m_running)
        if (key.first == from)
            sum += running.listBytes;
    return sum;
}

std::shared_ptr<Lane> IncomingBook::lane(const DeviceId &from, const TransferId &id,
                                         const QString &into, Executor &executor)
{
    std::erase_if(m_lanes, [](const auto &entry) { return entry.second.expired(); });
    std::weak_ptr<Lane> &known = m_lanes[{{from, id}, into}];
    auto lane = known.lock();
    if (!lane) {
        QStringList folders{into};
        if (!m_journals.isEmpty())
            folders.append(m_journals);
        lane = executor.makeConfinedLane(folders);
        known = lane;
    }
    return lane;
}

} // namespace postern
