#pragma once
// Checks that whoever is at the other end holds the key it shows. Pure; any thread.

#include "core/wire/rendezvous_messages.h"

namespace postern::rendezvous {

/// The id of the device whose key signed `payload` (wire::signInPayload()). Fails with
/// SignInRefused for anything but a plainly encoded P-256 key and its own signature: one key
/// must have one encoding, or it would have several ids.
Result<DeviceId> provenDevice(const wire::DeviceProof &proof, const QByteArray &payload);

} // namespace postern::rendezvous
