// What is offered and what is believed: ranking of local addresses, candidates and offers on
// the wire, what a path is called.

#include "core/punch/local_addresses.h"
#include "core/punch/offer.h"
#include "core/punch/path_class.h"

#include <QTest>

using namespace postern;
using namespace postern::punch;

namespace {

InterfaceAddress iface(const char *name, const char *address, int prefix = 24)
{
    return {QLatin1String(name), *IpAddress::parse(QLatin1String(address)), prefix, true, false};
}

QStringList addresses(const QList<InterfaceAddress> &list)
{
    QStringList texts;
    for (const auto &entry : list)
        texts.append(entry.address.toString());
    return texts;
}

Candidate udp(const QString &endpoint, CandidateType type = CandidateType::Host,
              std::uint32_t priority = 1)
{
    return {Transport::Udp, type, *Endpoint::parse(endpoint), {}, priority};
}

PunchOffer goodOffer()
{
    const auto credentials = Credentials::generate(seededRandom(1));
    return {credentials.ufrag, credentials.password, {udp(QStringLiteral("192.0.2.1:1"))}, "token"};
}

} // namespace

class PunchCandidateTest : public QObject {
    Q_OBJECT

private slots:
    void ranksLocalAddresses_data()
    {
        QTest::addColumn<QList<InterfaceAddress>>("all");
        QTest::addColumn<QStringList>("ranked");

        QTest::newRow("global IPv6, then IPv4, then unique local")
            << QList{iface("eth0", "192.168.1.5"), iface("eth0", "fd00::5", 64),
                     iface("eth0", "2001:db8::5", 64)}
            << QStringList{"2001:db8::5", "192.168.1.5", "fd00::5"};
        QTest::newRow("a container's bridge is left out where there is better")
            << QList{iface("docker0", "172.17.0.1", 16), iface("br-1a2b3c", "172.18.0.1", 16),
                     iface("veth12", "169.254.1.1", 16), iface("wlp3s0", "192.168.1.5")}
            << QStringList{"192.168.1.5"};
        QTest::newRow("and used where there is not")
            << QList{iface("veth0", "10.1.0.2"), iface("lo", "127.0.0.1", 8)}
            << QStringList{"10.1.0.2"};
        QTest::newRow("a server's own bridge is a network")
            << QList{iface("br0", "192.168.7.2"), iface("docker0", "172.17.0.1", 16)}
            << QStringList{"192.168.7.2"};
        QTest::newRow("VPN after the real network")
            << QList{iface("wg0", "10.8.0.2"), iface("eth0", "192.168.1.5")}
            << QStringList{"192.168.1.5", "10.8.0.2"};
        QTest::newRow("self-assigned last")
            << QList{iface("eth1", "169.254.9.9", 16), iface("tun0", "10.8.0.2")}
            << QStringList{"10.8.0.2", "169.254.9.9"};
        QTest::newRow("never: link-local IPv6, multicast, unspecified")
            << QList{iface("eth0", "fe80::1%2", 64), iface("eth0", "224.0.0.1"),
                     iface("eth0", "0.0.0.0"), iface("eth0", "192.168.1.5")}
            << QStringList{"192.168.1.5"};
        QTest::newRow("loopback only where there is nothing else")
            << QList{iface("lo", "127.0.0.1", 8), iface("lo", "::1", 128)}
            << QStringList{"127.0.0.1", "::1"};
        QTest::newRow("few of a kind from one interface")
            << QList{iface("eth0", "2001:db8::1", 64), iface("eth0", "2001:db8::2", 64),
                     iface("eth0", "2001:db8::3", 64), iface("eth0", "2001:db8::4", 64)}
            << QStringList{"2001:db8::1", "2001:db8::2", "2001:db8::3"};
        auto down = iface("eth0", "192.168.1.5");
        down.up = false;
        QTest::newRow("not while down") << QList{down} << QStringList{};
    }
    void ranksLocalAddresses()
    {
        QFETCH(QList<InterfaceAddress>, all);
        QFETCH(QStringList, ranked);
        QCOMPARE(addresses(rankLocalAddresses(all)), ranked);
    }

    void offersLoopbackOnDemand()
    {
        const QList all{iface("eth0", "192.168.1.5"), iface("lo", "127.0.0.1", 8)};
        LocalAddressPolicy policy;
        QCOMPARE(addresses(rankLocalAddresses(all, policy)), QStringList{"192.168.1.5"});
        policy.offerLoopback = true;
        QCOMPARE(addresses(rankLocalAddresses(all, policy)),
                 (QStringList{"192.168.1.5", "127.0.0.1"}));
    }

    void capsTheList()
    {
        QList<InterfaceAddress> all;
        for (int i = 0; i < 60; ++i)
            all.append(iface(qPrintable(QStringLiteral("eth%1").arg(i)),
                             qPrintable(QStringLiteral("10.0.%1.1").arg(i))));
        QCOMPARE(rankLocalAddresses(all).size(), 16);
    }

