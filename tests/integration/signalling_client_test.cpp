// The rendezvous client against the real server, and against what is no server at all.

#include "core/identity/device_key.h"
#include "core/relay/client.h"
#include "core/signalling/rendezvous_client.h"
#include "tests/support/rendezvous_process.h"

#include <QElapsedTimer>
#include <QSslKey>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace postern;

namespace {

constexpr int PATIENCE_MS = 20'000; // sanitizers and a busy machine make everything slow
constexpr int PRESENCE_MS = 1'000; // the promise of the issue
const QString PASSWORD = QStringLiteral("correct horse battery");

/// Who only wants to know whether the relay takes them.
class Relayed final : public relay::Observer {
public:
    void allocated() override { }
    void peerReady(const Endpoint &) override { }
    void peerRefused(const IpAddress &, const Error &) override { }
    void received(std::span<const Datagram>) override { }
    void writable() override { }
    void ended(const Error &error) override { why = error; }

    std::optional<Error> why;
};

/// Someone with a device, and what they were told.
class Person : public RendezvousObserver {
public:
    explicit Person(QString personName, std::optional<DeviceKey> existing = {})
        : name(std::move(personName))
        , key(existing ? *existing : DeviceKey::generate().value())
        , client(*this)
    {
    }

    void linkChanged() override { states.append(client.status().state); }
    void contactChanged(const QString &contact) override { changes.append(contact); }
    void signalReceived(const QString &user, const DeviceId &device, const SessionId &session,
                        const QByteArray &body) override
    {
        signals_.append({user, device, session, body});
    }

    void start(const QString &address, SignInOrder::Way way, const QString &password = PASSWORD,
               const QByteArray &remembered = {})
    {
        SignInOrder order;
        order.way = way;
        order.user = name;
        if (way != SignInOrder::Way::DeviceKey)
            order.password = password;
        order.device = {key.publicKey(), name + "'s laptop",
                        [device = key](const QByteArray &payload) { return device.sign(payload); }};
        client.signIn(ServerAddress::parse(address).value(), order, remembered);
    }
    [[nodiscard]] bool join(const QString &address,
                            SignInOrder::Way way = SignInOrder::Way::Register)
    {
        start(address, way);
        return comesTo(LinkState::Online)
            && isTold([this] { return client.status().contactsComplete; });
    }
    [[nodiscard]] bool comesTo(LinkState state)
    {
        return isTold([this, state] { return client.status().state == state; });
    }
    [[nodiscard]] static bool isTold(const std::function<bool()> &condition)
    {
        return QTest::qWaitFor(condition, PATIENCE_MS);
    }

    ErrorCode problem() const
    {
        const auto &problem = client.status().problem;
        return problem ? problem->code : ErrorCode::Internal;
    }
    std::optional<ContactDevice> deviceOf(const Person &other) const
    {
        const auto contact = client.contact(other.name);
        for (const ContactDevice &device : contact ? contact->devices : QList<ContactDevice>()) {
            if (device.id == other.key.id())
                return device;
        }
        return std::nullopt;
    }
    bool seesOnline(const Person &other) const
    {
        const auto device = deviceOf(other);
        return device && device->online;
    }
    bool seesReceiving(const Person &other) const
    {
        const auto device = deviceOf(other);
        return device && device->receiving;
    }

    Result<void> change(const QString &contact, wire::ContactAction action)
    {
        return answered([&](auto done) { client.changeContact(contact, action, done); });
    }
    Result<void> signal(const Person &to, const SessionId &session, const QByteArray &body)
    {
        return answered(
            [&](auto done) { client.sendSignal(to.name, to.key.id(), session, body, done); });
    }
    template<typename Call> static Result<void> answered(Call call)
    {
        std::optional<Result<void>> answer;
        call([&](Result<void> result) { answer.emplace(std::move(result)); });
        if (!isTold([&] { return answer.has_value(); }))
            return Error{ErrorCode::Timeout, QStringLiteral("No answer.")};
        return *answer;
    }

