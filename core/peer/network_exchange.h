#pragma once
// What both sides know of their networks while they look for a path, and when each has said its
// last word of it. The plan for ports takes both words; what needs none does not wait for them:
//
//     either side:  Measuring --measured, or patience ends: its word--> Said
//
// A word goes with the offer or the answer; who still measures says so there, and sends its word
// later (ConnectNetwork). Once both are Said, both sides make the same plan.
//
// Pure but for what it asks `Own`; the owner's thread.

#include "core/base/clock.h"
#include "core/nat/behaviour.h"

#include <functional>
#include <optional>

namespace postern {

class NetworkExchange {
public:
    /// What is known of our own network; asked again and again while it is measured.
    struct Own {
        std::function<bool()> isMeasured; ///< as far as it will be within seconds
        std::function<nat::NetworkBehaviour()> behaviour;
    };
    /// One side's word.
    struct Word {
        nat::NetworkBehaviour network;
        bool measuring = false; ///< another one comes
    };

    /// A first verdict takes about a second (nat/discovery.h).
    static constexpr Duration PATIENCE = 1200ms;
    static constexpr Duration LOOK = 20ms;
    /// The peer's patience, and its word's way here.
    static constexpr Duration PEER_PATIENCE = 2500ms;

    explicit NetworkExchange(Own own)
        : m_own(std::move(own))
    {
    }

    Word begin(Instant now); ///< our word, for the offer or the answer
    void hear(Instant now, const Word &word); ///< the peer's

    /// Our second word, to be sent, once there is one.
    std::optional<nat::NetworkBehaviour> handleTimeout(Instant now);
    Instant nextDeadline() const;

    /// Both have said all: own() and theirs() are what the plan is made of.
    bool isComplete() const { return m_said && m_heard; }
    const nat::NetworkBehaviour &own() const { return m_ownWord; }
    const nat::NetworkBehaviour &theirs() const { return m_theirs; }

private:
    Own m_own;
    nat::NetworkBehaviour m_ownWord;
    nat::NetworkBehaviour m_theirs;
    bool m_said = false;
    bool m_heard = false;
    Instant m_lookAt = NEVER; ///< while we measure
    Instant m_sayBy = NEVER;
    Instant m_hearBy = NEVER; ///< then what was heard first counts
};

} // namespace postern
