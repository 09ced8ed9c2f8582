#pragma once
// How this process's heap behaves. Thread: any, before the load begins.

namespace postern {

/// Blocks of a transfer (some hundred KiB each) are freed and wanted again thousands of times a
/// second. By default glibc gives each back to the system, which then clears its pages anew: in
/// tests/bench that was half of all processor time. The heap stays at its peak instead, which
/// the channels' credit and the queues bound.
void keepFreedBlocks();

} // namespace postern
