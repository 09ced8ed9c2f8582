#pragma once
// Several ways to a relay at once: each begins a moment after the one before it, or at once
// when that one fails; the first allocation stays, the others are given back.
// Thread: engine thread. Source: the pace is that of RFC 8305 section 5.

#include "core/relay/observer.h"
#include "core/relay/server_attempt.h"

namespace postern::relay {

class ServerRace {
public:
    ServerRace(const wire::RelayAccess &access, Observer &observer, const ClientOptions &options);

    void start();
    /// The observer goes: nothing is told any more, and what is had is given back.
    void retire();

    ServerAttempt *winner() const { return m_winner; }

private:
    void startNext();
    void happened(ServerAttempt &attempt, const AllocationEvent &event);
    void ended(ServerAttempt &attempt, const Error &why);

    Observer *m_observer;
    std::vector<std::unique_ptr<ServerAttempt>> m_attempts; ///< in the order they start
    std::size_t m_started = 0;
    ServerAttempt *m_winner = nullptr;
    DeadlineTimer m_nextStart;
};

} // namespace postern::relay
