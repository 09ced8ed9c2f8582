// The session machine against a scripted server, in virtual time: signing in, staying, coming
// back. What it does once online is in signalling_requests_test.cpp.

#include "tests/support/session_script.h"

using namespace postern;
using namespace postern::session_script;

class SignallingSessionTest : public QObject {
    Q_OBJECT

private slots:
    // --- signing in ------------------------------------------------------------------

    void signsInWithTheDeviceKey()
    {
        Session s;
        s.signIn();
        QCOMPARE(s.opened, 1);
        QCOMPARE(s.status().state, LinkState::Connecting);
        wire::ServerHello hello;
        hello.observed = Endpoint::parse("203.0.113.9:40000").value();
        hello.stun = {IpAddress(), 3478};
        hello.stunAlternate = Endpoint::parse("192.0.2.2:3479").value();
        s.greet(hello);
        const auto request = s.said<wire::SignIn>();
        QCOMPARE(request.user, QStringLiteral("alice"));
        QVERIFY(request.password.isEmpty());
        QCOMPARE(request.device.publicKey, s.key.publicKey());
        QVERIFY(verifySignature(s.key.publicKey(),
                                wire::signInPayload(CHALLENGE, CERTIFICATE, "alice"),
                                request.device.signature));
        const SessionId session = randomId<SessionId>();
        s.say(wire::SignedIn{request.request, QStringLiteral("Alice"), session});
        QCOMPARE(s.status().state, LinkState::Online);
        QCOMPARE(s.status().user, QStringLiteral("Alice"));
        QCOMPARE(s.status().session, session);
        QCOMPARE(s.status().observed.toString(), QStringLiteral("203.0.113.9:40000"));
        QCOMPARE(s.status().stun.toString(), QStringLiteral("192.0.2.1:3478"));
        QCOMPARE(s.status().stunAlternate.toString(), QStringLiteral("192.0.2.2:3479"));
        QVERIFY(!s.status().contactsComplete);
        s.say(wire::ContactsComplete{});
        QVERIFY(s.status().contactsComplete);
    }

    void keepsRelayCredentialsFresh()
    {
        Session s;
        s.signIn();
        wire::ServerHello hello;
        hello.capabilities = {QLatin1String(wire::RELAY_CAPABILITY)};
        s.greet(hello);
        s.say(wire::SignedIn{s.said<wire::SignIn>().request, "alice", randomId<SessionId>()});
        wire::RelayAccess access;
        access.answers = s.said<wire::RelayRequest>().request;
        access.username = QStringLiteral("1800000000:x");
        access.lifetimeSeconds = 20; // halves are waited for, but never less than 30 s
        access.servers = {{wire::RelayTransport::Udp, {}, 3478, {}},
                          {wire::RelayTransport::Tls, "relay.example.org", 443, {}},
                          {wire::RelayTransport::Tcp, {}, 0, {}}, // no port is known here
                          {wire::RelayTransport::Tls, {}, 443, QByteArray(31, 'x')}};
        s.say(access);
        QCOMPARE(s.status().relay.servers.size(), 2);
        QCOMPARE(s.status().relay.servers[0].host, QStringLiteral("192.0.2.1"));
        QCOMPARE(s.status().relay.servers[1].host, QStringLiteral("relay.example.org"));
        QCOMPARE(s.status().relay.username, access.username);

        s.sent.clear();
        s.pass(29s);
        const auto asksAgain = [&s] {
            return std::any_of(s.sent.cbegin(), s.sent.cend(), [](const QByteArray &payload) {
                const auto message = wire::decode<wire::ClientMessage>(payload);
                return message && std::holds_alternative<wire::RelayRequest>(*message);
            });
        };
        QVERIFY(!asksAgain());
        s.pass(2s);
        QVERIFY(asksAgain());

        // An answer that nobody asked for changes nothing.
        access.answers = 12345;
        access.username = QStringLiteral("another");
        s.say(access);
        QCOMPARE(s.status().state, LinkState::Online);
        QCOMPARE(s.status().relay.username, QStringLiteral("1800000000:x"));
    }

