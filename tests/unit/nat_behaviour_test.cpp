// The descriptor of a network: how it travels in an offer, what of it is believed, the classic
// names, and how often a mapping is to be used.

#include "core/peer/connect_messages.h"

#include <QTest>

using namespace postern;
using namespace postern::nat;

namespace {

NetworkBehaviour measured()
{
    NetworkBehaviour network;
    network.udp.passes = Answer::Yes;
    network.udp.mapping = Mapping::AddressAndPortDependent;
    network.udp.filtering = Filtering::AddressDependent;
    network.udp.allocation = Allocation::Sequential;
    network.udp.delta = -2;
    network.udp.lowest = 20'000;
    network.udp.highest = 20'100;
    network.udp.confidence = 95;
    network.udp.idleSeconds = 30;
    network.tcp.mapping = Mapping::EndpointIndependent;
    network.isPublic = Answer::No;
    network.depth = 2;
    network.roundTripMs = 45;
    return network;
}

using Message = std::variant<peer::ConnectOffer>;

Result<Message> overTheWire(const NetworkBehaviour &network)
{
    peer::ConnectOffer offer;
    offer.network = network;
    return wire::decode<Message>(wire::encode(offer));
}

} // namespace

class NatBehaviourTest : public QObject {
    Q_OBJECT

private slots:
    void travelsInAnOffer()
    {
        const auto received = overTheWire(measured());
        QVERIFY(received);
        QVERIFY(std::get<peer::ConnectOffer>(*received).network == measured());
    }

    void refusesWhatCantBe_data()
    {
        QTest::addColumn<NetworkBehaviour>("network");
        const auto row = [](const char *name, auto change) {
            auto network = measured();
            change(network);
            QTest::newRow(name) << network;
        };
        row("delta", [](auto &n) { n.udp.delta = 70'000; });
        row("negative delta", [](auto &n) { n.tcp.delta = -70'000; });
        row("range", [](auto &n) { n.udp.lowest = 30'000; });
        row("confidence", [](auto &n) { n.udp.confidence = 101; });
        row("rate", [](auto &n) { n.udp.foreignPerSecond = -1; });
        row("lifetime", [](auto &n) { n.udp.idleSeconds = -30; });
        row("long lifetime", [](auto &n) { n.tcp.absoluteSeconds = 1 << 30; });
        row("mapping", [](auto &n) { n.udp.mapping = Mapping::COUNT; });
        row("public", [](auto &n) { n.isPublic = static_cast<Answer>(9); });
    }
    void refusesWhatCantBe()
    {
        QFETCH(NetworkBehaviour, network);
        const auto received = overTheWire(network);
        QVERIFY(!received);
        QCOMPARE(received.error().code, ErrorCode::Protocol);
    }

    void namesTheClass_data()
    {
        using M = Mapping;
        using F = Filtering;
        QTest::addColumn<NetworkBehaviour>("network");
        QTest::addColumn<QString>("name");
        const auto row = [](M mapping, F filtering, const QString &name) {
            NetworkBehaviour network;
            network.udp.mapping = mapping;
            network.udp.filtering = filtering;
            const auto words = mappingName(mapping) + u' ' + filteringName(filtering);
            QTest::newRow(qPrintable(words)) << network << name;
        };
        row(M::EndpointIndependent, F::EndpointIndependent, "full cone");
        row(M::EndpointIndependent, F::AddressDependent, "restricted cone");
        row(M::EndpointIndependent, F::AddressAndPortDependent, "port restricted cone");
        row(M::EndpointIndependent, F::Unknown, "unknown");
        for (const auto filtering : {F::Unknown, F::EndpointIndependent, F::AddressDependent,
                                     F::AddressAndPortDependent}) {
            row(M::AddressDependent, filtering, "symmetric");
            row(M::AddressAndPortDependent, filtering, "symmetric");
            row(M::Unknown, filtering, "unknown");
        }
        auto network = measured();
        network.isPublic = Answer::Yes;
        QTest::newRow("dialled back") << network << "public";
        network = {};
        network.udp.passes = Answer::No;
        QTest::newRow("no UDP") << network << "blocked";
    }
    void namesTheClass()
    {
        QFETCH(NetworkBehaviour, network);
        QFETCH(QString, name);
        QCOMPARE(natClassName(classOf(network)), name);
    }

    void keepsMappingsAlive_data()
    {
        QTest::addColumn<int>("lifetime");
        QTest::addColumn<int>("interval");
        QTest::newRow("not known") << 0 << 25;
        QTest::newRow("half a minute") << 30 << 20;
        QTest::newRow("hardly any") << 3 << 5;
        QTest::newRow("two minutes") << 120 << 80;
        QTest::newRow("an hour") << 3'600 << 110;
    }
    void keepsMappingsAlive()
    {
        QFETCH(int, lifetime);
        QFETCH(int, interval);
        Behaviour behaviour;
        behaviour.idleSeconds = lifetime;
        QCOMPARE(keepaliveInterval(behaviour) / 1s, interval);
    }
};

QTEST_APPLESS_MAIN(NatBehaviourTest)
#include "nat_behaviour_test.moc"
