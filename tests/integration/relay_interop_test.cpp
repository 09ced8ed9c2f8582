// Our TURN client against a real coturn, by UDP, TCP and TLS: allocations that talk to each
// other, whole runs of datagrams, wrong credentials, ways that are blocked.

#include "core/relay/client.h"
#include "tests/support/coturn_process.h"

#include <QTest>

using namespace postern;

namespace {

/// A machine under load is slow; nothing here is a measurement.
constexpr int PATIENCE_MS = 60'000;

/// One allocation's owner, writing down what it hears.
class Owner final : public relay::Observer {
public:
    explicit Owner(const wire::RelayAccess &access, relay::ClientOptions options = {})
        : client(std::make_unique<relay::Client>(access, *this, std::move(options)))
    {
        client->allocate();
    }

    void allocated() override { isAllocated = true; }
    void peerReady(const Endpoint &peer) override { ready.append(peer); }
    void peerRefused(const IpAddress &address, const Error &) override { refused.append(address); }
    void received(std::span<const Datagram> batch) override
    {
        for (const Datagram &datagram : batch) {
            got.append(toByteArray(datagram.bytes));
            from = datagram.from;
        }
    }
    void writable() override { }
    void ended(const Error &error) override { why = error; }

    bool isAllocated = false;
    QList<Endpoint> ready;
    QList<IpAddress> refused;
    QByteArrayList got;
    Endpoint from;
    std::optional<Error> why;
    std::unique_ptr<relay::Client> client;
};

relay::ClientOptions only(wire::RelayTransport transport)
{
    relay::ClientOptions options;
    options.only = transport;
    return options;
}

} // namespace

class RelayInteropTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (!CoturnProcess::isInstalled())
            QSKIP("coturn is not installed");
        QVERIFY2(m_coturn.start(), qPrintable(m_coturn.problem()));
    }

    void relays_data()
    {
        QTest::addColumn<wire::RelayTransport>("transport");
        QTest::newRow("by UDP") << wire::RelayTransport::Udp;
        QTest::newRow("by TCP") << wire::RelayTransport::Tcp;
        QTest::newRow("by TLS") << wire::RelayTransport::Tls;
    }
    void relays()
    {
        QFETCH(wire::RelayTransport, transport);
        Owner anna(m_coturn.access(), only(transport));
        Owner ben(m_coturn.access(), only(transport));
        QTRY_VERIFY_WITH_TIMEOUT(anna.isAllocated && ben.isAllocated, PATIENCE_MS);
        QCOMPARE(anna.client->transport(), transport);
        const Endpoint toAnna = *anna.client->relayed();
        const Endpoint toBen = *ben.client->relayed();
        QVERIFY(toAnna != toBen);

        // Anna has a channel, Ben but a permission: both ways of carrying data.
        anna.client->bind(toBen);
        ben.client->permit(toAnna.address);
        QTRY_COMPARE_WITH_TIMEOUT(anna.ready, QList{toBen}, PATIENCE_MS);
        QTRY_VERIFY_WITH_TIMEOUT(arrives(*anna.client, toBen, ben), PATIENCE_MS);
        QCOMPARE(ben.from, toAnna);
        QTRY_VERIFY_WITH_TIMEOUT(arrives(*ben.client, toAnna, anna), PATIENCE_MS);
        QCOMPARE(anna.from, toBen);

        // A run is cut where it was asked to be cut; its last datagram may be shorter.
        ben.got.clear();
        SendOptions cut;
        cut.segmentSize = 1000;
        const QByteArray run = QByteArray(1000, 'a') + QByteArray(1000, 'b') + "rest";
        const auto sent = anna.client->send(toBen, viewOf(run), cut);
        QCOMPARE(sent.status, SendStatus::Sent);
        QCOMPARE(sent.sent, std::size_t(run.size()));
        QTRY_COMPARE_WITH_TIMEOUT(ben.got.size(), 3, PATIENCE_MS);
        QCOMPARE(ben.got.join(), run);
        QCOMPARE(ben.got.last(), QByteArray("rest"));
        QVERIFY(!anna.why && !ben.why);
    }

private:
    /// Datagrams may be lost: sends until one has come.
    static bool arrives(relay::Client &sender, const Endpoint &to, Owner &receiver)
    {
        sender.send(to, viewOf(QByteArrayLiteral("hello")));
        return receiver.got.contains("hello");
    }

    CoturnProcess m_coturn;
};

QTEST_GUILESS_MAIN(RelayInteropTest)
#include "relay_interop_test.moc"
