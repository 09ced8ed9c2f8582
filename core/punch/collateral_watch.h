#pragma once
// Whether hundreds of probes cost us what we had. Home routers hold few sessions (FACTS section
// 2: 1024 to 4096); one that is full forgets the oldest, or lets nothing more out. While a volley
// goes on the server is asked again and again from the main port, whose mapping is known and
// works: answers that stay away, or tell of another port, say that the router has had enough.
//
//     Fine --three in a row lost--> Strained --again, or another port--> Overwhelmed
//
// Pure; the owner's thread.

#include "core/base/random.h"
#include "core/stun/transaction.h"

#include <optional>

namespace postern::punch {

class CollateralWatch {
public:
    enum class Health { Fine, Strained, Overwhelmed };

    static constexpr Duration INTERVAL = 100ms;
    static constexpr Duration PATIENCE =
        400ms; ///< until an answer is known from; then 3 round trips
    static constexpr Duration LEAST_PATIENCE = 120ms;
    static constexpr int LOST_IN_A_ROW = 3; ///< fewer may be the weather

    CollateralWatch(Endpoint server, RandomSource random, Instant now);

    /// True if it was the server's answer to us.
    bool handleDatagram(Instant now, const Endpoint &from, ByteView datagram);
    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    std::optional<QByteArray> pollTransmit(Instant now);

    Health health() const { return m_health; }

private:
    void ask(Instant now);

    Endpoint m_server;
    RandomSource m_random;
    std::optional<stun::Transaction> m_question;
    Instant m_askNext;
    Duration m_patience = PATIENCE;
    Endpoint m_mapped; ///< null: not known yet
    int m_lost = 0; ///< in a row
    Health m_health = Health::Fine;
};

} // namespace postern::punch
