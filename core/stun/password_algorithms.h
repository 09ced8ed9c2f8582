#pragma once
// How a server says that it takes keys made by SHA-256, and how a client chooses them. Pure;
// any thread. Source: RFC 8489 sections 9.2.1, 14.11, 14.12 and 18.5.

#include "core/base/bytes.h"

#include <array>

namespace postern::stun {

/// One entry of PASSWORD-ALGORITHMS, or the value of PASSWORD-ALGORITHM: number, length of
/// parameters (none).
inline constexpr std::array<std::uint8_t, 4> ALGORITHM_MD5{0, 1, 0, 0};
inline constexpr std::array<std::uint8_t, 4> ALGORITHM_SHA256{0, 2, 0, 0};

/// How a nonce begins whose server says in it that it offers algorithms, so that nobody can
/// take the offer away unnoticed: a label, then 24 bits in base64, of them the last.
inline constexpr char NONCE_WITH_ALGORITHMS[] = "obMatJos2AAAB";
bool promisesAlgorithms(const QByteArray &nonce);

/// Whether SHA-256 is among them.
bool offersSha256(ByteView passwordAlgorithms);

} // namespace postern::stun
