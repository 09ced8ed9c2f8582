#pragma once
// What is said to people when a relay can't be used. Pure; any thread.

#include "core/base/result.h"

namespace postern::relay {

Error givenBack();
Error nonsense();
Error allocationLost();
Error silentServer();
/// By the server's error code (RFC 8656 section 19).
Error allocationRefused(int code);
Error peerForbidden(int code);
Error noServers();

} // namespace postern::relay
