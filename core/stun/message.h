#pragma once
// STUN messages. Message is a validated view of a datagram that it does not own;
// MessageWriter makes the bytes of a new one.
//
// Parsing allocates nothing and accepts only what is well formed to the last byte: lengths
// that add up, values of the size their attribute has, at most MAX_ATTRIBUTES of them.
// Whether a message is *authentic* is a second question: verifyIntegrity().
// Pure; any thread. Source: RFC 8489 sections 5, 6, 14.

#include "core/base/endpoint.h"
#include "core/base/ids.h"
#include "core/stun/attributes.h"
#include "core/stun/layout.h"

#include <QList>

#include <optional>

namespace postern::stun {

/// 96 bits chosen at random by whoever asks (RFC 8489 section 5).
using TransactionId = FixedId<struct StunTransactionTag, 12>;

enum class MessageClass : std::uint8_t { Request, Indication, Success, Error };
enum class Method : std::uint16_t {
    Binding = 0x001,
    Allocate = 0x003,
    Refresh = 0x004,
    Send = 0x006,
    Data = 0x007,
    CreatePermission = 0x008,
    ChannelBind = 0x009,
};

inline constexpr std::uint32_t MAGIC_COOKIE = 0x2112a442;
inline constexpr std::size_t MAX_ATTRIBUTES = 24; ///< real messages carry fewer than 12
inline constexpr std::size_t MAX_USERNAME_BYTES = 508; ///< RFC 8489 section 14.3
inline constexpr std::size_t MAX_SOFTWARE_BYTES = 763; ///< RFC 8489 section 14.14

/// What ERROR-CODE carries. The reason is the other side's text: never rich text, bounded.
struct ErrorAttribute {
    int code = 0;
    QString reason;
};

/// A cheap look at the first bytes, enough to tell STUN from QUIC on a shared socket
/// (RFC 8489 section 5, RFC 9443 section 2).
bool looksLikeStun(ByteView datagram);

/// How long the message is that these bytes begin with, by its header; nothing while the header
/// is not all there. Over TCP messages follow each other (RFC 8489 section 6.2.2).
std::optional<std::size_t> messageSize(ByteView stream);

class Message {
public:
    /// The whole datagram must be one message. The view must outlive the Message.
    /// A FINGERPRINT that is present must be right. Fails with Protocol.
    static Result<Message> parse(ByteView datagram);

    MessageClass messageClass() const { return m_class; }
    Method method() const { return m_method; }
    const TransactionId &transaction() const { return m_transaction; }
    bool isBindingRequest() const
    {
        return m_class == MessageClass::Request && m_method == Method::Binding;
    }

    /// The first of that type; attributes behind the integrity are not seen, for they are not
    /// protected by it (RFC 8489 section 14.5), except its second kind and FINGERPRINT.
    std::optional<ByteView> find(Attribute type) const;
    bool has(Attribute type) const { return find(type).has_value(); }
    std::optional<std::uint32_t> number32(Attribute type) const;
    std::optional<std::uint64_t> number64(Attribute type) const;
    std::optional<QByteArray> text(Attribute type) const;
    /// MAPPED-ADDRESS, RESPONSE-ORIGIN, OTHER-ADDRESS, ALTERNATE-SERVER.
    std::optional<Endpoint> address(Attribute type) const;
    /// XOR-MAPPED-ADDRESS, XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS.
    std::optional<Endpoint> xorAddress(Attribute type) const;
    /// Every one of that type that can be read: CreatePermission names several peers.
    QList<Endpoint> xorAddresses(Attribute type) const;
    std::optional<ErrorAttribute> error() const;
    /// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS as servers older than RFC 5389 send it.
    std::optional<Endpoint> mappedAddress() const;

    /// Attributes that must be understood and that are not in our table.
    QList<std::uint16_t> unknownRequired() const;

    /// True if MESSAGE-INTEGRITY is there and made with this key (HMAC-SHA1). Compares in
    /// constant time.
    bool verifyIntegrity(ByteView key) const;
    /// The same for MESSAGE-INTEGRITY-SHA256, which must be whole (32 bytes).
    bool verifyIntegritySha256(ByteView key) const;

private:
    struct Entry {
        std::uint16_t type;
        std::uint16_t length;
        std::size_t offset; ///< of the value, from the start of the datagram
    };

    Message() = default;
    Result<void> readAttributes();
    bool acceptsAttribute(const Entry &entry) const;
    const Entry *entry(Attribute type) const;
    ByteView value(const Entry &entry) const;

    ByteView m_bytes;
    MessageClass m_class = MessageClass::Request;
    Method m_method = Method::Binding;
    TransactionId m_transaction;
    std::array<Entry, MAX_ATTRIBUTES> m_entries;
    std::size_t m_count = 0;
    std::size_t m_visible = 0; ///< entries up to and including the first integrity
};

} // namespace postern::stun
