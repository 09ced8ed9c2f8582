// The userspace internet of natlab as a machine: packets in, packets out, in virtual time.
// That real programs pass it is natlab's to prove; here, the bytes that are rewritten.

#include "tests/support/packetnet/packet_net.h"

#include <QTest>
#include <QtEndian>

using namespace postern;
using namespace postern::packetnet;

namespace {

const IpAddress ROUTER = IpAddress::v4(192, 0, 2, 1);
const IpAddress OUTER = IpAddress::v4(198, 51, 100, 2);
const IpAddress GATEWAY = IpAddress::v4(192, 168, 1, 1);
const Endpoint INSIDE{IpAddress::v4(192, 168, 1, 2), 5000};
const Endpoint SERVER{IpAddress::v4(203, 0, 113, 2), 3478};
constexpr int HOME_LINK = 1, SERVER_LINK = 2;
constexpr Duration DELAY = 20ms;

/// A packet with right checksums, as a kernel would send it.
std::vector<std::uint8_t> packet(Protocol protocol, const Endpoint &from, const Endpoint &to,
                                 int ttl = 64)
{
    const std::size_t header = protocol == Protocol::Udp ? 8 : 20;
    const std::size_t size = header + 5;
    std::vector<std::uint8_t> bytes(20 + size);
    const auto put16 = [&](std::size_t at, std::size_t value) {
        qToBigEndian(static_cast<std::uint16_t>(value), bytes.data() + at);
    };
    bytes[0] = 0x45;
    put16(2, bytes.size());
    bytes[8] = static_cast<std::uint8_t>(ttl);
    bytes[9] = static_cast<std::uint8_t>(protocol);
    qToBigEndian(from.address.v4HostOrder(), bytes.data() + 12);
    qToBigEndian(to.address.v4HostOrder(), bytes.data() + 16);
    put16(20, from.port);
    put16(22, to.port);
    if (protocol == Protocol::Udp)
        put16(24, size);
    else
        bytes[32] = 5 << 4;
    bytes[20 + header] = 0xab; // an odd number of bytes to carry
    put16(10, internetChecksum(ByteView(bytes).first(20)));
    std::uint32_t pseudo = std::uint32_t(protocol) + std::uint32_t(size);
    for (std::size_t at = 12; at < 20; at += 2)
        pseudo += qFromBigEndian<std::uint16_t>(bytes.data() + at);
    put16(protocol == Protocol::Udp ? 26 : 36,
          internetChecksum(ByteView(bytes).subspan(20), pseudo));
    return bytes;
}

bool checksumsHold(const std::vector<std::uint8_t> &bytes)
{
    if (internetChecksum(ByteView(bytes).first(20)) != 0)
        return false;
    if (bytes[9] == std::uint8_t(Protocol::Icmp))
        return internetChecksum(ByteView(bytes).subspan(20)) == 0;
    std::uint32_t pseudo = bytes[9] + std::uint32_t(bytes.size() - 20);
    for (std::size_t at = 12; at < 20; at += 2)
        pseudo += qFromBigEndian<std::uint16_t>(bytes.data() + at);
    return internetChecksum(ByteView(bytes).subspan(20), pseudo) == 0;
}

/// A home behind a NAT and a server on the internet.
struct Scene {
    explicit Scene(NatSettings settings = {})
        : net(7, ROUTER)
    {
        net.addNat("home", PacketNet::INTERNET, OUTER, GATEWAY, settings);
        net.addLink(HOME_LINK, "home", {INSIDE.address});
        net.addLink(SERVER_LINK, PacketNet::INTERNET, {SERVER.address});
        net.setPath(PacketNet::INTERNET, {.delay = DELAY, .hops = 1});
    }
    /// What comes of a packet, once all delays are over.
    std::vector<PacketNet::Outgoing> after(int link, std::vector<std::uint8_t> bytes)
    {
        net.receive(now, link, std::move(bytes));
        now += 10 * DELAY;
        return net.takeDue(now);
    }
    PacketNet net;
    Instant now{};
};

} // namespace

class PacketnetTest : public QObject {
    Q_OBJECT

private slots:
    void bothWaysKeepChecksumsRight_data()
    {
        QTest::addColumn<int>("protocol");
        QTest::newRow("UDP") << int(Protocol::Udp);
        QTest::newRow("TCP") << int(Protocol::Tcp);
    }
    void bothWaysKeepChecksumsRight()
    {
        QFETCH(int, protocol);
        Scene scene({.udp = simnet::SYMMETRIC_RANDOM, .tcp = simnet::SYMMETRIC_RANDOM});
        const auto its = static_cast<Protocol>(protocol);
        auto there = scene.after(HOME_LINK, packet(its, INSIDE, SERVER));
        QCOMPARE(there.size(), 1u);
        QCOMPARE(there[0].link, SERVER_LINK);
        QVERIFY(checksumsHold(there[0].bytes));
        const auto seen = Ipv4Packet::parse(there[0].bytes);
        QCOMPARE(seen->source().address, OUTER);
        QVERIFY(seen->source().port != INSIDE.port);
        QCOMPARE(seen->destination(), SERVER);
        QCOMPARE(seen->ttl(), 62); // the NAT is one hop, the internet another

        auto back = scene.after(SERVER_LINK, packet(its, SERVER, seen->source()));
        QCOMPARE(back.size(), 1u);
        QCOMPARE(back[0].link, HOME_LINK);
        QVERIFY(checksumsHold(back[0].bytes));
        QCOMPARE(Ipv4Packet::parse(back[0].bytes)->destination(), INSIDE);
    }

