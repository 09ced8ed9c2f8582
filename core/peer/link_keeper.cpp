#include "core/peer/link_keeper.h"

#include <algorithm>

namespace postern {

void LinkKeeper::opened(Instant now, PathKind kind)
{
    m_state = State::Settled;
    m_search = Search::None;
    m_theirsUntil = Instant::min();
    m_kind = kind;
    m_openedAt = now;
    m_lostAt = m_diedAt = m_repairAt = NEVER;
    m_renewAt = Instant::min();
    m_upgrades = 0;
    m_upgradeAt = kind == PathKind::Relay ? now + m_timings.firstUpgrade : NEVER;
}

void LinkKeeper::lost(Instant now)
{
    if (m_state != State::Ailing) {
        m_repairAt = now;
        m_retry = m_timings.firstRetry;
    }
    m_state = State::Seeking;
    m_diedAt = NEVER;
    m_lostAt = now;
    m_upgradeAt = NEVER;
}

void LinkKeeper::surroundingsChanged()
{
    m_changed = true;
    if (isBroken() && m_search == Search::None) { // whatever kept us from it may be over
        m_repairAt = Instant::min();
        m_retry = m_timings.firstRetry;
    }
}

void LinkKeeper::pathDied(Instant now)
{
    if (m_state != State::Settled)
        return;
    m_state = State::Ailing;
    m_diedAt = now;
    m_search = Search::None;
    m_retry = m_timings.firstRetry;
    m_repairAt = now;
}

void LinkKeeper::nothingFound(Instant now)
{
    switch (std::exchange(m_search, Search::None)) {
    case Search::None: return;
    case Search::Repair:
        m_repairAt = now + m_retry;
        m_retry = std::min(m_retry * 2, m_timings.longestRetry);
        return;
    case Search::Renewal: m_renewAt = now + m_timings.renewAgain; return;
    case Search::Upgrade:
        ++m_upgrades;
        m_upgradeAt = m_kind != PathKind::Relay ? NEVER
            : m_upgrades == 1                   ? now + m_timings.secondUpgrade
                                                : now + m_timings.laterUpgrades;
        return;
    }
}

void LinkKeeper::theyBegan(Instant now)
{
    nothingFound(now);
    m_theirsUntil = now + m_timings.theirTurn;
}

/// A path that has nothing to carry says something now and then and wants that acknowledged,
/// so this is true of any dead one within a moment.
bool LinkKeeper::ails(Instant now, const ChannelVitals &vitals)
{
    m_inDoubt = false;
    if (m_diedAt != NEVER && vitals.progress <= m_diedAt)
        return true;
    m_diedAt = NEVER;
    if (!vitals.outstanding)
        return false;
    const Duration patience =
        std::max(m_timings.stall, m_timings.stallRoundTrips * vitals.roundTrip);
    const Duration silence = now - std::max({m_openedAt, vitals.since, vitals.progress});
    m_inDoubt = silence > patience / 2;
    return silence > patience;
}

LinkKeeper::Order LinkKeeper::repair(Instant now)
{
    if (m_search == Search::Repair || now < m_theirsUntil || now < m_repairAt)
        return Order::None;
    m_search = Search::Repair;
    m_repairAt = NEVER;
    m_changed = false; // it looks at what is there now
    return Order::Repair;
}

LinkKeeper::Order LinkKeeper::check(Instant now, const Facts &facts)
{
    if (!facts.wanted)
        return Order::None;
    if (m_state == State::Seeking) {
        if (m_lostAt != NEVER && now - m_lostAt >= m_timings.patience)
            return Order::GiveUp;
        m_changed = false;
        return repair(now);
    }
    const bool ailing = ails(now, facts.vitals);
    if (ailing && m_state == State::Settled) {
        m_state = State::Ailing;
        m_retry = m_timings.firstRetry;
        m_repairAt = now;
    } else if (!ailing && m_state == State::Ailing) {
        m_state = State::Settled;
    }
    if (m_state == State::Ailing)
        return repair(now);
    return better(now, facts);
}

bool LinkKeeper::endsSoon(Instant now, Duration life) const
{
    return now - m_openedAt >= std::max(life - m_timings.renewBefore, life / 2);
}

/// The path works: is there a reason to look for another all the same?
LinkKeeper::Order LinkKeeper::better(Instant now, const Facts &facts)
{
    if (m_search != Search::None || now < m_theirsUntil || facts.searching || m_inDoubt)
        return Order::None;
    if (facts.life && now >= m_renewAt && endsSoon(now, *facts.life)) {
        m_search = Search::Renewal;
        return Order::Renew;
    }
    if (now < m_upgradeAt && !m_changed)
        return Order::None;
    m_changed = false;
    m_upgradeAt = NEVER;
    m_search = Search::Upgrade;
    return Order::Upgrade;
}

Instant LinkKeeper::deadline(Instant now, bool wanted) const
{
    return wanted ? now + m_timings.look : NEVER;
}

} // namespace postern
