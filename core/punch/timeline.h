#pragma once
// What happened while a path was sought, in order, under names that do not change: tests
// assert on them, people are told from them. Bounded. Values, any thread.

#include "core/base/clock.h"
#include "core/base/endpoint.h"

#include <QList>

namespace postern::punch {

/// Stable names are in stepName().
enum class Step {
    Offered, ///< the other side's offer or answer is here; checks begin
    CandidateAdded,
    OpenerSent, ///< low TTL: opens our NAT without reaching theirs
    CheckSent,
    CheckReceived,
    CheckAnswered,
    PeerReflexive, ///< the peer's packets come from an address it did not offer
    Remapped, ///< ... and it is an offered address with another port: its NAT gave a new one
    RoleSwitched,
    PortsTold, ///< to the other side, where ours will be; `number`: how many
    PortsHeard, ///< the other side's
    PortsCounted, ///< between ours; `number`: how many others took meanwhile
    Guessing, ///< a volley begins; `number`: how many ports it goes to
    Eased, ///< the router is short of room: the volley goes on slower
    Halted, ///< ... or no further
    GuessMet, ///< `number`: which one of them
    PathValidated,
    Nominating,
    Nominated,
    HandedOver,
    Stuck,
    ConsentLost,
    TcpDialled,
    TcpConnected,
    TcpAccepted,
    AttemptFailed,
    Secured,
    RelayGiven, ///< a port at a relay: ours, `remote`
    RelayTold, ///< ... the other side's, to which ours is being opened
    RelayOpened,
    Won,
    Failed,
};

/// "offered", "opener-sent", "check-sent", "peer-reflexive", "path-validated", ...
QString stepName(Step step);

struct TimelineEntry {
    Instant at;
    Step step;
    Endpoint remote; ///< null where no address is concerned
    int number = 0;
};

class Timeline {
public:
    void add(Instant at, Step step, const Endpoint &remote = {}, int number = 0);
    const QList<TimelineEntry> &entries() const { return m_entries; }
    int count(Step step) const;

private:
    QList<TimelineEntry> m_entries;
};

/// What several machines noted, in order of time.
QList<TimelineEntry> merged(const QList<const Timeline *> &timelines);

} // namespace postern::punch
