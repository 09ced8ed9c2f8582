// TCP through two NATs, as two plans play it in virtual time: a signal takes as long as the
// rendezvous needs, a SYN as long as the way; a NAT knows only whether its own SYN has left.

#include "core/punch/simultaneous_open.h"

#include <QTest>

using namespace postern;
using namespace postern::punch;

namespace {

enum class Nat { Silent, Refusing };

struct Network {
    Duration way = 20ms; ///< of a SYN
    Duration signal = 30ms; ///< of a word through the rendezvous
    Nat controlling = Nat::Refusing;
    Nat controlled = Nat::Refusing;
    bool passes = true; ///< false: every SYN is lost
};

struct Side {
    SimultaneousOpen plan;
    Nat nat;
    int waiting = 0; ///< number of the dial under way
    int dials = 0;
    bool connected = false;
};

struct Event {
    Instant at;
    enum { Syn, Refused, Word } what;
    bool toControlled;
    int number;
};

struct Outcome {
    bool connected = false;
    Duration took{};
    int dials = 0;
    int words = 0;
};

Outcome play(const Network &network)
{
    const Instant start{};
    const Endpoint a{IpAddress::v4(192, 0, 2, 1), 47100};
    const Endpoint b{IpAddress::v4(192, 0, 2, 2), 47100};
    std::array sides{
        Side{{{Role::Controlling, {b}}, start}, network.controlling},
        Side{{{Role::Controlled, {a}}, start}, network.controlled},
    };
    QList<Event> events;
    Outcome outcome;
    Instant now = start;
    sides[0].plan.begin(now);
    while (!outcome.connected && !sides[0].plan.isExhausted()) {
        for (std::size_t i = 0; i < 2; ++i) {
            while (const auto action = sides[i].plan.pollAction()) {
                if (const auto *dial = std::get_if<SimultaneousOpen::Dial>(&*action)) {
                    sides[i].waiting = dial->number;
                    ++outcome.dials;
                    if (network.passes)
                        events.append({now + network.way, Event::Syn, i == 0, dial->number});
                } else {
                    ++outcome.words;
                    const int round = std::get<SimultaneousOpen::Tell>(*action).round;
                    events.append({now + network.signal, Event::Word, i == 0, round});
                }
            }
        }
        std::stable_sort(events.begin(), events.end(),
                         [](const auto &x, const auto &y) { return x.at < y.at; });
        now = std::min(sides[0].plan.nextDeadline(), sides[1].plan.nextDeadline());
        if (!events.isEmpty() && events.first().at <= now) {
            const Event event = events.takeFirst();
            now = event.at;
            Side &to = sides[event.toControlled ? 1 : 0];
            if (event.what == Event::Word) {
                to.plan.peerTold(now, event.number);
            } else if (event.what == Event::Refused) {
                to.waiting = 0;
                to.plan.failed(now, event.number);
            } else if (to.waiting != 0) { // its own SYN has left: this one passes, and meets it
                outcome.connected = true;
                outcome.took = now - start;
            } else if (to.nat == Nat::Refusing) {
                events.append(
                    {now + network.way, Event::Refused, !event.toControlled, event.number});
            }
        }
        for (Side &side : sides)
            side.plan.handleTimeout(now);
    }
    return outcome;
}

} // namespace

