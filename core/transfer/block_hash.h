#pragma once
// The checksum of a block. The channel authenticates every byte already; this one catches
// disks, memory and our own mistakes. Any thread.

#include "core/base/bytes.h"
#include "core/wire/block_frame.h"

namespace postern {

wire::BlockHash blockHash(ByteView bytes);

} // namespace postern
