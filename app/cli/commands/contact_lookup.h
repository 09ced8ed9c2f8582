#pragma once
// Finds a contact by the name a person typed. Pure; main thread, as it reads the engine's
// state.

#include "core/engine.h"

namespace postern::cli {

/// By exact name, else by the only one that differs in case; the name may carry "@server".
/// Fails with NotFound.
Result<ContactInfo> findContact(const Engine &engine, const QString &name);

/// Whether one may send to this contact at all; NotAllowed, with what is in the way, if not.
Result<void> maySendTo(const ContactInfo &contact);

/// Whether somebody there takes files now: on that device, or on any. PeerOffline if not.
Result<void> isThere(const ContactInfo &contact, const std::optional<DeviceId> &device);

/// A device of the contact, by its name or the first digits of its id (four at least). Fails with
/// NotFound, or with InvalidArgument where several are meant.
Result<DeviceId> findDevice(const ContactInfo &contact, const QString &nameOrId);

} // namespace postern::cli