class PunchSimultaneousTest : public QObject {
    Q_OBJECT

private slots:
    void twoSynsCross_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<int>("signal");
        QTest::addColumn<bool>("oneRefuses");
        QTest::addColumn<bool>("otherRefuses");
        for (const int way : {1, 20, 150})
            for (const int signal : {2, 40, 300})
                for (const bool one : {false, true})
                    for (const bool other : {false, true})
                        QTest::addRow("%d ms, told in %d ms, %s, %s", way, signal,
                                      one ? "refuses" : "silent", other ? "refuses" : "silent")
                            << way << signal << one << other;
    }
    void twoSynsCross()
    {
        QFETCH(int, way);
        QFETCH(int, signal);
        QFETCH(bool, oneRefuses);
        QFETCH(bool, otherRefuses);
        const auto outcome = play(
            {std::chrono::milliseconds(way), std::chrono::milliseconds(signal),
             oneRefuses ? Nat::Refusing : Nat::Silent, otherRefuses ? Nat::Refusing : Nat::Silent});
        QVERIFY(outcome.connected);
        // In the first round: three words' ways, then the SYN's.
        QCOMPARE(outcome.dials, 2);
        QCOMPARE(outcome.took,
                 Duration(3 * std::chrono::milliseconds(signal) + std::chrono::milliseconds(way)));
    }

    void itEndsWhereNothingPasses()
    {
        Network network;
        network.passes = false;
        const auto outcome = play(network);
        QVERIFY(!outcome.connected);
        QCOMPARE(outcome.words, 2 * (SimultaneousOpen::ROUNDS + 1));
        QCOMPARE(outcome.dials, 2); // each waits for its answer; the system repeats the SYN
    }

    void refusedDialsAreFew()
    {
        SimultaneousOpen plan({Role::Controlling, {{IpAddress::v4(192, 0, 2, 2), 1}}}, {});
        Instant now{};
        plan.begin(now);
        int dials = 0;
        while (!plan.isExhausted()) {
            while (const auto action = plan.pollAction())
                if (const auto *dial = std::get_if<SimultaneousOpen::Dial>(&*action)) {
                    ++dials;
                    plan.failed(now, dial->number);
                }
            now = plan.nextDeadline();
            plan.handleTimeout(now);
        }
        QCOMPARE(dials, SimultaneousOpen::ROUNDS * SimultaneousOpen::DIALS_A_ROUND);
    }

    void aPeerThatTellsTooMuchGetsLittle()
    {
        QList<Endpoint> many;
        for (int i = 1; i <= 50; ++i)
            many.append({IpAddress::v4(192, 0, 2, std::uint8_t(i)), 47100});
        SimultaneousOpen plan({Role::Controlled, many}, {});
        int dials = 0;
        for (int round = -5; round < 1000; ++round) {
            for (int again = 0; again < 3; ++again)
                plan.peerTold(Instant{}, round);
            while (const auto action = plan.pollAction())
                if (const auto *dial = std::get_if<SimultaneousOpen::Dial>(&*action)) {
                    ++dials;
                    plan.failed(Instant{}, dial->number);
                }
        }
        QCOMPARE(dials, int(SimultaneousOpen::MOST_REMOTES) * SimultaneousOpen::ROUNDS);
        plan.handleTimeout(Instant{} + SimultaneousOpen::PATIENCE);
        QVERIFY(plan.isExhausted());
    }

    /// Told ports go to the address that the offer named, and are as many as they may be.
    void toldPortsAreBounded()
    {
        using Ports = SimultaneousOpen::Ports;
        const IpAddress peer = IpAddress::v4(192, 0, 2, 2);
        SimultaneousOpen plan({Role::Controlled, {{peer, 1}}}, {});
        plan.setPorts(Ports::Predicted, 1, Ports::Predicted);
        int dials = 0;
        int samples = 0;
        for (int round = 1; round < 1000; ++round) {
            QList<std::uint16_t> ports;
            for (int i = 0; i < 2000; ++i)
                ports.append(static_cast<std::uint16_t>(round * 7 + i));
            plan.peerTold(Instant{}, round, ports, 100h);
            const auto act = [&] {
                while (const auto action = plan.pollAction()) {
                    if (std::get_if<SimultaneousOpen::Sample>(&*action)) {
                        ++samples;
                        plan.sampled(Instant{}, 65'534);
                    } else if (const auto *told = std::get_if<SimultaneousOpen::Tell>(&*action)) {
                        QCOMPARE(told->ports,
                                 (QList<std::uint16_t>{65'535, 1024, 1025, 1026, 1027}));
                    } else if (const auto *dial = std::get_if<SimultaneousOpen::Dial>(&*action)) {
                        ++dials;
                        QCOMPARE(dial->to.address, peer);
                        QVERIFY(dial->fresh);
                        plan.failed(Instant{}, dial->number);
                    }
                }
            };
            act();
            plan.handleTimeout(Instant{} + SimultaneousOpen::MOST_WAIT);
            act();
        }
        QCOMPARE(samples, SimultaneousOpen::ROUNDS);
        QVERIFY(dials > 0);
        QVERIFY(dials <= int(SimultaneousOpen::MOST_WAYS) * SimultaneousOpen::ROUNDS
                    * SimultaneousOpen::DIALS_A_ROUND);
    }

    /// Who can't ask a server dials, and is dialled, as it was offered.
    void aServerThatIsSilentIsDoneWithout()
    {
        using Ports = SimultaneousOpen::Ports;
        const Endpoint peer{IpAddress::v4(192, 0, 2, 2), 4000};
        SimultaneousOpen plan({Role::Controlling, {peer}}, {});
        plan.setPorts(Ports::Mapped, 1, Ports::Offered);
        Instant now{};
        plan.begin(now);
        QVERIFY(std::holds_alternative<SimultaneousOpen::Tell>(*plan.pollAction()));
        plan.peerTold(now + 10ms, 0);
        QVERIFY(std::holds_alternative<SimultaneousOpen::Sample>(*plan.pollAction()));
        now = plan.nextDeadline();
        plan.handleTimeout(now);
        const auto told = plan.pollAction();
        QVERIFY(std::get<SimultaneousOpen::Tell>(*told).ports.isEmpty());
        plan.peerTold(now + 10ms, 1);
        const auto dial = plan.pollAction();
        QCOMPARE(std::get<SimultaneousOpen::Dial>(*dial).to, peer);
    }

    void onlyTheControllingSideBegins()
    {
        SimultaneousOpen plan({Role::Controlled, {{IpAddress::v4(192, 0, 2, 2), 1}}}, {});
        plan.begin(Instant{});
        QVERIFY(!plan.pollAction());
        QVERIFY(!plan.isExhausted());
        plan.connected();
        plan.peerTold(Instant{}, 1);
        QVERIFY(!plan.pollAction());
        QVERIFY(SimultaneousOpen({Role::Controlling, {}}, {}).isExhausted());
    }
};

QTEST_GUILESS_MAIN(PunchSimultaneousTest)
#include "punch_simultaneous_test.moc"
