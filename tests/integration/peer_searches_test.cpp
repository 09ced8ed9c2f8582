// What a real PeerNetwork tells of the searches that a peer began: whoever let it begin waits for
// it, and must hear when nothing comes of it.

#include "core/base/random.h"
#include "core/peer/peer_network.h"

#include <QTest>

using namespace postern;

namespace {

const QString USER = QStringLiteral("bo");

/// The way to the server breaks whenever it is wanted.
class Host final : public PeerNetworkHost {
public:
    void sendSignal(const QString &, const DeviceId &, const SessionId &, const QByteArray &,
                    std::function<void(Result<void>)> done) override
    {
        if (serverIsLost)
            done(Error{ErrorCode::Disconnected, QString()});
        ++sent;
    }
    void dialBack(std::uint16_t, std::uint16_t, const QByteArray &, Gatherer::DialBackDone) override
    {
    }
    Result<void> mayTalkTo(const QString &, const DeviceId &) override { return {}; }
    bool isReceiving() const override { return true; }
    void urgeServer() override { }
    LinkClaim claimLink(const LinkId &, const QString &, const DeviceId &, const SessionId &,
                        bool) override
    {
        return LinkClaim::Welcome;
    }
    void claimEnded(const LinkId &link, bool) override { ended.append(link); }
    wire::RelayAccess relayAccess() const override { return {}; }
    void peerConnected(PeerLink) override { }

    bool serverIsLost = false;
    int sent = 0;
    QList<LinkId> ended;
};

} // namespace

class PeerSearchesTest : public QObject {
    Q_OBJECT

    ConnectionId offer()
    {
        peer::ConnectOffer offer;
        offer.connection = randomId<ConnectionId>();
        offer.link = m_link;
        offer.purpose = peer::Purpose::Repair;
        const auto credentials = punch::Credentials::generate(fillRandom);
        offer.punch = {credentials.ufrag, credentials.password, {}, randomBytes(peer::TOKEN_BYTES)};
        signal(offer);
        return offer.connection;
    }
    void giveUp(const ConnectionId &id) { signal(peer::ConnectEnd{id}); }
    void signal(const peer::ConnectMessage &message)
    {
        m_network->signalReceived(USER, m_device, randomId<SessionId>(), wire::encodeAny(message));
    }

private slots:
    void init()
    {
        m_host = {};
        auto key = DeviceKey::generate();
        QVERIFY(key);
        auto network = PeerNetwork::open(0, *key, m_host);
        QVERIFY(network);
        m_network = std::move(*network);
    }
    void cleanup() { m_network.reset(); }

    /// As where the connection to the server went through the same router as the path that died.
    void anAnswerThatCanNotBeSentEndsTheirs()
    {
        m_host.serverIsLost = true;
        offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_host.ended, QList{m_link}, 5000);
    }

    void theirsEndsWhenTheyGiveItUp()
    {
        const auto id = offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_host.sent, 1, 5000);
        QVERIFY(m_host.ended.isEmpty());
        giveUp(id);
        QCOMPARE(m_host.ended, QList{m_link});
    }

    /// The answer would go to the session that asked.
    void aRepairDoesNotWaitForASessionThatIsOver()
    {
        for (const auto purpose : {peer::Purpose::Begin, peer::Purpose::Repair}) {
            std::optional<Error> failure;
            m_host.sent = 0;
            const auto id = m_network->connect(
                {.link = m_link, .purpose = purpose, .user = USER, .device = m_device},
                [&failure](const Result<PeerLink> &link) { failure = link.error(); });
            m_network->sessionEnded(); // nothing has been offered yet
            QTRY_COMPARE_WITH_TIMEOUT(m_host.sent, 1, 5000);
            QVERIFY(!failure);
            m_network->sessionEnded();
            QCoreApplication::processEvents();
            QCOMPARE(failure.has_value(), purpose == peer::Purpose::Repair);
            m_network->giveUp(id);
            QTRY_VERIFY_WITH_TIMEOUT(failure.has_value(), 5000);
        }
    }

    /// It has begun another by then, and goes on with that.
    void whoAsksAgainStillSeeks()
    {
        offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_host.sent, 1, 5000);
        const auto id = offer();
        QTRY_COMPARE_WITH_TIMEOUT(m_host.sent, 2, 5000);
        QVERIFY(m_host.ended.isEmpty());
        giveUp(id);
        QCOMPARE(m_host.ended, QList{m_link});
    }

private:
    Host m_host;
    DeviceId m_device = *DeviceId::fromBytes(viewOf(randomBytes(32)));
    LinkId m_link = randomId<LinkId>();
    std::unique_ptr<PeerNetwork> m_network;
};

QTEST_GUILESS_MAIN(PeerSearchesTest)
#include "peer_searches_test.moc"
