#pragma once
// Asks a STUN server once where it sees one of our UDP ports. Thread: engine thread.

#include "core/net/deadline_timer.h"
#include "core/peer/udp_door.h"
#include "core/stun/transaction.h"

#include <functional>

namespace postern {

class StunQuestion {
public:
    /// Comes once, from the event loop, and may destroy the question. Null: no answer in time.
    using Done = std::function<void(const Endpoint &mapped)>;

    /// Asks at once; the door must outlive the question.
    StunQuestion(UdpDoor &door, const Endpoint &server, Duration patience, Done done);
    ~StunQuestion();
    StunQuestion(const StunQuestion &) = delete;
    StunQuestion &operator=(const StunQuestion &) = delete;

private:
    bool take(const Datagram &datagram);
    void tick();
    void end(const Endpoint &mapped);

    UdpDoor &m_door;
    Done m_done;
    Instant m_ends;
    stun::Transaction m_transaction;
    UdpDoor::TakerNumber m_taker;
    DeadlineTimer m_timer;
};

} // namespace postern
