// The server's machines without a socket: conversation, directory, router, STUN responder and
// the limits, in virtual time.

#include "core/stun/binding.h"
#include "rendezvous/sessions/conversation.h"
#include "rendezvous/sessions/limits.h"
#include "rendezvous/signalling/router.h"
#include "rendezvous/stun/classic.h"
#include "rendezvous/stun/responder.h"

#include <QRandomGenerator>
#include <QTest>

using namespace postern;
using namespace postern::rendezvous;
using wire::ContactStanding;
using wire::FailureCode;

namespace {

DeviceId device(char fill) { return *DeviceId::fromBytes(viewOf(QByteArray(32, fill))); }
SessionId session(char fill) { return *SessionId::fromBytes(viewOf(QByteArray(16, fill))); }

ContactView friendView(const QString &name, qint64 id, char deviceFill)
{
    wire::DeviceEntry entry;
    entry.id = device(deviceFill);
    return {name, {id}, {Stance::Wants, Stance::Wants}, {entry}};
}

Membership membership(const QString &name, qint64 id, char deviceFill, QList<ContactView> contacts)
{
    ContactView self{name, {id}, {}, {}, true};
    wire::DeviceEntry own;
    own.id = device(deviceFill);
    self.devices = {own};
    contacts.prepend(self);
    return {{id}, name, device(deviceFill), false, contacts};
}

template<typename M> const M *said(const Effects &effects)
{
    for (const Effect &effect : effects) {
        if (const auto *words = std::get_if<effect::Say>(&effect))
            if (const auto *message = std::get_if<M>(&words->message))
                return message;
    }
    return nullptr;
}

bool hangsUp(const Effects &effects)
{
    return !effects.empty() && std::holds_alternative<effect::HangUp>(effects.back());
}

/// Everything that is delivered to one session.
QList<QByteArray> toldTo(const SessionId &who, const Deliveries &deliveries)
{
    QList<QByteArray> messages;
    for (const Delivery &delivery : deliveries) {
        if (std::find(delivery.to.begin(), delivery.to.end(), who) != delivery.to.end())
            messages += wire::encodeAny(delivery.message);
    }
    return messages;
}

QByteArray presence(const QString &name, char deviceFill, bool online, bool receiving)
{
    return wire::encode(wire::Presence{name, device(deviceFill), online, receiving});
}

const QString ANNA = QStringLiteral("anna");
const QString BERT = QStringLiteral("bert");
const Instant START = Instant{} + 1h;

Conversation conversation(RegistrationPolicy policy = RegistrationPolicy::Open)
{
    Welcome welcome;
    welcome.registration = policy;
    welcome.certificateSha256 = QByteArray(32, 'c');
    return Conversation(START, welcome, seededRandom(1));
}

wire::ClientMessage signIn(const QString &user = ANNA)
{
    return wire::SignIn{5, user, {}, {QByteArray(91, 'k'), QStringLiteral("desk"), "s"}};
}

} // namespace

class RendezvousSessionsTest : public QObject {
    Q_OBJECT

private slots:
    // --- conversation ---------------------------------------------------------------

    void conversationLetsIn()
    {
        Conversation talk = conversation();
        QVERIFY(talk.early());
        const auto greeting = talk.receive(START, wire::ClientMessage(wire::ClientHello{}));
        const auto *hello = said<wire::ServerHello>(greeting);
        QVERIFY(hello);
        const Effects wanted = talk.receive(START, signIn(QStringLiteral("ANNA")));
        QCOMPARE(wanted.size(), std::size_t{1});
        const auto *enter = std::get_if<effect::Enter>(&wanted[0]);
        QVERIFY(enter);
        QCOMPARE(enter->request, 5u);
        QCOMPARE(enter->entry.name, ANNA);
        // What was signed is what the client typed, not what the server made of it.
        QCOMPARE(
            enter->entry.signedPayload,
            wire::signInPayload(hello->challenge, QByteArray(32, 'c'), QStringLiteral("ANNA")));
        QCOMPARE(talk.deadline(), NEVER);
        QVERIFY(talk.entered(START, membership(ANNA, 1, 'a', {})).empty());
        QVERIFY(!talk.early());
        const auto request = talk.receive(START, wire::ClientMessage(wire::SetReceiving{9, true}));
        QVERIFY(std::holds_alternative<wire::SetReceiving>(request.at(0)));
    }

