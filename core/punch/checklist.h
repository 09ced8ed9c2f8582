#pragma once
// The checklist: every remote address worth trying, and how its checks stand. A pair is named
// by our socket, nearly always the main one, and the remote address.
//
//     Waiting --check sent--> InProgress --answered--> Succeeded
//                                 \---- no answer ----> Failed --peer heard--> Waiting
//
// RFC 8445's Frozen state spreads checks over several components; a file has one, so there
// is none. Pure. Source: RFC 8445 section 6.1.2.

#include "core/base/clock.h"
#include "core/punch/candidate.h"
#include "core/punch/path_class.h"
#include "core/stun/message.h"

#include <deque>
#include <optional>

namespace postern::punch {

enum class PairState { Waiting, InProgress, Succeeded, Failed };

/// A check on its way: each has a transaction of its own, so that every answer tells an
/// honest round trip.
struct Check {
    stun::TransactionId id;
    Instant sentAt;
    Role role = Role::Controlling;
    bool nominating = false;
};

struct Pair {
    int socket = 0; ///< ours; 0: the main port, others: the fan's
    Candidate remote;
    std::uint32_t localPriority = 0;
    std::uint64_t priority = 0;
    PairState state = PairState::Waiting;

    Instant nextSend = NEVER;
    bool held = false; ///< only openers are sent; the first real check waits
    bool triggered = false; ///< the peer's check came in on it: ours goes before all others
    int tries = 0; ///< checks sent since the state last changed
    int sent = 0; ///< checks sent in all
    int sentSinceHeard = 0; ///< checks sent since the peer was first heard on it
    bool heard = false;
    bool nominated = false; ///< controlling: USE-CANDIDATE goes out; controlled: it came in
    bool nominationAgreed = false;
    Instant lastAnswered{}; ///< what consent rests on (RFC 7675): not the peer's own checks

    std::optional<Strategy> strategy; ///< what brought it about, where that was not plain checks
    int guess = 0; ///< as in PathReport
    int guesses = 0;

    std::optional<Duration> roundTrip; ///< the shortest seen
    Endpoint mapped; ///< our address as the peer sees it on this path

    std::deque<Check> inFlight; ///< newest last, at most MAX_IN_FLIGHT
    const Check *check(const stun::TransactionId &id) const;
    void record(const Check &check);
};

class Checklist {
public:
    static constexpr std::size_t MAX_PAIRS = 100; ///< RFC 8445 section 6.1.2.5
    static constexpr std::size_t MAX_IN_FLIGHT = 10;

    /// Null when the list is full. The address must not be in the list yet. Pointers to pairs
    /// stay valid as long as the list.
    Pair *add(int socket, const Candidate &remote, std::uint32_t localPriority, Role role);
    Pair *find(int socket, const Endpoint &remote);
    Pair *findTransaction(const stun::TransactionId &id);
    /// Priorities anew, after our role changed.
    void setRole(Role role);

    /// The best pair that has something to send at `now`.
    Pair *nextDue(Instant now);
    Instant nextSend() const;
    Pair *bestSucceeded();
    /// True if a better pair than this one may still be answered.
    bool mayImproveOn(const Pair &pair) const;
    bool allFailed() const;
    int count(CandidateType type) const;
    qsizetype namedByPeer() const; ///< all but the peer-reflexive ones

    std::deque<Pair> &pairs() { return m_pairs; }
    const std::deque<Pair> &pairs() const { return m_pairs; }

private:
    std::deque<Pair> m_pairs;
};

} // namespace postern::punch
