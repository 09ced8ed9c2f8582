#include "core/stun/message_writer.h"

#include "core/stun/integrity.h"

#include <algorithm>

namespace postern::stun {

namespace {

void append16(QByteArray &to, std::uint16_t value)
{
    to.append(static_cast<char>(value >> 8));
    to.append(static_cast<char>(value));
}

void append32(QByteArray &to, std::uint32_t value)
{
    append16(to, static_cast<std::uint16_t>(value >> 16));
    append16(to, static_cast<std::uint16_t>(value));
}

/// RFC 8489 section 5: the two class bits lie between the bits of the method.
std::uint16_t messageType(MessageClass messageClass, Method method)
{
    const auto c = static_cast<unsigned>(messageClass);
    const auto m = static_cast<unsigned>(method);
    return static_cast<std::uint16_t>((m & 0x000f) | ((m & 0x0070) << 1) | ((m & 0x0f80) << 2)
                                      | ((c & 1) << 4) | ((c & 2) << 7));
}

QByteArray addressValue(const Endpoint &endpoint)
{
    QByteArray value;
    value.append('\0');
    value.append(static_cast<char>(endpoint.address.isV4() ? FAMILY_V4 : FAMILY_V6));
    append16(value, endpoint.port);
    value.append(toByteArray(endpoint.address.bytes()));
    return value;
}

} // namespace

MessageWriter::MessageWriter(MessageClass messageClass, Method method,
                             const TransactionId &transaction)
    : m_transaction(transaction)
{
    m_bytes.reserve(160);
    append16(m_bytes, messageType(messageClass, method));
    append16(m_bytes, 0);
    append32(m_bytes, MAGIC_COOKIE);
    m_bytes.append(transaction.toByteArray());
}

void MessageWriter::setLength(std::size_t attributeBytes)
{
    m_bytes[2] = static_cast<char>(attributeBytes >> 8);
    m_bytes[3] = static_cast<char>(attributeBytes);
}

MessageWriter &MessageWriter::bytes(Attribute type, ByteView value)
{
    append16(m_bytes, static_cast<std::uint16_t>(type));
    append16(m_bytes, static_cast<std::uint16_t>(value.size()));
    m_bytes.append(toByteArray(value));
    while (m_bytes.size() % 4 != 0)
        m_bytes.append('\0');
    setLength(static_cast<std::size_t>(m_bytes.size()) - HEADER_BYTES);
    return *this;
}

MessageWriter &MessageWriter::number32(Attribute type, std::uint32_t value)
{
    QByteArray encoded;
    append32(encoded, value);
    return text(type, encoded);
}

MessageWriter &MessageWriter::number64(Attribute type, std::uint64_t value)
{
    QByteArray encoded;
    append32(encoded, static_cast<std::uint32_t>(value >> 32));
    append32(encoded, static_cast<std::uint32_t>(value));
    return text(type, encoded);
}

MessageWriter &MessageWriter::address(Attribute type, const Endpoint &endpoint)
{
    return text(type, addressValue(endpoint));
}

MessageWriter &MessageWriter::xorAddress(Attribute type, const Endpoint &endpoint)
{
    QByteArray value = addressValue(endpoint);
    QByteArray mask;
    append32(mask, MAGIC_COOKIE);
    mask.append(m_transaction.toByteArray());
    const auto flip = [&](qsizetype at, qsizetype with) {
        value[at] = static_cast<char>(value.at(at) ^ mask.at(with));
    };
    flip(2, 0);
    flip(3, 1);
    for (qsizetype i = 4; i < value.size(); ++i)
        flip(i, i - 4);
    return text(type, value);
}

MessageWriter &MessageWriter::error(StunError code, const QByteArray &reason)
{
    QByteArray value(2, '\0');
    value.append(static_cast<char>(static_cast<int>(code) / 100));
    value.append(static_cast<char>(static_cast<int>(code) % 100));
    value.append(reason);
    return text(Attribute::ErrorCode, value);
}

MessageWriter &MessageWriter::unknownAttributes(std::span<const std::uint16_t> types)
{
    QByteArray value;
    for (const auto type : types)
        append16(value, type);
    return text(Attribute::UnknownAttributes, value);
}

MessageWriter &MessageWriter::integrity(ByteView key)
{
    return bytes(Attribute::MessageIntegrity, integrityOf(viewOf(m_bytes), key));
}

MessageWriter &MessageWriter::integritySha256(ByteView key)
{
    return bytes(Attribute::MessageIntegritySha256, integritySha256Of(viewOf(m_bytes), key));
}

MessageWriter &MessageWriter::fingerprint()
{
    return number32(Attribute::Fingerprint, fingerprintOf(viewOf(m_bytes)));
}

} // namespace postern::stun
