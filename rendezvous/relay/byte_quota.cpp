#include "rendezvous/relay/byte_quota.h"

#include <algorithm>

namespace postern::rendezvous {

namespace {

constexpr Duration DAY = std::chrono::hours(24);
/// Accounts in memory; who has had nothing relayed for a day is forgotten then.
constexpr std::size_t MOST_REMEMBERED = 100'000;

} // namespace

bool ByteQuota::take(const QByteArray &holder, std::uint64_t bytes, Instant now)
{
    if (m_perSecond == 0 && m_perDay == 0)
        return true;
    if (m_accounts.size() >= MOST_REMEMBERED && !m_accounts.contains(holder))
        std::erase_if(m_accounts, [now](const auto &a) { return now - a.second.day >= DAY; });
    const double burst = static_cast<double>(m_perSecond);
    const auto [found, isNew] = m_accounts.try_emplace(holder, Account{now, 0, now, burst});
    Account &account = found->second;
    if (now - account.day >= DAY) {
        account.day = now;
        account.today = 0;
    }
    const double passed = std::chrono::duration<double>(now - account.refilled).count();
    account.inHand = std::min(burst, account.inHand + passed * burst);
    account.refilled = now;
    const bool tooFast = m_perSecond != 0 && account.inHand < static_cast<double>(bytes);
    if (tooFast || (m_perDay != 0 && account.today + bytes > m_perDay))
        return false;
    account.inHand -= static_cast<double>(bytes);
    account.today += bytes;
    return true;
}

bool ByteQuota::isExhausted(const QByteArray &holder, Instant now) const
{
    const auto found = m_accounts.find(holder);
    return m_perDay != 0 && found != m_accounts.end() && now - found->second.day < DAY
        && found->second.today >= m_perDay;
}

} // namespace postern::rendezvous
