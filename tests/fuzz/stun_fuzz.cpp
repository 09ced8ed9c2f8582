// Feeds any bytes to the STUN parser and asks it everything; what is well formed must also
// survive being answered.

#include "core/stun/binding.h"
#include "core/stun/channel_data.h"
#include "core/stun/password_algorithms.h"
#include "core/stun/transaction.h"

using namespace postern;

/// As a relay reads it from TCP: cut in two anywhere, the same messages come out.
static void readStream(ByteView bytes)
{
    stun::TurnStream stream;
    std::size_t taken = 0;
    for (const ByteView half : {bytes.first(bytes.size() / 3), bytes.subspan(bytes.size() / 3)}) {
        stream.append(half);
        for (;;) {
            const auto next = stream.next();
            if (!next || !*next)
                break;
            taken += (*next)->size();
            (void)stun::readChannelData(**next);
        }
    }
    if (taken + stream.pending() != bytes.size())
        __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView datagram{data, size};
    readStream(datagram);
    (void)stun::readChannelData(datagram);
    (void)stun::offersSha256(datagram);
    (void)stun::promisesAlgorithms(toByteArray(datagram));
    const auto message = stun::Message::parse(datagram);
    if (!message)
        return 0;
    for (int type = 0; type <= 0x30; ++type) {
        for (const int half : {0, 0x8000}) {
            const auto attribute = static_cast<stun::Attribute>(type | half);
            (void)message->find(attribute);
            (void)message->text(attribute);
            (void)message->number32(attribute);
            (void)message->number64(attribute);
            (void)message->address(attribute);
            (void)message->xorAddress(attribute);
        }
    }
    (void)message->error();
    (void)message->xorAddresses(stun::Attribute::XorPeerAddress);
    (void)message->verifyIntegritySha256(viewOf(QByteArrayLiteral("key")));
    (void)message->verifyIntegrity(viewOf(QByteArrayLiteral("key")));
    const auto unknown = message->unknownRequired();
    const Endpoint seen = message->mappedAddress().value_or(Endpoint{});
    const QByteArray success = stun::bindingSuccess(*message, seen, {seen, seen});
    const QByteArray refusal =
        stun::bindingError(*message, stun::StunError::UnknownAttribute, unknown);
    if (!stun::Message::parse(viewOf(success)) || !stun::Message::parse(viewOf(refusal)))
        __builtin_trap();
    return 0;
}
