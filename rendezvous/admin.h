#pragma once
// What the operator does to the database beside, or without, a running server.

#include "rendezvous/accounts/registry.h"

namespace postern::rendezvous::admin {

/// Each prints its result on stdout.
Result<void> addUser(const DatabaseAddress &where, const QString &name,
                     const QString &passwordFile);
Result<void> listUsers(const DatabaseAddress &where, bool json);
Result<void> setUserDisabled(const DatabaseAddress &where, const QString &name, bool disabled);
Result<void> createInvite(const DatabaseAddress &where, int uses, int days);

} // namespace postern::rendezvous::admin
