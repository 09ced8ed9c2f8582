#include "rendezvous/relay/turn_gate.h"

#include "core/stun/integrity.h"
#include "core/stun/password_algorithms.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

namespace postern::rendezvous {

using stun::Attribute;
using stun::StunError;

namespace {

constexpr auto NONCE_LIFETIME = std::chrono::hours(1); // RFC 8656 section 5: at most
constexpr qsizetype TIME_DIGITS = 16; // hex
constexpr qsizetype MAC_BYTES = 10;

qint64 secondsOf(Instant now)
{
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

QByteArray offer()
{
    return toByteArray(stun::ALGORITHM_SHA256) + toByteArray(stun::ALGORITHM_MD5);
}

/// Which algorithm the request chose; nothing if it goes against our offer.
std::optional<bool> wantsSha256(const stun::Message &request)
{
    const auto offered = request.text(Attribute::PasswordAlgorithms);
    const auto chosen = request.text(Attribute::PasswordAlgorithm);
    if (!offered && !chosen)
        return false; // a client of RFC 5389
    if (!offered || !chosen || *offered != offer())
        return std::nullopt;
    if (*chosen == toByteArray(stun::ALGORITHM_SHA256))
        return true;
    return *chosen == toByteArray(stun::ALGORITHM_MD5) ? std::optional(false) : std::nullopt;
}

} // namespace

TurnGate::Verdict TurnGate::judge(const Now &now, const Endpoint &client,
                                  const stun::Message &request, const TurnKey *known) const
{
    const auto username = request.text(Attribute::Username);
    const auto nonce = request.text(Attribute::Nonce);
    if (!request.has(Attribute::MessageIntegrity)
        && !request.has(Attribute::MessageIntegritySha256))
        return {{}, StunError::Unauthenticated};
    const auto sha256 = wantsSha256(request);
    if (!username || !nonce || !request.has(Attribute::Realm) || !sha256)
        return {{}, StunError::BadRequest};
    if (!isFresh(*nonce, now.instant, client))
        return {{}, StunError::StaleNonce};
    if (known && known->username != *username)
        return {{}, StunError::WrongCredentials};
    const auto holder = RelayCredentials::holderOf(*username, known ? 0 : now.seconds);
    if (!holder || request.text(Attribute::Realm) != m_realm)
        return {{}, StunError::Unauthenticated};
    const QByteArray password = m_credentials.passwordOf(*username);
    TurnKey key{*username, *holder,
                *sha256 ? stun::longTermKeySha256(*username, m_realm, password)
                        : stun::longTermKey(*username, m_realm, password),
                // The integrity may be SHA-256's with either key (section 9.2.3.2).
                request.has(Attribute::MessageIntegritySha256)};
    const bool right = key.sha256 ? request.verifyIntegritySha256(viewOf(key.key))
                                  : request.verifyIntegrity(viewOf(key.key));
    if (!right)
        return {{}, StunError::Unauthenticated};
    return {std::move(key), std::nullopt};
}

void TurnGate::challenge(stun::MessageWriter &response, Instant now, const Endpoint &client) const
{
    const qint64 until = secondsOf(now + NONCE_LIFETIME);
    response.text(Attribute::Realm, m_realm)
        .text(Attribute::Nonce, nonceFor(until, client))
        .text(Attribute::PasswordAlgorithms, offer());
}

void TurnGate::sign(stun::MessageWriter &response, const TurnKey &key)
{
    if (key.sha256)
        response.integritySha256(viewOf(key.key));
    else
        response.integrity(viewOf(key.key));
}

QByteArray TurnGate::nonceFor(qint64 until, const Endpoint &client) const
{
    const QByteArray time = QByteArray::number(until, 16).rightJustified(TIME_DIGITS, '0', true);
    const QByteArray mac = QMessageAuthenticationCode::hash(
        "nonce " + time + client.toString().toLatin1(), m_secret, QCryptographicHash::Sha256);
    return stun::NONCE_WITH_ALGORITHMS + time + mac.left(MAC_BYTES).toHex();
}

bool TurnGate::isFresh(const QByteArray &nonce, Instant now, const Endpoint &client) const
{
    constexpr qsizetype PREFIX = sizeof stun::NONCE_WITH_ALGORITHMS - 1;
    bool isNumber = false;
    const qint64 until = nonce.mid(PREFIX, TIME_DIGITS).toLongLong(&isNumber, 16);
    return isNumber && until >= secondsOf(now)
        && stun::equalInConstantTime(viewOf(nonce), viewOf(nonceFor(until, client)));
}

} // namespace postern::rendezvous
