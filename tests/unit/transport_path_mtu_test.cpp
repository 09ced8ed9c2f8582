// Which packet sizes are probed, in which order, and what follows from each answer.
#include "core/transport/path_mtu.h"

#include <QTest>

using namespace postern;

namespace {

/// Plays a path that carries packets of up to `carries` bytes; the sizes that were probed.
QList<std::size_t> probe(PathMtu &mtu, std::size_t carries)
{
    QList<std::size_t> probed;
    while (const auto wanted = mtu.wanted()) {
        probed << wanted->size;
        mtu.sent(*wanted);
        if (wanted->size <= carries)
            mtu.acknowledged(wanted->number);
        else
            mtu.lost(wanted->number);
    }
    return probed;
}

} // namespace

class PathMtuTest : public QObject {
    Q_OBJECT

private slots:
    void findsTheSize_data()
    {
        using Sizes = QList<std::size_t>;
        QTest::addColumn<std::size_t>("largest");
        QTest::addColumn<std::size_t>("carries");
        QTest::addColumn<Sizes>("probed");
        QTest::addColumn<std::size_t>("size");
        const auto row = [](const char *name, std::size_t largest, std::size_t carries,
                            const Sizes &probed, std::size_t size) {
            QTest::newRow(name) << largest << carries << probed << size;
        };
        row("jumbo all the way", 8952, 8952, {1452, 8952}, 8952);
        row("loopback", 65488, 65488, {1452, 8952}, 8952);
        row("a switch that knows no jumbo", 8952, 1452, {1452, 8952, 8952, 8952, 4452, 4452, 4452},
            1452);
        row("half of it", 8952, 5000, {1452, 8952, 8952, 8952, 4452}, 4452);
        row("a link of its own size", 3000, 3000, {1452, 3000}, 3000);
        row("a tunnel", 8952, 1350, {1452, 1452, 1452}, 1200);
        row("Ethernet", 1452, 1452, {1452}, 1452);
        row("less than QUIC needs", 900, 900, {}, 1200);
    }
    void findsTheSize()
    {
        QFETCH(std::size_t, largest);
        QFETCH(std::size_t, carries);
        PathMtu mtu(largest);
        QCOMPARE(mtu.size(), LEAST_UDP_PAYLOAD);
        QTEST(probe(mtu, carries), "probed");
        QTEST(mtu.size(), "size");
    }

    void onlyASharedLinkMayTakeMore_data()
    {
        QTest::addColumn<QString>("peer");
        QTest::addColumn<std::size_t>("largest");
        const auto row = [](const char *name, const char *peer, std::size_t largest) {
            QTest::newRow(name) << QString::fromLatin1(peer) << largest;
        };
        row("on the jumbo link", "10.1.2.9", 8952);
        row("by IPv6", "fd00::9", 8952);
        row("this machine", "127.0.0.1", 8952);
        row("on the Ethernet", "192.168.1.9", 1452);
        row("on the tunnel", "10.8.0.9", 1452);
        row("on a jumbo link that is down", "10.99.0.9", 1452);
        row("beyond the router", "198.51.100.1", 1452);
    }
    void onlyASharedLinkMayTakeMore()
    {
        QFETCH(QString, peer);
        const auto link = [](const char *name, const char *address, int prefix, int mtu, bool up) {
            return InterfaceAddress{QString::fromLatin1(name),
                                    *IpAddress::parse(QString::fromLatin1(address)),
                                    prefix,
                                    up,
                                    false,
                                    mtu};
        };
        const QList own{
            link("lo", "127.0.0.1", 8, 65536, true),    link("eth0", "192.168.1.2", 24, 1500, true),
            link("eth1", "10.1.2.3", 24, 9000, true),   link("eth1", "fd00::3", 64, 9000, true),
            link("eth2", "10.99.0.2", 24, 9000, false), link("wg0", "10.8.0.2", 24, 1420, true)};
        QTEST(largestPayloadTo(*IpAddress::parse(peer), own), "largest");
    }

    void oneProbeAtATime()
    {
        PathMtu mtu(8952);
        const auto first = *mtu.wanted();
        mtu.sent({first.number, 1440}); // a few bytes less than wanted
        QVERIFY(!mtu.wanted());
        mtu.acknowledged(first.number + 1); // not the one under way
        mtu.lost(0);
        QVERIFY(!mtu.wanted());
        mtu.acknowledged(first.number);
        QCOMPARE(mtu.size(), std::size_t{1440});
        QVERIFY(mtu.wanted()->number != first.number);
        mtu.lost(first.number); // it is over
        QCOMPARE(mtu.wanted()->size, std::size_t{8952});
    }

    /// A loss may be chance: the same size again, and only losses of one size count together.
    void lossesMayBeChance()
    {
        PathMtu mtu(8952);
        for (int size = 0; size < 2; ++size) {
            for (int loss = 0; loss < 2; ++loss) {
                const auto lost = *mtu.wanted();
                mtu.sent(lost);
                mtu.lost(lost.number);
            }
            const auto arrived = *mtu.wanted();
            mtu.sent(arrived);
            mtu.acknowledged(arrived.number);
        }
        QCOMPARE(mtu.size(), std::size_t{8952});
        QVERIFY(!mtu.wanted());
    }

    void aPeerThatTakesNoneIsNotAsked()
    {
        PathMtu mtu(8952);
        mtu.giveUp();
        QVERIFY(!mtu.wanted());
        QCOMPARE(mtu.size(), LEAST_UDP_PAYLOAD);
    }
};

QTEST_GUILESS_MAIN(PathMtuTest)
#include "transport_path_mtu_test.moc"
