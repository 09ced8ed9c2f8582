#pragma once
// A search for a path to a peer's device that has ended: what was known, what was tried and in
// which order, what came of it and why it ended. Values, any thread.

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/nat/pairing.h"
#include "core/peer/connect_messages.h"
#include "core/punch/timeline.h"

namespace postern {

struct SearchReport {
    QString user;
    DeviceId device;
    peer::Purpose purpose = peer::Purpose::Begin;
    punch::Role role = punch::Role::Controlling; ///< Controlling: this side began it
    bool byRelay = false; ///< a port at a relay was sought, and no direct path
    nat::Plan plan; ///< made of both networks; no steps: it never came to one
    QString strategy; ///< of the path that was found; empty: none was
    std::optional<Error> problem; ///< why it ended without a path
    Instant began;
    Instant ended;
    QList<punch::TimelineEntry> steps; ///< in order of time
};

} // namespace postern
