#pragma once
// Arguments to actions. Every error is one sentence on stderr.

namespace postern::rendezvous {

/// The exit code: 0 done, 2 usage, 1 anything else.
int runCommandLine(int argc, char **argv);

} // namespace postern::rendezvous
