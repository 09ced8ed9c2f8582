// What a stranger can do at our ports: nothing. And what those may who know the word.

#include "core/base/random.h"
#include "core/net/local_port.h"
#include "core/peer/connect_messages.h"
#include "core/peer/early_path.h"
#include "core/peer/fresh_port.h"
#include "core/peer/gatherer.h"
#include "core/peer/tcp_dial.h"
#include "core/stun/binding.h"
#include "core/wire/rendezvous_messages.h"

#include <QNetworkDatagram>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

using namespace postern;

namespace {

const QByteArray GREETING(peer::DIAL_GREETING, peer::GREETING_BYTES);
const QByteArray DIAL_BACK(wire::DIAL_BACK_GREETING, peer::GREETING_BYTES);
const QByteArray TOKEN(peer::TOKEN_BYTES, 't');

Endpoint loopback(std::uint16_t port) { return {IpAddress::v4(127, 0, 0, 1), port}; }

} // namespace

class PeerDoorsTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        auto listener = TcpListener::listen(loopback(0), {});
        QVERIFY(listener);
        m_listener = std::move(*listener);
        m_door = std::make_unique<TcpDoor>();
        m_door->watch(*m_listener);
        m_taken.clear();
        m_door->expect(TOKEN, [this](auto socket, auto) { m_taken.push_back(std::move(socket)); });
    }
    void cleanup()
    {
        m_taken.clear();
        m_listener.reset();
        m_door.reset();
    }

    void sendsStrangersAway_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        QTest::newRow("wrong token") << GREETING + QByteArray(16, 'x');
        QTest::newRow("dial-back nobody asked for") << DIAL_BACK;
        QTest::newRow("zeros") << QByteArray(64, '\0');
        QTest::newRow("another version") << QByteArray("POSTERN-PEER-999") + TOKEN;
    }
    void sendsStrangersAway()
    {
        QFETCH(QByteArray, said);
        QTcpSocket stranger;
        stranger.connectToHost("127.0.0.1", m_listener->local().port);
        stranger.write(said);
        QTRY_COMPARE(stranger.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(stranger.bytesAvailable(), 0); // not a byte in answer
        QVERIFY(m_taken.empty());
    }

    void takesWhoKnowsTheToken()
    {
        std::unique_ptr<TcpSocket> ours;
        TcpDial dial(m_listener->local(), TOKEN, [&ours](auto socket) {
            QVERIFY(socket);
            ours = std::move(*socket);
        });
        QTRY_VERIFY(ours && m_taken.size() == 1);
        // Nothing after the token was swallowed.
        QCOMPARE(ours->write(viewOf("hello")).status, IoStatus::Done);
        std::array<std::uint8_t, 16> got{};
        IoResult read{IoStatus::WouldBlock, 0};
        QVERIFY(QTest::qWaitFor([&] {
            read = m_taken[0]->read(got);
            return read.status != IoStatus::WouldBlock;
        }));
        QCOMPARE(toByteArray(std::span(got).first(read.bytes)), QByteArray("hello"));
    }

    void takesAGreetingInDrops()
    {
        QTcpSocket slow;
        slow.connectToHost("127.0.0.1", m_listener->local().port);
        QVERIFY(slow.waitForConnected());
        slow.setSocketOption(QAbstractSocket::LowDelayOption, 1);
        for (const char byte : GREETING + TOKEN) {
            slow.write(&byte, 1);
            slow.flush();
            QCoreApplication::processEvents();
        }
        QTRY_COMPARE(m_taken.size(), std::size_t{1});
    }

    void forgets()
    {
        m_door->forget(TOKEN);
        m_door->expect(QByteArray(16, 'o'), [](auto, auto) {});
        QTcpSocket late;
        late.connectToHost("127.0.0.1", m_listener->local().port);
        late.write(GREETING + TOKEN);
        QTRY_COMPARE(late.state(), QAbstractSocket::UnconnectedState);
        QVERIFY(m_taken.empty());
    }

    void answersTheDialBackItAskedFor()
    {
        const QByteArray secret = randomBytes(16);
        m_door->setDialBackToken(secret);
        QTcpSocket server;
        server.connectToHost("127.0.0.1", m_listener->local().port);
        server.write(DIAL_BACK);
        QTRY_COMPARE(server.bytesAvailable(), 16);
        QCOMPARE(server.readAll(), secret);
        QVERIFY(m_taken.empty());
    }

    void dialFailsOnce()
    {
        const Endpoint nobody = m_listener->local();
        m_listener.reset();
        int failures = 0;
        TcpDial dial(nobody, TOKEN, [&failures](auto socket) { failures += socket ? 0 : 1; });
        QTRY_COMPARE(failures, 1);
        QTest::qWait(0);
        QCOMPARE(failures, 1);
    }

    void leadsUdpWhereItBelongs()
    {
        auto socket = UdpSocket::bind(loopback(0));
        QVERIFY(socket);
        UdpDoor door;
        door.watch(**socket);
        QUdpSocket known, stranger;
        QVERIFY(known.bind(QHostAddress::LocalHost) && stranger.bind(QHostAddress::LocalHost));
        auto path = door.openPath(loopback(known.localPort()));
        QVERIFY(path);
        QVERIFY(!door.openPath(loopback(known.localPort()))); // one path an address
        QList<QByteArray> onPath, stun;
        (*path)->setReceiver([&](std::span<const Datagram> datagrams) {
            for (const auto &datagram : datagrams)
                onPath.append(toByteArray(datagram.bytes));
        });
        const auto taker = door.addStunTaker([&](const Datagram &datagram) {
            stun.append(toByteArray(datagram.bytes));
            return true;
        });
        const auto question = stun::bindingRequest(stun::TransactionId({1, 2, 3}));
        const auto to = (*socket)->local().port;
        stranger.writeDatagram("\x40 not for anyone", QHostAddress::LocalHost, to);
        stranger.writeDatagram(question, QHostAddress::LocalHost, to);
        known.writeDatagram("\x40 data", QHostAddress::LocalHost, to);
        QTRY_COMPARE(onPath, QList<QByteArray>{"\x40 data"});
        QCOMPARE(stun, QList<QByteArray>{question});

        QCOMPARE((*path)->send(viewOf("answer"), {}).status, SendStatus::Sent);
        QTRY_VERIFY(known.hasPendingDatagrams());
        door.removeStunTaker(taker);
        path->reset();
        QVERIFY(door.openPath(loopback(known.localPort()))); // free again
    }

    void holdsWhatComesEarly()
    {
        auto socket = UdpSocket::bind(loopback(0));
        QVERIFY(socket);
        UdpDoor door;
        door.watch(**socket);
        QUdpSocket peer;
        QVERIFY(peer.bind(QHostAddress::LocalHost));
        auto path = door.openPath(loopback(peer.localPort()));
        QVERIFY(path);
        int arrivals = 0;
        EarlyPath early(std::move(*path), [&arrivals] { ++arrivals; });
        const auto to = (*socket)->local().port;
        peer.writeDatagram("\x40 an older channel's", QHostAddress::LocalHost, to);
        for (int i = 0; i < 40; ++i)
            peer.writeDatagram(QByteArray("\xc0 early ") + QByteArray::number(i),
                               QHostAddress::LocalHost, to);
        QTRY_COMPARE(arrivals, 1);
        QList<QByteArray> got;
        early.setReceiver([&got](std::span<const Datagram> datagrams) {
            for (const auto &datagram : datagrams)
                got.append(toByteArray(datagram.bytes));
        });
        QTRY_VERIFY(!got.isEmpty());
        QCOMPARE(got.first(), QByteArray("\xc0 early 0"));
        peer.writeDatagram("\x40 now", QHostAddress::LocalHost, to);
        QTRY_COMPARE(got.last(), QByteArray("\x40 now"));
        QCOMPARE(arrivals, 1);
    }

    void tellsAnOldChannelFromANewOne()
    {
        auto socket = UdpSocket::bind(loopback(0));
        QVERIFY(socket);
        UdpDoor door;
        door.watch(**socket);
        QUdpSocket peer;
        QVERIFY(peer.bind(QHostAddress::LocalHost));
        const auto remote = loopback(peer.localPort());
        const auto to = (*socket)->local().port;
        QList<QByteArray> onOld, onNew;
        const auto listen = [](DatagramPath &path, QList<QByteArray> &got) {
            path.setReceiver([&got](std::span<const Datagram> datagrams) {
                for (const auto &datagram : datagrams)
                    got.append(toByteArray(datagram.bytes));
            });
        };
        auto old = door.openPath(remote);
        QVERIFY(old);
        listen(**old, onOld);
        door.settle(remote);
        auto replacement = door.openPath(remote);
        QVERIFY(replacement);
        QVERIFY(!door.openPath(remote)); // one handshake at a time
        listen(**replacement, onNew);
        peer.writeDatagram("\xc0 handshake", QHostAddress::LocalHost, to);
        QTRY_COMPARE(onNew, QList<QByteArray>{"\xc0 handshake"});
        peer.writeDatagram("\x40 data", QHostAddress::LocalHost, to);
        QTRY_COMPARE(onOld, QList<QByteArray>{"\x40 data"}); // each takes what it can decrypt
        QCOMPARE(onNew.last(), QByteArray("\x40 data"));
        old->reset();
        peer.writeDatagram("\x40 more", QHostAddress::LocalHost, to);
        QTRY_COMPARE(onNew.last(), QByteArray("\x40 more"));
        QCOMPARE(onOld.size(), 1);
    }

    void meetsAPeerAtAPortOfItsOwn()
    {
        QUdpSocket server; // a STUN server by hand
        QVERIFY(server.bind(QHostAddress::LocalHost));
        const Endpoint outside{IpAddress::v4(198, 51, 100, 7), 40'001};
        Endpoint asker;
        connect(&server, &QUdpSocket::readyRead, this, [&] {
            const auto datagram = server.receiveDatagram();
            const auto request = datagram.data();
            const auto message = stun::Message::parse(viewOf(request));
            QVERIFY(message);
            asker = loopback(std::uint16_t(datagram.senderPort()));
            const auto at = loopback(server.localPort());
            server.writeDatagram(
                datagram.makeReply(stun::bindingSuccess(*message, outside, {at, {}})));
        });
        auto fresh = FreshPort::open();
        QVERIFY(fresh);
        bool told = false;
        fresh->ask(loopback(server.localPort()), 60s, [&told] { told = true; });
        QVERIFY(!told);
        QTRY_VERIFY_WITH_TIMEOUT(told, 60'000);
        QCOMPARE(fresh->mapped(), outside);
        QCOMPARE(asker.port, fresh->number());

        UdpDoor main;
        Gatherer gatherer(main, *m_door, 47'100, {});
        for (const auto &one : gatherer.candidates(Gatherer::UdpPort{fresh->number(), outside}))
            QCOMPARE(one.endpoint.port == 47'100, one.transport == punch::Transport::Tcp);

        auto path = fresh->openPath(loopback(server.localPort()));
        QVERIFY(path);
        const Endpoint local = (*path)->local();
        fresh.reset(); // the connection has been made: its path goes on
        const QByteArray words("\x40 still here");
        QCOMPARE((*path)->send(viewOf(words), {}).status, SendStatus::Sent);
        disconnect(&server, nullptr, this, nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(server.hasPendingDatagrams(), 60'000);
        QCOMPARE(server.receiveDatagram().senderPort(), int(local.port));
    }

    void gathersWhatTheServerSees()
    {
        auto port = openLocalPort(0);
        QVERIFY(port);
        UdpDoor udp;
        udp.watch(*port->udpV4);
        QUdpSocket server; // a STUN server by hand: sees us at another address
        QVERIFY(server.bind(QHostAddress::LocalHost));
        const Endpoint outside{IpAddress::v4(198, 51, 100, 7), 40'000};
        connect(&server, &QUdpSocket::readyRead, this, [&] {
            char bytes[1500];
            QHostAddress from;
            quint16 fromPort = 0;
            const auto size = server.readDatagram(bytes, sizeof bytes, &from, &fromPort);
            const QByteArray request(bytes, size);
            const auto message = stun::Message::parse(viewOf(request));
            QVERIFY(message);
            server.writeDatagram(
                stun::bindingSuccess(*message, outside, {loopback(server.localPort()), {}}), from,
                fromPort);
        });
        int dialBacks = 0;
        Gatherer gatherer(udp, *m_door, port->number,
                          [&](std::uint16_t tcp, std::uint16_t mapped, const QByteArray &token,
                              Gatherer::DialBackDone done) {
                              ++dialBacks;
                              QCOMPARE(tcp, port->number);
                              QCOMPARE(mapped, outside.port);
                              QCOMPARE(token.size(), peer::TOKEN_BYTES);
                              done(Gatherer::DialBackResult{true, false});
                          });
        gatherer.setServer({outside.address, 5555}, loopback(server.localPort()));
        bool done = false;
        gatherer.refresh([&done] { done = true; });
        QTRY_VERIFY_WITH_TIMEOUT(done, 60'000);
        QCOMPARE(gatherer.facts().mappedUdp, outside);
        QVERIFY(gatherer.facts().tcpReachable);
        QVERIFY(!gatherer.facts().udpReachable);
        QCOMPARE(dialBacks, 1); // the second refresh found nothing new to prove

        const auto candidates = gatherer.candidates();
        const auto has = [&](punch::Transport transport, punch::CandidateType type,
                             const Endpoint &endpoint) {
            return std::any_of(candidates.begin(), candidates.end(), [&](const auto &candidate) {
                return candidate.transport == transport && candidate.type == type
                    && candidate.endpoint == endpoint;
            });
        };
        QVERIFY(has(punch::Transport::Udp, punch::CandidateType::ServerReflexive, outside));
        QVERIFY(has(punch::Transport::Tcp, punch::CandidateType::Public,
                    Endpoint{outside.address, port->number}));
        gatherer.clearServer();
        QVERIFY(gatherer.facts().mappedUdp.isNull());
    }

private:
    std::unique_ptr<TcpListener> m_listener;
    std::unique_ptr<TcpDoor> m_door;
    std::vector<std::unique_ptr<TcpSocket>> m_taken;
};

QTEST_GUILESS_MAIN(PeerDoorsTest)
#include "peer_doors_test.moc"
