#pragma once
// Secure random bytes from the operating system. Machines that need randomness take
// a RandomSource instead, so that a test can hand in a seeded one.

#include "core/base/bytes.h"

#include <cstdint>
#include <functional>

namespace postern {

/// Fills the whole view with bytes; the seam between machines and the system.
using RandomSource = std::function<void(MutableByteView)>;

/// Fills from the operating system's secure source. Any thread.
void fillRandom(MutableByteView out);

/// `count` secure random bytes.
QByteArray randomBytes(qsizetype count);

/// A deterministic source for simulations: the same seed gives the same bytes.
RandomSource seededRandom(std::uint64_t seed);

} // namespace postern
