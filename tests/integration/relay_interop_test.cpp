// TURN by UDP, TCP and TLS: our client against a real coturn and against our own server, and
// coturn's client against our server; credentials that are wrong or have run out, ways that are
// blocked, what the server must refuse.

#include "core/relay/client.h"
#include "tests/support/coturn_process.h"
#include "tests/support/rendezvous_process.h"

#include <QDateTime>
#include <QTest>

using namespace postern;

namespace {

/// A machine under load is slow; nothing here is a measurement.
constexpr int PATIENCE_MS = 60'000;
const QByteArray GREETING = "hello";
const QByteArray SECRET = "shared with the relay";

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

    /// Without the greetings, of which any number may come.
    QByteArrayList heard() const
    {
        QByteArrayList rest = got;
        rest.removeAll(GREETING);
        return rest;
    }

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
        QFile secret(m_folder.filePath("secret"));
        QVERIFY(secret.open(QIODevice::WriteOnly) && secret.write(SECRET) > 0);
        secret.close();
        QVERIFY2(m_server.start({"--relay-secret-file", secret.fileName()}),
                 qPrintable(m_server.problem()));
        m_hasCoturn = CoturnProcess::isInstalled();
        if (m_hasCoturn)
            QVERIFY2(m_coturn.start(), qPrintable(m_coturn.problem()));
    }

    void relays_data()
    {
        QTest::addColumn<bool>("coturn");
        QTest::addColumn<wire::RelayTransport>("transport");
        for (const bool coturn : {false, true}) {
            const char *server = coturn ? "coturn" : "ours";
            QTest::addRow("%s by UDP", server) << coturn << wire::RelayTransport::Udp;
            QTest::addRow("%s by TCP", server) << coturn << wire::RelayTransport::Tcp;
            QTest::addRow("%s by TLS", server) << coturn << wire::RelayTransport::Tls;
        }
    }
    void relays()
    {
        QFETCH(bool, coturn);
        QFETCH(wire::RelayTransport, transport);
        if (coturn && !m_hasCoturn)
            QSKIP("coturn is not installed");
        const auto access = coturn ? m_coturn.access() : ours();
        Owner anna(access, only(transport));
        Owner ben(access, only(transport));
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
        SendOptions cut;
        cut.segmentSize = 1000;
        const QByteArray run = QByteArray(1000, 'a') + QByteArray(1000, 'b') + "rest";
        const auto sent = anna.client->send(toBen, viewOf(run), cut);
        QCOMPARE(sent.status, SendStatus::Sent);
        QCOMPARE(sent.sent, std::size_t(run.size()));
        QTRY_COMPARE_WITH_TIMEOUT(ben.heard().size(), 3, PATIENCE_MS);
        QCOMPARE(ben.heard().join(), run);
        QCOMPARE(ben.heard().last(), QByteArray("rest"));
        QVERIFY(!anna.why && !ben.why);
    }

private:
    /// Datagrams may be lost: sends until one has come.
    static bool arrives(relay::Client &sender, const Endpoint &to, Owner &receiver)
    {
        sender.send(to, viewOf(GREETING));
        return receiver.got.contains(GREETING);
    }

    /// Our server, and a credential made as it would make it.
    wire::RelayAccess ours(int seconds = 3600) const
    {
        auto access =
            CoturnProcess::credential(SECRET, QDateTime::currentSecsSinceEpoch() + seconds, "anna");
        access.servers = {{wire::RelayTransport::Udp, "127.0.0.1", m_server.stun().port, {}},
                          {wire::RelayTransport::Tcp, "127.0.0.1", m_server.stun().port, {}},
                          {wire::RelayTransport::Tls, "127.0.0.1", m_server.listen().port,
                           m_server.certificateSha256()}};
        return access;
    }

    QTemporaryDir m_folder;
    RendezvousProcess m_server;
    CoturnProcess m_coturn;
    bool m_hasCoturn = false;
};

QTEST_GUILESS_MAIN(RelayInteropTest)
#include "relay_interop_test.moc"
