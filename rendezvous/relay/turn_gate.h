#pragma once
// Who may use the relay: the long-term credential mechanism with nonces that need no memory.
// A nonce says until when it is good and is bound to the client's address by an HMAC. Keys by
// SHA-256 are offered beside the old MD5. Pure; network thread.
// Source: RFC 8489 sections 9.2.3 and 9.2.4, RFC 8656 section 5.

#include "core/base/clock.h"
#include "core/stun/message_writer.h"
#include "rendezvous/relay/allocation_table.h"
#include "rendezvous/relay/relay_credentials.h"

namespace postern::rendezvous {

class TurnGate {
public:
    TurnGate(QByteArray secret, QByteArray realm)
        : m_credentials(secret)
        , m_secret(std::move(secret))
        , m_realm(std::move(realm))
    {
    }

    /// Time in both forms: credentials name a date, nonces an instant.
    struct Now {
        Instant instant;
        qint64 seconds = 0; ///< since 1970
    };

    /// The key the request was made with, or why it is refused. With a key `known` (that of the
    /// client's allocation) the request must be of the same user, and goes on being good when
    /// the credential has run out: a long transfer is not cut.
    struct Verdict {
        TurnKey key;
        std::optional<stun::StunError> refusal;
    };
    Verdict judge(const Now &now, const Endpoint &client, const stun::Message &request,
                  const TurnKey *known) const;

    /// Adds REALM, NONCE and PASSWORD-ALGORITHMS, as 401 and 438 have them.
    void challenge(stun::MessageWriter &response, Instant now, const Endpoint &client) const;

    static void sign(stun::MessageWriter &response, const TurnKey &key);

private:
    QByteArray nonceFor(qint64 until, const Endpoint &client) const;
    bool isFresh(const QByteArray &nonce, Instant now, const Endpoint &client) const;

    RelayCredentials m_credentials;
    QByteArray m_secret;
    QByteArray m_realm;
};

} // namespace postern::rendezvous
