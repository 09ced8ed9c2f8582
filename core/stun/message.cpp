#include "core/stun/message.h"

#include "core/stun/integrity.h"

#include <algorithm>

namespace postern::stun {

namespace {

constexpr std::size_t MAX_REASON_BYTES = 763; // RFC 8489 section 14.8

std::uint16_t read16(ByteView bytes, std::size_t at)
{
    return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

std::uint32_t read32(ByteView bytes, std::size_t at)
{
    return (std::uint32_t{read16(bytes, at)} << 16) | read16(bytes, at + 2);
}

Error malformed() { return {ErrorCode::Protocol, QStringLiteral("A STUN message is malformed.")}; }

/// RFC 8489 section 5: the two class bits lie between the bits of the method.
MessageClass classOf(std::uint16_t type)
{
    return static_cast<MessageClass>(((type >> 4) & 1) | ((type >> 7) & 2));
}

Method methodOf(std::uint16_t type)
{
    return static_cast<Method>((type & 0x000f) | ((type >> 1) & 0x0070) | ((type >> 2) & 0x0f80));
}

/// What a value's size may be. One line an attribute: this is the table of what we know.
struct SizeRule {
    Attribute type;
    std::size_t least;
    std::size_t most;
    std::size_t step = 1;
};
constexpr std::size_t ANY = 0xffff;

constexpr std::array SIZE_RULES{
    SizeRule{Attribute::MappedAddress, 8, 20, 12},
    SizeRule{Attribute::Username, 0, MAX_USERNAME_BYTES},
    SizeRule{Attribute::MessageIntegrity, 20, 20},
    SizeRule{Attribute::ErrorCode, 4, 4 + MAX_REASON_BYTES},
    SizeRule{Attribute::UnknownAttributes, 0, ANY, 2},
    SizeRule{Attribute::Realm, 0, MAX_SOFTWARE_BYTES},
    SizeRule{Attribute::Nonce, 0, MAX_SOFTWARE_BYTES},
    SizeRule{Attribute::MessageIntegritySha256, 16, 32, 4},
    SizeRule{Attribute::PasswordAlgorithm, 4, ANY, 4},
    SizeRule{Attribute::PasswordAlgorithms, 0, ANY, 4},
    SizeRule{Attribute::AlternateServer, 8, 20, 12},
    SizeRule{Attribute::XorMappedAddress, 8, 20, 12},
    SizeRule{Attribute::Software, 0, MAX_SOFTWARE_BYTES},
    SizeRule{Attribute::Fingerprint, 4, 4},
    SizeRule{Attribute::ChangeRequest, 4, 4},
    SizeRule{Attribute::Padding, 0, ANY},
    SizeRule{Attribute::ResponsePort, 2, 4, 2},
    SizeRule{Attribute::ResponseOrigin, 8, 20, 12},
    SizeRule{Attribute::OtherAddress, 8, 20, 12},
    SizeRule{Attribute::Priority, 4, 4},
    SizeRule{Attribute::UseCandidate, 0, 0},
    SizeRule{Attribute::IceControlled, 8, 8},
    SizeRule{Attribute::IceControlling, 8, 8},
    SizeRule{Attribute::ChannelNumber, 4, 4},
    SizeRule{Attribute::Lifetime, 4, 4},
    SizeRule{Attribute::XorPeerAddress, 8, 20, 12},
    SizeRule{Attribute::Data, 0, ANY},
    SizeRule{Attribute::XorRelayedAddress, 8, 20, 12},
    SizeRule{Attribute::RequestedAddressFamily, 4, 4},
    SizeRule{Attribute::EvenPort, 1, 1},
    SizeRule{Attribute::RequestedTransport, 4, 4},
    SizeRule{Attribute::DontFragment, 0, 0},
    SizeRule{Attribute::ReservationToken, 8, 8},
};

const SizeRule *ruleOf(std::uint16_t type)
{
    const auto *found = std::find_if(SIZE_RULES.begin(), SIZE_RULES.end(), [&](const SizeRule &r) {
        return static_cast<std::uint16_t>(r.type) == type;
    });
    return found == SIZE_RULES.end() ? nullptr : found;
}

bool isIntegrity(std::uint16_t type)
{
    return type == static_cast<std::uint16_t>(Attribute::MessageIntegrity)
        || type == static_cast<std::uint16_t>(Attribute::MessageIntegritySha256);
}

bool sizeIsRight(std::uint16_t type, std::size_t size)
{
    const SizeRule *rule = ruleOf(type);
    return !rule
        || (size >= rule->least && size <= rule->most && (size - rule->least) % rule->step == 0);
}

/// The value of an address attribute after `mask` is taken off; an empty mask for plain ones.
std::optional<Endpoint> readAddress(ByteView value, ByteView mask)
{
    const bool v6 = value[1] == FAMILY_V6;
    if ((!v6 && value[1] != FAMILY_V4)
        || value.size() != (v6 ? ADDRESS_V6_BYTES : ADDRESS_V4_BYTES))
        return std::nullopt;
    std::array<std::uint8_t, 18> plain{}; // port, then address
    const std::size_t count = value.size() - 2;
    std::copy_n(value.begin() + 2, count, plain.begin());
    if (!mask.empty()) {
        plain[0] ^= mask[0];
        plain[1] ^= mask[1];
        for (std::size_t i = 2; i < count; ++i)
            plain[i] ^= mask[i - 2];
    }
    const std::uint16_t port = read16(plain, 0);
    if (!v6)
        return Endpoint{IpAddress::v4(read32(plain, 2)), port};
    std::array<std::uint8_t, 16> address{};
    std::copy_n(plain.begin() + 2, address.size(), address.begin());
    return Endpoint{IpAddress::v6(address), port};
}

} // namespace

bool looksLikeStun(ByteView datagram)
{
    return datagram.size() >= HEADER_BYTES && (datagram[0] & 0xc0) == 0
        && read32(datagram, 4) == MAGIC_COOKIE && read16(datagram, 2) % 4 == 0
        && HEADER_BYTES + read16(datagram, 2) == datagram.size();
}

std::optional<std::size_t> messageSize(ByteView stream)
{
    if (stream.size() < HEADER_BYTES)
        return std::nullopt;
    return HEADER_BYTES + read16(stream, LENGTH_OFFSET);
}

Result<Message> Message::parse(ByteView datagram)
{
    if (!looksLikeStun(datagram))
        return malformed();
    Message message;
    message.m_bytes = datagram;
    const std::uint16_t type = read16(datagram, 0);
    message.m_class = classOf(type);
    message.m_method = methodOf(type);
    auto transaction = TransactionId::fromBytes(datagram.subspan(8, TransactionId::LENGTH));
    if (!transaction)
        return malformed();
    message.m_transaction = *transaction;
    if (auto read = message.readAttributes(); !read)
        return read.error();
    return message;
}

Result<void> Message::readAttributes()
{
    bool protectedPartEnded = false;
    std::size_t at = HEADER_BYTES;
    while (at < m_bytes.size()) {
        if (m_count == MAX_ATTRIBUTES || m_bytes.size() - at < ATTRIBUTE_HEADER_BYTES)
            return malformed();
        const Entry next{read16(m_bytes, at), read16(m_bytes, at + 2), at + ATTRIBUTE_HEADER_BYTES};
        const std::size_t padded = (std::size_t{next.length} + 3) & ~std::size_t{3};
        if (m_bytes.size() - next.offset < padded || !acceptsAttribute(next))
            return malformed();
        m_entries[m_count++] = next;
        if (!protectedPartEnded)
            m_visible = m_count;
        protectedPartEnded |= isIntegrity(next.type);
        at = next.offset + padded;
    }
    return {};
}

bool Message::acceptsAttribute(const Entry &next) const
{
    if (!sizeIsRight(next.type, next.length))
        return false;
    if (next.type != static_cast<std::uint16_t>(Attribute::Fingerprint))
        return true;
    // RFC 8489 section 14.7: the last attribute, and it must match.
    return next.offset + next.length == m_bytes.size()
        && read32(m_bytes, next.offset)
        == fingerprintOf(m_bytes.first(next.offset - ATTRIBUTE_HEADER_BYTES));
}

const Message::Entry *Message::entry(Attribute type) const
{
    const auto wanted = static_cast<std::uint16_t>(type);
    // FINGERPRINT is always the last attribute, so behind the integrity; where both kinds of
    // that are present, the one of SHA-256 is behind the other (RFC 8489 section 14.6).
    const bool behind = type == Attribute::Fingerprint || type == Attribute::MessageIntegritySha256;
    const std::size_t count = behind ? m_count : m_visible;
    for (std::size_t i = 0; i < count; ++i)
        if (m_entries[i].type == wanted)
            return &m_entries[i];
    return nullptr;
}

ByteView Message::value(const Entry &found) const
{
    return m_bytes.subspan(found.offset, found.length);
}

std::optional<ByteView> Message::find(Attribute type) const
{
    const Entry *found = entry(type);
    return found ? std::optional(value(*found)) : std::nullopt;
}

std::optional<std::uint32_t> Message::number32(Attribute type) const
{
    const auto found = find(type);
    return found && found->size() == 4 ? std::optional(read32(*found, 0)) : std::nullopt;
}

std::optional<std::uint64_t> Message::number64(Attribute type) const
{
    const auto found = find(type);
    if (!found || found->size() != 8)
        return std::nullopt;
    return (std::uint64_t{read32(*found, 0)} << 32) | read32(*found, 4);
}

std::optional<QByteArray> Message::text(Attribute type) const
{
    const auto found = find(type);
    return found ? std::optional(toByteArray(*found)) : std::nullopt;
}

std::optional<Endpoint> Message::address(Attribute type) const
{
    const auto found = find(type);
    if (!found || found->size() < ADDRESS_V4_BYTES)
        return std::nullopt;
    return readAddress(*found, {});
}

std::optional<Endpoint> Message::xorAddress(Attribute type) const
{
    const auto found = find(type);
    if (!found || found->size() < ADDRESS_V4_BYTES)
        return std::nullopt;
    return readAddress(*found, m_bytes.subspan(4, 16)); // cookie, then transaction id
}

QList<Endpoint> Message::xorAddresses(Attribute type) const
{
    QList<Endpoint> all;
    for (std::size_t i = 0; i < m_visible; ++i) {
        if (m_entries[i].type != static_cast<std::uint16_t>(type))
            continue;
        if (const auto one = readAddress(value(m_entries[i]), m_bytes.subspan(4, 16)))
            all.append(*one);
    }
    return all;
}

std::optional<ErrorAttribute> Message::error() const
{
    const auto found = find(Attribute::ErrorCode);
    if (!found)
        return std::nullopt;
    const int hundreds = (*found)[2] & 0x07;
    const int rest = (*found)[3];
    if (hundreds < 3 || hundreds > 6 || rest > 99)
        return std::nullopt;
    const auto reason = found->subspan(4);
    return ErrorAttribute{hundreds * 100 + rest,
                          QString::fromUtf8(reinterpret_cast<const char *>(reason.data()),
                                            static_cast<qsizetype>(reason.size()))};
}

std::optional<Endpoint> Message::mappedAddress() const
{
    const auto mapped = xorAddress(Attribute::XorMappedAddress);
    return mapped ? mapped : address(Attribute::MappedAddress);
}

QList<std::uint16_t> Message::unknownRequired() const
{
    QList<std::uint16_t> unknown;
    for (std::size_t i = 0; i < m_visible; ++i) {
        const std::uint16_t type = m_entries[i].type;
        if (isComprehensionRequired(type) && !ruleOf(type) && !unknown.contains(type))
            unknown.append(type);
    }
    return unknown;
}

bool Message::verifyIntegritySha256(ByteView key) const
{
    const Entry *found = entry(Attribute::MessageIntegritySha256);
    if (!found)
        return false;
    const auto before = m_bytes.first(found->offset - ATTRIBUTE_HEADER_BYTES);
    // Servers and clients may cut the code short (RFC 8489 section 14.6); ours never do.
    const auto expected = integritySha256Of(before, key);
    return equalInConstantTime(expected, value(*found));
}

bool Message::verifyIntegrity(ByteView key) const
{
    const Entry *found = entry(Attribute::MessageIntegrity);
    if (!found)
        return false;
    const auto expected = integrityOf(m_bytes.first(found->offset - ATTRIBUTE_HEADER_BYTES), key);
    return equalInConstantTime(expected, value(*found));
}

} // namespace postern::stun
