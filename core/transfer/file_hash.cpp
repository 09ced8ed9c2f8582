#include "core/transfer/file_hash.h"

#include "core/transfer/block_hash.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <vector>

namespace postern {

namespace {

ByteView zeros()
{
    static const std::vector<std::uint8_t> bytes(FileHash::PIECE, 0);
    return bytes;
}

wire::BlockHash canonical(const XXH128_hash_t &hash)
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    wire::BlockHash out;
    std::copy(std::begin(bytes.digest), std::end(bytes.digest), out.begin());
    return out;
}

} // namespace

void FileHash::FreeState::operator()(XXH3_state_s *state) const { XXH3_freeState(state); }

void FileHash::take(const wire::BlockHash &piece)
{
    if (m_pieces++ == 0) {
        m_chain = piece;
        return;
    }
    std::array<std::uint8_t, 2 * std::tuple_size_v<wire::BlockHash>> both;
    std::copy(piece.begin(), piece.end(), std::copy(m_chain.begin(), m_chain.end(), both.begin()));
    m_chain = blockHash(both);
}

void FileHash::add(ByteView bytes)
{
    while (!bytes.empty()) {
        const auto size = std::min(bytes.size(), static_cast<std::size_t>(PIECE - m_partial));
        const ByteView part = bytes.first(size);
        bytes = bytes.subspan(size);
        if (size == PIECE) {
            take(blockHash(part));
            continue;
        }
        if (!m_state)
            m_state.reset(XXH3_createState());
        if (m_partial == 0)
            XXH3_128bits_reset(m_state.get());
        XXH3_128bits_update(m_state.get(), part.data(), part.size());
        m_partial += static_cast<qint64>(size);
        if (m_partial == PIECE) {
            m_partial = 0;
            take(canonical(XXH3_128bits_digest(m_state.get())));
        }
    }
}

void FileHash::add(ByteView bytes, const wire::BlockHash &known, bool ends)
{
    const auto size = static_cast<qint64>(bytes.size());
    if (m_partial == 0 && (size == PIECE || (ends && size > 0 && size < PIECE)))
        take(known);
    else
        add(bytes);
}

void FileHash::addZeros(qint64 count)
{
    static const wire::BlockHash piece = blockHash(zeros());
    while (count > 0) {
        const qint64 part = std::min(count, PIECE - m_partial);
        if (part == PIECE)
            take(piece);
        else
            add(zeros().first(static_cast<std::size_t>(part)));
        count -= part;
    }
}

wire::BlockHash FileHash::end()
{
    if (std::exchange(m_partial, 0) > 0)
        take(canonical(XXH3_128bits_digest(m_state.get())));
    return m_pieces > 0 ? m_chain : blockHash({});
}

Result<wire::BlockHash> hashOf(File &file, const std::atomic<bool> &stopped)
{
    const auto info = file.info();
    if (!info)
        return info.error();
    FileHash hash;
    std::vector<std::uint8_t> buffer(FileHash::PIECE);
    for (qint64 at = 0;;) {
        if (stopped)
            return Error{ErrorCode::Cancelled, QString()};
        const auto data = file.nextData(at);
        if (!data)
            return data.error();
        if (*data > at) {
            hash.addZeros(*data - at);
            at = *data;
        }
        const auto got = file.read(at, buffer);
        if (!got)
            return got.error();
        if (*got == 0)
            return hash.end();
        hash.add(ByteView(buffer).first(static_cast<std::size_t>(*got)));
        at += *got;
    }
}

} // namespace postern
