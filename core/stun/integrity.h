#pragma once
// The checksums of STUN: HMAC-SHA1 over a message as MESSAGE-INTEGRITY wants it, and the
// CRC-32 of FINGERPRINT. Pure; any thread. Source: RFC 8489 sections 9, 14.5 to 14.7.

#include "core/base/bytes.h"

#include <array>

namespace postern::stun {

inline constexpr std::size_t INTEGRITY_BYTES = 20;
using IntegrityCode = std::array<std::uint8_t, INTEGRITY_BYTES>;

/// HMAC-SHA1 of the message up to (not including) its MESSAGE-INTEGRITY attribute, with the
/// header's length field set as if that attribute were the last.
IntegrityCode integrityOf(ByteView messageBeforeAttribute, ByteView key);

inline constexpr std::size_t INTEGRITY_SHA256_BYTES = 32;
using IntegritySha256Code = std::array<std::uint8_t, INTEGRITY_SHA256_BYTES>;

/// The same by HMAC-SHA256, for MESSAGE-INTEGRITY-SHA256.
IntegritySha256Code integritySha256Of(ByteView messageBeforeAttribute, ByteView key);

/// The value of FINGERPRINT: CRC-32 (ISO 3309) xor 0x5354554e of the message up to it, with
/// the header's length field set as if FINGERPRINT were the last attribute.
std::uint32_t fingerprintOf(ByteView messageBeforeAttribute);

/// Takes the same time wherever the first difference is.
bool equalInConstantTime(ByteView a, ByteView b);

/// The key of a long-term credential: MD5 of user:realm:password (RFC 8489 section 9.2.2).
QByteArray longTermKey(const QByteArray &user, const QByteArray &realm, const QByteArray &password);
/// The same by SHA-256, where both sides agreed on that (RFC 8489 section 18.5.1.2).
QByteArray longTermKeySha256(const QByteArray &user, const QByteArray &realm,
                             const QByteArray &password);

} // namespace postern::stun
