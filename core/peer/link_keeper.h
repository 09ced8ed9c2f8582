#pragma once
// Decides for one link when to look for another channel. Pure: facts and time in, one order
// at a time out; whoever owns the link carries it out.
//
//              opened                stalled                 progress
//     Seeking ---------> Settled ---------------> Ailing ----------------> Settled
//        ^                  | worse than direct: upgrades now and then
//        |                  | its end is known: renewals before it
//        +---- lost --------+
//
// Repair: any path will do, and at once. Upgrade and renewal: only a direct path is of use, and
// the one in use goes on meanwhile. Nothing is sought that nobody wants. Source: FACTS.md section
// 3, "a silent path is demoted", "make before break where the cut is known".

#include "core/base/clock.h"
#include "core/transport/peer_channel.h"

#include <optional>

namespace postern {

struct KeeperTimings {
    /// Nothing acknowledged for this long, and STALL_ROUND_TRIPS: the path may be dead.
    Duration stall = 500ms;
    int stallRoundTrips = 3;
    /// Between tries to repair, doubling from the first to the last.
    Duration firstRetry = 100ms;
    Duration longestRetry = 1s;
    /// After the path by relay was found, and between tries to do better.
    Duration firstUpgrade = 5s;
    Duration secondUpgrade = 15s;
    Duration laterUpgrades = 60s;
    /// Before a NAT is known to cut the mapping.
    Duration renewBefore = 10s;
    Duration renewAgain = 1s; ///< after a try that found nothing
    Duration patience = 5min; ///< without a channel
    Duration look = 100ms; ///< how often vitals are looked at
    /// How long the other side is left to bring the channel it began to look for.
    Duration theirTurn = 3s;
};

class LinkKeeper {
public:
    enum class Order {
        None,
        Repair, ///< look for any path now; what is being looked for only to upgrade, stops
        Upgrade, ///< look for a direct path now
        Renew, ///< the same: the one in use has not long to live
        GiveUp, ///< the link has failed
    };
    struct Facts {
        bool wanted = false; ///< a transfer needs the link
        bool searching = false; ///< for a direct path, whoever ordered it
        ChannelVitals vitals; ///< of the channel; of no meaning while there is none
        std::optional<Duration> life; ///< how long its path is known to last from its opening
    };

    explicit LinkKeeper(KeeperTimings timings = {})
        : m_timings(timings)
    {
    }

    // --- what happened -------------------------------------------------------------
    /// There is a channel, the first or another.
    void opened(Instant now, PathKind kind);
    void lost(Instant now);
    /// Addresses changed, ours or the peer's: a better path may exist.
    void surroundingsChanged();
    /// The path in use can't work any more, as when our address of it has gone.
    void pathDied(Instant now);
    /// The search that was ordered ended without a channel.
    void nothingFound(Instant now);
    /// A search is under way that the other side began; ours, if there was one, has given way.
    void theyBegan(Instant now);
    /// It came to nothing: whoever notices first may begin the next.
    void theyFoundNothing() { m_theirsUntil = Instant::min(); }

    // --- what to do ----------------------------------------------------------------
    Order check(Instant now, const Facts &facts);
    /// When to call check() again, if nothing happens before.
    Instant deadline(Instant now, bool wanted) const;

    /// The path has been silent for half of what makes it broken: whatever a repair needs may be
    /// made ready; nothing else is begun.
    bool isInDoubt() const { return m_inDoubt; }
    bool isBroken() const { return m_state == State::Seeking || m_state == State::Ailing; }

private:
    enum class State { Seeking, Settled, Ailing };
    enum class Search { None, Repair, Upgrade, Renewal };

    bool ails(Instant now, const ChannelVitals &vitals);
    Order repair(Instant now);
    bool endsSoon(Instant now, Duration life) const;
    Order better(Instant now, const Facts &facts);

    KeeperTimings m_timings;
    State m_state = State::Seeking;
    Search m_search = Search::None;
    PathKind m_kind = PathKind::Relay;
    Instant m_theirsUntil = Instant::min(); ///< what the other side began to look for
    bool m_inDoubt = false;
    bool m_changed = false; ///< of the surroundings, not acted on yet
    int m_upgrades = 0; ///< tried on this channel
    Duration m_retry{};
    Instant m_openedAt{};
    Instant m_diedAt = NEVER; ///< as pathDied() told; until something passes all the same
    Instant m_lostAt = NEVER; ///< since when the link has no channel
    Instant m_repairAt = NEVER;
    Instant m_upgradeAt = NEVER;
    Instant m_renewAt = Instant::min(); ///< not before this, however soon its path ends
};

} // namespace postern
