// The real server's edges: TLS, hello, limits before sign-in, dial-back, STUN as standard
// clients speak it, reload and shutdown.

#include "core/stun/binding.h"
#include "tests/support/rendezvous_raw_client.h"

#include <QSslKey>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

using namespace postern;
using wire::FailureCode;

namespace {

/// A listener and a UDP port that answer a dial-back as a client of ours does.
class Reachable {
public:
    Reachable()
    {
        m_listener.listen(QHostAddress::LocalHost, 0);
        m_udp.bind(QHostAddress::LocalHost, 0);
    }
    quint16 tcpPort() const { return m_listener.serverPort(); }
    quint16 udpPort() const { return m_udp.localPort(); }

    /// What the server said over TCP; answers with the token.
    QByteArray answerTcp(const QByteArray &token)
    {
        if (!m_listener.waitForNewConnection(RendezvousRawClient::WAIT_MS))
            return {};
        QTcpSocket *caller = m_listener.nextPendingConnection();
        QByteArray greeting;
        while (greeting.size() < 16 && caller->waitForReadyRead(RendezvousRawClient::WAIT_MS))
            greeting += caller->readAll();
        caller->write(token);
        caller->waitForBytesWritten();
        return greeting;
    }
    /// The USERNAME of the server's Binding request; answers it.
    QByteArray answerUdp()
    {
        if (!m_udp.waitForReadyRead(RendezvousRawClient::WAIT_MS))
            return {};
        QByteArray datagram(1500, Qt::Uninitialized);
        QHostAddress from;
        quint16 port = 0;
        datagram.resize(m_udp.readDatagram(datagram.data(), datagram.size(), &from, &port));
        const auto request = stun::Message::parse(viewOf(datagram));
        if (!request)
            return {};
        const Endpoint seen{IpAddress::v4(127, 0, 0, 1), port};
        const auto answer = stun::bindingSuccess(*request, seen, {seen, std::nullopt});
        m_udp.writeDatagram(answer, from, port);
        return request->text(stun::Attribute::Username).value_or(QByteArray());
    }

private:
    QTcpServer m_listener;
    QUdpSocket m_udp;
};

/// Runs a program of the system to its end, or for a while; all it printed.
QString outputOf(const QString &program, const QStringList &arguments, int milliseconds)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(milliseconds)) {
        process.kill();
        process.waitForFinished();
    }
    return QString::fromLocal8Bit(process.readAll());
}

} // namespace

class RendezvousNetworkTest : public QObject {
    Q_OBJECT

private:
    RendezvousProcess m_server;

private slots:
    void initTestCase()
    {
        QVERIFY2(m_server.start({QStringLiteral("--stun-alt"), QStringLiteral("127.0.0.2:0")}),
                 qPrintable(m_server.problem()));
    }
    void cleanupTestCase() { QVERIFY2(m_server.stop(), qPrintable(m_server.problem())); }

    void speaksOnlyTls13()
    {
        QSslSocket old;
        old.setPeerVerifyMode(QSslSocket::VerifyNone);
        old.setProtocol(QSsl::TlsV1_2);
        old.connectToHostEncrypted(QStringLiteral("127.0.0.1"), m_server.listen().port);
        QVERIFY(!old.waitForEncrypted(RendezvousRawClient::WAIT_MS));
        RendezvousRawClient client;
        QVERIFY(client.connectTo(m_server.listen()));
        QCOMPARE(client.socket().sessionProtocol(), QSsl::TlsV1_3);
    }

    void refusesVersions_data()
    {
        QTest::addColumn<quint32>("oldest");
        QTest::addColumn<quint32>("newest");
        QTest::addColumn<QString>("told");
        QTest::newRow("from the future") << 7u << 9u << "7 to 9";
        QTest::newRow("from the past") << 0u << 0u << "version 0";
    }
    void refusesVersions()
    {
        QFETCH(quint32, oldest);
        QFETCH(quint32, newest);
        QFETCH(QString, told);
        RendezvousRawClient client;
        QVERIFY(client.connectTo(m_server.listen()));
        client.say(wire::ClientHello{newest, oldest, {}, {}});
        const auto failure = client.next<wire::Failure>();
        QVERIFY(failure);
        QCOMPARE(failure->code, FailureCode::Incompatible);
        QVERIFY2(failure->message.contains(told), qPrintable(failure->message));
        QVERIFY(failure->message.contains(QString::number(wire::PROTOCOL_VERSION)));
        QVERIFY(client.waitForClosed());
    }

