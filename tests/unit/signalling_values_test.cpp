// The values of signalling: addresses, trust in a server, contacts as told, failures as
// sentences, delays.

#include "core/signalling/backoff.h"
#include "core/signalling/contact_book.h"
#include "core/signalling/failure_text.h"
#include "core/signalling/server_address.h"
#include "core/signalling/server_trust.h"

#include <QCryptographicHash>
#include <QTest>

using namespace postern;

namespace {

const QString HEX = QStringLiteral("0123456789abcdef").repeated(4);

wire::DeviceEntry deviceEntry(const QByteArray &key, bool online = false, bool receiving = false)
{
    const QByteArray id = QCryptographicHash::hash(key, QCryptographicHash::Sha256);
    return {DeviceId::fromBytes(viewOf(id)).value(), key, QStringLiteral("laptop"), online,
            receiving};
}

wire::ContactEntry bob(QList<wire::DeviceEntry> devices,
                       wire::ContactStanding standing = wire::ContactStanding::Accepted)
{
    return {QStringLiteral("bob"), standing, std::move(devices)};
}

const QList<QString> BOB{QStringLiteral("bob")};
const QList<QString> NOBODY;

} // namespace

class SignallingValuesTest : public QObject {
    Q_OBJECT

private slots:
    // --- addresses -------------------------------------------------------------------

