#pragma once
// Finds a contact by the name a person typed. Pure; main thread, as it reads the engine's
// state.

#include "core/engine.h"

namespace postern::cli {

/// By exact name, else by the only one that differs in case; the name may carry "@server".
/// Fails with NotFound.
Result<ContactInfo> findContact(const Engine &engine, const QString &name);

/// Whether files can go to this contact now; the error's sentence says what is in the way.
/// NotAllowed: no contact in both directions; PeerOffline: nobody there who takes files.
Result<void> canReceive(const ContactInfo &contact);

} // namespace postern::cli