    QString name;
    DeviceKey key;
    RendezvousClient client;
    QList<LinkState> states;
    QStringList changes;
    QList<wire::Signal> signals_;
};

[[nodiscard]] bool befriend(Person &one, Person &other)
{
    return one.change(other.name, wire::ContactAction::Request).ok()
        && Person::isTold([&] { return other.client.contact(one.name).has_value(); })
        && other.change(one.name, wire::ContactAction::Accept).ok()
        && Person::isTold([&] { return one.seesOnline(other) && other.seesOnline(one); });
}

QString codeOf(const Result<void> &result)
{
    return result ? QStringLiteral("ok") : errorName(result.error().code);
}

} // namespace

class SignallingClientTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_server = std::make_unique<RendezvousProcess>();
        QVERIFY2(m_server->start({"--registration", "open"}), qPrintable(m_server->problem()));
    }
    void cleanup() { m_server.reset(); }

    // --- signing in ------------------------------------------------------------------

    void registersThenSignsInByKey()
    {
        Person anna("anna");
        QVERIFY(anna.join(m_server->address()));
        QCOMPARE(anna.client.serverCertificate(), m_server->certificateSha256());
        QVERIFY(anna.client.status().observed.address.isLoopback());
        QCOMPARE(anna.client.status().stun, m_server->stun());
        QVERIFY(!anna.client.status().session.isNull());
        anna.client.signOut();
        QVERIFY(anna.comesTo(LinkState::SignedOut));

        Person later("anna", DeviceKey::fromPkcs8(anna.key.pkcs8()).value());
        QVERIFY(later.join(m_server->address(), SignInOrder::Way::DeviceKey));
        QCOMPARE(later.client.status().user, QStringLiteral("anna"));
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("password");
        QTest::addColumn<int>("way");
        QTest::addColumn<QString>("code");
        const int in = int(SignInOrder::Way::Password);
        const int byKey = int(SignInOrder::Way::DeviceKey);
        const int anew = int(SignInOrder::Way::Register);
        QTest::newRow("wrong password") << "anna"
                                        << "wrong horse battery" << in << "sign-in-refused";
        QTest::newRow("unknown name") << "nobody" << PASSWORD << in << "sign-in-refused";
        QTest::newRow("unknown device") << "anna"
                                        << "" << byKey << "sign-in-refused";
        QTest::newRow("name taken") << "anna" << PASSWORD << anew << "sign-in-refused";
        QTest::newRow("short password") << "bert"
                                        << "short" << anew << "invalid-argument";
        QTest::newRow("impossible name") << "a/b" << PASSWORD << anew << "invalid-argument";
    }
    void refusals()
    {
        QFETCH(QString, name);
        QFETCH(QString, password);
        QFETCH(int, way);
        QFETCH(QString, code);
        Person anna("anna");
        QVERIFY(anna.join(m_server->address()));
        Person other(name);
        other.start(m_server->address(), static_cast<SignInOrder::Way>(way), password);
        QVERIFY(other.comesTo(LinkState::Refused));
        QCOMPARE(errorName(other.problem()), code);
        QVERIFY(other.client.status().problem->message.endsWith(u'.'));
    }

    // --- trust in the server -----------------------------------------------------------

    void trustsNoCertificateSilently()
    {
        Person anna("anna");
        anna.start(m_server->listen().toString(), SignInOrder::Way::Register);
        QVERIFY(anna.comesTo(LinkState::Refused));
        QCOMPARE(anna.problem(), ErrorCode::InvalidArgument);
        QVERIFY(anna.client.status().problem->message.contains(m_server->listen().toString()
                                                               + "#sha256:"));
    }

    void refusesAnotherCertificate()
    {
        Person anna("anna");
        const QString other =
            m_server->listen().toString() + "#sha256:" + QString(64, QLatin1Char('a'));
        anna.start(other, SignInOrder::Way::DeviceKey);
        QVERIFY(anna.comesTo(LinkState::Refused));
        QCOMPARE(anna.problem(), ErrorCode::ServerKeyChanged);

        anna.start(m_server->listen().toString(), SignInOrder::Way::DeviceKey, {},
                   QByteArray(32, 'a'));
        QVERIFY(anna.comesTo(LinkState::Refused));
        QCOMPARE(anna.problem(), ErrorCode::ServerKeyChanged);
    }

    // --- going and coming back ---------------------------------------------------------

    void tellsThatTheServerIsDown()
    {
        QVERIFY(m_server->stop());
        Person anna("anna");
        anna.start(m_server->address(), SignInOrder::Way::Password);
        QVERIFY(anna.comesTo(LinkState::SignedOut));
        QCOMPARE(anna.problem(), ErrorCode::Unavailable);
        QVERIFY(anna.client.status().problem->message.contains(m_server->listen().toString()));

        anna.client.signIn(ServerAddress::parse("no-such-host.invalid").value(), {});
        QVERIFY(anna.comesTo(LinkState::Reconnecting));
        QCOMPARE(anna.problem(), ErrorCode::Unavailable);
    }

    void comesBackAfterTheServerDoes()
    {
        Person anna("anna");
        Person bert("bert");
        QVERIFY(anna.join(m_server->address()) && bert.join(m_server->address()));
        QVERIFY(befriend(anna, bert));
        bert.client.setReceiving(true);
        QVERIFY(Person::isTold([&] { return anna.seesReceiving(bert); }));
        m_server->kill();
        QVERIFY(anna.comesTo(LinkState::Reconnecting) && bert.comesTo(LinkState::Reconnecting));
        QVERIFY(!anna.seesOnline(bert));
        QCOMPARE(codeOf(anna.signal(bert, {}, "lost")), QStringLiteral("unavailable"));
        QVERIFY2(m_server->start({"--registration", "open"}), qPrintable(m_server->problem()));
        QVERIFY(anna.comesTo(LinkState::Online) && bert.comesTo(LinkState::Online));
        QVERIFY(Person::isTold([&] { return anna.seesReceiving(bert); })); // presence resumed
        QVERIFY(anna.signal(bert, {}, "hello again").ok());
    }

    void aDrainedServerIsAwaited()
    {
        Person anna("anna");
        QVERIFY(anna.join(m_server->address()));
        QVERIFY(m_server->stop());
        QVERIFY(anna.comesTo(LinkState::Reconnecting));
        QVERIFY(m_server->start());
        anna.client.networkChanged(); // no need to wait for the delay
        QVERIFY(anna.comesTo(LinkState::Online));
    }

    // --- people ------------------------------------------------------------------------

    void contactsAreAskedAndAccepted()
    {
        Person anna("anna");
        Person bert("bert");
        QVERIFY(anna.join(m_server->address()) && bert.join(m_server->address()));
        QCOMPARE(anna.client.contact("anna")->standing, wire::ContactStanding::Self);
        QVERIFY(!anna.client.contact("bert").has_value());
        QCOMPARE(codeOf(anna.signal(bert, {}, "spam")), QStringLiteral("not-found"));
        QVERIFY(befriend(anna, bert));
        QCOMPARE(anna.deviceOf(bert)->publicKey, bert.key.publicKey());
        QCOMPARE(anna.deviceOf(bert)->name, QStringLiteral("bert's laptop"));
        QVERIFY(anna.change("bert", wire::ContactAction::Remove).ok());
        QVERIFY(Person::isTold([&] { return !bert.seesOnline(anna); }));
        QVERIFY(!anna.client.contact("bert").has_value());
    }

    void presenceIsToldWithinASecond()
    {
        Person anna("anna");
        Person bert("bert");
        QVERIFY(anna.join(m_server->address()) && bert.join(m_server->address()));
        QVERIFY(befriend(anna, bert));
        QElapsedTimer clock;
        const auto isToldSoon = [&clock](const char *what, const std::function<bool()> &change) {
            clock.start();
            const bool told = QTest::qWaitFor(change, PRESENCE_MS);
            qInfo("%s: told after %lld ms", what, static_cast<long long>(clock.elapsed()));
            return told;
        };
        bert.client.setReceiving(true);
        QVERIFY(isToldSoon("receiving", [&] { return anna.seesReceiving(bert); }));
        bert.client.setReceiving(false);
        QVERIFY(isToldSoon("not receiving", [&] { return !anna.seesReceiving(bert); }));
        bert.client.signOut();
        QVERIFY(isToldSoon("offline", [&] { return !anna.seesOnline(bert); }));
        bert.start(m_server->address(), SignInOrder::Way::DeviceKey);
        QVERIFY(isToldSoon("online", [&] { return anna.seesOnline(bert); }));
    }

    // --- signals -----------------------------------------------------------------------

    void signalsGoBothWays()
    {
        Person anna("anna");
        Person bert("bert");
        QVERIFY(anna.join(m_server->address()) && bert.join(m_server->address()));
        QVERIFY(befriend(anna, bert));
        bert.client.setReceiving(true);
        QVERIFY(Person::isTold([&] { return anna.seesReceiving(bert); }));
        QVERIFY(anna.signal(bert, {}, "candidates").ok());
        QVERIFY(Person::isTold([&] { return bert.signals_.size() == 1; }));
        const wire::Signal received = bert.signals_[0];
        QCOMPARE(received.user, QStringLiteral("anna"));
        QCOMPARE(received.device, anna.key.id());
        QCOMPARE(received.session, anna.client.status().session);
        QCOMPARE(received.body, QByteArray("candidates"));
        const QByteArray largest(wire::SIGNAL_BODY_LIMIT.most, 'x');
        QVERIFY(bert.signal(anna, received.session, largest).ok());
        QVERIFY(Person::isTold([&] { return anna.signals_.size() == 1; }));
        QCOMPARE(anna.signals_[0].body, largest);
        bert.client.signOut();
        QVERIFY(Person::isTold([&] { return !anna.seesOnline(bert); }));
        QCOMPARE(codeOf(anna.signal(bert, {}, "hello?")), QStringLiteral("peer-offline"));
    }

    void severalSessionsOfOneDevice()
    {
        Person anna("anna");
        Person bert("bert");
        QVERIFY(anna.join(m_server->address()) && bert.join(m_server->address()));
        QVERIFY(befriend(anna, bert));
        Person window("anna", anna.key); // a second process on the same profile
        QVERIFY(window.join(m_server->address(), SignInOrder::Way::DeviceKey));
        QCOMPARE(anna.client.status().state, LinkState::Online);
        QVERIFY(window.client.status().session != anna.client.status().session);

        window.client.setReceiving(true);
        QVERIFY(Person::isTold([&] { return bert.seesReceiving(anna); }));
        QVERIFY(bert.signal(anna, {}, "an offer").ok()); // goes to the one that receives
        QVERIFY(Person::isTold([&] { return window.signals_.size() == 1; }));
        QVERIFY(bert.signal(anna, anna.client.status().session, "an answer").ok());
        QVERIFY(Person::isTold([&] { return anna.signals_.size() == 1; }));
        QCOMPARE(window.signals_.size(), 1);
        window.client.signOut();
        QVERIFY(Person::isTold([&] { return !bert.seesReceiving(anna); }));
        QVERIFY(bert.seesOnline(anna));
    }

    void ownDevicesAreSeenAndRevoked()
    {
        Person laptop("anna");
        Person phone("anna");
        QVERIFY(laptop.join(m_server->address()));
        QVERIFY(phone.join(m_server->address(), SignInOrder::Way::Password));
        QVERIFY(Person::isTold([&] { return laptop.seesOnline(phone); }));
        QVERIFY(laptop.signal(phone, phone.client.status().session, "to myself").ok());
        QVERIFY(Person::isTold([&] { return phone.signals_.size() == 1; }));
        QVERIFY(Person::answered([&](auto done) {
                    laptop.client.revokeDevice(phone.key.id(), done);
                }).ok());
        QVERIFY(phone.comesTo(LinkState::Refused));
        QCOMPARE(phone.problem(), ErrorCode::SignInRefused);
        QVERIFY(Person::isTold([&] { return !laptop.deviceOf(phone).has_value(); }));
    }

    void isToldOfTheRelay()
    {
        Person anna(QStringLiteral("relayed"));
        QVERIFY(anna.join(m_server->address()));
        QVERIFY(Person::isTold([&] { return !anna.client.status().relay.servers.isEmpty(); }));
        QCOMPARE(anna.client.status().relay.servers.size(), 3);
        // What was told is good at each of them.
        for (const auto &way : anna.client.status().relay.servers) {
            Relayed port;
            relay::ClientOptions only;
            only.only = way.transport;
            relay::Client client(anna.client.status().relay, port, only);
            client.allocate();
            QVERIFY(Person::isTold([&] { return client.relayed().has_value(); }));
            QVERIFY(!port.why);
        }
    }

    void dialBackTellsWhatIsReachable()
    {
        Person anna("anna");
        QVERIFY(anna.join(m_server->address()));
        const QByteArray token(16, 't');
        QTcpServer listener; // what net/ does on the transfer port
        QVERIFY(listener.listen(QHostAddress::LocalHost));
        connect(&listener, &QTcpServer::newConnection, &listener, [&] {
            QTcpSocket *socket = listener.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket, token] {
                if (socket->bytesAvailable() >= 16
                    && socket->readAll().startsWith(wire::DIAL_BACK_GREETING))
                    socket->write(token);
            });
        });
        const quint16 open = listener.serverPort();
        QCOMPARE(dialedBack(anna, open, token).value().tcp, true);
        listener.close();
        QCOMPARE(dialedBack(anna, open, token).value().tcp, false);
    }

    // --- what is no Postern server -------------------------------------------------------

    void whatIsNoServerIsTold_data()
    {
        QTest::addColumn<QByteArray>("greeting");
        QTest::newRow("speaks at once") << QByteArray("220 mail.example ESMTP\r\n");
        QTest::newRow("hangs up") << QByteArray();
    }
    void whatIsNoServerIsTold()
    {
        QFETCH(QByteArray, greeting);
        QTcpServer mail;
        QVERIFY(mail.listen(QHostAddress::LocalHost));
        connect(&mail, &QTcpServer::newConnection, &mail, [&] {
            QTcpSocket *socket = mail.nextPendingConnection();
            socket->write(greeting);
            socket->disconnectFromHost();
        });
        Person anna("anna");
        anna.start("127.0.0.1:" + QString::number(mail.serverPort()), SignInOrder::Way::Password);
        QVERIFY(anna.comesTo(LinkState::SignedOut));
        QCOMPARE(anna.problem(), ErrorCode::Unavailable);
        QVERIFY(anna.client.status().problem->message.endsWith(u'.'));
    }

    void hostileServersAreLeft_data()
    {
        QTest::addColumn<QByteArray>("greeting");
        QTest::newRow("an endless message") << QByteArray("\xff\xff\xff\xff", 4) + "abc";
        QTest::newRow("just over the limit") << QByteArray("\x00\x01\x00\x01", 4);
        QTest::newRow("not CBOR") << frameOf("hello");
        QTest::newRow("nested without end") << frameOf(QByteArray(60'000, '\x81'));
        QTest::newRow("out of turn") << frameOf(wire::encode(wire::Signal{}));
    }
    void hostileServersAreLeft()
    {
        QFETCH(QByteArray, greeting);
        const DeviceKey identity = DeviceKey::generate().value();
        const QSslCertificate certificate(identity.certificate(), QSsl::Der);
        QSslConfiguration tls;
        tls.setLocalCertificate(certificate);
        tls.setPrivateKey(QSslKey(identity.pkcs8(), QSsl::Ec, QSsl::Der));
        tls.setProtocol(QSsl::TlsV1_3);
        QSslServer hostile;
        hostile.setSslConfiguration(tls);
        QVERIFY(hostile.listen(QHostAddress::LocalHost));
        connect(&hostile, &QSslServer::pendingConnectionAvailable, &hostile,
                [&] { hostile.nextPendingConnection()->write(greeting); });
        Person anna("anna");
        anna.start(
            "127.0.0.1:" + QString::number(hostile.serverPort()) + "#sha256:"
                + QString::fromLatin1(certificate.digest(QCryptographicHash::Sha256).toHex()),
            SignInOrder::Way::Password);
        QVERIFY(anna.comesTo(LinkState::SignedOut));
        QCOMPARE(anna.problem(), ErrorCode::Protocol);
    }

private:
    static Result<wire::DialedBack> dialedBack(Person &person, quint16 tcpPort,
                                               const QByteArray &token)
    {
        std::optional<Result<wire::DialedBack>> answer;
        person.client.dialBack(tcpPort, 0, token,
                               [&](Result<wire::DialedBack> result) { answer = result; });
        if (!Person::isTold([&] { return answer.has_value(); }))
            return Error{ErrorCode::Timeout, QStringLiteral("No answer.")};
        return *answer;
    }

    std::unique_ptr<RendezvousProcess> m_server;
};

QTEST_GUILESS_MAIN(SignallingClientTest)
#include "signalling_client_test.moc"
