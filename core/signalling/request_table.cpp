#include "core/signalling/request_table.h"

#include <QCoreApplication>

#include <algorithm>

namespace postern {

Result<std::uint32_t> RequestTable::open(Asker asker, Instant deadline)
{
    if (m_open.size() >= MOST_OPEN)
        return Error{ErrorCode::LimitExceeded,
                     QCoreApplication::translate("Signalling",
                                                 "The server is too slow for so many requests: "
                                                 "wait a little and try again.")};
    do {
        ++m_last;
    } while (m_last == 0 || m_open.contains(m_last));
    m_open.emplace(m_last, Waiting{asker, deadline});
    return m_last;
}

std::optional<RequestTable::Asker> RequestTable::close(std::uint32_t number)
{
    const auto found = m_open.find(number);
    if (found == m_open.end())
        return std::nullopt;
    const Asker asker = found->second.asker;
    m_open.erase(found);
    return asker;
}

std::vector<RequestTable::Open> RequestTable::takeExpired(Instant now)
{
    std::vector<Open> expired;
    for (auto it = m_open.begin(); it != m_open.end();) {
        if (it->second.deadline > now) {
            ++it;
            continue;
        }
        expired.push_back({it->first, it->second.asker});
        it = m_open.erase(it);
    }
    return expired;
}

std::vector<RequestTable::Open> RequestTable::takeAll() { return takeExpired(NEVER); }

Instant RequestTable::deadline() const
{
    Instant earliest = NEVER;
    for (const auto &[number, waiting] : m_open)
        earliest = std::min(earliest, waiting.deadline);
    return earliest;
}

} // namespace postern
