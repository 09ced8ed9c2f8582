#pragma once
// Both sides look for a path of one link at once, and their offers meet on the way: one must give
// way, or two paths are made. Pure.

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace postern {

struct Meeting {
    bool smaller = false; ///< our device's id is smaller than theirs
    Duration age{}; ///< since we offered
    SessionId offeredTo; ///< of theirs; null: whichever receives
    SessionId theirs; ///< through which their offer came
};

/// Two offers that meet on the way were made within this time.
constexpr Duration GLARE = 1s;

/// Whether theirs is refused. An offer to a session that they have left since, as after a change
/// of address, will not be answered: it does not stand in the way of theirs.
inline bool oursGoesFirst(const Meeting &meeting)
{
    const bool arrives = meeting.offeredTo.isNull() || meeting.offeredTo == meeting.theirs;
    return meeting.smaller && arrives && meeting.age < GLARE;
}

} // namespace postern
