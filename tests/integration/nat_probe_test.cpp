// Discovery over real sockets, against our rendezvous and coturn: on loopback there is no NAT,
// so all that a server can show must be shown, and no more.

#include "core/engine/network_memory_file.h"
#include "core/nat/network_probe.h"
#include "core/stun/binding.h"
#include "tests/support/coturn_process.h"
#include "tests/support/rendezvous_process.h"

#include <QTcpSocket>
#include <QTest>

using namespace postern;
using namespace postern::nat;

namespace {

constexpr int PATIENCE_MS = 60'000;

NetworkBehaviour measured(const Endpoint &server, const Endpoint &alternate)
{
    Discovery::Setup setup;
    setup.server = server;
    setup.alternate = alternate;
    setup.own = {IpAddress::v4(127, 0, 0, 1)};
    bool verdict = false;
    NetworkProbe probe(setup,
                       [&](DiscoveryEvent event) { verdict |= event == DiscoveryEvent::Verdict; });
    [&] { QTRY_VERIFY_WITH_TIMEOUT(verdict, PATIENCE_MS); }();
    return probe.behaviour();
}

} // namespace

class NatProbeTest : public QObject {
    Q_OBJECT

private slots:
    void learnsAllFromTwoAddresses()
    {
        RendezvousProcess server;
        QVERIFY2(server.start({QStringLiteral("--stun-alt"), QStringLiteral("127.0.0.2:0")}),
                 qPrintable(server.problem()));
        const auto network = measured(server.stun(), {});
        for (const auto *transport : {&network.udp, &network.tcp}) {
            QCOMPARE(transport->passes, Answer::Yes);
            QCOMPARE(transport->mapping, Mapping::EndpointIndependent);
            QCOMPARE(transport->newAtOtherPort, Answer::No);
            QCOMPARE(transport->newAtOtherAddress, Answer::No);
            QCOMPARE(transport->allocation, Allocation::Preserve);
        }
        QCOMPARE(network.udp.filtering, Filtering::EndpointIndependent);
        QCOMPARE(network.depth, quint8(0));
    }

    void learnsAboutPortsFromTwoPorts()
    {
        RendezvousProcess server;
        QVERIFY2(server.start(), qPrintable(server.problem()));
        Endpoint next = server.stun();
        ++next.port;
        const auto network = measured(server.stun(), next);
        for (const auto *transport : {&network.udp, &network.tcp}) {
            QCOMPARE(transport->mapping, Mapping::Unknown);
            QCOMPARE(transport->newAtOtherPort, Answer::No);
            QCOMPARE(transport->newAtOtherAddress, Answer::Unknown);
        }
        QCOMPARE(network.udp.filtering, Filtering::Unknown); // it filters no ports; addresses?
    }

    void learnsFromCoturn()
    {
        if (!CoturnProcess::isInstalled())
            QSKIP("turnserver or openssl is not installed");
        CoturnProcess server;
        QVERIFY2(server.start({QStringLiteral("--listening-ip=127.0.0.2")}),
                 qPrintable(server.problem()));
        const auto network = measured(server.plain(), {});
        QCOMPARE(network.udp.mapping, Mapping::EndpointIndependent);
        QCOMPARE(network.udp.filtering, Filtering::EndpointIndependent);
        QCOMPARE(network.udp.newAtOtherPort, Answer::No);
        QCOMPARE(network.tcp.passes, Answer::Yes);
    }

    void saysWhatAPlainServerCantShow()
    {
        if (!CoturnProcess::isInstalled())
            QSKIP("turnserver or openssl is not installed");
        CoturnProcess server;
        QVERIFY2(server.start(), qPrintable(server.problem()));
        const auto network = measured(server.plain(), {});
        QCOMPARE(network.udp.passes, Answer::Yes);
        QCOMPARE(network.udp.mapping, Mapping::Unknown);
        QCOMPARE(network.udp.filtering, Filtering::Unknown);
        QCOMPARE(network.udp.allocation, Allocation::Preserve);
    }

    /// Requests may come in pieces and several at once; what is no STUN ends the connection.
    void answersWholeRequestsOverTcp()
    {
        RendezvousProcess server;
        QVERIFY2(server.start(), qPrintable(server.problem()));
        const auto second = static_cast<quint16>(server.stun().port + 1);
        const auto request = stun::bindingRequest(stun::TransactionId());
        QTcpSocket client;
        client.connectToHost(QHostAddress::LocalHost, second);
        QVERIFY(client.waitForConnected(PATIENCE_MS));
        client.write(request.first(7));
        QVERIFY(client.waitForBytesWritten(PATIENCE_MS));
        client.write(request.mid(7) + request);
        QByteArray answers;
        const auto whole = [&] {
            const auto size = stun::messageSize(viewOf(answers));
            return size && answers.size() == 2 * static_cast<qsizetype>(*size);
        };
        while (!whole() && client.waitForReadyRead(PATIENCE_MS))
            answers += client.readAll();
        QVERIFY(whole());
        for (const auto &nonsense :
             {QByteArray(64, '\xff'), QByteArray("\0\1\xff\xff", 4) + QByteArray(16, '\0')}) {
            QTcpSocket stranger;
            stranger.connectToHost(QHostAddress::LocalHost, second);
            QVERIFY(stranger.waitForConnected(PATIENCE_MS));
            stranger.write(nonsense);
            QVERIFY(stranger.waitForDisconnected(PATIENCE_MS));
            QVERIFY(stranger.readAll().isEmpty());
        }
    }

    void endsAgainstSilence()
    {
        const auto network = measured({IpAddress::v4(127, 0, 0, 1), 9}, {}); // nobody listens
        QCOMPARE(network.udp.passes, Answer::No);
        QCOMPARE(network.tcp.passes, Answer::Unknown);
    }

    void networksAreRemembered()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("networks.json"));
        NetworkBehaviour known;
        known.udp.mapping = Mapping::AddressDependent;
        known.udp.idleSeconds = 65;
        {
            NetworkMemoryFile memory(path);
            QVERIFY(!memory.recall("home"));
            memory.remember("home", known);
            for (int i = 0; i < NetworkMemoryFile::MOST - 1; ++i)
                memory.remember("cafe " + QByteArray::number(i), {});
        }
        NetworkMemoryFile memory(path);
        QVERIFY(memory.recall("home") == known);
        memory.remember("one too many", {});
        QVERIFY(!memory.recall("home"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"networks":[{"network":"686f6d65","measured":9e99,"behaviour":"AAAA"}]})");
        file.close();
        QVERIFY(!memory.recall("home"));
    }
};

QTEST_GUILESS_MAIN(NatProbeTest)
#include "nat_probe_test.moc"
