#pragma once
// Whether a test runs under a sanitizer, where everything takes ten times as long: what is played
// over many seeds plays fewer of them there. Memory and threads are looked at, not odds.

namespace postern {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool SANITIZED = true;
#else
inline constexpr bool SANITIZED = false;
#endif

} // namespace postern