    void closesOnBreach_data()
    {
        QTest::addColumn<bool>("greeted");
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("huge frame") << false << QByteArray("\x7f\xff\xff\xff", 4);
        QTest::newRow("frame above the early limit")
            << true << frameOf(QByteArray(MAX_EARLY_FRAME_BYTES + 1, 'x'));
        QTest::newRow("no CBOR") << true << frameOf("hello");
        QTest::newRow("request before hello") << false << frameOf(wire::encode(wire::Ping{}));
        QTest::newRow("second hello") << true << frameOf(wire::encode(wire::ClientHello{}));
        QTest::newRow("request before sign-in")
            << true << frameOf(wire::encode(wire::SetReceiving{1, true}));
    }
    void closesOnBreach()
    {
        QFETCH(bool, greeted);
        QFETCH(QByteArray, bytes);
        RendezvousRawClient client;
        QVERIFY(greeted ? client.greet(m_server.listen()) : client.connectTo(m_server.listen()));
        client.sendRaw(bytes);
        const auto failure = client.next<wire::Failure>();
        QVERIFY(failure); // the sentence arrives before the end
        QCOMPARE(failure->code, FailureCode::BadRequest);
        QCOMPARE(failure->answers, 0u);
        QVERIFY(client.waitForClosed());
    }

