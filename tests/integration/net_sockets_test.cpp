// Real sockets on the loopback interface, the batched and the portable UDP path alike.
#include "core/net/deadline_timer.h"
#include "core/net/interfaces.h"
#include "core/net/local_port.h"

#include <QTest>

using namespace postern;

namespace {

const Endpoint LOOPBACK{IpAddress::v4(127, 0, 0, 1), 0};
const Endpoint LOOPBACK6{*IpAddress::parse(QStringLiteral("::1")), 0};

struct Received {
    Endpoint from;
    Endpoint to;
    QByteArray bytes;
    Ecn ecn;
};

QList<Received> &collect(UdpSocket &socket, QList<Received> &into)
{
    socket.setReceiver([&into](std::span<const Datagram> batch) {
        for (const Datagram &one : batch)
            into.push_back({one.from, one.to, toByteArray(one.bytes), one.ecn});
    });
    return into;
}

std::unique_ptr<UdpSocket> bound(const Endpoint &local, bool batched = true)
{
    UdpSocket::Options options;
    options.batched = batched;
    Result<std::unique_ptr<UdpSocket>> socket = UdpSocket::bind(local, options);
    return socket ? std::move(*socket) : nullptr;
}

QByteArray patterned(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (qsizetype i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((i * 31 + i / 1000) & 0xff);
    return bytes;
}

} // namespace

class NetSocketsTest : public QObject {
    Q_OBJECT

private slots:
    void datagramRunsArriveCutAsSent_data()
    {
        QTest::addColumn<bool>("senderBatches");
        QTest::addColumn<bool>("receiverBatches");
        QTest::addColumn<bool>("v6");
        for (const bool v6 : {false, true})
            for (const bool sender : {false, true})
                for (const bool receiver : {false, true})
                    QTest::addRow("%s, %s to %s", v6 ? "IPv6" : "IPv4",
                                  sender ? "batched" : "portable",
                                  receiver ? "batched" : "portable")
                        << sender << receiver << v6;
    }
    void datagramRunsArriveCutAsSent()
    {
        QFETCH(bool, senderBatches);
        QFETCH(bool, receiverBatches);
        QFETCH(bool, v6);
        const Endpoint local = v6 ? LOOPBACK6 : LOOPBACK;
        const auto sender = bound(local, senderBatches);
        const auto receiver = bound(local, receiverBatches);
        if (v6 && (!sender || !receiver))
            QSKIP("This machine has no IPv6 loopback.");
        QList<Received> got;
        collect(*receiver, got);

        const QByteArray bytes = patterned(100 * 1200 + 77);
        SendOptions options;
        options.segmentSize = 1200;
        const SendResult sent = sender->send(receiver->local(), viewOf(bytes), options);
        QCOMPARE(sent.status, SendStatus::Sent);
        QCOMPARE(sent.sent, static_cast<std::size_t>(bytes.size()));
        QTRY_COMPARE(got.size(), 101);
        QByteArray joined;
        for (const Received &one : got) {
            QCOMPARE(one.from, sender->local());
            QCOMPARE(one.to, receiver->local());
            joined += one.bytes;
        }
        QCOMPARE(joined, bytes);
        QCOMPARE(got.first().bytes.size(), 1200);
        QCOMPARE(got.last().bytes.size(), 77);
    }

    void datagramsCarryTtlAndEcn()
    {
        const auto sender = bound(LOOPBACK);
        const auto receiver = bound(LOOPBACK);
        QList<Received> got;
        collect(*receiver, got);
        SendOptions options;
        options.hopLimit = 1;
        options.ecn = Ecn::Ect0;
        QCOMPARE(sender->send(receiver->local(), viewOf("x"), options).status, SendStatus::Sent);
        QTRY_COMPARE(got.size(), 1);
#ifdef Q_OS_LINUX
        QCOMPARE(got.first().ecn, Ecn::Ect0);
#endif
    }

