#pragma once
// A TURN server's address as operators write it: turn:HOST[:PORT][?transport=udp|tcp] or
// turns:HOST[:PORT]. Pure. Source: RFC 7065.

#include "core/base/result.h"
#include "core/wire/rendezvous_messages.h"

namespace postern::rendezvous {

Result<wire::RelayServer> parseRelayAddress(const QString &text);

/// Several, with commas between them.
Result<QList<wire::RelayServer>> parseRelayAddresses(const QString &text);

} // namespace postern::rendezvous
