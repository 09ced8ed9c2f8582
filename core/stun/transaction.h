#pragma once
// One STUN request on its way over an unreliable path: sent again with a doubling pause
// until an answer comes or patience ends.
//
//     Asking --response--> Answered
//       \---- Rc requests and Rm x RTO without one ----> TimedOut
//
// Pure: the owner sends what pollTransmit() gives. Any thread.
// Source: RFC 8489 section 6.2.1.

#include "core/base/clock.h"
#include "core/stun/message.h"

namespace postern::stun {

struct RetransmissionTimings {
    Duration initialRto = 500ms; ///< RFC 8489 section 6.2.1
    int requests = 7; ///< Rc
    int lastWait = 16; ///< Rm: multiple of the initial RTO after the last request
};

class Transaction {
public:
    enum class State { Asking, Answered, TimedOut };

    Transaction(const TransactionId &id, QByteArray request, const Endpoint &to, Instant now,
                const RetransmissionTimings &timings = {});

    const TransactionId &id() const { return m_id; }
    const Endpoint &to() const { return m_to; }
    State state() const { return m_state; }

    /// The request, whenever it is due to be sent (again).
    std::optional<QByteArray> pollTransmit(Instant now);
    void handleTimeout(Instant now);
    Instant nextDeadline() const;

    /// True if the message is the answer to this request. `from` must be where the request
    /// went unless it asked the server to answer from elsewhere (RFC 5780).
    bool handleResponse(Instant now, const Message &message, const Endpoint &from,
                        bool fromElsewhere = false);

    /// Time from request to answer; known only if it was sent once (Karn's rule).
    std::optional<Duration> roundTrip() const { return m_roundTrip; }
    int sent() const { return m_sent; }

private:
    TransactionId m_id;
    QByteArray m_request;
    Endpoint m_to;
    RetransmissionTimings m_timings;
    State m_state = State::Asking;
    Instant m_due;
    Instant m_firstSent;
    int m_sent = 0;
    std::optional<Duration> m_roundTrip;
};

} // namespace postern::stun