    void datagramsTellWhichOfOurAddressesTheyCameTo()
    {
        const auto receiver = bound({IpAddress::any(IpAddress::Family::V4), 0});
        const auto sender = bound(LOOPBACK);
        QList<Received> got;
        collect(*receiver, got);
        const Endpoint second{IpAddress::v4(127, 0, 0, 9), receiver->local().port};
        sender->send(second, viewOf("x"));
        QTRY_COMPARE(got.size(), 1);
#ifdef Q_OS_LINUX
        QCOMPARE(got.first().to, second);
        QList<Received> back;
        collect(*sender, back);
        SendOptions options;
        options.from = second.address;
        receiver->send(sender->local(), viewOf("y"), options);
        QTRY_COMPARE(back.size(), 1);
        QCOMPARE(back.first().from, second);
#endif
    }

    void icmpErrorsAreToldAndTheSocketLives()
    {
        const auto sender = bound(LOOPBACK);
        const Endpoint closed = bound(LOOPBACK)->local(); // its socket is gone by now
        QList<IcmpReport> reports;
        sender->setIcmpHandler([&](const IcmpReport &report) { reports.push_back(report); });
        sender->send(closed, viewOf("x"));
#ifdef Q_OS_LINUX
        QTRY_COMPARE(reports.size(), 1);
        QCOMPARE(reports.first().to, closed);
        QVERIFY(!reports.first().tooBig);
#endif
        const auto receiver = bound(LOOPBACK);
        QList<Received> got;
        collect(*receiver, got);
        sender->send(closed, viewOf("x"));
        QCOMPARE(sender->send(receiver->local(), viewOf("y")).status, SendStatus::Sent);
        QTRY_COMPARE(got.size(), 1);
    }

    void failuresHaveTheirNames()
    {
        const auto sender = bound(LOOPBACK);
        QCOMPARE(sender->send(LOOPBACK6, viewOf("x")).status, SendStatus::Unreachable);
        const QByteArray huge(70'000, 'x');
        QCOMPARE(sender->send({LOOPBACK.address, 9}, viewOf(huge)).status, SendStatus::TooBig);
        UdpSocket::Options options;
        const Result<std::unique_ptr<UdpSocket>> taken = UdpSocket::bind(sender->local(), options);
        QVERIFY(!taken);
        QVERIFY(taken.error().message.contains(sender->local().toString()));
        options.orFreePort = true;
        const Result<std::unique_ptr<UdpSocket>> other = UdpSocket::bind(sender->local(), options);
        QVERIFY(other.ok());
        QVERIFY((*other)->local().port != sender->local().port);
    }

    void receiverMayDestroyItsSocket()
    {
        auto receiver = bound(LOOPBACK);
        const auto sender = bound(LOOPBACK);
        receiver->setReceiver([&](std::span<const Datagram>) { receiver.reset(); });
        sender->send(receiver->local(), viewOf("x"));
        QTRY_VERIFY(!receiver);
    }

    void streamsConnectAndCarryBytes()
    {
        const auto listener = std::move(*TcpListener::listen(LOOPBACK, {}));
        std::unique_ptr<TcpSocket> accepted;
        listener->setAcceptor(
            [&](std::unique_ptr<TcpSocket> socket) { accepted = std::move(socket); });
        std::optional<Result<void>> outcome;
        const auto socket =
            std::move(*TcpSocket::connect(listener->local(), [&](Result<void> r) { outcome = r; }));
        QVERIFY(!outcome);
        QTRY_VERIFY(outcome && accepted);
        QVERIFY(outcome->ok());
        QCOMPARE(accepted->remote(), socket->local());

        const QByteArray head("head"), tail("tail");
        const std::array<ByteView, 2> parts{viewOf(head), viewOf(tail)};
        QCOMPARE(socket->write(parts).bytes, std::size_t{8});
        socket->shutdownWrite();
        QByteArray got;
        bool ended = false;
        accepted->setReadableHandler([&] {
            std::array<std::uint8_t, 3> buffer;
            const IoResult result = accepted->read(buffer);
            got += toByteArray(ByteView(buffer).first(result.bytes));
            ended = result.status == IoStatus::Ended;
            if (ended)
                accepted.reset();
        });
        QTRY_VERIFY(ended);
        QCOMPARE(got, QByteArray("headtail"));
    }

    void refusedConnectionsAreToldOnce()
    {
        Endpoint closed = (*TcpListener::listen(LOOPBACK, {}))->local();
        int told = 0;
        ErrorCode code = ErrorCode::Internal;
        auto socket = TcpSocket::connect(closed, [&](Result<void> r) {
            ++told;
            code = r.ok() ? ErrorCode::Internal : r.error().code;
        });
        if (socket) { // else refused at once, which is as good
            QTRY_COMPARE(told, 1);
            QCOMPARE(code, ErrorCode::Unavailable);
        }
    }

    void listenerHoldsNoMoreThanItsCap()
    {
        TcpListener::Options options;
        options.maxPerAddress = 3;
        const auto listener = std::move(*TcpListener::listen(LOOPBACK, options));
        std::vector<std::unique_ptr<TcpSocket>> accepted;
        listener->setAcceptor(
            [&](std::unique_ptr<TcpSocket> socket) { accepted.push_back(std::move(socket)); });
        std::vector<std::unique_ptr<TcpSocket>> clients;
        int closed = 0;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(
                std::move(*TcpSocket::connect(listener->local(), [](Result<void>) {})));
            TcpSocket *client = clients.back().get();
            client->setReadableHandler([&closed, client] {
                client->setReadableHandler(nullptr);
                ++closed;
            });
        }
        QTRY_COMPARE(closed, 2);
        QCOMPARE(accepted.size(), std::size_t{3});
        accepted.pop_back(); // makes room for one
        clients.push_back(std::move(*TcpSocket::connect(listener->local(), [](Result<void>) {})));
        QTRY_COMPARE(accepted.size(), std::size_t{3});
    }

