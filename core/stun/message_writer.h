#pragma once
// Makes the bytes of one STUN message, attribute by attribute, in the order of the calls:
//
//     MessageWriter(MessageClass::Request, Method::Binding, id)
//         .text(Attribute::Username, "a:b").integrity(key).fingerprint().take();
//
// integrity() and fingerprint() cover what was written before them, so they come last, in
// this order. Pure; any thread. Source: RFC 8489 sections 5 and 14.

#include "core/stun/message.h"

#include <span>

namespace postern::stun {

class MessageWriter {
public:
    MessageWriter(MessageClass messageClass, Method method, const TransactionId &transaction);

    MessageWriter &bytes(Attribute type, ByteView value);
    MessageWriter &text(Attribute type, const QByteArray &value)
    {
        return bytes(type, viewOf(value));
    }
    MessageWriter &flag(Attribute type) { return bytes(type, {}); }
    MessageWriter &number32(Attribute type, std::uint32_t value);
    MessageWriter &number64(Attribute type, std::uint64_t value);
    MessageWriter &address(Attribute type, const Endpoint &endpoint);
    MessageWriter &xorAddress(Attribute type, const Endpoint &endpoint);
    MessageWriter &error(StunError code, const QByteArray &reason);
    MessageWriter &error(StunError code) { return error(code, reasonOf(code)); }
    MessageWriter &unknownAttributes(std::span<const std::uint16_t> types);
    /// MESSAGE-INTEGRITY, HMAC-SHA1 with a short-term password or a long-term key.
    MessageWriter &integrity(ByteView key);
    /// MESSAGE-INTEGRITY-SHA256.
    MessageWriter &integritySha256(ByteView key);
    MessageWriter &fingerprint();

    QByteArray take() { return std::move(m_bytes); }

private:
    void setLength(std::size_t attributeBytes);

    QByteArray m_bytes;
    TransactionId m_transaction;
};

} // namespace postern::stun