    void handshakeTimeIsBounded()
    {
        QElapsedTimer clock;
        clock.start();
        QTcpSocket silent; // no TLS at all
        silent.connectToHost(QHostAddress::LocalHost, m_server.listen().port);
        RendezvousRawClient mute; // TLS, and then no hello
        QVERIFY(mute.connectTo(m_server.listen()));
        QVERIFY(silent.waitForConnected());
        QVERIFY(mute.waitForClosed(30'000));
        QVERIFY(silent.state() == QAbstractSocket::UnconnectedState
                || silent.waitForDisconnected(5'000));
        QVERIFY(clock.elapsed() > 8'000);
        QVERIFY(clock.elapsed() < 30'000);
    }

    void passwordGuessingIsSlowed()
    {
        RendezvousProcess server; // the limits of this address are the test's own
        QVERIFY(server.start());
        RendezvousRawClient owner;
        QVERIFY(owner.registerAs(server, QStringLiteral("guessed")));
        FailureCode last = FailureCode::SignInRefused;
        int guesses = 0;
        while (last == FailureCode::SignInRefused && guesses < 50) {
            RendezvousRawClient guesser;
            QVERIFY(!guesser.signIn(server, QStringLiteral("guessed"), QStringLiteral("guess")));
            QVERIFY(guesser.failure());
            last = guesser.failure()->code;
            ++guesses;
        }
        QCOMPARE(last, FailureCode::RateLimited);
        QVERIFY(guesses <= 20); // 10, and those that come back meanwhile
        RendezvousRawClient again(owner.key()); // the owner's device is not locked out
        QVERIFY(again.signIn(server, QStringLiteral("guessed")));
    }

    void connectionsOfOneAddressAreLimited()
    {
        RendezvousProcess server;
        QVERIFY(server.start({QStringLiteral("--connections-per-address"), QStringLiteral("3")}));
        std::vector<std::unique_ptr<RendezvousRawClient>> clients;
        clients.reserve(3);
        for (int i = 0; i < 3; ++i) {
            clients.push_back(std::make_unique<RendezvousRawClient>());
            QVERIFY(clients.back()->greet(server.listen()));
        }
        QVERIFY(!RendezvousRawClient().connectTo(server.listen()));
        clients.pop_back();
        bool welcome = false; // once is enough: the next one might come before this one has gone
        const auto tryAgain = [&] {
            welcome = welcome || RendezvousRawClient().greet(server.listen());
            return welcome;
        };
        QTRY_VERIFY(tryAgain());
    }

    void contactRequestsAreLimited()
    {
        RendezvousRawClient client;
        QVERIFY(client.registerAs(m_server, QStringLiteral("eager")));
        std::optional<FailureCode> refusal;
        int asked = 0;
        while (!refusal && asked < 50)
            refusal = client.refusalOf(wire::ContactChange{
                0, QStringLiteral("someone%1").arg(asked++), wire::ContactAction::Request});
        QCOMPARE(refusal, std::optional(FailureCode::RateLimited));
        QVERIFY(asked <= 30);
    }

    void slowReaderIsLetGo()
    {
        RendezvousRawClient sender, lazy;
        QVERIFY(sender.registerAs(m_server, QStringLiteral("sender")));
        lazy.socket().setReadBufferSize(1024);
        QVERIFY(lazy.signIn(m_server, QStringLiteral("sender"), RendezvousRawClient::password()));
        QVERIFY(!lazy.refusalOf(wire::SetReceiving{0, true}));
        const wire::SendSignal large{0,
                                     QStringLiteral("sender"),
                                     lazy.key().id(),
                                     {},
                                     QByteArray(wire::SIGNAL_BODY_LIMIT.most, 'x')};
        std::optional<FailureCode> refusal;
        for (int i = 0; i < 1000 && !refusal; ++i) {
            refusal = sender.refusalOf(large);
            if (refusal == FailureCode::RateLimited) {
                refusal.reset();
                QTest::qWait(20);
            }
        }
        QCOMPARE(refusal, std::optional(FailureCode::PeerOffline));
    }

    void dialsBack_data()
    {
        QTest::addColumn<bool>("tcp");
        QTest::addColumn<bool>("udp");
        QTest::addColumn<bool>("honest");
        QTest::newRow("both") << true << true << true;
        QTest::newRow("tcp alone") << true << false << true;
        QTest::newRow("udp alone") << false << true << true;
        QTest::newRow("another program listens") << true << false << false;
    }
    void dialsBack()
    {
        QFETCH(bool, tcp);
        QFETCH(bool, udp);
        QFETCH(bool, honest);
        RendezvousRawClient client;
        QVERIFY(client.registerAs(
            m_server, QString::fromLatin1("dial-%1-%2-%3").arg(tcp).arg(udp).arg(honest)));
        Reachable reachable;
        const QByteArray token = "0123456789abcdef";
        client.say(wire::DialBack{77, tcp ? reachable.tcpPort() : quint16(0),
                                  udp ? reachable.udpPort() : quint16(0), token});
        if (tcp)
            QCOMPARE(reachable.answerTcp(honest ? token : QByteArray(16, '?')),
                     QByteArray(wire::DIAL_BACK_GREETING));
        if (udp)
            QCOMPARE(reachable.answerUdp(), token.toHex());
        const auto answer = client.next<wire::DialedBack>();
        QVERIFY(answer);
        QCOMPARE(answer->answers, 77u);
        QCOMPARE(answer->tcp, tcp && honest);
        QCOMPARE(answer->udp, udp);
    }

    void dialBackToNobodyFails()
    {
        RendezvousRawClient client;
        QVERIFY(client.registerAs(m_server, QStringLiteral("dial-nobody")));
        quint16 closedTcp = 0;
        quint16 closedUdp = 0;
        {
            Reachable gone;
            closedTcp = gone.tcpPort();
            closedUdp = gone.udpPort();
        }
        const auto answer =
            client.ask(wire::DialBack{0, closedTcp, closedUdp, QByteArray(16, 't')});
        QVERIFY(answer && std::holds_alternative<wire::DialedBack>(*answer));
        QVERIFY(!std::get<wire::DialedBack>(*answer).tcp);
        QVERIFY(!std::get<wire::DialedBack>(*answer).udp);
        QCOMPARE(client.refusalOf(wire::DialBack{0, 1, 0, "short"}), FailureCode::BadRequest);
    }

    void standardStunClients_data()
    {
        const QString port = QString::number(m_server.stun().port);
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("coturn's client (RFC 5780)")
            << "turnutils_stunclient"
            << QStringList{QStringLiteral("-p"), port, QStringLiteral("127.0.0.1")}
            << QStringList{QStringLiteral("UDP reflexive addr: 127.0.0.1:"),
                           QStringLiteral("RFC 5780 response 2")};
        QTest::newRow("coturn's NAT discovery")
            << "turnutils_natdiscovery"
            << QStringList{QStringLiteral("-m"), QStringLiteral("-f"), QStringLiteral("-p"), port,
                           QStringLiteral("127.0.0.1")}
            << QStringList{QStringLiteral("Endpoint Independent Mapping"),
                           QStringLiteral("Endpoint Independent Filtering")};
        QTest::newRow("the classic client (RFC 3489)")
            << "stun" << QStringList{QStringLiteral("127.0.0.1:") + port}
            << QStringList{QStringLiteral("Primary: Open")};
    }
    void standardStunClients()
    {
        QFETCH(QString, program);
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, expected);
        if (QStandardPaths::findExecutable(program).isEmpty())
            QSKIP("SKIPPED: the program is not installed");
        const QString output = outputOf(program, arguments, 15'000);
        for (const QString &part : expected)
            QVERIFY2(output.contains(part), qPrintable(output));
    }

    void reloadsItsCertificate()
    {
        RendezvousProcess server;
        QVERIFY(server.start());
        RendezvousRawClient before;
        QVERIFY(before.greet(server.listen()));
        const auto certificate = server.dataFolder() + QStringLiteral("/server.crt");
        const auto key = server.dataFolder() + QStringLiteral("/server.key");
        QFile broken(certificate);
        QVERIFY(broken.open(QIODevice::WriteOnly)); // empty now
        broken.close();
        server.reload();
        QTRY_VERIFY_WITH_TIMEOUT(server.errors().contains(QStringLiteral("stays in use")), 10'000);
        RendezvousRawClient meanwhile;
        QVERIFY(meanwhile.greet(server.listen()));
        QCOMPARE(meanwhile.certificateSha256(), before.certificateSha256());

        QVERIFY(QFile::remove(certificate) && QFile::remove(key)); // a new one is made
        server.reload();
        QTRY_VERIFY_WITH_TIMEOUT(server.errors().contains(QStringLiteral("reloaded")), 10'000);
        RendezvousRawClient after;
        QVERIFY(after.greet(server.listen()));
        QVERIFY(after.certificateSha256() != before.certificateSha256());
        QVERIFY(before.ask(wire::Ping{})); // the old connection goes on

        RendezvousProcess given;
        QVERIFY(given.start({QStringLiteral("--cert"), certificate, QStringLiteral("--key"), key}));
        QCOMPARE(given.certificateSha256(), after.certificateSha256());
    }

    void keepsItsCertificateAndAccounts()
    {
        RendezvousProcess server;
        QVERIFY(server.start());
        RendezvousRawClient anna;
        QVERIFY(anna.registerAs(server, QStringLiteral("anna")));
        const QString address = server.address();
        server.kill(); // as a power cut
        QVERIFY2(server.start(), qPrintable(server.problem()));
        QCOMPARE(server.address(), address);
        RendezvousRawClient again(anna.key());
        QVERIFY(again.signIn(server, QStringLiteral("anna")));
    }

    void sigtermDrains()
    {
        RendezvousProcess server;
        QVERIFY(server.start());
        RendezvousRawClient client;
        QVERIFY(client.registerAs(server, QStringLiteral("anna")));
        QVERIFY2(server.stop(), qPrintable(server.problem()));
        const auto failure = client.next<wire::Failure>();
        QVERIFY(failure);
        QCOMPARE(failure->code, FailureCode::ShuttingDown);
        QVERIFY(client.waitForClosed());
    }

    void saysWhyItCannotStart_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("sentence");
        const QString taken = m_server.listen().toString();
        const QString stun = m_server.stun().toString();
        const auto serve = [](const QStringList &more) {
            return QStringList{QStringLiteral("serve")} + more;
        };
        const QString off = QStringLiteral("off");
        QTest::newRow("no data folder") << serve({}) << 2 << "--data";
        QTest::newRow("port taken")
            << serve({QStringLiteral("--data"), QStringLiteral("DATA"), QStringLiteral("--listen"),
                      taken, QStringLiteral("--stun"), off})
            << 1 << taken;
        QTest::newRow("STUN port taken")
            << serve({QStringLiteral("--data"), QStringLiteral("DATA"), QStringLiteral("--listen"),
                      QStringLiteral("127.0.0.1:0"), QStringLiteral("--stun"), stun})
            << 1 << stun;
        QTest::newRow("bad address")
            << serve({QStringLiteral("--data"), QStringLiteral("DATA"), QStringLiteral("--listen"),
                      QStringLiteral("nonsense"), QStringLiteral("--stun"), off})
            << 2 << "nonsense";
        QTest::newRow("unwritable folder")
            << serve({QStringLiteral("--data"), QStringLiteral("/proc/nowhere")}) << 1
            << "/proc/nowhere";
        QTest::newRow("unknown option") << serve({QStringLiteral("--nonsense")}) << 2 << "nonsense";
    }
    void saysWhyItCannotStart()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, sentence);
        QTemporaryDir data;
        arguments.replaceInStrings(QStringLiteral("DATA"), data.path());
        const auto said = RendezvousProcess::run(arguments);
        QCOMPARE(said.exitCode, exitCode);
        QVERIFY2(said.err.contains(sentence), qPrintable(said.err));
        QVERIFY(said.out.isEmpty());
    }
};

QTEST_GUILESS_MAIN(RendezvousNetworkTest)
#include "rendezvous_network_test.moc"
