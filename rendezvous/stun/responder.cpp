#include "rendezvous/stun/responder.h"

#include "core/stun/binding.h"
#include "rendezvous/stun/classic.h"

namespace postern::rendezvous {

std::optional<StunAnswer> answerStun(const StunAddresses &addresses, const StunPlace &place,
                                     const Endpoint &origin, const Endpoint &from,
                                     ByteView datagram)
{
    if (isClassicBindingRequest(datagram))
        return answerClassic(addresses, place, from, datagram);
    const auto request = stun::Message::parse(datagram);
    if (!request || !request->isBindingRequest())
        return std::nullopt;
    if (const auto unknown = request->unknownRequired(); !unknown.isEmpty())
        return StunAnswer{stun::bindingError(*request, stun::StunError::UnknownAttribute,
                                             {unknown.constData(), size_t(unknown.size())}),
                          place};
    const auto change = stun::changeWanted(*request);
    if ((change.address || change.port) && !addresses.alternate) {
        // RFC 5780 section 6.1: a server without an alternate does not know the attribute.
        const auto type = static_cast<std::uint16_t>(stun::Attribute::ChangeRequest);
        return StunAnswer{
            stun::bindingError(*request, stun::StunError::UnknownAttribute, {&type, 1}), place};
    }
    const StunPlace to{place.otherAddress != change.address, place.otherPort != change.port};
    stun::ResponderAddresses told{to == place ? origin : addresses.at(to), std::nullopt};
    if (addresses.alternate)
        told.other = addresses.at({!place.otherAddress, !place.otherPort});
    return StunAnswer{stun::bindingSuccess(*request, from, told), to};
}

} // namespace postern::rendezvous
