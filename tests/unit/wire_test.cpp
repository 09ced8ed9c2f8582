// The message codec: what is sent comes back equal; what breaks a rule is refused.

#include "core/base/random.h"
#include "core/wire/frame.h"
#include "core/wire/rendezvous_messages.h"

#include <QRandomGenerator>
#include <QTest>

using namespace postern;
using namespace postern::wire;

class WireTest : public QObject {
    Q_OBJECT

private slots:
    void roundTrips()
    {
        SignIn in;
        in.request = 7;
        in.user = QStringLiteral("añna");
        in.password = QStringLiteral("correct horse");
        in.device = {QByteArray(91, 'k'), QStringLiteral("laptop"), QByteArray(70, 's')};
        const auto out = decode<ClientMessage>(encode(in));
        QVERIFY(out.ok());
        const auto *message = std::get_if<SignIn>(&*out);
        QVERIFY(message);
        QCOMPARE(message->request, 7u);
        QCOMPARE(message->user, in.user);
        QCOMPARE(message->device.publicKey, in.device.publicKey);
        QCOMPARE(message->device.signature, in.device.signature);
    }

    void roundTripsLists()
    {
        ContactEntry in;
        in.name = QStringLiteral("bob");
        in.standing = ContactStanding::AsksYou;
        DeviceEntry device;
        device.id = *DeviceId::fromBytes(viewOf(QByteArray(32, 'd')));
        device.name = QStringLiteral("desk");
        device.online = true;
        in.devices = {device, device};
        const auto out = decode<ServerMessage>(encode(in));
        QVERIFY(out.ok());
        const auto *message = std::get_if<ContactEntry>(&*out);
        QVERIFY(message);
        QCOMPARE(message->standing, ContactStanding::AsksYou);
        QCOMPARE(message->devices.size(), 2);
        QCOMPARE(message->devices[1].id, device.id);
        QVERIFY(message->devices[1].online);
    }

    void ignoresUnknownFields()
    {
        QCborMap map{{QStringLiteral("type"), QStringLiteral("ping")},
                     {QStringLiteral("request"), 3},
                     {QStringLiteral("from the future"), QCborArray{1, 2, 3}}};
        const auto out = decode<ClientMessage>(QCborValue(map).toCbor());
        QVERIFY(out.ok());
        QCOMPARE(std::get<Ping>(*out).request, 3u);
    }

    void refusesBadFields_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QCborValue>("value");
        QTest::newRow("negative number") << "request" << QCborValue(-1);
        QTest::newRow("number too large") << "request" << QCborValue(qint64(1) << 32);
        QTest::newRow("text for a number") << "request" << QCborValue(QStringLiteral("1"));
        QTest::newRow("number for text") << "name" << QCborValue(1);
        QTest::newRow("text too long") << "name" << QCborValue(QString(65, u'x'));
        QTest::newRow("zero byte in text") << "name" << QCborValue(QString(QChar(u'\0')));
        QTest::newRow("unknown enumerator") << "action" << QCborValue(99);
    }
    void refusesBadFields()
    {
        QFETCH(QString, field);
        QFETCH(QCborValue, value);
        QCborMap map{{QStringLiteral("type"), QStringLiteral("contact-change")}};
        map.insert(field, value);
        const auto out = decode<ClientMessage>(QCborValue(map).toCbor());
        QVERIFY(!out);
        QCOMPARE(out.error().code, ErrorCode::Protocol);
    }

    void refusesNestingBomb()
    {
        QByteArray bomb("\xa1\x61\x78"); // a map with the key "x" ...
        bomb += QByteArray(20'000, '\x81'); // ... and arrays in arrays in arrays
        bomb += '\x01';
        QVERIFY(!decode<ClientMessage>(bomb));
    }

    void survivesRandomDamage()
    {
        const auto seed = QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        const QByteArray good =
            encode(ClientHello{1, 1, {QStringLiteral("x")}, QStringLiteral("t")});
        for (int round = 0; round < 20'000; ++round) {
            QByteArray bad = good;
            for (int flips = random.bounded(1, 5); flips > 0; --flips)
                bad[random.bounded(int(bad.size()))] = char(random.bounded(256));
            bad.truncate(random.bounded(int(bad.size()) + 1));
            (void)decode<ClientMessage>(bad).ok();
        }
    }

    void cutsFrames()
    {
        FrameReader reader;
        const QByteArray stream = frameOf("one") + frameOf("") + frameOf("three");
        QList<QByteArray> got;
        for (const char byte : stream) { // one byte at a time
            reader.append({reinterpret_cast<const std::uint8_t *>(&byte), 1});
            for (auto frame = reader.next(); frame && *frame; frame = reader.next())
                got.append(**frame);
        }
        QCOMPARE(got, (QList<QByteArray>{"one", "", "three"}));
        QCOMPARE(reader.buffered(), std::size_t{0});
    }

    void refusesHugeFrames()
    {
        FrameReader reader(100);
        reader.append(viewOf(QByteArray("\0\0\0\x65", 4)));
        const auto frame = reader.next();
        QVERIFY(!frame);
        QCOMPARE(frame.error().code, ErrorCode::Protocol);
    }
};

QTEST_GUILESS_MAIN(WireTest)
#include "wire_test.moc"
