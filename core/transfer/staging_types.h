#pragma once
// Values that tell how far a receiver got. Any thread.

#include "core/transfer/manifest.h"

namespace postern {

/// What must come next: everything before is dealt with.
struct StagingCursor {
    Manifest::Index entry = 0;
    qint64 offset = 0;

    friend auto operator<=>(const StagingCursor &, const StagingCursor &) = default;
};

} // namespace postern
