#pragma once
// How this process's heap behaves. Thread: any.

namespace postern {

/// Before the load begins. Blocks of a transfer (some hundred KiB each) are freed and wanted again
/// thousands of times a second. By default glibc gives each back to the system, which then clears
/// its pages anew: in tests/bench that was half of all processor time. The heap stays at its peak
/// instead, which the channels' credit and the queues bound.
void keepFreedBlocks();

/// For once after work that needed much more than what follows: the pages it left go back to the
/// system. Takes some milliseconds; other threads wait for the heap meanwhile.
void giveBackFreedBlocks();

} // namespace postern
