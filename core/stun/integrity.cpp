#include "core/stun/integrity.h"

#include "core/stun/layout.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

#include <algorithm>

namespace postern::stun {

namespace {

constexpr std::uint32_t FINGERPRINT_XOR = 0x5354554e; // "STUN"

constexpr std::array<std::uint32_t, 256> makeCrcTable()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) != 0 ? 0xedb88320u ^ (crc >> 1) : crc >> 1;
        table[byte] = crc;
    }
    return table;
}
constexpr auto CRC_TABLE = makeCrcTable();

std::uint32_t crc32(std::uint32_t crc, ByteView bytes)
{
    for (const auto byte : bytes)
        crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >> 8);
    return crc;
}

/// The message's header, its length field telling that `value` bytes of one more attribute
/// follow what is there.
std::array<std::uint8_t, HEADER_BYTES> headerCounting(ByteView message, std::size_t value)
{
    std::array<std::uint8_t, HEADER_BYTES> header{};
    std::copy_n(message.begin(), HEADER_BYTES, header.begin());
    const std::size_t length = message.size() - HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + value;
    header[LENGTH_OFFSET] = static_cast<std::uint8_t>(length >> 8);
    header[LENGTH_OFFSET + 1] = static_cast<std::uint8_t>(length);
    return header;
}

template<typename Code>
Code hmacOf(QCryptographicHash::Algorithm hash, ByteView message, ByteView key)
{
    Code code{};
    const auto header = headerCounting(message, code.size());
    QMessageAuthenticationCode hmac(hash, toByteArray(key));
    hmac.addData(borrowedByteArray(header));
    hmac.addData(borrowedByteArray(message.subspan(HEADER_BYTES)));
    const QByteArray digest = hmac.result();
    std::copy_n(viewOf(digest).begin(), code.size(), code.begin());
    return code;
}

} // namespace

IntegrityCode integrityOf(ByteView messageBeforeAttribute, ByteView key)
{
    return hmacOf<IntegrityCode>(QCryptographicHash::Sha1, messageBeforeAttribute, key);
}

IntegritySha256Code integritySha256Of(ByteView messageBeforeAttribute, ByteView key)
{
    return hmacOf<IntegritySha256Code>(QCryptographicHash::Sha256, messageBeforeAttribute, key);
}

std::uint32_t fingerprintOf(ByteView messageBeforeAttribute)
{
    const auto header = headerCounting(messageBeforeAttribute, sizeof(std::uint32_t));
    std::uint32_t crc = crc32(0xffffffffu, header);
    crc = crc32(crc, messageBeforeAttribute.subspan(HEADER_BYTES));
    return (crc ^ 0xffffffffu) ^ FINGERPRINT_XOR;
}

bool equalInConstantTime(ByteView a, ByteView b)
{
    if (a.size() != b.size())
        return false;
    volatile std::uint8_t difference = 0; // volatile: no early exit may be made of this loop
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

QByteArray longTermKey(const QByteArray &user, const QByteArray &realm, const QByteArray &password)
{
    return QCryptographicHash::hash(user + ':' + realm + ':' + password, QCryptographicHash::Md5);
}

QByteArray longTermKeySha256(const QByteArray &user, const QByteArray &realm,
                             const QByteArray &password)
{
    return QCryptographicHash::hash(user + ':' + realm + ':' + password,
                                    QCryptographicHash::Sha256);
}

} // namespace postern::stun