    void aPacketTakesItsDelay()
    {
        Scene scene;
        scene.net.receive(scene.now, HOME_LINK, packet(Protocol::Udp, INSIDE, SERVER));
        QCOMPARE(scene.net.deadline(), scene.now + DELAY);
        QVERIFY(scene.net.takeDue(scene.now + DELAY - 1ms).empty());
        QCOMPARE(scene.net.takeDue(scene.now + DELAY).size(), 1u);
    }

    void aRateSpacesPacketsAndDropsWhatWaitsTooLong()
    {
        Scene scene;
        scene.net.setPath(PacketNet::INTERNET, {.bitsPerSecond = 8000, .queue = 100ms, .hops = 1});
        const auto bytes = packet(Protocol::Udp, INSIDE, SERVER);
        const auto each = std::chrono::milliseconds(bytes.size()); // at 8 bits a millisecond
        for (int i = 0; i < 10; ++i)
            scene.net.receive(scene.now, HOME_LINK, bytes);
        QCOMPARE(scene.net.takeDue(scene.now + each).size(), 1u);
        QCOMPARE(scene.net.takeDue(scene.now + 2 * each).size(), 1u);
        QCOMPARE(scene.net.takeDue(scene.now + 10s).size(), 2u); // 4 of 33 ms fill the queue
    }

    void anEndedTtlIsToldThroughTheNat()
    {
        Scene scene;
        auto atHome = scene.after(HOME_LINK, packet(Protocol::Udp, INSIDE, SERVER, 1));
        QCOMPARE(atHome.size(), 1u);
        QCOMPARE(Ipv4Packet::parse(atHome[0].bytes)->sourceAddress(), GATEWAY);
        QCOMPARE(scene.net.datagrams().size(), 0u);

        auto outside = scene.after(HOME_LINK, packet(Protocol::Udp, INSIDE, SERVER, 2));
        QCOMPARE(outside.size(), 1u);
        QCOMPARE(outside[0].link, HOME_LINK);
        QVERIFY(checksumsHold(outside[0].bytes));
        const auto error = Ipv4Packet::parse(outside[0].bytes);
        QVERIFY(error->isError());
        QCOMPARE(error->sourceAddress(), ROUTER);
        QCOMPARE(error->destinationAddress(), INSIDE.address);
        QCOMPARE(error->source(), INSIDE); // what it quotes is what was sent
        QCOMPARE(error->destination(), SERVER);
    }

    void anErrorFromInsideQuotesTheOuterAddress()
    {
        Scene scene;
        const auto out = scene.after(HOME_LINK, packet(Protocol::Udp, INSIDE, SERVER));
        const auto mapped = Ipv4Packet::parse(out.at(0).bytes)->source();
        const auto in = scene.after(SERVER_LINK, packet(Protocol::Udp, SERVER, mapped));
        const auto closed =
            Ipv4Packet::portUnreachable(INSIDE.address, *Ipv4Packet::parse(in.at(0).bytes));
        const auto told = scene.after(HOME_LINK, closed->bytes());
        QCOMPARE(told.size(), 1u);
        QCOMPARE(told[0].link, SERVER_LINK);
        QVERIFY(checksumsHold(told[0].bytes));
        const auto error = Ipv4Packet::parse(told[0].bytes);
        QCOMPARE(error->sourceAddress(), OUTER);
        QCOMPARE(error->destination(), mapped);
    }

    void refusals_data()
    {
        QTest::addColumn<int>("refusal");
        QTest::addColumn<int>("protocol");
        QTest::addColumn<int>("answered"); // the protocol, 0: not at all
        const int udp = int(Protocol::Udp), tcp = int(Protocol::Tcp), icmp = int(Protocol::Icmp);
        QTest::newRow("silence") << int(Refusal::Silence) << udp << 0;
        QTest::newRow("ICMP to UDP") << int(Refusal::IcmpError) << udp << icmp;
        QTest::newRow("ICMP to TCP") << int(Refusal::IcmpError) << tcp << icmp;
        QTest::newRow("reset to TCP") << int(Refusal::Reset) << tcp << tcp;
        QTest::newRow("a reset is not for UDP") << int(Refusal::Reset) << udp << icmp;
    }
    void refusals()
    {
        QFETCH(int, refusal);
        QFETCH(int, protocol);
        QFETCH(int, answered);
        Scene scene({.refusal = static_cast<Refusal>(refusal)});
        const auto said = scene.after(
            SERVER_LINK, packet(static_cast<Protocol>(protocol), SERVER, {OUTER, 4000}));
        QCOMPARE(said.size(), answered ? 1u : 0u);
        if (answered) {
            QCOMPARE(int(said[0].bytes[9]), answered);
            QVERIFY(checksumsHold(said[0].bytes));
            QCOMPARE(Ipv4Packet::parse(said[0].bytes)->isTcpReset(),
                     answered == int(Protocol::Tcp));
        }
    }

    void whatIsCutShortIsNoPacket()
    {
        for (const auto protocol : {Protocol::Udp, Protocol::Tcp}) {
            const auto whole = packet(protocol, INSIDE, SERVER);
            QVERIFY(Ipv4Packet::parse(whole));
            for (std::size_t size = 0; size < whole.size(); ++size)
                QVERIFY(!Ipv4Packet::parse({whole.begin(), whole.begin() + std::ptrdiff_t(size)}));
        }
    }
};

QTEST_GUILESS_MAIN(PacketnetTest)
#include "packetnet_test.moc"
