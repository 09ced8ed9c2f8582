#pragma once
// A username and password as a TURN server wants them proved: by a key made of the realm that
// the server names, with a nonce that it changes now and then. SHA-256 is used where the server
// offers it, and then never less: what a middleman struck out of the offer is missed in the
// nonce (RFC 8489 section 9.2.1). Pure; any thread. Source: RFC 8489 sections 9.2 and 18.5.

#include "core/stun/message_writer.h"

namespace postern::relay {

class LongTermCredential {
public:
    LongTermCredential(QByteArray username, QByteArray password)
        : m_username(std::move(username))
        , m_password(std::move(password))
    {
    }

    /// Takes realm and nonce from a 401 or 438. Fails with Protocol where they are missing.
    Result<void> challenged(const stun::Message &response);
    bool isReady() const { return !m_key.isEmpty(); }

    /// Adds the attributes that prove it, integrity last.
    void sign(stun::MessageWriter &request) const;
    bool verify(const stun::Message &response) const;

private:
    QByteArray m_username;
    QByteArray m_password;
    QByteArray m_realm;
    QByteArray m_nonce;
    QByteArray m_offer; ///< PASSWORD-ALGORITHMS as told; not empty: SHA-256 was chosen of them
    QByteArray m_key;
};

} // namespace postern::relay
