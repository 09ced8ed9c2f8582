#pragma once
// Credentials for a TURN server that need no list of users: the name says until when it is good
// and for whom, the password is an HMAC of the name. Whoever shares the secret can check them:
// our own relay, or coturn with `use-auth-secret`. Pure; any thread.
// Source: draft-uberti-behave-turn-rest-00 section 2.2, as coturn has it.

#include "core/wire/rendezvous_messages.h"
#include "rendezvous/accounts/account_id.h"

#include <chrono>

namespace postern::rendezvous {

class RelayCredentials {
public:
    static constexpr std::chrono::seconds LIFETIME = std::chrono::hours(24);

    explicit RelayCredentials(QByteArray secret)
        : m_secret(std::move(secret))
    {
    }

    /// Fills in name, password and lifetime. `now` in seconds since 1970. The relay learns a
    /// pseudonym of the account, not the account.
    void grant(wire::RelayAccess &access, AccountId account, qint64 now) const;

    /// The password that belongs to a name.
    QByteArray passwordOf(const QByteArray &username) const;
    /// Whom the name was made for; nothing if it is none of ours in form, or no longer good.
    static std::optional<QByteArray> holderOf(const QByteArray &username, qint64 now);

private:
    QByteArray m_secret;
};

} // namespace postern::rendezvous
