#include "core/punch/shot_budget.h"

#include <algorithm>

namespace postern::punch {

double ShotBudget::left(const Spent &spent, Instant now)
{
    const double back = PER_SECOND * std::chrono::duration<double>(now - spent.at).count();
    return std::max(0.0, spent.shots - back);
}

bool ShotBudget::take(Instant now, const IpAddress &address, int shots)
{
    if (m_spent.size() >= MOST_ADDRESSES)
        std::erase_if(m_spent, [now](const auto &item) { return left(item.second, now) <= 0; });
    if (m_spent.size() >= MOST_ADDRESSES && !m_spent.contains(address))
        return false;
    Spent &spent = m_spent[address];
    const double all = left(spent, now) + shots;
    if (all > MOST)
        return false;
    spent = {all, now};
    return true;
}

} // namespace postern::punch
