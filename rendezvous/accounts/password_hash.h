#pragma once
// Argon2id (RFC 9106) by libsodium. Each call takes 64 MiB and about a tenth of a second on
// purpose: never call it on the network thread.

#include "core/base/result.h"

#include <QString>

namespace postern::rendezvous {

inline constexpr int MIN_PASSWORD_CHARACTERS = 8;

/// Must succeed once before the others are used.
Result<void> startPasswordHashing();

/// The string to store: algorithm, parameters, salt and hash.
Result<QString> hashPassword(const QString &password);

/// Checks against a stored string. An empty one stands for a name that does not exist: it costs
/// the same and never matches.
bool passwordMatches(const QString &password, const QString &stored);

} // namespace postern::rendezvous
