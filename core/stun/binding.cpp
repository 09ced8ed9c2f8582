#include "core/stun/binding.h"

namespace postern::stun {

QByteArray bindingRequest(const TransactionId &transaction, std::uint32_t changeFlags)
{
    MessageWriter writer(MessageClass::Request, Method::Binding, transaction);
    if (changeFlags != 0)
        writer.number32(Attribute::ChangeRequest, changeFlags);
    return writer.fingerprint().take();
}

ChangeWanted changeWanted(const Message &request)
{
    const std::uint32_t flags = request.number32(Attribute::ChangeRequest).value_or(0);
    return {(flags & CHANGE_ADDRESS) != 0, (flags & CHANGE_PORT) != 0};
}

QByteArray bindingSuccess(const Message &request, const Endpoint &seenAt,
                          const ResponderAddresses &addresses)
{
    MessageWriter writer(MessageClass::Success, Method::Binding, request.transaction());
    writer.xorAddress(Attribute::XorMappedAddress, seenAt);
    writer.address(Attribute::ResponseOrigin, addresses.origin);
    if (addresses.other)
        writer.address(Attribute::OtherAddress, *addresses.other);
    return writer.text(Attribute::Software, "postern").fingerprint().take();
}

QByteArray bindingError(const Message &request, StunError code,
                        std::span<const std::uint16_t> unknown)
{
    MessageWriter writer(MessageClass::Error, Method::Binding, request.transaction());
    writer.error(code, reasonOf(code));
    if (!unknown.empty())
        writer.unknownAttributes(unknown);
    return writer.fingerprint().take();
}

} // namespace postern::stun
