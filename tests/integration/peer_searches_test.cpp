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
