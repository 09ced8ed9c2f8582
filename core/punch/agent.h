#pragma once
// Finds a UDP path between a socket of ours and one of the peer's by connectivity checks, as
// an ICE agent does (RFC 8445), but in a hurry: checks leave in a burst, then double their
// pause from 33 ms on. Plain checks leave from the main socket; a volley goes to many ports,
// from others too (see port_search.h, which decides on it), and what it meets is checked.
//
//     Idle --setRemote--> Searching --validated on both sides, agreed--> Selected
//                            |                                            |   \--handOver-->
//                            \--nothing answers--> Ended <--consent lost--/     HandedOver
//
// Use: after any call, send what pollTransmit() gives, act on what pollEvent() gives, and
// call handleTimeout() at nextDeadline(). Data may flow from PathValidated on; Nominated
// only says that the search is over. The side that made the offer is Controlling, the one
// that answers it Controlled and hence the first to send.
//
// Packets go only to addresses that the peer's session named, and no more of them than
// MOST_SHOTS and the checklist allow. Not ours: gathering addresses, signalling. Values in
// and out, no clock, no I/O. Thread: the owner's. Source: RFC 8445, RFC 7675 (consent), FACTS
// "traps".

#include "core/base/random.h"
#include "core/punch/agent_types.h"
#include "core/punch/check_message.h"
#include "core/punch/checklist.h"
#include "core/punch/pacer.h"
#include "core/punch/timeline.h"
#include "core/punch/volley.h"

namespace postern::punch {

class Agent {
public:
    static constexpr int MOST_SHOTS = 6144; ///< packets of all volleys of one search
    /// Pairs that only the peer's packets told of; a peer can make no more of them than this. Where
    /// many guesses meet at once it may well agree on one that we have not listed: there is room.
    static constexpr int MAX_PEER_REFLEXIVE = 8;
    static constexpr int MAX_WITH_NOMINATED = 12;

    Agent(AgentConfig config, RandomSource random, Instant now);

    /// Before the offer is told. TCP candidates are only passed on with it.
    void addLocalCandidate(const Candidate &candidate);
    PunchOffer localOffer() const;
    /// Before setRemote(): first packets end after `ttl` hops, unless there is nothing on the
    /// other side that they could spoil; so they do for `holdOff` (AgentTimings), if it is known.
    void setOpening(int ttl, bool openly, Duration holdOff = {});

    /// The other side's offer or answer: checks begin. Fails with Protocol.
    Result<void> setRemote(Instant now, const PunchOffer &offer);
    void addRemoteCandidate(Instant now, const Candidate &candidate);
    /// Goes on beside the checks, until a path is found. It takes the place of the one before.
    void fire(Instant now, Volley volley);
    void easeVolley(Instant now); ///< a pause, then slower
    void haltVolley(Instant now);
    /// More is coming: the search does not fail before.
    void searchUntil(Instant until) { m_moreUntil = std::max(m_moreUntil, until); }

    /// False if the datagram is not ours: not STUN, another session's, or not authentic. Then
    /// nothing has changed.
    bool handleDatagram(Instant now, const Endpoint &from, ByteView datagram, int socket = 0);
    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    std::optional<Transmit> pollTransmit();
    std::optional<AgentEvent> pollEvent();

    /// The transport keeps the path alive from now on: we only answer.
    void handOver(Instant now);

    Role role() const { return m_config.role; }
    const QString &localUfrag() const { return m_config.credentials.ufrag; }
    const Timeline &timeline() const { return m_timeline; }
    int packetsSent() const { return m_packetsSent; }

private:
    enum class Phase { Idle, Searching, Selected, HandedOver, Ended };

    /// Where a packet came from, and on which of our sockets.
    struct Source {
        Endpoint remote;
        int socket = 0;
    };
    struct EarlyCheck { ///< from a peer whose answer has not reached us yet
        Source from;
        ReceivedCheck check;
    };

    bool handleRequest(Instant now, const Source &from, const stun::Message &message);
    bool handleResponse(Instant now, const Source &from, const stun::Message &message);
    bool settleRoles(Instant now, const Source &from, const stun::Message &message,
                     const ReceivedCheck &check);
    void heardFrom(Instant now, const Source &from, const ReceivedCheck &check);
    void answered(Instant now, Pair &pair, const Check &check, const Endpoint &mapped);
    Pair *learnPeerReflexive(Instant now, const Source &from, std::uint32_t priority, int most);
    Pair *addPair(Instant now, const Candidate &remote, int socket = 0);
    bool isWorthTrying(const Endpoint &remote) const;
    std::uint32_t localPriorityFor(const IpAddress &remote) const;
    void releaseHeld(Instant now);
    void switchRole(Instant now, Role role);

    void sendDue(Instant now);
    void sendCheck(Instant now, Pair &pair);
    void scheduleNext(Instant now, Pair &pair);
    Duration backoff(int tries) const;
    Duration consentPause();
    void transmit(const Endpoint &to, QByteArray bytes, int ttl, int socket);

    void fireDue(Instant now);
    Instant timeIsUpAt() const;
    bool handleGuessAnswer(Instant now, const Source &from, const stun::Message &message);
    void nameGuess(Pair &pair) const;
    bool isNamedByPeer(const IpAddress &address) const;

    void nominateIfDue(Instant now);
    void selectIfSettled(Instant now);
    void giveUpIfDue(Instant now);
    void end(Instant now, Step step, AgentEvent event);
    PathReport report(const Pair &pair) const;
    std::uint64_t randomNumber();

    AgentConfig m_config;
    RandomSource m_random;
    std::uint64_t m_tieBreaker;
    Phase m_phase = Phase::Idle;
    QList<Candidate> m_local;
    PunchOffer m_remote;
    QList<EarlyCheck> m_early;
    Checklist m_checklist;
    Pacer m_pacer;
    Pair *m_nominee = nullptr; ///< the pair that is, or is to be, agreed on
    Pair *m_selected = nullptr;
    Instant m_startedAt{};
    Instant m_nominateAt = NEVER;
    Instant m_stuckAt = NEVER;
    bool m_peerHeard = false;
    bool m_remapped = false;
    bool m_openly = false;
    Instant m_moreUntil{};
    std::optional<VolleyRun> m_volley;
    stun::TransactionId m_guessTransaction; ///< one for all: where an answer comes from tells which
    QByteArray m_guess; ///< the check that guesses carry
    int m_shotsLeft = MOST_SHOTS;
    int m_packetsSent = 0;
    std::deque<Transmit> m_transmits;
    std::deque<AgentEvent> m_events;
    Timeline m_timeline;
};

} // namespace postern::punch
