#pragma once
// Where a signal goes. Pure; network thread.

#include "rendezvous/presence/directory.h"

namespace postern::rendezvous {

/// The one session that gets the signal, or why none does. A name that does not exist and a
/// stranger's are told alike (NotAContact); so are a contact that is offline, one that does
/// not receive, and one that has blocked the sender (PeerOffline). `name` is normalised.
std::variant<Delivery, wire::Failure> route(const Directory &directory, const SessionId &from,
                                            const QString &name, const wire::SendSignal &signal);

} // namespace postern::rendezvous
