// The session machine against a scripted server, in virtual time: requests, contacts, signals,
// and a server that breaks the rules.

#include "tests/support/session_script.h"

using namespace postern;
using namespace postern::session_script;

class SignallingRequestsTest : public QObject {
    Q_OBJECT

private slots:
    // --- requests --------------------------------------------------------------------

    void answersFindTheirRequests()
    {
        Session s;
        s.goOnline();
        const auto signal = s.machine.request(s.now, wire::SendSignal{0, BOB, {}, {}, "hello"});
        const auto dial = s.machine.request(s.now, wire::DialBack{0, 1, 2, QByteArray(16, 't')});
        const auto change = s.machine.request(s.now, wire::ContactChange{0, BOB, {}});
        QVERIFY(signal.ok() && dial.ok() && change.ok());
        s.collect();
        QCOMPARE(s.said<wire::SendSignal>().request, *signal);
        s.say(wire::DialedBack{*dial, true, false});
        s.say(wire::Failure{*signal, wire::FailureCode::PeerOffline, "Gone."});
        s.say(wire::Ok{*change});
        s.say(wire::Ok{*change}); // a second answer is no one's
        s.say(wire::Ok{4711});
        QCOMPARE(s.answers.size(), 3U);
        QVERIFY(std::get<wire::DialedBack>(s.answers[0].answer.value()).tcp);
        QCOMPARE(s.answers[1].answer.error().code, ErrorCode::PeerOffline);
        QVERIFY(s.answers[2].answer.ok());
        QCOMPARE(s.status().state, LinkState::Online);
    }

    void requestsTimeOutAndFailWithTheConnection()
    {
        Session s;
        QVERIFY(!s.machine.request(s.now, wire::SendSignal{}).ok());
        s.goOnline();
        (void)s.machine.request(s.now, wire::SendSignal{});
        s.pass(11s);
        QCOMPARE(s.answers.size(), 1U);
        QCOMPARE(s.answers[0].answer.error().code, ErrorCode::Timeout);
        (void)s.machine.request(s.now, wire::SendSignal{});
        s.lose();
        QCOMPARE(s.answers.size(), 2U);
        QCOMPARE(s.answers[1].answer.error().code, ErrorCode::Disconnected);
        QVERIFY(!s.machine.request(s.now, wire::SendSignal{}).ok());
    }

    void openRequestsAreBounded()
    {
        Session s;
        s.goOnline();
        int taken = 0;
        while (taken < 1000 && s.machine.request(s.now, wire::SendSignal{}).ok())
            ++taken;
        QCOMPARE(taken, int(RequestTable::MOST_OPEN));
    }

    // --- contacts and signals ----------------------------------------------------------

    void contactsAreAssembled()
    {
        Session s;
        s.goOnline();
        wire::DeviceEntry laptop{s.key.id(), s.key.publicKey(), "laptop", false, false};
        s.say(wire::ContactEntry{BOB, wire::ContactStanding::Accepted, {laptop}});
        s.say(wire::Presence{BOB, laptop.id, true, true});
        QCOMPARE(s.changes, (QStringList{BOB, BOB}));
        QVERIFY(s.machine.contacts().find(BOB)->devices[0].receiving);
        s.lose();
        QVERIFY(!s.machine.contacts().find(BOB)->devices[0].online);
        s.untilConnect();
        s.comeOnline(); // without bob
        QVERIFY(!s.machine.contacts().find(BOB).has_value());
    }

    void signalsAreHandedOn()
    {
        Session s;
        s.goOnline();
        s.say(wire::Signal{BOB, s.key.id(), randomId<SessionId>(), "candidates"});
        QCOMPARE(s.signalBodies, QList<QByteArray>{"candidates"});
    }

    // --- a server that breaks the rules --------------------------------------------------

    void whatIsOutOfTurnEndsTheConnection_data()
    {
        QTest::addColumn<int>("phase"); // 1 greeting, 2 signing in, 3 online
        QTest::addColumn<QByteArray>("payload");
        const QByteArray hello = [] {
            wire::ServerHello message;
            message.challenge = CHALLENGE;
            return wire::encode(message);
        }();
        wire::ServerHello empty;
        QTest::newRow("no challenge") << 1 << wire::encode(empty);
        QTest::newRow("signed in before hello") << 1 << wire::encode(wire::SignedIn{});
        QTest::newRow("contacts before sign-in") << 2 << wire::encode(wire::ContactEntry{});
        QTest::newRow("signal before sign-in") << 2 << wire::encode(wire::Signal{});
        QTest::newRow("ok before sign-in") << 2 << wire::encode(wire::Ok{1});
        QTest::newRow("hello again") << 2 << hello;
        QTest::newRow("answer to another request")
            << 2 << wire::encode(wire::SignedIn{77, "alice", {}});
        QTest::newRow("hello when online") << 3 << hello;
        QTest::newRow("signed in twice") << 3 << wire::encode(wire::SignedIn{1, "alice", {}});
        QTest::newRow("not CBOR") << 3 << QByteArray("\xff\xff");
        QTest::newRow("empty") << 3 << QByteArray();
        QTest::newRow("what only clients say") << 3 << wire::encode(wire::Ping{1});
    }
    void whatIsOutOfTurnEndsTheConnection()
    {
        QFETCH(int, phase);
        QFETCH(QByteArray, payload);
        Session s;
        s.signIn();
        if (phase == 1)
            s.machine.connected(s.now, {CERTIFICATE, {}});
        if (phase == 2)
            s.greet();
        if (phase == 3)
            s.comeOnline();
        s.collect();
        s.machine.received(s.now, payload);
        s.collect();
        QCOMPARE(s.closed, 1);
        QCOMPARE(s.status().state, LinkState::Reconnecting);
        QCOMPARE(s.problem(), ErrorCode::Protocol);
        s.machine.received(s.now, payload); // the rest of its words is not heard
        s.collect();
        QCOMPARE(s.closed, 1);
    }
};

QTEST_GUILESS_MAIN(SignallingRequestsTest)
#include "signalling_requests_test.moc"