    void parsesAddresses_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("printed"); // empty: refused
        const QString pin = QStringLiteral("#sha256:") + HEX;
        QTest::newRow("name") << "Example.org"
                              << "example.org:7788";
        QTest::newRow("name and port") << " example.org:443 "
                                       << "example.org:443";
        QTest::newRow("one label") << "home_server"
                                   << "home_server:7788";
        QTest::newRow("international") << "bücher.example"
                                       << "xn--bcher-kva.example:7788";
        QTest::newRow("v4") << "192.0.2.1:7788"
                            << "192.0.2.1:7788";
        QTest::newRow("v6") << "[2001:DB8::1]:99"
                            << "[2001:db8::1]:99";
        QTest::newRow("v6, no port") << "[::1]"
                                     << "[::1]:7788";
        QTest::newRow("bare v6") << "2001:db8::1"
                                 << "[2001:db8::1]:7788";
        QTest::newRow("pinned") << "localhost:1" + pin << "localhost:1" + pin;
        QTest::newRow("pinned, upper case")
            << "localhost#SHA256:" + HEX.toUpper() << "localhost:7788" + pin;
        QTest::newRow("empty") << ""
                               << "";
        QTest::newRow("port only") << ":7788"
                                   << "";
        QTest::newRow("no port after colon") << "host:"
                                             << "";
        QTest::newRow("port 0") << "host:0"
                                << "";
        QTest::newRow("port too large") << "host:65536"
                                        << "";
        QTest::newRow("port not a number") << "host:http"
                                           << "";
        QTest::newRow("negative port") << "host:-1"
                                       << "";
        QTest::newRow("a URL") << "https://host/"
                               << "";
        QTest::newRow("with a space") << "ho st"
                                      << "";
        QTest::newRow("with a line end") << "host\nname"
                                         << "";
        QTest::newRow("with a user") << "me@host"
                                     << "";
        QTest::newRow("open bracket") << "[::1:7788"
                                      << "";
        QTest::newRow("after the bracket") << "[::1]7788"
                                           << "";
        QTest::newRow("fingerprint cut short") << "host#sha256:" + HEX.left(62) << "";
        QTest::newRow("fingerprint too long") << "host#sha256:" + HEX + "00"
                                              << "";
        QTest::newRow("fingerprint with a stranger") << "host#sha256:" + HEX.left(63) + "g"
                                                     << "";
        QTest::newRow("fingerprint without its kind") << "host#" + HEX << "";
        QTest::newRow("another kind") << "host#md5:" + HEX << "";
        QTest::newRow("an endless name") << QString(300, u'a') << "";
    }
    void parsesAddresses()
    {
        QFETCH(QString, text);
        QFETCH(QString, printed);
        const auto address = ServerAddress::parse(text);
        QCOMPARE(address.ok(), !printed.isEmpty());
        if (address) {
            QCOMPARE(address->toString(), printed);
            QCOMPARE(ServerAddress::parse(printed).value(), *address);
        } else {
            QCOMPARE(address.error().code, ErrorCode::InvalidArgument);
            QVERIFY(address.error().message.endsWith(u'.'));
        }
    }

    // --- trust -----------------------------------------------------------------------

    void judgesServers_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QByteArray>("remembered");
        QTest::addColumn<QByteArray>("seen");
        QTest::addColumn<bool>("vouched");
        QTest::addColumn<QString>("verdict"); // empty: trusted
        const QString pinned = QStringLiteral("host#sha256:") + HEX;
        const QByteArray pin = QByteArray::fromHex(HEX.toLatin1());
        const QByteArray other(32, 'o');
        const QString plain = QStringLiteral("host");
        QTest::newRow("pinned, that one") << pinned << QByteArray() << pin << false << "";
        QTest::newRow("pinned, vouched for") << pinned << QByteArray() << pin << true << "";
        QTest::newRow("pinned, another")
            << pinned << QByteArray() << other << false << "server-key-changed";
        QTest::newRow("pinned, another that authorities vouch for")
            << pinned << QByteArray() << other << true << "server-key-changed";
        QTest::newRow("pinned anew after a change") << pinned << other << pin << false << "";
        QTest::newRow("vouched for") << plain << QByteArray() << other << true << "";
        QTest::newRow("renewed by an authority") << plain << pin << other << true << "";
        QTest::newRow("never seen, nobody vouches")
            << plain << QByteArray() << other << false << "invalid-argument";
        QTest::newRow("changed, nobody vouches")
            << plain << pin << other << false << "server-key-changed";
        QTest::newRow("expired") << plain << pin << pin << false << "unavailable";
    }
    void judgesServers()
    {
        QFETCH(QString, address);
        QFETCH(QByteArray, remembered);
        QFETCH(QByteArray, seen);
        QFETCH(bool, vouched);
        QFETCH(QString, verdict);
        const auto judged = judgeServer(ServerAddress::parse(address).value(), remembered,
                                        {seen, vouched ? QString() : QStringLiteral("why")});
        QCOMPARE(judged ? QString() : errorName(judged.error().code), verdict);
        if (verdict == QStringLiteral("invalid-argument"))
            QVERIFY(judged.error().message.contains("host:7788#sha256:"));
    }

    // --- contacts --------------------------------------------------------------------

    void keepsOnlyDevicesWhoseIdIsTheirKeys()
    {
        ContactBook book;
        wire::DeviceEntry forged = deviceEntry("key 1");
        forged.publicKey = "key 2";
        wire::DeviceEntry nameless = deviceEntry("key 4");
        nameless.id = {};
        QCOMPARE(book.apply(bob({forged, deviceEntry("key 3"), deviceEntry("key 3"), nameless})),
                 BOB);
        QCOMPARE(book.find("bob")->devices.size(), 1);
        QCOMPARE(book.find("bob")->devices[0].publicKey, QByteArray("key 3"));
    }

    void tellsOnlyChanges()
    {
        ContactBook book;
        const auto device = deviceEntry("key 1", true, false);
        QCOMPARE(book.apply(bob({device})), BOB);
        QCOMPARE(book.apply(bob({device})), NOBODY);
        QCOMPARE(book.apply(wire::Presence{"bob", device.id, true, true}), BOB);
        QCOMPARE(book.apply(wire::Presence{"bob", device.id, true, true}), NOBODY);
        QCOMPARE(book.apply(wire::Presence{"carol", device.id, true, true}), NOBODY);
        QCOMPARE(book.apply(wire::Presence{"bob", deviceEntry("key 2").id, true, true}), NOBODY);
        QCOMPARE(book.apply(wire::Presence{"bob", device.id, false, true}), BOB);
        QVERIFY(!book.find("bob")->devices[0].receiving); // offline and receiving can't be
        QCOMPARE(book.apply(wire::ContactGone{"carol"}), NOBODY);
        QCOMPARE(book.apply(wire::ContactGone{"bob"}), BOB);
        QVERIFY(!book.find("bob").has_value());
    }

    void strangersHaveNoDevices_data()
    {
        QTest::addColumn<int>("standing");
        QTest::addColumn<int>("devices");
        QTest::newRow("accepted") << int(wire::ContactStanding::Accepted) << 1;
        QTest::newRow("self") << int(wire::ContactStanding::Self) << 1;
        QTest::newRow("asked") << int(wire::ContactStanding::AskedByYou) << 0;
        QTest::newRow("asks") << int(wire::ContactStanding::AsksYou) << 0;
        QTest::newRow("blocked") << int(wire::ContactStanding::Blocked) << 0;
    }
    void strangersHaveNoDevices()
    {
        QFETCH(int, standing);
        QFETCH(int, devices);
        ContactBook book;
        book.apply(bob({deviceEntry("key 1")}, static_cast<wire::ContactStanding>(standing)));
        QCOMPARE(book.find("bob")->devices.size(), devices);
    }

    void whatIsNotToldAgainIsGone()
    {
        ContactBook book;
        book.begin();
        book.apply(bob({deviceEntry("key 1", true)}));
        book.apply(wire::ContactEntry{"carol", wire::ContactStanding::Blocked, {}});
        QCOMPARE(book.complete(), NOBODY);
        QCOMPARE(book.allOffline(), BOB);
        QCOMPARE(book.all().size(), 2); // still shown while reconnecting
        book.begin();
        QCOMPARE(book.apply(bob({deviceEntry("key 1", true)})), BOB);
        QCOMPARE(book.complete(), QList<QString>{QStringLiteral("carol")});
        QCOMPARE(book.all().size(), 1);
    }

    void contactsAreBounded()
    {
        ContactBook book;
        for (int round = 0; round < 2; ++round) {
            book.begin();
            for (int i = 0; i < 2000; ++i)
                book.apply(wire::ContactEntry{QStringLiteral("c%1-%2").arg(round).arg(i),
                                              wire::ContactStanding::Blocked,
                                              {}});
            book.complete();
            QCOMPARE(book.all().size(), wire::CONTACTS_LIMIT.most);
        }
        QCOMPARE(book.apply(bob({})), NOBODY);
    }

    void deceptiveNamesAreRefused_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("taken");
        QTest::newRow("plain") << "bob" << true;
        QTest::newRow("cyrillic") << "борис" << true;
        QTest::newRow("emoji of several parts") << "👩‍👧" << true;
        QTest::newRow("empty") << "" << false;
        QTest::newRow("line end") << "bob\nalice" << false;
        QTest::newRow("right-to-left override") << QStringLiteral("bob\u202eecila") << false;
        QTest::newRow("invisible") << QStringLiteral("bob\ufeff") << false;
        QTest::newRow("space at the end") << "bob " << false;
        QTest::newRow("escape") << "bob\x1b[2J" << false;
    }
    void deceptiveNamesAreRefused()
    {
        QFETCH(QString, name);
        QFETCH(bool, taken);
        ContactBook book;
        book.apply(wire::ContactEntry{name, wire::ContactStanding::AsksYou, {}});
        QCOMPARE(book.find(name).has_value(), taken);
    }

    // --- failures --------------------------------------------------------------------

    void everyFailureHasASentence()
    {
        for (int code = 0; code < int(wire::FailureCode::COUNT); ++code) {
            const Error error = errorOf(
                {1, static_cast<wire::FailureCode>(code), QStringLiteral("Version 1 and 2.")});
            QVERIFY2(error.message.endsWith(u'.') && error.code != ErrorCode::Internal,
                     qPrintable(QStringLiteral("code %1").arg(code)));
        }
        QCOMPARE(errorOf({1, wire::FailureCode::PeerOffline, {}}).code, ErrorCode::PeerOffline);
        QCOMPARE(errorOf({1, wire::FailureCode::Incompatible, "A\x1b[2J\nB."}).message,
                 QStringLiteral("A[2JB."));
    }

    // --- delays ----------------------------------------------------------------------

    void backoffDoublesUpToAMinuteWithFullJitter()
    {
        const RandomSource highest = [](MutableByteView out) {
            std::fill(out.begin(), out.end(), std::uint8_t{255});
        };
        const RandomSource lowest = [](MutableByteView out) {
            std::fill(out.begin(), out.end(), std::uint8_t{0});
        };
        Backoff backoff;
        for (const int expected : {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000}) {
            Backoff same = backoff;
            QCOMPARE(same.next(lowest), Duration::zero());
            const auto delay = toMilliseconds(backoff.next(highest));
            QVERIFY2(delay <= expected && delay >= expected - 1,
                     qPrintable(QString::number(delay)));
        }
        backoff.reset();
        QVERIFY(backoff.next(highest) <= Backoff::FIRST);
    }
};

QTEST_GUILESS_MAIN(SignallingValuesTest)
#include "signalling_values_test.moc"
