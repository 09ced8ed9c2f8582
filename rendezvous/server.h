#pragma once
// The running server: makes the parts, joins them, and lets signals start and stop them.

#include "rendezvous/config.h"

namespace postern::rendezvous {

/// Serves until SIGTERM or SIGINT, reloads the certificate on SIGHUP. Prints the ready line on
/// stdout. An error is one that kept it from starting.
Result<void> serve(const ServerConfig &config);

} // namespace postern::rendezvous