    void computesPrioritiesAsTheRfcDoes()
    {
        // RFC 8445 section 5.1.2.1: 2^24 x type + 2^8 x local + 256 - component.
        QCOMPARE(candidatePriority(CandidateType::Host, 65535), 0x7effffffu);
        QVERIFY(candidatePriority(CandidateType::Host, 0)
                > candidatePriority(CandidateType::Public, 65535));
        QVERIFY(candidatePriority(CandidateType::Public, 0)
                > candidatePriority(CandidateType::ServerReflexive, 65535));
        QCOMPARE(pairPriority(10, 5), (std::uint64_t{5} << 32) + 21);
        QCOMPARE(pairPriority(5, 10), (std::uint64_t{5} << 32) + 20);
        const auto candidates = hostCandidates(
            {iface("eth0", "192.168.1.5"), iface("wg0", "10.8.0.2")}, Transport::Tcp, 47100);
        QCOMPARE(candidates.size(), 2);
        QCOMPARE(candidates[0].endpoint.toString(), QStringLiteral("192.168.1.5:47100"));
        QVERIFY(candidates[0].priority > candidates[1].priority);
    }

    void offersSurviveTheWire()
    {
        PunchOffer offer = goodOffer();
        offer.candidates.append({Transport::Tcp, CandidateType::Public,
                                 *Endpoint::parse(QStringLiteral("[2001:db8::1]:47100")),
                                 *Endpoint::parse(QStringLiteral("10.0.0.1:47100")), 7});
        wire::FieldWriter writer;
        offer.fields(writer);
        const QCborMap map = writer.take();
        wire::FieldReader reader(map);
        PunchOffer read;
        read.fields(reader);
        QVERIFY(reader.ok());
        QCOMPARE(read.ufrag, offer.ufrag);
        QCOMPARE(read.password, offer.password);
        QCOMPARE(read.tcpToken, offer.tcpToken);
        QCOMPARE(read.candidates.size(), 2);
        QCOMPARE(read.candidates[1].endpoint, offer.candidates[1].endpoint);
        QCOMPARE(read.candidates[1].type, CandidateType::Public);
        QCOMPARE(read.candidates[1].transport, Transport::Tcp);
        QVERIFY2(read.candidates[1].base.isNull(), "the local address must not be told");
    }

    void refusesBadCredentials()
    {
        QVERIFY(checkedOffer(goodOffer()).ok());
        auto shortPassword = goodOffer();
        shortPassword.password = QStringLiteral("short");
        QVERIFY(!checkedOffer(shortPassword).ok());
        auto colon = goodOffer();
        colon.ufrag = QStringLiteral("ab:cd");
        QVERIFY(!checkedOffer(colon).ok());
        auto empty = goodOffer();
        empty.ufrag.clear();
        QVERIFY(!checkedOffer(empty).ok());
    }

    void credentialsAreRandomAndLongEnough()
    {
        const auto random = seededRandom(7);
        const auto one = Credentials::generate(random);
        const auto two = Credentials::generate(random);
        QVERIFY(one.ufrag != two.ufrag && one.password != two.password);
        QVERIFY(one.password.size() >= MIN_PASSWORD);
    }

    void takesOnlyUsableAddressesAndNotTooMany()
    {
        auto offer = goodOffer();
        offer.candidates = {
            udp(QStringLiteral("0.0.0.0:5")),         udp(QStringLiteral("224.0.0.251:5353")),
            udp(QStringLiteral("255.255.255.255:9")), udp(QStringLiteral("0.1.2.3:9")),
            udp(QStringLiteral("192.0.2.1:0")),       udp(QStringLiteral("[ff02::1]:9")),
            udp(QStringLiteral("[fe80::1]:9")),       udp(QStringLiteral("192.0.2.1:9")),
            udp(QStringLiteral("192.0.2.1:9"))};
        QCOMPARE(checkedOffer(offer)->candidates.size(), 1);
        for (std::uint32_t i = 1; i <= 100; ++i)
            offer.candidates.append(
                udp(QStringLiteral("198.51.100.%1:9").arg(i), CandidateType::Host, i));
        const auto checked = checkedOffer(offer);
        QCOMPARE(checked->candidates.size(), MAX_UDP_CANDIDATES);
        QCOMPARE(checked->candidates[0].priority, 100u); // the best ones are kept
    }

    void tellsLanFromTheRest_data()
    {
        QTest::addColumn<QString>("remote");
        QTest::addColumn<int>("type");
        QTest::addColumn<bool>("sharedNat");
        QTest::addColumn<bool>("lan");
        const auto row = [](const char *name, const char *remote, CandidateType type, bool shared,
                            bool lan) {
            QTest::newRow(name) << QString::fromLatin1(remote) << int(type) << shared << lan;
        };
        row("private", "192.168.9.9:1", CandidateType::Host, false, true);
        row("loopback", "127.0.0.1:1", CandidateType::Host, false, true);
        row("our network", "203.0.113.77:1", CandidateType::Host, false, true);
        row("far", "198.51.100.1:1", CandidateType::Host, false, false);
        row("far but behind our NAT", "100.64.0.9:1", CandidateType::Host, true, true);
        row("by hairpin", "198.18.0.1:1", CandidateType::ServerReflexive, true, false);
    }
    void tellsLanFromTheRest()
    {
        QFETCH(QString, remote);
        QFETCH(int, type);
        QFETCH(bool, sharedNat);
        QFETCH(bool, lan);
        Surroundings around;
        around.local = {iface("eth0", "203.0.113.5")};
        around.ownPublic = {IpAddress::v4(198, 18, 0, 1)};
        around.peerPublic = {IpAddress::v4(198, 18, 0, sharedNat ? 1 : 2)};
        QCOMPARE(isLanRemote(*Endpoint::parse(remote), static_cast<CandidateType>(type), around),
                 lan);
    }
};

QTEST_GUILESS_MAIN(PunchCandidateTest)
#include "punch_candidate_test.moc"
