#include "core/portmap/gateway_dialect.h"

#include <QtEndian>

namespace postern::portmap {

namespace {

// RFC 6886 section 3: byte 0 the version, byte 1 the opcode, answers with the high bit set.
constexpr std::uint8_t VERSION = 0;
constexpr std::uint8_t ADDRESS = 0;
constexpr std::uint8_t MAP_UDP = 1;
constexpr std::uint8_t MAP_TCP = 2;
constexpr std::uint8_t ANSWER = 0x80;
constexpr std::uint16_t SUCCESS = 0;
constexpr std::size_t MOST_BYTES = 16; // section 1.1: the longest answer

constexpr qsizetype ADDRESS_REQUEST_BYTES = 2;
constexpr qsizetype MAP_REQUEST_BYTES = 12;
constexpr std::size_t RESULT_BYTES = 8; // all there is of an answer that refuses
constexpr std::size_t ADDRESS_ANSWER_BYTES = 12;
constexpr std::size_t MAP_ANSWER_BYTES = 16;

class NatPmp final : public GatewayDialect {
public:
    Method method() const override { return Method::NatPmp; }

    QByteArray probe() const override
    {
        QByteArray bytes(ADDRESS_REQUEST_BYTES, '\0');
        bytes[1] = static_cast<char>(ADDRESS);
        return bytes;
    }

    QByteArray map(const MapRequest &request) const override
    {
        const bool takesBack = request.lifetime.count() == 0;
        QByteArray bytes(MAP_REQUEST_BYTES, '\0');
        bytes[1] = static_cast<char>(request.transport == Transport::Tcp ? MAP_TCP : MAP_UDP);
        qToBigEndian(request.internalPort, bytes.data() + 4);
        // Section 3.4: a removal names no external port.
        qToBigEndian<quint16>(takesBack ? 0 : request.externalPort, bytes.data() + 6);
        qToBigEndian(static_cast<quint32>(request.lifetime.count()), bytes.data() + 8);
        return bytes;
    }

    std::optional<GatewayAnswer> parse(ByteView bytes) const override
    {
        if (bytes.size() < RESULT_BYTES || bytes.size() > MOST_BYTES || bytes[0] != VERSION
            || !(bytes[1] & ANSWER))
            return std::nullopt;
        const std::uint8_t opcode = bytes[1] & ~ANSWER;
        if (opcode > MAP_TCP)
            return std::nullopt;
        GatewayAnswer answer;
        answer.granted = qFromBigEndian<quint16>(bytes.data() + 2) == SUCCESS;
        answer.epochSeconds = qFromBigEndian<quint32>(bytes.data() + 4);
        if (opcode == ADDRESS) {
            if (answer.granted && bytes.size() < ADDRESS_ANSWER_BYTES)
                return std::nullopt;
            if (answer.granted)
                answer.external = IpAddress::v4(qFromBigEndian<quint32>(bytes.data() + 8));
            return answer;
        }
        if (bytes.size() < MAP_ANSWER_BYTES)
            return std::nullopt; // whose it is could not be told
        answer.transport = opcode == MAP_TCP ? Transport::Tcp : Transport::Udp;
        answer.internalPort = qFromBigEndian<quint16>(bytes.data() + 8);
        answer.externalPort = qFromBigEndian<quint16>(bytes.data() + 10);
        answer.lifetime = std::chrono::seconds(qFromBigEndian<quint32>(bytes.data() + 12));
        return answer;
    }
};

} // namespace

std::unique_ptr<GatewayDialect> makeNatPmp() { return std::make_unique<NatPmp>(); }

} // namespace postern::portmap
