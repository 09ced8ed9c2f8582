#include "rendezvous/stun/responder.h"

#include "core/stun/binding.h"
#include "rendezvous/stun/classic.h"

namespace postern::rendezvous {

namespace {

constexpr std::uint16_t CHANGE_REQUEST[] = {
    static_cast<std::uint16_t>(stun::Attribute::ChangeRequest)};
/// Would make the answer larger than any we need, and a stranger's flood with it.
constexpr std::uint16_t PADDING[] = {static_cast<std::uint16_t>(stun::Attribute::Padding)};

/// RFC 5780 section 7.5: another port of the same address, to learn how long a mapping lives.
std::optional<std::uint16_t> responsePort(const stun::Message &request)
{
    const auto value = request.find(stun::Attribute::ResponsePort);
    if (!value || value->size() < 2)
        return std::nullopt;
    const auto port = static_cast<std::uint16_t>(((*value)[0] << 8) | (*value)[1]);
    return port != 0 ? std::optional(port) : std::nullopt;
}

} // namespace

std::optional<StunAnswer> answerStun(const StunAddresses &addresses, const StunPlace &place,
                                     const Endpoint &origin, const Endpoint &from,
                                     ByteView datagram)
{
    if (isClassicBindingRequest(datagram))
        return answerClassic(addresses, place, from, datagram);
    const auto request = stun::Message::parse(datagram);
    if (!request || !request->isBindingRequest())
        return std::nullopt;
    const auto refuse = [&](std::span<const std::uint16_t> types) {
        return StunAnswer{stun::bindingError(*request, stun::StunError::UnknownAttribute, types),
                          place, from};
    };
    if (const auto unknown = request->unknownRequired(); !unknown.isEmpty())
        return refuse({unknown.constData(), static_cast<std::size_t>(unknown.size())});
    const auto change = stun::changeWanted(*request);
    if (!canChange(addresses, change.address, change.port))
        return refuse(CHANGE_REQUEST); // RFC 5780 section 6.1: without an alternate, unknown
    if (request->has(stun::Attribute::Padding))
        return refuse(PADDING);

    const StunPlace to{place.otherAddress != change.address, place.otherPort != change.port};
    stun::ResponderAddresses told{to == place ? origin : addresses.at(to), std::nullopt};
    if (addresses.alternate)
        told.other = addresses.at({!place.otherAddress, !place.otherPort});
    return StunAnswer{stun::bindingSuccess(*request, from, told),
                      to,
                      {from.address, responsePort(*request).value_or(from.port)}};
}

} // namespace postern::rendezvous
