#pragma once
// What can go wrong between us and the rendezvous without the server saying so, as sentences.
// Pure; any thread.

#include "core/base/result.h"
#include "core/wire/rendezvous_messages.h"

namespace postern {

Error noAnswer();
Error notOnline();
Error connectionLost(); ///< for requests that were open then
Error signedOut(); ///< likewise
Error outOfTurn(); ///< the server broke the protocol
Error incompatible(const wire::ServerHello &hello); ///< names both versions and who must update

} // namespace postern
