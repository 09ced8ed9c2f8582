#include "rendezvous/stun/classic.h"

#include "core/stun/message.h"

#include <QtEndian>

namespace postern::rendezvous {

namespace {

constexpr std::uint16_t BINDING_REQUEST = 0x0001;
constexpr std::uint16_t BINDING_RESPONSE = 0x0101;
constexpr std::uint16_t BINDING_ERROR = 0x0111;
constexpr std::size_t TRANSACTION_OFFSET = 4;
constexpr std::size_t TRANSACTION_BYTES = 16; ///< RFC 3489 section 11.1: all of it, no cookie

// RFC 3489 section 11.2
constexpr std::uint16_t MAPPED_ADDRESS = 0x0001;
constexpr std::uint16_t RESPONSE_ADDRESS = 0x0002;
constexpr std::uint16_t CHANGE_REQUEST = 0x0003;
constexpr std::uint16_t SOURCE_ADDRESS = 0x0004;
constexpr std::uint16_t CHANGED_ADDRESS = 0x0005;
constexpr std::uint16_t ERROR_CODE = 0x0009;
constexpr std::uint16_t UNKNOWN_ATTRIBUTES = 0x000a;

std::uint16_t read16(ByteView bytes, std::size_t at)
{
    return qFromBigEndian<std::uint16_t>(bytes.data() + at);
}

void append16(QByteArray &out, std::uint16_t number)
{
    out.append(static_cast<char>(number >> 8)).append(static_cast<char>(number & 0xff));
}

void appendAddress(QByteArray &out, std::uint16_t type, const Endpoint &endpoint)
{
    if (!endpoint.address.isV4()) // RFC 3489 knows no other
        return;
    append16(out, type);
    append16(out, 8);
    append16(out, 1); // padding byte, family IPv4
    append16(out, endpoint.port);
    out.append(toByteArray(endpoint.address.bytes()));
}

QByteArray withHeader(std::uint16_t type, ByteView request, const QByteArray &attributes)
{
    QByteArray out;
    append16(out, type);
    append16(out, static_cast<std::uint16_t>(attributes.size()));
    out.append(toByteArray(request.subspan(TRANSACTION_OFFSET, TRANSACTION_BYTES)));
    return out + attributes;
}

QByteArray refusal(ByteView request, std::uint16_t unknown)
{
    QByteArray attributes;
    append16(attributes, ERROR_CODE);
    append16(attributes, 4);
    append16(attributes, 0);
    append16(attributes, 0x0414); // class 4, number 20
    append16(attributes, UNKNOWN_ATTRIBUTES);
    append16(attributes, 4); // section 11.2.10: an even count, the last repeated
    append16(attributes, unknown);
    append16(attributes, unknown);
    return withHeader(BINDING_ERROR, request, attributes);
}

} // namespace

bool isClassicBindingRequest(ByteView datagram)
{
    return datagram.size() >= stun::HEADER_BYTES && read16(datagram, 0) == BINDING_REQUEST
        && read16(datagram, 2) == datagram.size() - stun::HEADER_BYTES
        && qFromBigEndian<std::uint32_t>(datagram.data() + 4) != stun::MAGIC_COOKIE;
}

std::optional<StunAnswer> answerClassic(const StunAddresses &addresses, const StunPlace &place,
                                        const Endpoint &from, ByteView datagram)
{
    std::uint32_t change = 0;
    std::size_t at = stun::HEADER_BYTES;
    while (at + 4 <= datagram.size()) {
        const std::uint16_t type = read16(datagram, at);
        const std::size_t length = read16(datagram, at + 2);
        at += 4;
        if (length % 4 != 0 || at + length > datagram.size())
            return std::nullopt;
        if (type == RESPONSE_ADDRESS)
            return StunAnswer{refusal(datagram, type), place, from};
        if (type == CHANGE_REQUEST && length == 4)
            change = qFromBigEndian<std::uint32_t>(datagram.data() + at);
        at += length;
    }
    const bool changeAddress = (change & stun::CHANGE_ADDRESS) != 0;
    const bool changePort = (change & stun::CHANGE_PORT) != 0;
    if (!canChange(addresses, changeAddress, changePort))
        return StunAnswer{refusal(datagram, CHANGE_REQUEST), place, from};
    const StunPlace to{place.otherAddress != changeAddress, place.otherPort != changePort};
    QByteArray attributes;
    appendAddress(attributes, MAPPED_ADDRESS, from);
    appendAddress(attributes, SOURCE_ADDRESS, addresses.at(to));
    if (addresses.alternate)
        appendAddress(attributes, CHANGED_ADDRESS,
                      addresses.at({!place.otherAddress, !place.otherPort}));
    return StunAnswer{withHeader(BINDING_RESPONSE, datagram, attributes), to, from};
}

} // namespace postern::rendezvous
