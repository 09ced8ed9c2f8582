#pragma once
// The hash of a whole file, as the history tells it and `postern-cli hash` computes it. It is
// made of the hashes that its blocks have anyway, so it costs a transfer nothing, holes pass as
// fast as they come, and one that was interrupted goes on from 16 bytes:
//
//     piece  := 256 KiB of the file; the last one is what is left
//     hash(1)   = XXH3-128(piece 1)                       of an empty file: XXH3-128 of nothing
//     hash(i+1) = XXH3-128(hash(i) || XXH3-128(piece i+1))
//
// in canonical (big-endian) form. Up to 256 KiB it is the plain XXH3-128 (xxhsum -H128). It tells
// disks' and our own mistakes, not those who forge. Pure but for hashOf(); one thread at a time.

#include "core/base/bytes.h"
#include "core/transfer/file_system.h"
#include "core/wire/block_frame.h"

#include <atomic>
#include <memory>

struct XXH3_state_s;

namespace postern {

class FileHash {
public:
    static constexpr qint64 PIECE = 256 * 1024;

    FileHash() = default;
    /// Goes on behind so many whole pieces.
    FileHash(qint64 pieces, const wire::BlockHash &chain)
        : m_pieces(pieces)
        , m_chain(chain)
    {
    }

    void add(ByteView bytes);
    /// The same with the bytes' own XXH3-128, which counts where they are a piece: a whole one, or
    /// what `ends` the file.
    void add(ByteView bytes, const wire::BlockHash &known, bool ends);
    void addZeros(qint64 count);

    qint64 pieces() const { return m_pieces; } ///< whole ones so far
    const wire::BlockHash &chain() const { return m_chain; } ///< of these; if there are any
    wire::BlockHash end(); ///< of all that was added; nothing may follow

private:
    struct FreeState {
        void operator()(XXH3_state_s *state) const;
    };

    void take(const wire::BlockHash &piece);

    qint64 m_pieces = 0;
    wire::BlockHash m_chain{};
    qint64 m_partial = 0; ///< bytes of a piece that is not whole yet
    std::unique_ptr<XXH3_state_s, FreeState> m_state; ///< of these
};

/// Of a file as it lies there. Reads no holes. Cancelled once `stopped`. Worker.
Result<wire::BlockHash> hashOf(File &file, const std::atomic<bool> &stopped);

} // namespace postern
