// What a peer can do to the search for a path: any bytes as its offer, then any attributes
// in checks that it signs rightly, for a peer knows the password. The agent must survive,
// end, and send a bounded number of packets.

#include "core/punch/agent.h"

using namespace postern;
using namespace postern::punch;

namespace {

/// A Binding request with these attributes and right credentials.
QByteArray signedCheck(ByteView attributes, const Credentials &local)
{
    const QByteArray username = (local.ufrag + QStringLiteral(":peer")).toUtf8();
    stun::MessageWriter writer(stun::MessageClass::Request, stun::Method::Binding,
                               stun::TransactionId({9}));
    writer.text(stun::Attribute::Username, username);
    for (std::size_t at = 0; at + 3 <= attributes.size();) {
        const auto type = static_cast<stun::Attribute>((attributes[at] << 8) | attributes[at + 1]);
        const auto length = std::min<std::size_t>(attributes[at + 2], attributes.size() - at - 3);
        writer.bytes(type, attributes.subspan(at + 3, length));
        at += 3 + length;
    }
    return writer.integrity(viewOf(local.password.toUtf8())).fingerprint().take();
}

PunchOffer offerFrom(ByteView bytes)
{
    PunchOffer offer;
    const auto map = wire::parseMap(toByteArray(bytes));
    if (map) {
        wire::FieldReader reader(*map);
        offer.fields(reader);
    }
    if (!checkedOffer(offer)) { // the rest of a search is worth testing all the same
        offer.ufrag = QStringLiteral("peer");
        offer.password = QStringLiteral("0123456789012345678901");
    }
    return offer;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::size_t offerBytes = std::min<std::size_t>(data[0] * 4, size - 1);
    const auto random = seededRandom(1);
    const auto local = Credentials::generate(random);
    Instant now{};
    Agent agent({data[1] % 2 == 0 ? Role::Controlling : Role::Controlled, local, 2, {}}, random,
                now);
    if (!agent.setRemote(now, offerFrom({data + 1, offerBytes})))
        __builtin_trap(); // offerFrom() made it acceptable
    int packets = 0;
    const auto drain = [&] {
        while (agent.pollTransmit())
            ++packets;
        while (agent.pollEvent()) { }
    };
    int received = 0;
    for (std::size_t at = 1 + offerBytes; at + 2 <= size; ++received) {
        const std::size_t length = std::min<std::size_t>(data[at], size - at - 2);
        const Endpoint from{IpAddress::v4(203, 0, 113, data[at + 1]), 4000};
        now += std::chrono::milliseconds(data[at + 1]);
        agent.handleDatagram(now, from, viewOf(signedCheck({data + at + 2, length}, local)));
        agent.handleTimeout(now);
        drain();
        at += 2 + length;
    }
    for (int wakes = 0; agent.nextDeadline() != NEVER; ++wakes) {
        now = std::max(now, agent.nextDeadline());
        agent.handleTimeout(now);
        drain();
        if (wakes > 5000)
            __builtin_trap(); // it must come to an end by itself
    }
    if (packets > 2 * received + 28 * 40)
        __builtin_trap();
    return 0;
}