    void conversationKeepsTime_data()
    {
        QTest::addColumn<int>("steps"); // 0 nothing, 1 hello, 2 signed in
        QTest::addColumn<qint64>("patience");
        QTest::newRow("no hello") << 0 << qint64(10'000);
        QTest::newRow("no sign-in") << 1 << qint64(30'000);
        QTest::newRow("silence") << 2 << qint64(45'000);
    }
    void conversationKeepsTime()
    {
        QFETCH(int, steps);
        QFETCH(qint64, patience);
        Conversation talk = conversation();
        const Instant last = START + 5s;
        if (steps >= 1)
            (void)talk.receive(last, wire::ClientMessage(wire::ClientHello{}));
        if (steps == 2) {
            (void)talk.receive(last, signIn());
            (void)talk.entered(last, membership(ANNA, 1, 'a', {}));
        }
        const Instant end = (steps == 0 ? START : last) + std::chrono::milliseconds(patience);
        QCOMPARE(talk.deadline(), end);
        QVERIFY(talk.timeout(end - 1ms).empty());
        QVERIFY(hangsUp(talk.timeout(end)));
        QCOMPARE(talk.state(), Conversation::State::Ended);
        QVERIFY(talk.receive(end, wire::ClientMessage(wire::Ping{})).empty()); // deaf from now on
    }

    void pingsKeepAConversation()
    {
        Conversation talk = conversation();
        (void)talk.receive(START, wire::ClientMessage(wire::ClientHello{}));
        (void)talk.receive(START, wire::ClientMessage(wire::Ping{})); // not before sign-in
        QCOMPARE(talk.deadline(), START + ENTRY_TIME);
        (void)talk.receive(START, signIn());
        (void)talk.entered(START, membership(ANNA, 1, 'a', {}));
        const auto answer = talk.receive(START + 40s, wire::ClientMessage(wire::Ping{3}));
        QVERIFY(said<wire::Ok>(answer) && said<wire::Ok>(answer)->answers == 3);
        QCOMPARE(talk.deadline(), START + 40s + IDLE_TIME);
    }

    void attemptsOfAConversationAreCounted()
    {
        Conversation talk = conversation();
        (void)talk.receive(START, wire::ClientMessage(wire::ClientHello{}));
        for (int attempt = 0; attempt < MOST_ENTRY_ATTEMPTS; ++attempt) {
            QVERIFY(!hangsUp(talk.receive(START, signIn())));
            const auto refused = talk.entered(START, failure(FailureCode::SignInRefused, "no"));
            QVERIFY(said<wire::Failure>(refused));
            QCOMPARE(said<wire::Failure>(refused)->answers, 5u);
        }
        QVERIFY(hangsUp(talk.receive(START, signIn())));
    }

    /// No order of messages may do more than end the conversation.
    void conversationSurvivesAnyOrder()
    {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        for (int round = 0; round < 2000; ++round) {
            Conversation talk = conversation();
            Instant now = START;
            for (int step = 0; step < 12; ++step) {
                now += std::chrono::milliseconds(random.bounded(20'000));
                const bool signedIn = talk.state() == Conversation::State::SignedIn;
                const auto effects = randomStep(talk, random, now);
                for (const Effect &effect : effects) {
                    const bool request = !std::holds_alternative<effect::Say>(effect)
                        && !std::holds_alternative<effect::HangUp>(effect)
                        && !std::holds_alternative<effect::Enter>(effect);
                    QVERIFY(!request || signedIn);
                }
                if (hangsUp(effects))
                    QCOMPARE(talk.state(), Conversation::State::Ended);
            }
        }
    }
    static Effects randomStep(Conversation &talk, QRandomGenerator &random, Instant now)
    {
        switch (random.bounded(12)) {
        case 0: return talk.receive(now, wire::ClientMessage(wire::ClientHello{}));
        case 1: return talk.receive(now, signIn());
        case 2: return talk.receive(now, signIn(QStringLiteral("not a name")));
        case 3: return talk.receive(now, wire::ClientMessage(wire::Register{}));
        case 4: return talk.receive(now, wire::ClientMessage(wire::Ping{}));
        case 5: return talk.receive(now, wire::ClientMessage(wire::SendSignal{}));
        case 6: return talk.receive(now, wire::ClientMessage(wire::DialBack{}));
        case 7: return talk.receive(now, Error{ErrorCode::Protocol, QStringLiteral("broken")});
        case 8: return talk.entered(now, membership(ANNA, 1, 'a', {}));
        case 9: return talk.entered(now, failure(FailureCode::SignInRefused, "no"));
        case 10: return talk.timeout(now);
        default: return talk.receive(now, wire::ClientMessage(wire::ContactChange{}));
        }
    }

    // --- directory ------------------------------------------------------------------

    void directoryTellsContactsOnly()
    {
        Directory directory;
        (void)directory.join(session('1'), membership(ANNA, 1, 'a', {friendView(BERT, 2, 'b')}));
        (void)directory.join(session('9'), membership(QStringLiteral("eve"), 9, 'e', {}));
        const auto news =
            directory.join(session('2'), membership(BERT, 2, 'b', {friendView(ANNA, 1, 'a')}));
        QCOMPARE(toldTo(session('1'), news), QList{presence(BERT, 'b', true, false)});
        QVERIFY(toldTo(session('9'), news).isEmpty());
        QVERIFY(toldTo(session('2'), news).isEmpty()); // it knows
        const auto entry = directory.entryFor(friendView(BERT, 2, 'b'));
        QVERIFY(entry.devices[0].online);

        QCOMPARE(toldTo(session('1'), directory.setReceiving(session('2'), true)),
                 QList{presence(BERT, 'b', true, true)});
        QVERIFY(directory.setReceiving(session('2'), true).empty()); // nothing new
        // A second session of the device changes nothing that others see ...
        QVERIFY(toldTo(session('1'),
                       directory.join(session('3'),
                                      membership(BERT, 2, 'b', {friendView(ANNA, 1, 'a')})))
                    .isEmpty());
        // ... until the one that receives goes, and then the last.
        QCOMPARE(toldTo(session('1'), directory.leave(session('2'))),
                 QList{presence(BERT, 'b', true, false)});
        QCOMPARE(toldTo(session('1'), directory.leave(session('3'))),
                 QList{presence(BERT, 'b', false, false)});
        QVERIFY(directory.leave(session('3')).empty());
        QVERIFY(directory.sessionsOf({2}).empty());
    }

    void directoryHidesWhoBlocks()
    {
        Directory directory;
        (void)directory.join(session('1'), membership(ANNA, 1, 'a', {friendView(BERT, 2, 'b')}));
        (void)directory.join(session('2'), membership(BERT, 2, 'b', {friendView(ANNA, 1, 'a')}));
        ContactOutcome outcome{
            {Stance::Wants, Stance::Wants}, friendView(BERT, 2, 'b'), friendView(ANNA, 1, 'a')};
        outcome.actors.relation = {Stance::BlockedFriend, Stance::Wants};
        outcome.others.relation = {Stance::Wants, Stance::BlockedFriend};
        outcome.actors.devices.clear();
        const auto news = directory.relationChanged({1}, outcome);
        QCOMPARE(toldTo(session('2'), news), QList{presence(ANNA, 'a', false, false)});
        QCOMPARE(toldTo(session('1'), news).size(), 1); // Blocked
        QVERIFY(toldTo(session('2'), directory.setReceiving(session('1'), true)).isEmpty());
        QVERIFY(toldTo(session('1'), directory.setReceiving(session('2'), true)).isEmpty());
        QVERIFY(!directory.entryFor(outcome.others).devices[0].online);

        const auto refusal = [&](char from, const QString &to, char toDevice) {
            const auto routed =
                route(directory, session(from), to, {0, to, device(toDevice), {}, "x"});
            const auto *failed = std::get_if<wire::Failure>(&routed);
            return failed ? std::optional(failed->code) : std::nullopt;
        };
        QCOMPARE(refusal('2', ANNA, 'a'), FailureCode::PeerOffline);
        QCOMPARE(refusal('1', BERT, 'b'), FailureCode::NotAContact);
        QCOMPARE(refusal('1', QStringLiteral("nobody"), 'b'), FailureCode::NotAContact);
    }

    void routerPicksTheNewestThatReceives()
    {
        Directory directory;
        (void)directory.join(session('1'), membership(ANNA, 1, 'a', {friendView(BERT, 2, 'b')}));
        for (const char fill : {'2', '3', '4'})
            (void)directory.join(session(fill),
                                 membership(BERT, 2, 'b', {friendView(ANNA, 1, 'a')}));
        (void)directory.setReceiving(session('2'), true);
        (void)directory.setReceiving(session('3'), true);
        const auto target = [&](const SessionId &wanted, char toDevice = 'b') {
            const auto routed =
                route(directory, session('1'), BERT, {0, BERT, device(toDevice), wanted, "x"});
            const auto *delivery = std::get_if<Delivery>(&routed);
            return delivery ? delivery->to.at(0) : SessionId();
        };
        QCOMPARE(target({}), session('3'));
        QCOMPARE(target(session('4')), session('4')); // named: need not receive
        QCOMPARE(target(session('1')), SessionId()); // not of that device
        QCOMPARE(target({}, 'x'), SessionId());
        (void)directory.leave(session('3'));
        QCOMPARE(target({}), session('2'));
    }

    // --- limits -----------------------------------------------------------------------

    void oneHouseholdIsOneSource()
    {
        const auto parse = [](const char *text) {
            return *IpAddress::parse(QString::fromLatin1(text));
        };
        QCOMPARE(sourceOf(parse("2001:db8:1:2:3::4")), sourceOf(parse("2001:db8:1:2:ffff::1")));
        QVERIFY(sourceOf(parse("2001:db8:1:2::1")) != sourceOf(parse("2001:db8:1:3::1")));
        QVERIFY(sourceOf(parse("192.0.2.1")) != sourceOf(parse("192.0.2.2")));
    }

    void connectionsAreCounted()
    {
        ConnectionLimits limits({3, 2});
        const IpAddress who = IpAddress::v4(192, 0, 2, 1);
        QVERIFY(limits.admit(who));
        QVERIFY(limits.admit(who));
        QVERIFY(!limits.admit(who)); // two that are not signed in
        limits.signedIn(who);
        QVERIFY(limits.admit(who));
        limits.signedIn(who);
        QVERIFY(!limits.admit(who)); // three in all
        QVERIFY(limits.admit(IpAddress::v4(192, 0, 2, 2)));
        limits.closed(who, false);
        QVERIFY(limits.admit(who));
    }

    // --- STUN ---------------------------------------------------------------------------

    void stunAnswersFromWhereItIsAsked_data()
    {
        QTest::addColumn<quint32>("flags");
        QTest::addColumn<int>("from");
        QTest::newRow("same") << 0u << 0;
        QTest::newRow("port") << stun::CHANGE_PORT << 1;
        QTest::newRow("address") << stun::CHANGE_ADDRESS << 2;
        QTest::newRow("both") << (stun::CHANGE_ADDRESS | stun::CHANGE_PORT) << 3;
    }
    void stunAnswersFromWhereItIsAsked()
    {
        QFETCH(quint32, flags);
        QFETCH(int, from);
        const Endpoint client{IpAddress::v4(203, 0, 113, 9), 4000};
        const StunAddresses both{{IpAddress::v4(192, 0, 2, 1), 3478},
                                 Endpoint{IpAddress::v4(192, 0, 2, 2), 3479}};
        const stun::TransactionId id;
        const auto request = stun::bindingRequest(id, flags);
        const auto answer = answerStun(both, {}, both.primary, client, viewOf(request));
        QVERIFY(answer);
        QCOMPARE(answer->from.index(), from);
        QCOMPARE(answer->to, client);
        const auto message = stun::Message::parse(viewOf(answer->datagram));
        QVERIFY(message);
        QCOMPARE(message->mappedAddress(), std::optional(client));
        QCOMPARE(message->address(stun::Attribute::ResponseOrigin),
                 std::optional(both.at(answer->from)));
        QCOMPARE(message->address(stun::Attribute::OtherAddress), both.alternate);

        const StunAddresses alone{both.primary, std::nullopt};
        const auto plain = answerStun(alone, {}, alone.primary, client, viewOf(request));
        QVERIFY(plain);
        const auto said = stun::Message::parse(viewOf(plain->datagram));
        QVERIFY(said);
        QVERIFY(!said->has(stun::Attribute::OtherAddress));
        QCOMPARE(said->error().has_value(), flags != 0); // 420, and from where it was asked
        QCOMPARE(plain->from.index(), 0);
    }

    void stunIsSilentOrSane()
    {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        const Endpoint client{IpAddress::v4(203, 0, 113, 9), 4000};
        const StunAddresses both{{IpAddress::v4(192, 0, 2, 1), 3478},
                                 Endpoint{IpAddress::v4(192, 0, 2, 2), 3479}};
        const QByteArray modern = stun::bindingRequest(stun::TransactionId(), stun::CHANGE_PORT);
        QByteArray classic = modern;
        classic.truncate(28); // no fingerprint, no cookie: RFC 3489
        classic[3] = 8;
        classic[4] = 1;
        QVERIFY(isClassicBindingRequest(viewOf(classic)));
        QVERIFY(answerStun(both, {}, both.primary, client, viewOf(classic)));
        for (int round = 0; round < 20'000; ++round) {
            QByteArray bad = random.bounded(2) ? modern : classic;
            for (int flips = random.bounded(1, 5); flips > 0; --flips)
                bad[random.bounded(int(bad.size()))] = char(random.bounded(256));
            bad.truncate(random.bounded(int(bad.size()) + 1));
            const auto answer = answerStun(both, {}, both.primary, client, viewOf(bad));
            if (answer) // never to another host, never much larger than the request
                QVERIFY(answer->to.address == client.address && answer->datagram.size() < 200);
        }
    }
};

QTEST_GUILESS_MAIN(RendezvousSessionsTest)
#include "rendezvous_sessions_test.moc"
