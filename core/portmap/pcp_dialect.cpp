#include "core/portmap/gateway_dialect.h"

#include <QtEndian>

#include <algorithm>

namespace postern::portmap {

namespace {

// RFC 6887 section 7.1 and 7.2: the two headers.
constexpr std::uint8_t VERSION = 2;
constexpr std::uint8_t ANNOUNCE = 0; // section 14.1
constexpr std::uint8_t MAP = 1; // section 11.1
constexpr std::uint8_t ANSWER = 0x80;
constexpr std::uint8_t SUCCESS = 0;
constexpr std::uint8_t UNSUPPORTED_VERSION = 1; // section 7.4: not the way to talk to it
constexpr std::size_t HEADER_BYTES = 24;
constexpr std::size_t MAP_BYTES = 36;
constexpr std::size_t MOST_BYTES = 1100; // section 7
constexpr std::size_t NONCE_BYTES = 12;

// Where things lie behind the header of a MAP (section 11.1).
constexpr std::size_t PROTOCOL = HEADER_BYTES + NONCE_BYTES;
constexpr std::size_t INTERNAL_PORT = HEADER_BYTES + 16;
constexpr std::size_t EXTERNAL_PORT = HEADER_BYTES + 18;
constexpr std::size_t EXTERNAL_ADDRESS = HEADER_BYTES + 20;

using Nonce = std::array<std::uint8_t, NONCE_BYTES>;

/// Section 5: IPv4 travels as an IPv4-mapped IPv6 address.
void putAddress(QByteArray &bytes, std::size_t at, const IpAddress &address)
{
    auto *out = reinterpret_cast<std::uint8_t *>(bytes.data()) + at;
    if (address.isV4())
        out[10] = out[11] = 0xff;
    std::ranges::copy(address.bytes(), out + (address.isV4() ? 12 : 0));
}

IpAddress addressAt(ByteView bytes, std::size_t at)
{
    std::array<std::uint8_t, 16> raw{};
    std::ranges::copy(bytes.subspan(at, raw.size()), raw.begin());
    const bool mapped = std::all_of(raw.begin(), raw.begin() + 10, [](auto b) { return b == 0; })
        && raw[10] == 0xff && raw[11] == 0xff;
    return mapped ? IpAddress::v4(raw[12], raw[13], raw[14], raw[15]) : IpAddress::v6(raw);
}

class Pcp final : public GatewayDialect {
public:
    Pcp(const IpAddress &client, const RandomSource &random)
        : m_client(client)
    {
        random(m_tcpNonce);
        random(m_udpNonce);
    }

    Method method() const override { return Method::Pcp; }

    QByteArray probe() const override { return header(ANNOUNCE, {}, HEADER_BYTES); }

    QByteArray map(const MapRequest &request) const override
    {
        QByteArray bytes = header(MAP, request.lifetime, HEADER_BYTES + MAP_BYTES);
        std::ranges::copy(nonceOf(request.transport), bytes.begin() + HEADER_BYTES);
        bytes[static_cast<qsizetype>(PROTOCOL)] = static_cast<char>(request.transport);
        qToBigEndian(request.internalPort, bytes.data() + INTERNAL_PORT);
        qToBigEndian(request.externalPort, bytes.data() + EXTERNAL_PORT);
        // Section 11.1: no wish is ::ffff:0:0.
        putAddress(bytes, EXTERNAL_ADDRESS, request.external);
        return bytes;
    }

    std::optional<GatewayAnswer> parse(ByteView bytes) const override
    {
        if (bytes.size() < HEADER_BYTES || bytes.size() > MOST_BYTES || bytes.size() % 4 != 0
            || bytes[0] != VERSION || !(bytes[1] & ANSWER))
            return std::nullopt;
        const std::uint8_t opcode = bytes[1] & ~ANSWER;
        const std::uint8_t result = bytes[3];
        GatewayAnswer answer;
        answer.epochSeconds = qFromBigEndian<quint32>(bytes.data() + 8);
        if (opcode == ANNOUNCE) { // one that only doesn't know the question is alive, too
            answer.granted = result != UNSUPPORTED_VERSION;
            return answer;
        }
        if (opcode != MAP || bytes.size() < HEADER_BYTES + MAP_BYTES)
            return std::nullopt;
        for (const auto transport : {Transport::Tcp, Transport::Udp})
            if (bytes[PROTOCOL] == static_cast<std::uint8_t>(transport)
                && std::ranges::equal(bytes.subspan(HEADER_BYTES, NONCE_BYTES), nonceOf(transport)))
                answer.transport = transport;
        if (!answer.transport)
            return std::nullopt; // somebody else's, or a forgery (section 18)
        answer.granted = result == SUCCESS;
        answer.lifetime = std::chrono::seconds(qFromBigEndian<quint32>(bytes.data() + 4));
        answer.internalPort = qFromBigEndian<quint16>(bytes.data() + INTERNAL_PORT);
        answer.externalPort = qFromBigEndian<quint16>(bytes.data() + EXTERNAL_PORT);
        answer.external = addressAt(bytes, EXTERNAL_ADDRESS);
        return answer;
    }

private:
    QByteArray header(std::uint8_t opcode, std::chrono::seconds lifetime, std::size_t size) const
    {
        QByteArray bytes(static_cast<qsizetype>(size), '\0');
        bytes[0] = static_cast<char>(VERSION);
        bytes[1] = static_cast<char>(opcode);
        qToBigEndian(static_cast<quint32>(lifetime.count()), bytes.data() + 4);
        putAddress(bytes, 8, m_client);
        return bytes;
    }

    const Nonce &nonceOf(Transport transport) const
    {
        return transport == Transport::Tcp ? m_tcpNonce : m_udpNonce;
    }

    IpAddress m_client;
    Nonce m_tcpNonce{}; ///< the same at every renewal: else the gateway refuses (section 11.3)
    Nonce m_udpNonce{};
};

} // namespace

std::unique_ptr<GatewayDialect> makePcp(const IpAddress &client, const RandomSource &random)
{
    return std::make_unique<Pcp>(client, random);
}

} // namespace postern::portmap
