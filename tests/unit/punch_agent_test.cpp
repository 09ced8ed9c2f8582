// The agent's rules one by one, two agents joined by a wire that the test holds in its hand.

#include "core/punch/agent.h"
#include "core/stun/binding.h"

#include <QTest>

#include <set>

using namespace postern;
using namespace postern::punch;

namespace {

const Instant START{};

Endpoint at(const char *text) { return *Endpoint::parse(QLatin1String(text)); }

Candidate candidate(const char *text, CandidateType type = CandidateType::Host)
{
    return {Transport::Udp, type, at(text), {}, candidatePriority(type, 65535)};
}

/// One end of the wire.
struct Side {
    Endpoint address;
    Agent agent;
    QList<AgentEvent> events;

    Side(const char *endpoint, Role role, std::uint64_t seed, const AgentTimings &timings = {},
         CandidateType type = CandidateType::Host)
        : address(at(endpoint))
        , agent({role, Credentials::generate(seededRandom(seed)), 2, timings},
                seededRandom(seed + 1000), START)
    {
        agent.addLocalCandidate(candidate(endpoint, type));
    }
    template<typename Event> const Event *event() const
    {
        for (const auto &e : events)
            if (const auto *found = std::get_if<Event>(&e))
                return found;
        return nullptr;
    }
    void collect()
    {
        while (auto event = agent.pollEvent())
            events.append(*event);
    }
};

/// Delivers everything both sides send, after `delay`, until the instant comes.
class Wire {
public:
    Wire(Side &a, Side &b, Duration delay)
        : m_sides{&a, &b}
        , m_delay(delay)
    {
    }
    bool cut = false;
    Instant now{};

    void runUntil(Instant end)
    {
        while (true) {
            pump();
            Instant next =
                std::min(m_sides[0]->agent.nextDeadline(), m_sides[1]->agent.nextDeadline());
            for (const auto &packet : m_packets)
                next = std::min(next, packet.at);
            if (next > end)
                break;
            now = std::max(now, next);
            deliverDue();
            for (Side *side : m_sides)
                if (side->agent.nextDeadline() <= now)
                    side->agent.handleTimeout(now);
        }
        now = end;
    }

private:
    struct Packet {
        Instant at;
        Side *to;
        Endpoint from;
        QByteArray bytes;
    };
    void pump()
    {
        for (int i = 0; i < 2; ++i) {
            while (auto out = m_sides[i]->agent.pollTransmit()) {
                if (!cut && out->to == m_sides[1 - i]->address)
                    m_packets.append(
                        {now + m_delay, m_sides[1 - i], m_sides[i]->address, out->bytes});
            }
            m_sides[i]->collect();
        }
    }
    void deliverDue()
    {
        const auto due = std::exchange(m_packets, {});
        for (const auto &packet : due) {
            if (packet.at > now)
                m_packets.append(packet);
            else
                packet.to->agent.handleDatagram(now, packet.from, viewOf(packet.bytes));
        }
    }

    Side *m_sides[2];
    Duration m_delay;
    QList<Packet> m_packets;
};

/// Two sides that have each other's offers and begin at START.
struct Pairing {
    Side a;
    Side b;
    Wire wire;

