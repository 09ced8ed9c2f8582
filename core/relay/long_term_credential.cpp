#include "core/relay/long_term_credential.h"

#include "core/stun/integrity.h"
#include "core/stun/password_algorithms.h"

#include <QCoreApplication>

namespace postern::relay {

using stun::Attribute;

Result<void> LongTermCredential::challenged(const stun::Message &response)
{
    const auto realm = response.text(Attribute::Realm);
    const auto nonce = response.text(Attribute::Nonce);
    if (!nonce || nonce->isEmpty() || (!realm && m_realm.isEmpty()))
        return Error{ErrorCode::Protocol,
                     QCoreApplication::translate(
                         "Relay", "The relay server asks for a sign-in without saying how.")};
    m_nonce = *nonce;
    m_realm = realm.value_or(m_realm);
    const QByteArray offer = response.text(Attribute::PasswordAlgorithms).value_or(QByteArray());
    m_offer = stun::promisesAlgorithms(m_nonce) && stun::offersSha256(viewOf(offer)) ? offer
                                                                                     : QByteArray();
    m_key = m_offer.isEmpty() ? stun::longTermKey(m_username, m_realm, m_password)
                              : stun::longTermKeySha256(m_username, m_realm, m_password);
    return {};
}

void LongTermCredential::sign(stun::MessageWriter &request) const
{
    request.text(Attribute::Username, m_username)
        .text(Attribute::Realm, m_realm)
        .text(Attribute::Nonce, m_nonce);
    if (m_offer.isEmpty()) {
        request.integrity(viewOf(m_key));
        return;
    }
    request.text(Attribute::PasswordAlgorithms, m_offer)
        .bytes(Attribute::PasswordAlgorithm, stun::ALGORITHM_SHA256)
        .integritySha256(viewOf(m_key));
}

bool LongTermCredential::verify(const stun::Message &response) const
{
    return m_offer.isEmpty() ? response.verifyIntegrity(viewOf(m_key))
                             : response.verifyIntegritySha256(viewOf(m_key));
}

} // namespace postern::relay
