#include "core/transfer/block_hash.h"

#include <xxhash.h>

#include <cstring>

namespace postern {

wire::BlockHash blockHash(ByteView bytes)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    wire::BlockHash out;
    std::memcpy(out.data(), canonical.digest, out.size());
    return out;
}

} // namespace postern
