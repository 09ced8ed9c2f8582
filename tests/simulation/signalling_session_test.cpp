// The session machine against a scripted server, in virtual time.

#include "core/identity/device_key.h"
#include "core/signalling/session_machine.h"

#include <QTest>

using namespace postern;
using namespace session_output;

namespace {

const QByteArray CHALLENGE(32, 'c');
const QByteArray CERTIFICATE(32, 's');
const QString BOB = QStringLiteral("bob");

Error unreachable() { return {ErrorCode::Unavailable, QStringLiteral("No way.")}; }

/// Machine, driver and server in one: the test plays the server.
class Session {
public:
    explicit Session(quint64 seed = 1)
        : machine(seededRandom(seed))
        , key(DeviceKey::generate().value())
    {
    }

    SignInOrder order(SignInOrder::Way way) const
    {
        SignInOrder order;
        order.way = way;
        order.user = QStringLiteral("alice");
        if (way != SignInOrder::Way::DeviceKey)
            order.password = QStringLiteral("correct horse");
        order.device = {key.publicKey(), QStringLiteral("laptop"),
                        [device = key](const QByteArray &payload) { return device.sign(payload); }};
        return order;
    }

    void signIn(SignInOrder::Way way = SignInOrder::Way::DeviceKey)
    {
        machine.signIn(now, order(way));
        collect();
    }

    /// Connects and says hello; the machine then asks to sign in.
    void greet(wire::ServerHello hello = {})
    {
        if (hello.challenge.isEmpty())
            hello.challenge = CHALLENGE;
        machine.connected(now, {CERTIFICATE, IpAddress::v4(192, 0, 2, 1)});
        collect();
        said<wire::ClientHello>();
        say(hello);
    }

    void goOnline(SignInOrder::Way way = SignInOrder::Way::DeviceKey)
    {
        signIn(way);
        comeOnline();
    }
    void comeOnline()
    {
        greet();
        const quint32 number = way() == SignInOrder::Way::Register ? said<wire::Register>().request
                                                                   : said<wire::SignIn>().request;
        say(wire::SignedIn{number, QStringLiteral("Alice"), randomId<SessionId>()});
        say(wire::ContactsComplete{});
    }

    template<typename M> void say(const M &message)
    {
        machine.received(now, wire::encode(message));
        collect();
    }

    /// What the machine sent last must be of this kind.
    template<typename M> M said()
    {
        if (sent.isEmpty())
            return fail<M>("nothing was said");
        auto message = wire::decode<wire::ClientMessage>(sent.takeFirst());
        if (!message || !std::holds_alternative<M>(*message))
            return fail<M>("something else was said");
        return std::get<M>(*message);
    }
    SignInOrder::Way way() const
    {
        const auto message = wire::decode<wire::ClientMessage>(sent.value(0));
        return message && std::holds_alternative<wire::Register>(*message)
            ? SignInOrder::Way::Register
            : SignInOrder::Way::DeviceKey;
    }

    void lose(const Error &why = unreachable())
    {
        machine.disconnected(now, why);
        collect();
    }

    /// Lets time pass, waking the machine exactly at its deadlines.
    void pass(Duration span)
    {
        const Instant until = now + span;
        while (machine.deadline() <= until) {
            now = std::max(now, machine.deadline());
            machine.advance(now);
            collect();
        }
        now = until;
    }
    /// Until the machine wants to connect; how long that took.
    Duration untilConnect()
    {
        const Instant start = now;
        const int before = opened;
        while (opened == before && machine.deadline() != NEVER) {
            now = std::max(now, machine.deadline());
            machine.advance(now);
            collect();
        }
        return now - start;
    }

    const LinkStatus &status() const { return machine.status(); }
    ErrorCode problem() const
    {
        return status().problem ? status().problem->code : ErrorCode::Cancelled;
    }

    void collect()
    {
        for (auto &output : machine.takeOutputs()) {
            if (const auto *transmit = std::get_if<Transmit>(&output))
                sent.append(transmit->payload);
            else if (std::holds_alternative<OpenConnection>(output))
                ++opened;
            else if (std::holds_alternative<CloseConnection>(output)) {
                ++closed;
                sent.clear();
            } else if (const auto *changed = std::get_if<ContactChanged>(&output))
                changes.append(changed->name);
            else if (const auto *received = std::get_if<SignalReceived>(&output))
                signalBodies.append(received->signal.body);
            else if (auto *answer = std::get_if<Answered>(&output))
                answers.emplace_back(std::move(*answer));
        }
    }

    Instant now = Instant(1000h);
    SessionMachine machine;
    DeviceKey key;
    QList<QByteArray> sent;
    int opened = 0;
    int closed = 0;
    QStringList changes;
    QList<QByteArray> signalBodies;
    std::vector<Answered> answers;

private:
    template<typename M> M fail(const char *why)
    {
        QTest::qFail(why, __FILE__, __LINE__);
        return M();
    }
};

} // namespace

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

QTEST_GUILESS_MAIN(SignallingSessionTest)
#include "signalling_session_test.moc"
