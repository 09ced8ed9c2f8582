// Feeds any bytes to the STUN parser and asks it everything; what is well formed must also
// survive being answered.

#include "core/stun/binding.h"
#include "core/stun/transaction.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView datagram{data, size};
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
