// Who has said its last word of its network, and when; what a peer that never does costs.

#include "core/peer/network_exchange.h"

#include <QTest>

using namespace postern;

namespace {

const Instant START{1h};

nat::NetworkBehaviour network(nat::Mapping mapping)
{
    nat::NetworkBehaviour made;
    made.udp.mapping = mapping;
    return made;
}
const auto CONE = network(nat::Mapping::EndpointIndependent);
const auto SYMMETRIC = network(nat::Mapping::AddressAndPortDependent);

/// A survey that ends when it is told to.
struct Survey {
    bool isOver = false;
    int asked = 0;
    NetworkExchange exchange{{[this] {
                                  ++asked;
                                  return isOver;
                              },
                              [this] { return isOver ? SYMMETRIC : nat::NetworkBehaviour(); }}};
};

} // namespace

class PeerNetworkExchangeTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsKnownIsSaidAtOnce()
    {
        Survey ours;
        ours.isOver = true;
        const auto word = ours.exchange.begin(START);
        QVERIFY(!word.measuring);
        QCOMPARE(word.network, SYMMETRIC);
        QCOMPARE(ours.exchange.nextDeadline(), NEVER);
        QVERIFY(!ours.exchange.isComplete());
        ours.exchange.hear(START, {CONE, false});
        QVERIFY(ours.exchange.isComplete());
        QCOMPARE(ours.exchange.theirs(), CONE);
    }

    void whatIsMeasuredMeanwhileIsSaidOnce()
    {
        Survey ours;
        QVERIFY(ours.exchange.begin(START).measuring);
        ours.exchange.hear(START, {CONE, false});
        Instant now = START;
        while (now < START + 500ms) {
            now = ours.exchange.nextDeadline();
            QVERIFY(!ours.exchange.handleTimeout(now));
            QVERIFY(!ours.exchange.isComplete());
        }
        QVERIFY(ours.asked <= 30); // it is looked at now and then
        ours.isOver = true;
        const auto said = ours.exchange.handleTimeout(ours.exchange.nextDeadline());
        QVERIFY(said && *said == SYMMETRIC);
        QVERIFY(ours.exchange.isComplete());
        QCOMPARE(ours.exchange.own(), SYMMETRIC);
        QCOMPARE(ours.exchange.nextDeadline(), NEVER);
        QVERIFY(!ours.exchange.handleTimeout(now + 1h));
    }

    void aSurveyThatDoesNotEndIsNotWaitedFor()
    {
        Survey ours;
        (void)ours.exchange.begin(START);
        ours.exchange.hear(START, {CONE, false});
        Instant now = START;
        int said = 0;
        while (ours.exchange.nextDeadline() != NEVER) {
            now = ours.exchange.nextDeadline();
            said += ours.exchange.handleTimeout(now) ? 1 : 0;
        }
        QCOMPARE(said, 1); // the other side waits for it
        QCOMPARE(now - START, Duration(NetworkExchange::PATIENCE));
        QVERIFY(ours.exchange.isComplete());
    }

    void aPeerThatDoesNotSayIsNotWaitedFor()
    {
        Survey ours;
        ours.isOver = true;
        (void)ours.exchange.begin(START);
        ours.exchange.hear(START, {CONE, true});
        for (int i = 0; i < 100; ++i) // and can't make us wait by saying so again
            ours.exchange.hear(START + i * 100ms, {CONE, true});
        QCOMPARE(ours.exchange.nextDeadline() - START, Duration(NetworkExchange::PEER_PATIENCE));
        QVERIFY(!ours.exchange.handleTimeout(ours.exchange.nextDeadline()));
        QVERIFY(ours.exchange.isComplete());
        QCOMPARE(ours.exchange.theirs(), CONE); // what it said first counts
    }

    void theLastWordOvertakesTheFirst()
    {
        Survey ours;
        ours.exchange.hear(START, {SYMMETRIC, false});
        ours.isOver = true;
        (void)ours.exchange.begin(START);
        ours.exchange.hear(START, {CONE, true}); // the offer, read later
        QVERIFY(ours.exchange.isComplete());
        QCOMPARE(ours.exchange.theirs(), SYMMETRIC);
    }
};

QTEST_GUILESS_MAIN(PeerNetworkExchangeTest)
#include "peer_network_exchange_test.moc"
