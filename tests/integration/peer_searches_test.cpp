// What a real PeerNetwork tells of the searches that a peer began: whoever let it begin waits for
// it, and must hear when nothing comes of it.

#include "tests/support/signalled_network.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

class PeerSearchesTest : public QObject {
    Q_OBJECT

    ConnectionId offer()
    {
        auto offer = SignalledNetwork::makeOffer();
        offer.link = m_link;
        offer.purpose = peer::Purpose::Repair;
        m_net->signal(offer);
        return offer.connection;
    }
    void giveUp(const ConnectionId &id) { m_net->signal(peer::ConnectEnd{id}); }

private slots:
    void init()
    {
        m_net = std::make_unique<SignalledNetwork>(QStringLiteral("bo"));
        m_net->claim = LinkClaim::Welcome;
    }
    void cleanup() { m_net.reset(); }

    /// As where the connection to the server went through the same router as the path that died.
    void anAnswerThatCanNotBeSentEndsTheirs()
    {
        m_net->isLost = [](const auto &) { return true; };
        offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_net->ended, QList{m_link}, 5000);
    }

    void theirsEndsWhenTheyGiveItUp()
    {
        const auto id = offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 1, 5000);
        QVERIFY(m_net->ended.isEmpty());
        giveUp(id);
        QCOMPARE(m_net->ended, QList{m_link});
    }

    /// The answer would go to the session that asked.
    void aRepairDoesNotWaitForASessionThatIsOver()
    {
        for (const auto purpose : {peer::Purpose::Begin, peer::Purpose::Repair}) {
            std::optional<Error> failure;
            m_net->sent.clear();
            const auto id = m_net->network->connect(
                {.link = m_link, .purpose = purpose, .user = m_net->user, .device = m_net->device},
                [&failure](const Result<PeerLink> &link) { failure = link.error(); });
            m_net->network->sessionEnded(); // nothing has been offered yet
            QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 1, 5000);
            QVERIFY(!failure);
            m_net->network->sessionEnded();
            QCoreApplication::processEvents();
            QCOMPARE(failure.has_value(), purpose == peer::Purpose::Repair);
            m_net->network->giveUp(id);
            QTRY_VERIFY_WITH_TIMEOUT(failure.has_value(), 5000);
        }
    }

    void asksAgainWhenItIsSignedInAgain()
    {
        std::optional<Error> failure;
        const auto id = m_net->network->connect(
            {.link = m_link, .user = m_net->user, .device = m_net->device},
            [&failure](const Result<PeerLink> &link) { failure = link.error(); });
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 1, 5000);
        m_net->network->sessionEnded();
        m_net->network->sessionBegan();
        QCOMPARE(m_net->sent.size(), 2);
        QCOMPARE(m_net->sent[1], m_net->sent[0]); // who has begun to answer goes on with it
        m_net->isLost = [](const auto &) { return true; };
        m_net->network->sessionBegan(); // for a moment
        QCOMPARE(m_net->sent.size(), 3);
        QCoreApplication::processEvents();
        QVERIFY(!failure);

        m_net->isLost = {};
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 4, 9000); // its word may be lost as well
        peer::ConnectAnswer answer;
        answer.connection = id;
        answer.punch = SignalledNetwork::makeOffer().punch;
        m_net->signal(answer);
        m_net->sent.clear();
        m_net->network->sessionBegan();
        QVERIFY(m_net->sent.isEmpty()); // it has its answer
        m_net->network->giveUp(id);
        QTRY_VERIFY_WITH_TIMEOUT(failure.has_value(), 5000);
    }

    void answersAgainWhoAsksAgain()
    {
        auto offer = SignalledNetwork::makeOffer();
        offer.link = m_link;
        m_net->signal(offer);
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 1, 5000);
        m_net->signal(offer);
        QCOMPARE(m_net->sent.size(), 2);
        QCOMPARE(m_net->sent[1], m_net->sent[0]);
        m_net->device = *DeviceId::fromBytes(viewOf(randomBytes(32))); // another tells its number
        m_net->signal(offer);
        QCOMPARE(m_net->sent.size(), 2);
        QVERIFY(m_net->ended.isEmpty());
    }

    /// It has begun another by then, and goes on with that.
    void whoAsksAgainStillSeeks()
    {
        offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 1, 5000);
        const auto id = offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_net->sent.size(), 2, 5000);
        QVERIFY(m_net->ended.isEmpty());
        giveUp(id);
        QCOMPARE(m_net->ended, QList{m_link});
    }

private:
    LinkId m_link = randomId<LinkId>();
    std::unique_ptr<SignalledNetwork> m_net;
};

QTEST_GUILESS_MAIN(PeerSearchesTest)
#include "peer_searches_test.moc"
