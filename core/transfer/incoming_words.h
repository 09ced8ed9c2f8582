#pragma once
// What a receiver says, as frames. Pure.

#include "core/transfer/block_packing.h"
#include "core/transfer/staging.h"
#include "core/wire/frame.h"
#include "core/wire/transfer_messages.h"

namespace postern {

template<typename M> QByteArray framed(const M &message) { return frameOf(wire::encode(message)); }

/// Where to begin, or to go on.
inline wire::TransferAccept acceptOf(const Staging::Done &done, const StagingCursor &cursor)
{
    wire::TransferAccept accept;
    accept.capabilities = {QLatin1String(ZSTD_CAPABILITY)};
    accept.entry = cursor.entry;
    accept.offset = cursor.offset;
    accept.bytes = done.bytes;
    accept.files = done.files;
    accept.missing = done.missing;
    return accept;
}

} // namespace postern
