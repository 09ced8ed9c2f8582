// A hostile sender's data stream, in pieces of a size that the first byte chooses. What is
// read must encode to the same bytes; what is packed unpacks to the length told, or not at all.

#include "core/transfer/block_packing.h"

#include <algorithm>
#include <cstdlib>

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::size_t step = std::size_t{data[0]} + 1;
    ByteView rest(data + 1, size - 1);
    ByteView sinceFrame = rest;
    wire::BlockReader reader;
    while (!rest.empty()) {
        ByteView part = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(part.size());
        while (!part.empty()) {
            auto frame = reader.take(part);
            if (!frame)
                return 0;
            if (!*frame)
                continue;
            QByteArray head = wire::encodeBlockHead((*frame)->records);
            if ((*frame)->packed)
                wire::markPacked(head, static_cast<quint32>((*frame)->data.size()));
            const QByteArray again = head + (*frame)->data;
            if (again != toByteArray(sinceFrame.first((*frame)->wireBytes())))
                std::abort();
            sinceFrame = sinceFrame.subspan((*frame)->wireBytes());
            if (unpack(**frame)
                && static_cast<std::size_t>((*frame)->data.size()) != (*frame)->contentBytes())
                std::abort();
        }
    }
    return 0;
}
