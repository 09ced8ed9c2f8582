// Values everything else stands on: addresses, identifiers, results.

#include "core/base/endpoint.h"
#include "core/base/ids.h"
#include "core/base/random.h"

#include <QTest>

using namespace postern;

class BaseTest : public QObject {
    Q_OBJECT

private slots:
    void parsesAddresses_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("printed"); // empty: refused
        QTest::newRow("v4") << "192.0.2.1"
                            << "192.0.2.1";
        QTest::newRow("v6") << "2001:DB8:0::1"
                            << "2001:db8::1";
        QTest::newRow("mapped becomes v4") << "::ffff:192.0.2.1"
                                           << "192.0.2.1";
        QTest::newRow("scope") << "fe80::1%3"
                               << "fe80::1%3";
        QTest::newRow("scope by name") << "fe80::1%eth0" << QString();
        QTest::newRow("octal") << "192.0.02.1x" << QString();
        QTest::newRow("name") << "localhost" << QString();
        QTest::newRow("empty") << "" << QString();
    }
    void parsesAddresses()
    {
        QFETCH(QString, text);
        QFETCH(QString, printed);
        const auto address = IpAddress::parse(text);
        QCOMPARE(address.ok(), !printed.isEmpty());
        if (address)
            QCOMPARE(address->toString(), printed);
    }

    void parsesEndpoints_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("valid");
        QTest::newRow("v4") << "192.0.2.1:7788" << true;
        QTest::newRow("v6") << "[2001:db8::1]:7788" << true;
        QTest::newRow("port 0") << "0.0.0.0:0" << true;
        QTest::newRow("bare v6") << "2001:db8::1:7788" << false;
        QTest::newRow("port too large") << "192.0.2.1:65536" << false;
        QTest::newRow("negative port") << "192.0.2.1:-1" << false;
        QTest::newRow("no port") << "192.0.2.1" << false;
        QTest::newRow("no address") << ":80" << false;
    }
    void parsesEndpoints()
    {
        QFETCH(QString, text);
        QFETCH(bool, valid);
        const auto endpoint = Endpoint::parse(text);
        QCOMPARE(endpoint.ok(), valid);
        if (endpoint)
            QCOMPARE(endpoint->toString(), text);
    }

    void classifiesAddresses_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("global");
        QTest::addColumn<bool>("isPrivate");
        QTest::newRow("public") << "198.51.100.7" << true << false;
        QTest::newRow("10/8") << "10.1.2.3" << false << true;
        QTest::newRow("172.16/12 low") << "172.16.0.1" << false << true;
        QTest::newRow("172.32 is public") << "172.32.0.1" << true << false;
        QTest::newRow("carrier") << "100.64.0.1" << false << false;
        QTest::newRow("loopback") << "127.0.0.1" << false << false;
        QTest::newRow("link-local") << "169.254.1.1" << false << false;
        QTest::newRow("multicast") << "224.0.0.251" << false << false;
        QTest::newRow("v6 global") << "2001:db8::1" << true << false;
        QTest::newRow("v6 unique local") << "fd00::1" << false << true;
        QTest::newRow("v6 link-local") << "fe80::1" << false << false;
        QTest::newRow("v6 loopback") << "::1" << false << false;
    }
    void classifiesAddresses()
    {
        QFETCH(QString, text);
        QFETCH(bool, global);
        QFETCH(bool, isPrivate);
        const auto address = IpAddress::parse(text);
        QVERIFY(address.ok());
        QCOMPARE(address->isGlobal(), global);
        QCOMPARE(address->isPrivate(), isPrivate);
    }

    void comparesPrefixes()
    {
        const auto a = IpAddress::v4(192, 168, 4, 1);
        QVERIFY(a.sharesPrefix(IpAddress::v4(192, 168, 7, 9), 22));
        QVERIFY(!a.sharesPrefix(IpAddress::v4(192, 168, 8, 1), 22));
        QVERIFY(!a.sharesPrefix(*IpAddress::parse("2001:db8::1"), 0));
    }

    void idsKeepTheirLength()
    {
        const auto id = randomId<TransferId>();
        QVERIFY(!id.isNull());
        QCOMPARE(*TransferId::fromHex(id.toHex()), id);
        QVERIFY(!TransferId::fromHex("00ff"));
        QVERIFY(!TransferId::fromHex("zz"));
        QVERIFY(randomId<TransferId>() != id);
    }

    void seededRandomRepeats()
    {
        std::array<std::uint8_t, 32> first{}, second{};
        seededRandom(7)(first);
        seededRandom(7)(second);
        QCOMPARE(first, second);
        seededRandom(8)(second);
        QVERIFY(first != second);
    }
};

QTEST_GUILESS_MAIN(BaseTest)
#include "base_test.moc"
