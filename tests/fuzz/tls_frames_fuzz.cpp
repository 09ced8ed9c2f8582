// What a hostile peer sends inside its TLS connection. The first byte chooses the size of
// the pieces and whether the reader consumes. However the bytes are cut, the mux must say
// the same, and its answers must not outgrow what was asked.

#include "core/transport/stream_mux.h"

#include <algorithm>
#include <cstdlib>

using namespace postern;

namespace {

struct Reader : PeerChannelObserver {
    StreamMux mux{ChannelRole::Responder};
    bool consumes = false;
    std::size_t bytes = 0;
    std::size_t ends = 0;
    std::size_t resets = 0;

    explicit Reader(bool consuming)
        : consumes(consuming)
    {
        mux.setObserver(this);
        (void)mux.openStream().ok();
    }
    void streamData(StreamId stream, ByteView data, bool finished) override
    {
        bytes += data.size();
        ends += finished ? 1 : 0;
        if (consumes)
            mux.consume(stream, data.size());
    }
    void streamWritable(StreamId) override { }
    void streamReset(StreamId) override { ++resets; }
    void channelClosed(const Error &) override { }

    bool take(ByteView input, std::size_t step)
    {
        while (!input.empty()) {
            const ByteView part = input.first(std::min(step, input.size()));
            input = input.subspan(part.size());
            if (!mux.receive(part))
                return false;
        }
        return true;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const bool consumes = (data[0] & 1) != 0;
    const ByteView input(data + 1, size - 1);
    Reader whole(consumes);
    Reader pieces(consumes);
    const bool takenWhole = whole.take(input, size);
    const bool takenPieces = pieces.take(input, std::size_t{data[0]} / 2 + 1);
    if (takenWhole != takenPieces || (takenWhole && whole.bytes != pieces.bytes)
        || whole.ends != pieces.ends || whole.resets != pieces.resets)
        std::abort();
    if (whole.bytes > size || whole.mux.controlBacklog() > size + 16)
        std::abort();
    return 0;
}