    void asksForNoRelayWhereThereIsNone()
    {
        Session s;
        s.goOnline();
        QVERIFY(s.sent.isEmpty());
        QVERIFY(s.status().relay.servers.isEmpty());
    }

    void passwordIsUsedOnce()
    {
        Session s;
        s.signIn(SignInOrder::Way::Register);
        s.greet();
        const auto registration = s.said<wire::Register>();
        QCOMPARE(registration.password, QStringLiteral("correct horse"));
        s.say(wire::SignedIn{registration.request, "alice", randomId<SessionId>()});
        s.lose();
        s.untilConnect();
        s.greet();
        QVERIFY(s.said<wire::SignIn>().password.isEmpty());
    }

    void refusalIsFinal_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("way");
        QTest::addColumn<int>("state");
        const int byKey = int(SignInOrder::Way::DeviceKey);
        const int byPassword = int(SignInOrder::Way::Password);
        const int registering = int(SignInOrder::Way::Register);
        const int refused = int(LinkState::Refused);
        QTest::newRow("wrong password")
            << int(wire::FailureCode::SignInRefused) << byPassword << refused;
        QTest::newRow("revoked device")
            << int(wire::FailureCode::SignInRefused) << byKey << refused;
        QTest::newRow("name taken") << int(wire::FailureCode::NameTaken) << registering << refused;
        QTest::newRow("short password")
            << int(wire::FailureCode::PasswordTooShort) << registering << refused;
        QTest::newRow("closed") << int(wire::FailureCode::RegistrationClosed) << registering
                                << refused;
        QTest::newRow("incompatible") << int(wire::FailureCode::Incompatible) << byKey << refused;
        QTest::newRow("too many attempts, a person waits")
            << int(wire::FailureCode::RateLimited) << byPassword << int(LinkState::SignedOut);
        QTest::newRow("too many attempts by key")
            << int(wire::FailureCode::RateLimited) << byKey << int(LinkState::Reconnecting);
        QTest::newRow("server unwell")
            << int(wire::FailureCode::Internal) << byKey << int(LinkState::Reconnecting);
    }
    void refusalIsFinal()
    {
        QFETCH(int, code);
        QFETCH(int, way);
        QFETCH(int, state);
        for (const bool concernsConnection : {false, true}) {
            Session s;
            s.signIn(static_cast<SignInOrder::Way>(way));
            s.greet();
            s.say(wire::Failure{concernsConnection ? 0U : 1U, static_cast<wire::FailureCode>(code),
                                "Why."});
            QCOMPARE(int(s.status().state), state);
            QVERIFY(s.status().problem.has_value());
            QCOMPARE(s.closed, 1);
            s.pass(1h);
            QCOMPARE(s.opened > 1, state == int(LinkState::Reconnecting));
        }
    }

    void revokedWhileOnline()
    {
        Session s;
        s.goOnline();
        s.say(wire::Failure{0, wire::FailureCode::SignInRefused, "Revoked."});
        QCOMPARE(s.status().state, LinkState::Refused);
        s.signIn(SignInOrder::Way::Password); // a person signs in again
        QCOMPARE(s.status().state, LinkState::Connecting);
        QCOMPARE(s.opened, 2);
    }

    void versionsThatDontMeetAreNamed_data()
    {
        QTest::addColumn<uint>("version");
        QTest::addColumn<uint>("oldest");
        QTest::addColumn<QString>("named"); // empty: they understand each other
        QTest::newRow("the same") << 1U << 1U << "";
        QTest::newRow("newer, still knows ours") << 7U << 1U << "";
        QTest::newRow("newer, does not") << 7U << 3U << "version 3";
        QTest::newRow("too old") << 0U << 0U << "version 0";
    }
    void versionsThatDontMeetAreNamed()
    {
        QFETCH(uint, version);
        QFETCH(uint, oldest);
        QFETCH(QString, named);
        Session s;
        s.signIn();
        wire::ServerHello hello;
        hello.version = version;
        hello.oldest = oldest;
        s.greet(hello);
        QCOMPARE(s.status().state == LinkState::Refused, !named.isEmpty());
        if (named.isEmpty())
            return;
        QCOMPARE(s.problem(), ErrorCode::Incompatible);
        QVERIFY(s.status().problem->message.contains(named));
        QVERIFY(s.status().problem->message.contains("version 1"));
    }

    void serverKeyChangedIsFinal()
    {
        Session s;
        s.signIn();
        s.lose({ErrorCode::ServerKeyChanged, "Changed."});
        QCOMPARE(s.status().state, LinkState::Refused);
        s.machine.networkChanged(s.now);
        s.pass(24h);
        QCOMPARE(s.opened, 1);
    }

    void aPersonIsToldAtOnceThatTheServerIsDown()
    {
        Session s;
        s.signIn(SignInOrder::Way::Password);
        s.lose();
        QCOMPARE(s.status().state, LinkState::SignedOut);
        QCOMPARE(s.problem(), ErrorCode::Unavailable);
        s.pass(1h);
        QCOMPARE(s.opened, 1);
    }

    void aKeyThatCannotSignIsFinal()
    {
        Session s;
        auto order = s.order(SignInOrder::Way::DeviceKey);
        order.device.sign = [](const QByteArray &) {
            return Result<QByteArray>(ErrorCode::Internal, QStringLiteral("Broken."));
        };
        s.machine.signIn(s.now, order);
        s.collect();
        s.greet();
        QCOMPARE(s.status().state, LinkState::Refused);
        QVERIFY(s.sent.isEmpty());
    }

    // --- reconnecting ------------------------------------------------------------------

    void reconnectsWithGrowingDelays()
    {
        for (quint64 seed = 1; seed <= 50; ++seed) {
            Session s(seed);
            s.signIn();
            Duration ceiling = Backoff::FIRST;
            for (int attempt = 0; attempt < 10; ++attempt) {
                s.lose();
                QCOMPARE(s.status().state, LinkState::Reconnecting);
                const Duration delay = s.untilConnect();
                QVERIFY2(delay <= ceiling, qPrintable(QStringLiteral("seed %1").arg(seed)));
                ceiling = std::min(ceiling * 2, Backoff::LONGEST);
            }
            s.comeOnline();
            QCOMPARE(s.status().state, LinkState::Online);
            QVERIFY(!s.status().problem.has_value());
            s.pass(31s); // long enough to count as well
            s.lose();
            QVERIFY(s.untilConnect() <= Backoff::FIRST);
        }
    }

    void aServerThatDropsUsAtOnceIsNotHammered()
    {
        Session s;
        s.goOnline();
        Duration waited{};
        for (int i = 0; i < 20; ++i) {
            s.lose();
            waited += s.untilConnect();
            s.comeOnline();
        }
        QVERIFY(waited > 1min);
    }

    void silenceEndsEveryPhase_data()
    {
        QTest::addColumn<int>("phase");
        QTest::newRow("connecting") << 0;
        QTest::newRow("greeting") << 1;
        QTest::newRow("signing in") << 2;
        QTest::newRow("online") << 3;
    }
    void silenceEndsEveryPhase()
    {
        QFETCH(int, phase);
        Session s;
        s.signIn();
        if (phase == 1)
            s.machine.connected(s.now, {CERTIFICATE, {}});
        if (phase == 2)
            s.greet();
        if (phase == 3)
            s.comeOnline();
        s.pass(3min);
        QVERIFY(s.opened > 1);
        QCOMPARE(s.problem(), ErrorCode::Timeout);
    }

    void pingsKeepItAlive()
    {
        Session s;
        s.goOnline();
        for (int i = 0; i < 30; ++i) {
            s.pass(20s);
            s.say(wire::Ok{s.said<wire::Ping>().request});
        }
        QCOMPARE(s.status().state, LinkState::Online);
        QCOMPARE(s.opened, 1);
        s.pass(59s); // two pings without an answer
        QCOMPARE(s.status().state, LinkState::Online);
        s.pass(2s);
        QCOMPARE(s.status().state, LinkState::Reconnecting);
    }

    void networkChangeConnectsAtOnce()
    {
        Session s;
        s.signIn();
        for (int i = 0; i < 12; ++i) {
            s.lose();
            s.untilConnect();
        }
        s.lose();
        const int before = s.opened;
        s.machine.networkChanged(s.now);
        s.collect();
        QCOMPARE(s.opened, before + 1);
        s.machine.networkChanged(s.now); // while connecting: from the new address
        s.collect();
        QCOMPARE(s.opened, before + 2);
    }

    void networkChangeProbesALivingConnection()
    {
        Session s;
        s.goOnline();
        s.machine.networkChanged(s.now);
        s.collect();
        s.say(wire::Ok{s.said<wire::Ping>().request});
        s.pass(6s);
        QCOMPARE(s.status().state, LinkState::Online);
        s.machine.networkChanged(s.now);
        s.pass(6s); // no answer this time
        QVERIFY(s.status().state == LinkState::Reconnecting);
        QCOMPARE(s.closed, 1);
    }

    void anUrgedConnectionIsMadeAnewAtOnce()
    {
        Session s;
        s.goOnline();
        const int before = s.opened;
        s.machine.urge(s.now);
        s.collect();
        s.say(wire::Ok{s.said<wire::Ping>().request});
        s.pass(500ms);
        QCOMPARE(s.status().state, LinkState::Online); // it lives
        s.lose(); // the router forgot it: reset
        QCOMPARE(s.opened, before + 1);
        QVERIFY(s.status().state == LinkState::Reconnecting);

        s.greet();
        s.say(wire::SignedIn{s.said<wire::SignIn>().request, "alice", randomId<SessionId>()});
        s.lose(); // the server itself is unwell: nobody urged since
        QCOMPARE(s.opened, before + 1);
    }

    void anUrgedSilentConnectionIsGivenUpSoon()
    {
        Session s;
        s.goOnline();
        const int before = s.opened;
        s.machine.urge(s.now);
        s.pass(900ms);
        s.machine.urge(s.now); // again, as long as the path is dead: no later for that
        s.pass(200ms);
        QVERIFY(s.status().state == LinkState::Reconnecting);
        QCOMPARE(s.opened, before + 1);
    }

    void presenceIsResumed()
    {
        Session s;
        s.machine.setReceiving(s.now, true);
        s.goOnline();
        const auto first = s.said<wire::SetReceiving>();
        QVERIFY(first.receiving);
        s.say(wire::Ok{first.request});
        s.lose();
        s.untilConnect();
        s.comeOnline();
        QVERIFY(s.said<wire::SetReceiving>().receiving);
        s.machine.setReceiving(s.now, false);
        s.machine.setReceiving(s.now, false);
        s.collect();
        const auto off = s.said<wire::SetReceiving>();
        QVERIFY(!off.receiving);
        QVERIFY(s.sent.isEmpty());
        s.say(wire::Failure{off.request, wire::FailureCode::RateLimited, "Later."});
        s.pass(5s);
        QVERIFY(!s.said<wire::SetReceiving>().receiving); // said until it is heard
    }

    void signOutEndsEverything()
    {
        Session s;
        s.goOnline();
        s.say(wire::ContactEntry{BOB, wire::ContactStanding::AsksYou, {}});
        (void)s.machine.request(s.now, wire::SendSignal{});
        s.machine.signOut(s.now);
        s.collect();
        QCOMPARE(s.status().state, LinkState::SignedOut);
        QCOMPARE(s.answers.size(), 1U);
        QCOMPARE(s.answers[0].answer.error().code, ErrorCode::Cancelled);
        QVERIFY(s.machine.contacts().all().isEmpty());
        QCOMPARE(s.machine.deadline(), NEVER);
    }
};

QTEST_GUILESS_MAIN(SignallingSessionTest)
#include "signalling_session_test.moc"