    explicit Pairing(Duration delay, Role roleA = Role::Controlling, Role roleB = Role::Controlled,
                     std::uint64_t seed = 1)
        : a("192.0.2.1:1000", roleA, 2 * seed)
        , b("192.0.2.2:2000", roleB, 2 * seed + 1)
        , wire(a, b, delay)
    {
        if (!b.agent.setRemote(START, a.agent.localOffer())
            || !a.agent.setRemote(START, b.agent.localOffer()))
            qFatal("the offers are good");
    }
};

/// What strangers may send to b: garbage, plain STUN, checks with a wrong key, another
/// session's checks, answers to nothing.
QList<QByteArray> foreignDatagrams(Pairing &p)
{
    const stun::TransactionId id({1, 2, 3});
    const CheckRequest wrongKey{id,
                                p.a.agent.localUfrag(),
                                p.b.agent.localUfrag(),
                                QStringLiteral("0123456789012345678901234"),
                                Role::Controlling,
                                1,
                                1,
                                true};
    CheckRequest otherSession = wrongKey;
    otherSession.remoteUfrag = QStringLiteral("another1");
    otherSession.remotePassword = p.b.agent.localOffer().password;
    CheckRequest otherPeer = wrongKey;
    otherPeer.localUfrag = QStringLiteral("stranger");
    otherPeer.remotePassword = p.b.agent.localOffer().password;
    const QByteArray plain = stun::bindingRequest(id);
    const auto parsed = stun::Message::parse(viewOf(plain));
    QList<QByteArray> all{QByteArray(),
                          QByteArray("garbage"),
                          QByteArray(1200, '\xc3'),
                          plain,
                          checkRequest(wrongKey),
                          checkRequest(otherSession),
                          checkRequest(otherPeer),
                          stun::bindingSuccess(*parsed, p.a.address, {p.b.address, {}}),
                          checkSuccess(*parsed, p.a.address, p.a.agent.localOffer().password)};
    // An answer to b's own check, but by someone who does not know the key.
    while (const auto out = p.b.agent.pollTransmit()) {
        const auto request = stun::Message::parse(viewOf(out->bytes));
        if (request && request->isBindingRequest())
            all.append(
                checkSuccess(*request, p.b.address, QStringLiteral("0123456789012345678901234")));
    }
    return all;
}

} // namespace

class PunchAgentTest : public QObject {
    Q_OBJECT

private slots:
    void findsAPathInOneAndAHalfRoundTrips()
    {
        Pairing p(20ms);
        p.wire.runUntil(START + 60ms);
        QVERIFY(p.a.event<PathValidated>());
        QVERIFY(p.b.event<PathValidated>());
        QCOMPARE(p.a.event<PathValidated>()->path.remote, p.b.address);
        QCOMPARE(p.a.event<PathValidated>()->path.mapped, p.a.address);
        QCOMPARE(toMilliseconds(p.a.event<PathValidated>()->path.roundTrip), 40);
        p.wire.runUntil(START + 1s);
        QVERIFY(p.a.event<Nominated>());
        QVERIFY(p.b.event<Nominated>());
        QVERIFY(p.a.agent.packetsSent() < 16);
    }

