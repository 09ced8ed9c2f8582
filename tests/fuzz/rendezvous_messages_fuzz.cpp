// The bytes of a rendezvous connection, as a hostile client or server sends them: cut into
// frames, decoded as either side's messages. What decodes must encode to what decodes again.

#include "core/wire/frame.h"
#include "core/wire/rendezvous_messages.h"

#include <cstdlib>

using namespace postern;

template<typename Message> static void decodeAndBack(const QByteArray &payload)
{
    const auto message = wire::decode<Message>(payload);
    if (!message)
        return;
    const QByteArray encoded = wire::encodeAny(*message);
    const auto again = wire::decode<Message>(encoded);
    if (!again || wire::encodeAny(*again) != encoded)
        std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    FrameReader reader;
    reader.append(ByteView(data, size));
    while (true) {
        const auto frame = reader.next();
        if (!frame || !*frame)
            break;
        decodeAndBack<wire::ClientMessage>(**frame);
        decodeAndBack<wire::ServerMessage>(**frame);
    }
    return 0;
}