    void connectionsMayLeaveFromTheListenersPort()
    {
        const auto listener = std::move(*TcpListener::listen(LOOPBACK, {}));
        const auto far = std::move(*TcpListener::listen(LOOPBACK, {}));
        Endpoint seen;
        std::unique_ptr<TcpSocket> accepted;
        far->setAcceptor([&](std::unique_ptr<TcpSocket> socket) { accepted = std::move(socket); });
        TcpSocket::ConnectOptions options;
        options.from = listener->local();
        options.sharePort = true;
        auto socket = TcpSocket::connect(far->local(), options, [](Result<void>) {});
        QVERIFY(socket.ok());
        QTRY_VERIFY(accepted);
        QCOMPARE(accepted->remote(), listener->local());
        // The port is still ours alone: another listener is refused.
        QVERIFY(!TcpListener::listen(listener->local(), {}));
    }

    void onePortForAll()
    {
        const Result<LocalPort> first = openLocalPort(0);
        QVERIFY(first.ok());
        QVERIFY(first->number != 0);
        QCOMPARE(first->udpV4->local().port, first->number);
        QCOMPARE(first->tcpV4->local().port, first->number);
        if (first->udpV6)
            QCOMPARE(first->tcpV6->local().port, first->number);
        const Result<LocalPort> second = openLocalPort(first->number);
        QVERIFY(second.ok());
        QVERIFY(second->number != first->number);
    }

    void timersRingInOrderAndWhenMoved()
    {
        QList<int> rung;
        DeadlineTimer early([&] { rung.push_back(1); });
        DeadlineTimer late([&] { rung.push_back(2); });
        DeadlineTimer never([&] { rung.push_back(3); });
        const Instant start = monotonicNow();
        late.set(start + 1ms);
        early.set(start + 1h);
        early.set(start + 2ms);
        never.set(start + 1ms);
        never.cancel();
        late.set(start + 20ms); // later: the system's timer stays as it is
        QTRY_COMPARE(rung, QList<int>({1, 2}));
        QVERIFY(monotonicNow() - start >= 20ms);
    }

    void timerInThePastRingsFromTheLoopAndMayDie()
    {
        std::unique_ptr<DeadlineTimer> timer;
        bool rang = false;
        timer = std::make_unique<DeadlineTimer>([&] {
            rang = true;
            timer.reset();
        });
        timer->set(monotonicNow() - 1s);
        QVERIFY(!rang);
        QTRY_VERIFY(rang);
        QVERIFY(!timer);
    }

    void loopbackIsAmongTheInterfaces()
    {
        const QList<InterfaceAddress> all = localInterfaceAddresses();
        const auto found = std::find_if(all.begin(), all.end(), [](const InterfaceAddress &one) {
            return one.address == LOOPBACK.address;
        });
        QVERIFY(found != all.end());
        QCOMPARE(found->prefix, 8);
        QVERIFY(found->up);
    }
};

QTEST_GUILESS_MAIN(NetSocketsTest)
#include "net_sockets_test.moc"