    void takesAnEarlyCheckBeforeTheAnswerIsHere()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        Wire wire(a, b, 10ms);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        wire.runUntil(START + 30ms);
        QVERIFY(b.event<PathValidated>()); // our own credentials were enough to answer it
        QVERIFY(!a.event<PathValidated>());
        QVERIFY(a.agent.setRemote(wire.now, b.agent.localOffer()));
        wire.runUntil(START + 2s);
        QVERIFY(a.event<Nominated>() && b.event<Nominated>());
    }

    /// Where many guesses meet at once, on as many sockets, the list of them is full before the
    /// peer agrees on one: that one must count all the same. And no more than a few so.
    void aNominationIsHeardWhereManyGuessesMet()
    {
        constexpr int MET = 20;
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        const auto peer = Credentials::generate(seededRandom(3));
        QVERIFY(b.agent.setRemote(START,
                                  {peer.ufrag, peer.password, {candidate("192.0.2.1:1000")}, {}}));
        const auto random = seededRandom(4);
        const auto check = [&](bool nominate) {
            std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
            random(id);
            return checkRequest({stun::TransactionId(id), peer.ufrag, b.agent.localUfrag(),
                                 b.agent.localOffer().password, Role::Controlling, 1, 1, nominate});
        };
        const Endpoint from = at("192.0.2.1:3000");
        for (int socket = 1; socket <= MET; ++socket)
            QVERIFY(b.agent.handleDatagram(START, from, viewOf(check(false)), socket));
        Instant now = START;
        std::set<int> sockets;
        for (; now < START + 2s; now = std::max(now + 1ms, b.agent.nextDeadline())) {
            b.agent.handleTimeout(now);
            while (const auto out = b.agent.pollTransmit()) {
                sockets.insert(out->socket);
                const auto request = stun::Message::parse(viewOf(out->bytes));
                if (out->socket == MET && request->messageClass() == stun::MessageClass::Request)
                    b.agent.handleDatagram(now + 1ms, from,
                                           viewOf(checkSuccess(*request, b.address, peer.password)),
                                           MET);
            }
            if (now - START < 100ms)
                b.agent.handleDatagram(now, from, viewOf(check(true)), MET);
        }
        b.collect();
        QVERIFY(b.event<Nominated>());
        QCOMPARE(b.event<Nominated>()->path.socket, MET);
        for (int socket = MET + 1; socket <= 3 * MET; ++socket)
            b.agent.handleDatagram(now, from, viewOf(check(true)), socket);
        QVERIFY(b.agent.timeline().count(Step::PeerReflexive) <= Agent::MAX_WITH_NOMINATED);
    }

    void onePeerReflexiveAddressIsEnough()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        Wire wire(a, b, 10ms);
        auto empty = b.agent.localOffer();
        empty.candidates.clear();
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(START, empty));
        wire.runUntil(START + 2s);
        QVERIFY(a.event<Nominated>());
        QCOMPARE(a.event<Nominated>()->path.remoteType, CandidateType::PeerReflexive);
        QCOMPARE(a.agent.timeline().count(Step::PeerReflexive), 1);
    }

    void roleConflict_data()
    {
        QTest::addColumn<int>("role");
        QTest::newRow("both controlling") << int(Role::Controlling);
        QTest::newRow("both controlled") << int(Role::Controlled);
    }
    void roleConflict()
    {
        QFETCH(int, role);
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Pairing p(15ms, static_cast<Role>(role), static_cast<Role>(role), seed);
            p.wire.runUntil(START + 3s);
            QVERIFY(p.a.event<Nominated>() && p.b.event<Nominated>());
            QVERIFY(p.a.agent.role() != p.b.agent.role());
            QVERIFY(p.a.event<RoleChanged>() || p.b.event<RoleChanged>());
        }
    }

    /// FACTS "traps": a side that falls silent at its first success strands the other.
    void sendsThreeMoreAfterHearingThePeer()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        Wire wire(a, b, 10ms);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(START, b.agent.localOffer()));
        wire.runUntil(START + 5s);
        for (const Side *side : {&a, &b}) {
            int sent = 0;
            bool heard = false;
            for (const auto &entry : side->agent.timeline().entries()) {
                heard |= entry.step == Step::CheckReceived || entry.step == Step::CheckAnswered;
                sent += heard && entry.step == Step::CheckSent ? 1 : 0;
                if (entry.step == Step::Nominated)
                    QVERIFY2(sent >= 3, qPrintable(QString::number(sent)));
            }
            QVERIFY(side->event<Nominated>());
        }
    }

    void theAnsweringSideOpensItsNatFirst()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1, {}, CandidateType::ServerReflexive);
        Side b("192.0.2.2:2000", Role::Controlled, 2, {}, CandidateType::ServerReflexive);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        const auto opener = b.agent.pollTransmit();
        QVERIFY(opener);
        QCOMPARE(opener->ttl, 2);
        QVERIFY(!b.agent.pollTransmit());
        QVERIFY(a.agent.setRemote(START, b.agent.localOffer()));
        const auto check = a.agent.pollTransmit();
        QCOMPARE(check->ttl, 0);
        // Once the peer is heard, there is no reason to hold back any longer.
        QVERIFY(b.agent.handleDatagram(START + 20ms, a.address, viewOf(check->bytes)));
        const auto answer = b.agent.pollTransmit();
        const auto triggered = b.agent.pollTransmit();
        QVERIFY(answer && triggered);
        QCOMPARE(triggered->ttl, 0);
    }

    void holdsBackNoLongerThanTheHoldOff()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1, {}, CandidateType::ServerReflexive);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        int openers = 0;
        Instant now = START;
        for (; now < START + 1s; now = b.agent.nextDeadline()) {
            b.agent.handleTimeout(now);
            const auto out = b.agent.pollTransmit();
            if (out && out->ttl == 0)
                break;
            openers += out ? 1 : 0;
        }
        QCOMPARE(now - START, AgentTimings{}.holdOff);
        QVERIFY(openers >= 3);
    }

    void believesNothingUnauthenticated()
    {
        Pairing p(10ms);
        const QList<QByteArray> foreign = foreignDatagrams(p);
        const int before = p.b.agent.timeline().entries().size();
        for (const auto &datagram : foreign)
            QVERIFY(!p.b.agent.handleDatagram(START, at("203.0.113.66:6"), viewOf(datagram)));
        QCOMPARE(p.b.agent.timeline().entries().size(), before);
    }

    void aReplayFromElsewhereGainsLittle()
    {
        // An eavesdropper can replay a genuine check from his own address: he is answered and
        // checked, as any peer-reflexive address, but not with more than a bounded number.
        Side a("192.0.2.1:1000", Role::Controlling, 1);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(START, b.agent.localOffer()));
        const auto check = a.agent.pollTransmit();
        Instant now = START;
        int sent = 0;
        for (int i = 0; i < 5000; ++i) {
            const Endpoint victim{IpAddress::v4(203, 0, 113, static_cast<std::uint8_t>(i % 200)),
                                  7};
            now += 1ms;
            b.agent.handleDatagram(now, victim, viewOf(check->bytes));
            b.agent.handleTimeout(now);
            while (const auto out = b.agent.pollTransmit()) {
                const auto message = stun::Message::parse(viewOf(out->bytes));
                sent += message->messageClass() == stun::MessageClass::Request ? 1 : 0;
            }
        }
        QVERIFY2(sent < 400, qPrintable(QString::number(sent)));
    }

    void triesOnlyWhatMayBeTried()
    {
        Side b("192.0.2.2:2000", Role::Controlling, 2);
        auto offer = Side("192.0.2.1:1000", Role::Controlled, 1).agent.localOffer();
        offer.candidates = {candidate("127.0.0.1:631"), candidate("[::1]:631"),
                            candidate("192.0.2.2:2000"), candidate("[2001:db8::1]:5")};
        QVERIFY(b.agent.setRemote(START, offer));
        QVERIFY2(!b.agent.pollTransmit(), "loopback, ourselves, and a family that we have not");
    }

    void aHostilePeerCantMakeUsFlood()
    {
        Side b("192.0.2.2:2000", Role::Controlling, 2);
        auto offer = Side("192.0.2.1:1000", Role::Controlled, 1).agent.localOffer();
        offer.candidates.clear();
        for (int i = 1; i < 250; ++i)
            offer.candidates.append(
                candidate(qPrintable(QStringLiteral("203.0.113.%1:53").arg(i))));
        QVERIFY(b.agent.setRemote(START, offer));
        for (int i = 1; i < 250; ++i) // and trickles as many again
            b.agent.addRemoteCandidate(
                START, candidate(qPrintable(QStringLiteral("198.51.100.%1:53").arg(i))));
        int sent = 0;
        int inFirst100ms = 0;
        for (Instant now = START; now != NEVER; now = b.agent.nextDeadline()) {
            b.agent.handleTimeout(now);
            while (b.agent.pollTransmit()) {
                ++sent;
                inFirst100ms += now < START + 100ms ? 1 : 0;
            }
        }
        QVERIFY2(sent <= 20 * 9, qPrintable(QString::number(sent)));
        QVERIFY2(inFirst100ms <= 20, qPrintable(QString::number(inFirst100ms)));
    }

    void keepsThePathAliveAndNoticesItsLoss()
    {
        Pairing p(10ms);
        p.wire.runUntil(START + 60s);
        QVERIFY(p.a.event<Nominated>());
        QVERIFY(!p.a.event<ConsentLost>());
        const int sentInAMinute = p.a.agent.packetsSent();
        QVERIFY2(sentInAMinute < 50, qPrintable(QString::number(sentInAMinute)));
        p.wire.cut = true;
        p.wire.runUntil(START + 85s);
        QVERIFY(!p.a.event<ConsentLost>());
        p.wire.runUntil(START + 91s);
        QVERIFY(p.a.event<ConsentLost>() && p.b.event<ConsentLost>());
        QCOMPARE(p.a.agent.nextDeadline(), NEVER);
    }

    void answersButIsSilentAfterHandOver()
    {
        Pairing p(10ms);
        p.wire.runUntil(START + 2s);
        QVERIFY(p.a.event<Nominated>());
        p.a.agent.handOver(p.wire.now);
        QCOMPARE(p.a.agent.nextDeadline(), NEVER);
        p.wire.runUntil(START + 60s);
        QVERIFY(!p.b.event<ConsentLost>()); // b asked, and a answered
    }

    void endsWhenNothingAnswers()
    {
        Pairing p(10ms);
        p.wire.cut = true;
        p.wire.runUntil(START + 11s);
        for (const Side *side : {&p.a, &p.b}) {
            QVERIFY(side->event<Stuck>());
            QVERIFY(side->event<Failed>());
            QCOMPARE(side->event<Failed>()->reason, FailureReason::NoAnswer);
            QCOMPARE(side->agent.nextDeadline(), NEVER);
        }
        for (const auto reason : {FailureReason::NoCandidates, FailureReason::NoAnswer,
                                  FailureReason::OneWay, FailureReason::NotNominated})
            QVERIFY(failureSentence(reason).size() > 20);
    }

    void saysWhoseCheckItIs()
    {
        Pairing p(10ms);
        const auto check = p.a.agent.pollTransmit();
        QCOMPARE(addressedUfrag(viewOf(check->bytes)), p.b.agent.localUfrag());
        QVERIFY(!addressedUfrag(viewOf(QByteArrayLiteral("not STUN"))));
    }

    void refusesASecondOffer()
    {
        Pairing p(10ms);
        QVERIFY(!p.a.agent.setRemote(START, p.b.agent.localOffer()));
    }

    void takesTheBetterOfTwoPaths()
    {
        Side a("192.0.2.1:1000", Role::Controlling, 1);
        Side b("192.0.2.2:2000", Role::Controlled, 2);
        auto offer = b.agent.localOffer();
        // The same peer under a second, worse-ranked address, whose answers come sooner.
        offer.candidates.append(candidate("203.0.113.5:5", CandidateType::ServerReflexive));
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(START, offer));
        const auto deliver = [&](const Endpoint &to, Instant sent, Instant answered) {
            while (const auto out = a.agent.pollTransmit()) {
                if (out->to != to)
                    continue;
                b.agent.handleDatagram(sent, a.address, viewOf(out->bytes));
                while (const auto back = b.agent.pollTransmit())
                    a.agent.handleDatagram(answered, to, viewOf(back->bytes));
                break;
            }
        };
        deliver(at("203.0.113.5:5"), START + 5ms, START + 10ms);
        a.collect();
        QVERIFY(a.event<PathValidated>());
        a.agent.handleTimeout(START + 40ms);
        QCOMPARE(a.agent.timeline().count(Step::Nominating), 0);
        deliver(b.address, START + 50ms, START + 60ms);
        QCOMPARE(a.agent.timeline().count(Step::Nominating), 1);
        for (const auto &entry : a.agent.timeline().entries())
            if (entry.step == Step::Nominating)
                QCOMPARE(entry.remote, b.address);
    }

    void worksOverIpv6()
    {
        Side a("[2001:db8::1]:1000", Role::Controlling, 1);
        Side b("[2001:db8::2]:2000", Role::Controlled, 2);
        Wire wire(a, b, 10ms);
        QVERIFY(b.agent.setRemote(START, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(START, b.agent.localOffer()));
        wire.runUntil(START + 2s);
        QVERIFY(a.event<Nominated>());
        QCOMPARE(a.event<Nominated>()->path.mapped, a.address);
    }
};

QTEST_GUILESS_MAIN(PunchAgentTest)
#include "punch_agent_test.moc"
