#include "core/punch/address_budget.h"

#include <algorithm>

namespace postern::punch {

double AddressBudget::left(const Spent &spent, Instant now) const
{
    const double back = m_rate.perSecond * std::chrono::duration<double>(now - spent.at).count();
    return std::max(0.0, spent.packets - back);
}

bool AddressBudget::take(Instant now, const IpAddress &address, int packets)
{
    if (m_spent.size() >= MOST_ADDRESSES)
        std::erase_if(m_spent, [&](const auto &item) { return left(item.second, now) <= 0; });
    if (m_spent.size() >= MOST_ADDRESSES && !m_spent.contains(address))
        return false;
    Spent &spent = m_spent[address];
    const double all = left(spent, now) + packets;
    if (all > m_rate.atOnce)
        return false;
    spent = {all, now};
    return true;
}

} // namespace postern::punch
