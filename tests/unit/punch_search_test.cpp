// The search over many ports: what is sent where, how much of it at most, and that a hostile
// peer can't make more of it.

#include "core/punch/address_budget.h"
#include "core/punch/agent.h"
#include "core/punch/port_search.h"
#include "core/stun/binding.h"

#include <QTest>

#include <map>
#include <set>

using namespace postern;
using namespace postern::punch;

namespace {

const Endpoint SERVER{IpAddress::v4(198, 18, 0, 1), 3478};
const Endpoint PEER{IpAddress::v4(198, 18, 0, 2), 40'000};
const Endpoint VICTIM{IpAddress::v4(198, 18, 0, 99), 53};
const Instant START = Instant{} + 1h;

Volley volleyOf(int count, const IpAddress &address)
{
    Volley volley;
    for (int i = 0; i < count; ++i)
        volley.aims.push_back({0, {address, static_cast<std::uint16_t>(1024 + i)}});
    return volley;
}

PunchOffer offerNaming(const QList<Endpoint> &endpoints)
{
    const auto credentials = Credentials::generate(seededRandom(5));
    PunchOffer offer{credentials.ufrag, credentials.password, {}, {}};
    for (const auto &endpoint : endpoints)
        offer.candidates.append({Transport::Udp, CandidateType::ServerReflexive, endpoint, {}, 1});
    return offer;
}

Agent agentWith(const PunchOffer &offer)
{
    AgentConfig config;
    config.credentials = Credentials::generate(seededRandom(6));
    Agent agent(config, seededRandom(7), START);
    if (!agent.setRemote(START, offer))
        qFatal("a bad offer");
    return agent;
}

/// All packets until `end`, by address; time goes as the machine asks.
std::map<IpAddress, int> sentUntil(Agent &agent, Instant from, Instant end)
{
    std::map<IpAddress, int> sent;
    for (Instant now = from; now <= end; now = std::max(agent.nextDeadline(), now + 1us)) {
        agent.handleTimeout(now);
        while (const auto packet = agent.pollTransmit())
            ++sent[packet->to.address];
        if (agent.nextDeadline() == NEVER)
            break;
    }
    return sent;
}

Attempt attempt(Part part, Told tells, bool peerTells, int sockets)
{
    Attempt made;
    made.part = part;
    made.tells = tells;
    made.peerTells = peerTells;
    made.sockets = sockets;
    made.probes = 100;
    made.ports = 8;
    made.step = 2;
    return made;
}

PortSearch searchOf(const QList<Attempt> &attempts, Role role = Role::Controlling)
{
    return PortSearch({role, attempts, SERVER, PEER}, seededRandom(9), START);
}

template<typename T> std::optional<T> take(std::deque<PortSearchEvent> &events)
{
    for (auto &event : events)
        if (auto *found = std::get_if<T>(&event))
            return std::move(*found);
    return std::nullopt;
}

QList<std::uint16_t> ports(int count)
{
    QList<std::uint16_t> all;
    for (int i = 0; i < count; ++i)
        all.append(static_cast<std::uint16_t>(50'000 + i));
    return all;
}

/// The STUN server sees the socket that asked at `mapped`.
void answerSample(PortSearch &search, Instant now, const Endpoint &mapped)
{
    const auto question = search.pollTransmit();
    QVERIFY(question);
    QCOMPARE(question->to, SERVER);
    const auto request = stun::Message::parse(viewOf(question->bytes));
    const auto answer = stun::bindingSuccess(*request, mapped, {SERVER, {}});
    QVERIFY(search.handleDatagram(now, question->socket, SERVER, viewOf(answer)));
}

} // namespace

class PunchSearchTest : public QObject {
    Q_OBJECT

private slots:
    // --- the agent's part: what can be made of it ---------------------------------------------

    void onlyAddressesThatThePeerNamedAreFiredAt()
    {
        Agent agent = agentWith(offerNaming({PEER}));
        agent.fire(START, volleyOf(500, VICTIM.address));
        auto sent = sentUntil(agent, START, START + 20s);
        QVERIFY(!sent.contains(VICTIM.address));
        Agent other = agentWith(offerNaming({PEER}));
        other.fire(START, volleyOf(500, PEER.address));
        sent = sentUntil(other, START, START + 20s);
        QVERIFY(sent[PEER.address] >= 500);
    }

    /// Whatever is fired and however often, one search sends a bounded number of packets.
    void aSearchSendsABoundedNumberOfPackets()
    {
        Agent agent = agentWith(offerNaming({VICTIM}));
        int all = 0;
        for (int round = 0; round < 40; ++round) {
            const Instant now = START + round * 200ms;
            agent.fire(now, volleyOf(2048, VICTIM.address));
            all += sentUntil(agent, now, now + 199ms)[VICTIM.address];
        }
        all += sentUntil(agent, START + 8s, START + 120s)[VICTIM.address];
        QVERIFY2(all <= Agent::MOST_SHOTS + 50, QByteArray::number(all));
    }

    void shotsArePaced()
    {
        Agent agent = agentWith(offerNaming({PEER}));
        agent.fire(START, volleyOf(2048, PEER.address));
        const int inASecond = sentUntil(agent, START, START + 1s)[PEER.address];
        QVERIFY2(inASecond <= 540, QByteArray::number(inASecond)); // one each 2 ms, and checks
        QVERIFY(inASecond >= 450);
    }

    // --- the search's part ---------------------------------------------------------------------

    void waitsUntilTheAgentIsStuckWherePlainChecksComeFirst()
    {
        auto search = searchOf({Attempt{}, attempt(Part::Opens, Told::Nothing, false, 5)});
        QVERIFY(search.takeEvents().empty());
        QCOMPARE(search.nextDeadline(), NEVER);
        search.agentStuck(START + 2s);
        auto events = search.takeEvents();
        QCOMPARE(take<OpenSockets>(events)->count, 5);
        search.socketsOpened(START + 2s, ports(5));
        events = search.takeEvents();
        const auto fire = take<Fire>(events);
        QCOMPARE(fire->volley.aims.size(), 5u);
        for (const auto &aim : fire->volley.aims)
            QCOMPARE(aim.remote, PEER);
    }

    void tellsWhatItsNatGivesNext()
    {
        auto search = searchOf({attempt(Part::Opens, Told::Predicted, false, 3)});
        auto events = search.takeEvents();
        QCOMPARE(take<OpenSockets>(events)->count, 5); // two are for samples, before and after
        search.socketsOpened(START, ports(5));
        search.handleTimeout(START + 100ms);
        answerSample(search, START + 140ms, {PEER.address, 60'000});
        events = search.takeEvents();
        const auto told = take<TellPorts>(events);
        QCOMPARE(told->ports.mid(0, 3), (QList<std::uint16_t>{60'002, 60'004, 60'006}));
        QCOMPARE(take<Fire>(events)->volley.aims.size(), 3u);
    }

    void predictionsWrapAround()
    {
        auto search = searchOf({attempt(Part::Opens, Told::Predicted, false, 3)});
        search.socketsOpened(START, ports(5));
        search.handleTimeout(START + 100ms);
        answerSample(search, START + 140ms, {PEER.address, 65'533});
        auto events = search.takeEvents();
        QCOMPARE(take<TellPorts>(events)->ports.mid(0, 3),
                 (QList<std::uint16_t>{65'535, 1'025, 1'027}));
    }

    void firesAtToldPortsOnceTheyAreKnown()
    {
        auto search = searchOf({attempt(Part::Guesses, Told::Nothing, true, 0)});
        auto events = search.takeEvents();
        QVERIFY(!take<Fire>(events));
        search.peerPorts(START + 50ms, 0, {7'001, 7'002});
        events = search.takeEvents();
        const auto fire = take<Fire>(events);
        QCOMPARE(fire->volley.aims.size(), 2u);
        QCOMPARE(fire->volley.aims[1].remote, (Endpoint{PEER.address, 7'002}));
    }

    /// Others took more ports behind our NAT than were reckoned with: the second sample says how
    /// many, the peer hears where ours are, and the next attempt starts from there.
    void countsWhatOthersTook()
    {
        auto reckoning = attempt(Part::Opens, Told::Predicted, false, 3);
        reckoning.foreign = 2;
        auto search = searchOf({reckoning, reckoning});
        search.socketsOpened(START, ports(5));
        search.handleTimeout(START + 100ms);
        answerSample(search, START + 140ms, {PEER.address, 30'000});
        search.takeEvents();
        search.handleTimeout(START + 180ms); // its three packets have left
        answerSample(search, START + 220ms, {PEER.address, 30'000 + 2 * (3 + 20 + 1)});
        auto events = search.takeEvents();
        const auto told = take<TellPorts>(events);
        QVERIFY(told);
        QCOMPARE(told->attempt, 0);
        QCOMPARE(told->ports.size(), 23); // all between the samples: ours are among them
        QCOMPARE(told->ports.first(), 30'002);
        QCOMPARE(told->ports.last(), 30'046);
        QCOMPARE(search.timeline().count(Step::PortsCounted), 1);
        search.handleTimeout(START + 20s); // the next attempt
        search.socketsOpened(START + 20s, ports(5));
        answerSample(search, START + 20s, {PEER.address, 40'000});
        events = search.takeEvents();
        QCOMPARE(take<TellPorts>(events)->ports.first(), 40'000 + 2 * (20 + 1));
    }

    void saysNothingNewWhereTheReckoningHeld()
    {
        auto search = searchOf({attempt(Part::Opens, Told::Predicted, false, 3)});
        search.socketsOpened(START, ports(5));
        search.handleTimeout(START + 100ms);
        answerSample(search, START + 140ms, {PEER.address, 30'000});
        search.takeEvents();
        search.handleTimeout(START + 180ms);
        answerSample(search, START + 220ms, {PEER.address, 30'008});
        QVERIFY(search.takeEvents().empty());
    }

    /// Where both need to hear of the other's ports, who tells waits for its words to arrive.
    void bothBeginAtOneTime()
    {
        PortSearchConfig config{
            Role::Controlling, {attempt(Part::Crosses, Told::Mapped, true, 1)}, SERVER, PEER};
        config.halfRoundTrip = 70ms;
        PortSearch search(config, seededRandom(9), START);
        search.socketsOpened(START, ports(1));
        search.peerPorts(START + 10ms, 0, {9'000});
        answerSample(search, START + 30ms, {PEER.address, 61'000});
        auto events = search.takeEvents();
        QVERIFY(take<TellPorts>(events));
        QVERIFY(!take<Fire>(events));
        QCOMPARE(search.nextDeadline(), START + 100ms);
        search.handleTimeout(START + 100ms);
        events = search.takeEvents();
        QVERIFY(take<Fire>(events));
    }

    void asksForEvenPortsAndGuessesThem()
    {
        auto opens = attempt(Part::Opens, Told::Nothing, false, 5);
        opens.even = true;
        auto opening = searchOf({opens});
        auto events = opening.takeEvents();
        QVERIFY(take<OpenSockets>(events)->even);
        auto guesses = attempt(Part::Guesses, Told::Nothing, false, 0);
        guesses.guessEven = true;
        auto guessing = searchOf({guesses});
        events = guessing.takeEvents();
        const auto fire = take<Fire>(events);
        QCOMPARE(fire->volley.aims.size(), 100u);
        for (const auto &aim : fire->volley.aims)
            QCOMPARE(aim.remote.port % 2, 0);
    }

    // --- a router that is short of room --------------------------------------------------------

    /// Answers the watch's questions on the main port for a while; returns when it last did.
    static Instant answerWatch(PortSearch &search, Instant from, Duration length,
                               const Endpoint &mapped)
    {
        Instant now = from;
        for (; now < from + length; now = std::max(now + 1ms, search.nextDeadline())) {
            search.handleTimeout(now);
            while (const auto question = search.pollTransmit()) {
                const auto request = stun::Message::parse(viewOf(question->bytes));
                const auto answer = stun::bindingSuccess(*request, mapped, {SERVER, {}});
                search.handleDatagram(now + 20ms, question->socket, SERVER, viewOf(answer));
            }
        }
        return now;
    }

    static PortSearch manyGuesses()
    {
        auto guesses = attempt(Part::Guesses, Told::Nothing, false, 0);
        guesses.probes = 1500;
        guesses.budget = 8s;
        return searchOf({guesses});
    }

    void slowsDownAndStopsWhenTheServersAnswersStayAway()
    {
        auto search = manyGuesses();
        const Instant silence = answerWatch(search, START, 1s, PEER);
        auto events = search.takeEvents();
        QVERIFY(take<Fire>(events));
        QVERIFY(!take<Ease>(events));
        Instant eased = NEVER;
        for (Instant now = silence; now < silence + 4s; now = search.nextDeadline()) {
            search.handleTimeout(now);
            while (search.pollTransmit()) { }
            events = search.takeEvents();
            if (take<Ease>(events))
                eased = now;
            if (take<Halt>(events)) {
                QVERIFY(eased != NEVER);
                QVERIFY(now - silence < 2s);
                return;
            }
        }
        QFAIL("went on guessing");
    }

    void stopsWhenItsOwnMappingIsGone()
    {
        auto search = manyGuesses();
        const Instant later = answerWatch(search, START, 500ms, PEER);
        search.takeEvents();
        answerWatch(search, later, 300ms, {PEER.address, 51'234});
        auto events = search.takeEvents();
        QVERIFY(take<Halt>(events));
    }

    void aLostAnswerIsTheWeather()
    {
        auto search = manyGuesses();
        Instant now = START;
        for (int i = 0; i < 8; ++i) { // one unanswered after each half second
            now = answerWatch(search, now, 500ms, PEER);
            search.handleTimeout(now);
            while (search.pollTransmit()) { }
            now = std::max(now, search.nextDeadline());
        }
        auto events = search.takeEvents();
        QVERIFY(!take<Ease>(events) && !take<Halt>(events));
    }

    void anEasedVolleyLeavesARestAndASlowerPace()
    {
        Agent agent = agentWith(offerNaming({PEER}));
        agent.fire(START, volleyOf(2048, PEER.address));
        sentUntil(agent, START, START + 100ms);
        agent.easeVolley(START + 100ms);
        QVERIFY(sentUntil(agent, START + 101ms, START + 590ms)[PEER.address] <= 4); // checks
        const int inASecond = sentUntil(agent, START + 600ms, START + 1600ms)[PEER.address];
        QVERIFY2(inASecond > 100 && inASecond < 140, QByteArray::number(inASecond));
        agent.haltVolley(START + 1600ms);
        QVERIFY(sentUntil(agent, START + 1601ms, START + 3s)[PEER.address] <= 4);
        QCOMPARE(agent.timeline().count(Step::Eased), 1);
        QCOMPARE(agent.timeline().count(Step::Halted), 1);
    }

    void goesToTheAttemptThatThePeerHasReached()
    {
        auto search = searchOf({Attempt{}, attempt(Part::Crosses, Told::Mapped, true, 1),
                                attempt(Part::Crosses, Told::Mapped, true, 1)});
        search.peerPorts(START, 2, {9'000});
        auto events = search.takeEvents();
        QVERIFY(take<OpenSockets>(events));
        search.socketsOpened(START, ports(1));
        answerSample(search, START + 30ms, {PEER.address, 61'000});
        events = search.takeEvents();
        QCOMPARE(take<TellPorts>(events)->attempt, 2);
        QCOMPARE(take<Fire>(events)->volley.aims.front().remote.port, 9'000);
        search.peerPorts(START + 1s, 1, {9'001}); // late: it is past that
        QVERIFY(search.takeEvents().empty());
    }

    void aSilentStunServerEndsTheAttempt()
    {
        auto search = searchOf({attempt(Part::Crosses, Told::Mapped, true, 1)});
        search.socketsOpened(START, ports(1));
        for (Instant now = START; search.nextDeadline() != NEVER; now = search.nextDeadline())
            search.handleTimeout(now);
        auto events = search.takeEvents();
        QVERIFY(take<Exhausted>(events));
    }

    void aHostilePeersPortsStayWithinLimits()
    {
        auto search = searchOf({attempt(Part::Guesses, Told::Nothing, true, 0)});
        search.peerPorts(START, -1, ports(10));
        search.peerPorts(START, 7, ports(10)); // no such attempt
        search.peerPorts(START, 0, ports(PortSearch::MOST_PORTS + 1));
        auto events = search.takeEvents();
        QVERIFY(!take<Fire>(events));
        search.peerPorts(START, 0, ports(PortSearch::MOST_PORTS));
        events = search.takeEvents();
        const auto fire = take<Fire>(events);
        QCOMPARE(fire->volley.aims.size(), 100u); // what the plan allows, no more
        search.peerPorts(START, 0, ports(50)); // counted anew: once
        events = search.takeEvents();
        QCOMPARE(take<Fire>(events)->volley.aims.size(), 50u);
        for (int again = 0; again < 100; ++again)
            search.peerPorts(START + 10ms, 0, ports(60));
        QVERIFY(search.takeEvents().empty());
    }

    void anAddressGetsSoManyShotsFromAllConnectionsTogether()
    {
        AddressBudget budget(Budgets::SHOTS);
        int sent = 0;
        for (int second = 0; second < 600; ++second) // an offer each second, for ten minutes
            if (budget.take(START + std::chrono::seconds(second), VICTIM.address, 2'000))
                sent += 2'000;
        QVERIFY(sent <= Budgets::SHOTS.atOnce + 600 * Budgets::SHOTS.perSecond);
        QVERIFY(budget.take(START + 600s, PEER.address, 5'000)); // others are not concerned
        QVERIFY(budget.take(START + 1200s, VICTIM.address, Budgets::SHOTS.atOnce));
        QVERIFY(!budget.take(START + 1200s, VICTIM.address, 41));
    }

    void manyAddressesTakeNoMemoryAndNoShots()
    {
        AddressBudget budget(Budgets::SHOTS);
        int allowed = 0;
        for (std::uint32_t i = 0; i < 10'000; ++i)
            allowed += budget.take(START, IpAddress::v4(0x01000000 + i), 1'000) ? 1 : 0;
        QCOMPARE(allowed, int(AddressBudget::MOST_ADDRESSES));
        QVERIFY(budget.take(START + 60s, PEER.address, 1'000));
    }

    // --- helpers -------------------------------------------------------------------------------

    void randomPortsAreDifferentAndInRange()
    {
        const auto some = randomPorts(seededRandom(3), {2'000, 2'999}, 300);
        QCOMPARE(std::set<std::uint16_t>(some.begin(), some.end()).size(), 300u);
        QVERIFY(std::all_of(some.begin(), some.end(),
                            [](std::uint16_t port) { return port >= 2'000 && port <= 2'999; }));
        QCOMPARE(randomPorts(seededRandom(3), {5, 9}, 100).size(), 5u);
        QCOMPARE(randomPorts(seededRandom(3), {65'535, 65'535}, 1).front(), 65'535);
        QVERIFY(randomPorts(seededRandom(3), {10, 20}, -4).empty());
    }
};

QTEST_GUILESS_MAIN(PunchSearchTest)
#include "punch_search_test.moc"
