#pragma once
// Why the other side would not connect, as people are told. Pure; any thread.

#include "core/peer/connect_messages.h"

namespace postern {

Error refusalError(const peer::ConnectRefusal &refusal);

} // namespace postern
