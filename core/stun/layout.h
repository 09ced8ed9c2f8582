#pragma once
// Where things lie in a STUN message. Values, any thread.
// Source: RFC 8489 sections 5, 14 and 14.1.

#include <cstddef>
#include <cstdint>

namespace postern::stun {

inline constexpr std::size_t HEADER_BYTES = 20; ///< type, length, cookie, transaction
inline constexpr std::size_t LENGTH_OFFSET = 2; ///< of the attributes' length in the header
inline constexpr std::size_t ATTRIBUTE_HEADER_BYTES = 4; ///< type, length

inline constexpr std::uint8_t FAMILY_V4 = 1;
inline constexpr std::uint8_t FAMILY_V6 = 2;
inline constexpr std::size_t ADDRESS_V4_BYTES = 8; ///< zero, family, port, address
inline constexpr std::size_t ADDRESS_V6_BYTES = 20;

} // namespace postern::stun
