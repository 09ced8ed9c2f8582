// What the messages of others can make a real PeerNetwork do: strangers are told nothing of this
// machine's addresses, and a contact who names a victim's addresses again and again gets no more
// than a bounded number of packets sent there.

#include "core/net/interfaces.h"
#include "tests/support/signalled_network.h"

#include <QTcpServer>
#include <QTest>
#include <QUdpSocket>

using namespace postern;
using namespace postern::test;

namespace {

constexpr int PORTS = 20; ///< of the victim: as many as an offer may name
constexpr int OFFERS = 150;
constexpr int PAUSE_MS = 20;

/// Of this machine, but not loopback, which no peer may name.
IpAddress ownAddress()
{
    for (const auto &local : localInterfaceAddresses())
        if (local.up && local.address.isV4() && !local.address.isLoopback()
            && !local.address.isLinkLocal())
            return local.address;
    return {};
}

} // namespace

class PeerHostileTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_net = std::make_unique<SignalledNetwork>(QStringLiteral("mallory"));
        m_net->isContact = false;
    }
    void cleanup() { m_net.reset(); }

    void whoMayNotConnectIsToldNoAddress_data()
    {
        QTest::addColumn<bool>("contact");
        QTest::addColumn<peer::RefusalReason>("reason");
        QTest::newRow("a stranger") << false << peer::RefusalReason::NotTrusted;
        QTest::newRow("a contact, while nothing is received")
            << true << peer::RefusalReason::NotReceiving;
    }
    /// A refusal has no room for an address; nothing else is said.
    void whoMayNotConnectIsToldNoAddress()
    {
        QFETCH(bool, contact);
        QFETCH(peer::RefusalReason, reason);
        m_net->isContact = contact;
        m_net->receives = !contact;
        const auto offer = SignalledNetwork::makeOffer({});
        m_net->signal(offer);
        QTest::qWait(50);
        QCOMPARE(m_net->sent.size(), 1);
        const auto said = wire::decode<peer::ConnectMessage>(m_net->sent.first());
        QVERIFY(said);
        const auto *refusal = std::get_if<peer::ConnectRefusal>(&*said);
        QVERIFY(refusal);
        QCOMPARE(refusal->connection, offer.connection);
        QCOMPARE(refusal->reason, reason);
    }

    /// What belongs to no connection is not answered at all.
    void messagesOutOfTheBlueAreNotAnswered()
    {
        m_net->isContact = true;
        const auto id = randomId<ConnectionId>();
        peer::ConnectAnswer answer;
        answer.connection = id;
        answer.punch = SignalledNetwork::makeOffer({}).punch;
        m_net->signal(answer);
        m_net->signal(peer::ConnectPorts{id, 0, {1, 2, 3}});
        m_net->signal(peer::ConnectRound{id, 0});
        m_net->signal(peer::ConnectEnd{id});
        m_net->signal(QByteArray(1000, '\xff'));
        QTest::qWait(50);
        QVERIFY(m_net->sent.isEmpty());
    }

    /// That the rule above is not kept by saying nothing to anybody.
    void aContactIsToldThem()
    {
        m_net->isContact = true;
        const IpAddress own = ownAddress();
        if (own.isUnspecified())
            QSKIP("needs an address beside loopback");
        m_net->signal(SignalledNetwork::makeOffer({}));
        QTRY_VERIFY_WITH_TIMEOUT(!m_net->sent.isEmpty(), 5000);
        const auto said = wire::decode<peer::ConnectMessage>(m_net->sent.first());
        const auto *answer = said ? std::get_if<peer::ConnectAnswer>(&*said) : nullptr;
        QVERIFY(answer);
        const auto &told = answer->punch.candidates;
        QVERIFY(std::any_of(told.begin(), told.end(), [&](const auto &candidate) {
            return candidate.endpoint.address == own;
        }));
    }

    void aContactCantMakeUsFloodAnAddress()
    {
        const IpAddress victim = ownAddress();
        if (victim.isUnspecified())
            QSKIP("needs an address beside loopback");
        m_net->isContact = true;
        const QHostAddress at(victim.toString());
        std::array<QUdpSocket, PORTS> datagrams;
        std::array<QTcpServer, PORTS> connections;
        QList<punch::Candidate> named;
        for (int i = 0; i < PORTS; ++i) {
            auto &udp = datagrams[std::size_t(i)];
            auto &tcp = connections[std::size_t(i)];
            udp.setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 1 << 20);
            QVERIFY(udp.bind(at, 0));
            QVERIFY(tcp.listen(at, 0));
            const auto add = [&](punch::Transport transport, quint16 port) {
                named.append({transport,
                              punch::CandidateType::Host,
                              {victim, port},
                              {},
                              punch::candidatePriority(punch::CandidateType::Host, 1)});
            };
            add(punch::Transport::Udp, udp.localPort());
            add(punch::Transport::Tcp, tcp.serverPort());
        }
        const Instant begun = monotonicNow();
        int checks = 0;
        int bytes = 0;
        int dials = 0;
        for (int i = 0; i < OFFERS; ++i) {
            const auto offer = SignalledNetwork::makeOffer(named);
            m_net->signal(offer);
            QTest::qWait(PAUSE_MS);
            m_net->signal(peer::ConnectEnd{offer.connection}); // makes room for the next one
            for (auto &udp : datagrams)
                while (udp.hasPendingDatagrams()) {
                    bytes += int(udp.pendingDatagramSize());
                    udp.readDatagram(nullptr, 0);
                    ++checks;
                }
            for (auto &tcp : connections)
                while (auto *socket = tcp.nextPendingConnection()) {
                    ++dials;
                    socket->abort();
                    delete socket;
                }
        }
        const double seconds = std::chrono::duration<double>(monotonicNow() - begun).count();
        qInfo("%d offers in %.1f s: %d checks, %d bytes, %d connections", OFFERS, seconds, checks,
              bytes, dials);
        const auto most = [seconds](const punch::AddressBudget::Rate &rate) {
            return rate.atOnce + int(rate.perSecond * seconds) + 1;
        };
        QVERIFY(checks <= most(punch::Budgets::CHECKS));
        QVERIFY(dials <= most(punch::Budgets::DIALS));
        QVERIFY(bytes <= 160 * checks); // and small ones
        // It was tried in earnest: more had gone out without the bound.
        QVERIFY(checks >= punch::Budgets::CHECKS.atOnce);
        QVERIFY(dials >= punch::Budgets::DIALS.atOnce);
    }

private:
    std::unique_ptr<SignalledNetwork> m_net;
};

QTEST_GUILESS_MAIN(PeerHostileTest)
#include "peer_hostile_test.moc"
