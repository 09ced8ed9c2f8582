#include "core/transfer/block_packing.h"

#include "core/transfer/sentences.h"

#include <zstd.h>

#include <algorithm>

namespace postern {

namespace {

/// The fastest of zstd's ordinary levels, some 300 MB/s and more.
constexpr int LEVEL = 1;
/// Tried first of a larger block: what does not shrink here is left alone.
constexpr std::size_t TRIAL_BYTES = 16 * 1024;
constexpr std::size_t LEAST_BYTES = 512;
/// Must save a sixteenth, or unpacking is not worth its time.
constexpr std::size_t savedAtLeast(std::size_t size) { return size - size / 16; }

/// Packing shares the processor with everything else.
constexpr double MARGIN = 1.25;
constexpr Duration WINDOW = 250ms;
/// How much one block changes the measured rate.
constexpr double WEIGHT = 0.2;

double perSecond(qint64 bytes, Duration time)
{
    return static_cast<double>(bytes) / std::chrono::duration<double>(time).count();
}

} // namespace

BlockPacker::BlockPacker()
    : m_context(ZSTD_createCCtx())
{
}

BlockPacker::~BlockPacker() = default;

void BlockPacker::Free::operator()(ZSTD_CCtx_s *context) const { ZSTD_freeCCtx(context); }

std::optional<QByteArray> BlockPacker::pack(ByteView data, qint64 &tried)
{
    tried = 0;
    if (!m_context || data.size() < LEAST_BYTES)
        return std::nullopt;
    QByteArray packed(static_cast<qsizetype>(savedAtLeast(data.size())), Qt::Uninitialized);
    const auto fits = [&](ByteView part) -> std::size_t { // 0: not
        tried += static_cast<qint64>(part.size());
        const std::size_t size =
            ZSTD_compressCCtx(m_context.get(), packed.data(), savedAtLeast(part.size()),
                              part.data(), part.size(), LEVEL);
        return ZSTD_isError(size) ? 0 : size;
    };
    if (data.size() >= 4 * TRIAL_BYTES && fits(data.first(TRIAL_BYTES)) == 0)
        return std::nullopt;
    const std::size_t size = fits(data);
    if (size == 0)
        return std::nullopt;
    packed.truncate(static_cast<qsizetype>(size));
    packed.squeeze();
    return packed;
}

Result<void> unpack(wire::BlockFrame &frame)
{
    if (!frame.packed)
        return {};
    const std::size_t wanted = frame.contentBytes();
    QByteArray content(static_cast<qsizetype>(wanted), Qt::Uninitialized);
    const std::size_t got = ZSTD_decompress(content.data(), wanted, frame.data.constData(),
                                            static_cast<std::size_t>(frame.data.size()));
    if (ZSTD_isError(got) || got != wanted)
        return sentences::protocolBroken();
    frame.data = std::move(content);
    frame.packed = false;
    return {};
}

void PackingJudge::begin(Instant now, bool nearby)
{
    m_windowBegan = now;
    m_windowBytes = 0;
    m_windowSpent = {};
    m_windowFull = false;
    m_nearby = nearby;
    m_linkRate.reset();
}

void PackingJudge::packed(qint64 bytes, Duration spent)
{
    m_windowSpent += spent;
    if (bytes > 0 && spent > Duration::zero())
        m_packRate += WEIGHT * (perSecond(bytes, spent) - m_packRate);
}

void PackingJudge::sent(Instant now, qint64 bytes, bool full)
{
    m_windowBytes += bytes;
    m_windowFull = m_windowFull || full;
    const Duration passed = now - m_windowBegan;
    if (passed < WINDOW)
        return;
    if (m_windowFull)
        m_linkRate = perSecond(m_windowBytes, passed);
    else if (2 * m_windowSpent > passed) // it was packing that held everything up
        m_linkRate = std::max(m_linkRate.value_or(0), m_packRate);
    m_windowBegan = now;
    m_windowBytes = 0;
    m_windowSpent = {};
    m_windowFull = false;
}

bool PackingJudge::worthIt() const
{
    return m_linkRate ? m_packRate > MARGIN * *m_linkRate : !m_nearby;
}

} // namespace postern
