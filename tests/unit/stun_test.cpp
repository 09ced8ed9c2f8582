// The STUN codec against the vectors of RFC 5769, against its own writer, and against bytes
// that break the rules; the client transaction in virtual time.

#include "core/base/random.h"
#include "core/stun/binding.h"
#include "core/stun/channel_data.h"
#include "core/stun/integrity.h"
#include "core/stun/password_algorithms.h"
#include "core/stun/transaction.h"

#include <QDir>
#include <QTest>

using namespace postern;
using namespace postern::stun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
#include "tests/fuzz/stun_fuzz.cpp"

namespace {

const QByteArray RFC5769_PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt";

QByteArray seed(const char *name)
{
    QFile file(QFINDTESTDATA("fuzz/seeds/stun") + QLatin1Char('/') + QLatin1String(name)
               + QStringLiteral(".bin"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the seed %s is missing", name);
    return file.readAll();
}

TransactionId transactionNumber(std::uint8_t number)
{
    return TransactionId(std::array<std::uint8_t, 12>{number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
}

Endpoint endpoint(const char *text) { return *Endpoint::parse(QLatin1String(text)); }

} // namespace

class StunTest : public QObject {
    Q_OBJECT

private slots:
    void readsRfc5769Request()
    {
        const QByteArray bytes = seed("rfc5769-request");
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        QVERIFY(message->isBindingRequest());
        QCOMPARE(message->transaction().toHex(), QStringLiteral("b7e7a701bc34d686fa87dfae"));
        QCOMPARE(message->text(Attribute::Software), QByteArray("STUN test client"));
        QCOMPARE(message->text(Attribute::Username), QByteArray("evtj:h6vY"));
        QCOMPARE(message->number32(Attribute::Priority), 0x6e0001ffu);
        QCOMPARE(message->number64(Attribute::IceControlled), 0x932ff9b151263b36u);
        QVERIFY(message->has(Attribute::Fingerprint));
        QVERIFY(message->verifyIntegrity(viewOf(RFC5769_PASSWORD)));
        QVERIFY(!message->verifyIntegrity(viewOf(QByteArrayLiteral("another password"))));
        QVERIFY(message->unknownRequired().isEmpty());
    }

    void readsRfc5769Responses_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("mapped");
        QTest::newRow("IPv4") << seed("rfc5769-response-ipv4") << "192.0.2.1:32853";
        QTest::newRow("IPv6") << seed("rfc5769-response-ipv6")
                              << "[2001:db8:1234:5678:11:2233:4455:6677]:32853";
    }
    void readsRfc5769Responses()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, mapped);
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        QCOMPARE(message->messageClass(), MessageClass::Success);
        QCOMPARE(message->mappedAddress()->toString(), mapped);
        QVERIFY(message->verifyIntegrity(viewOf(RFC5769_PASSWORD)));
    }

    void cutsChannelDataOutOfAStream()
    {
        const auto framed = [](std::uint16_t channel, const QByteArray &data) {
            return toByteArray(channelHeader(channel, std::size_t(data.size()))) + data
                + QByteArray(qsizetype(channelPadding(std::size_t(data.size()))), '\0');
        };
        const QByteArray request = bindingRequest(transactionNumber(1));
        const QByteArrayList messages{framed(0x4000, "a"), request, framed(0x4fff, ""),
                                      framed(0x7ffe, "four"), request};
        for (qsizetype piece = 1; piece < 40; ++piece) { // however the stream is cut on its way
            TurnStream stream;
            QByteArrayList found;
            const QByteArray bytes = messages.join();
            for (qsizetype at = 0; at < bytes.size(); at += piece) {
                stream.append(viewOf(bytes.mid(at, piece)));
                for (;;) {
                    const auto next = stream.next();
                    QVERIFY(next.ok());
                    if (!*next)
                        break;
                    found.append(toByteArray(**next));
                }
            }
            QCOMPARE(found, messages);
            QCOMPARE(stream.pending(), std::size_t{0});
        }
        const QByteArray &padded = messages.first();
        QCOMPARE(toByteArray(readChannelData(viewOf(padded))->data), QByteArray("a"));
        QVERIFY(!readChannelData(viewOf(padded.left(4))));
        QVERIFY(!readChannelData(viewOf(request)));
        TurnStream broken;
        broken.append(viewOf(QByteArrayLiteral("SSH-2.0").prepend('\x80')));
        QVERIFY(!broken.next().ok());
    }

    void protectsWithSha256()
    {
        const QByteArray key = longTermKeySha256("user", "realm", "password");
        const QByteArray bytes =
            MessageWriter(MessageClass::Request, Method::Refresh, transactionNumber(3))
                .text(Attribute::Username, "user")
                .integrity(viewOf(QByteArrayLiteral("old key")))
                .integritySha256(viewOf(key))
                .fingerprint()
                .take();
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        QVERIFY(message->verifyIntegritySha256(viewOf(key)));
        QVERIFY(message->verifyIntegrity(viewOf(QByteArrayLiteral("old key"))));
        QVERIFY(!message->verifyIntegritySha256(viewOf(QByteArrayLiteral("guess"))));
        QByteArray changed = bytes;
        changed[25] = 'X'; // in the user's name
        changed.chop(8); // and the fingerprint, which would tell, gone
        changed[3] = char(changed.size() - 20);
        const auto forged = Message::parse(viewOf(changed));
        QVERIFY(forged.ok() && !forged->verifyIntegritySha256(viewOf(key)));
    }

    void knowsWhatANoncePromises()
    {
        QVERIFY(promisesAlgorithms(QByteArray(NONCE_WITH_ALGORITHMS) + "rest"));
        QVERIFY(!promisesAlgorithms("obMatJos2AAAArest"));
        QVERIFY(!promisesAlgorithms("obMatJos2"));
        QVERIFY(!promisesAlgorithms("anything"));
        const QByteArray both = toByteArray(ALGORITHM_MD5) + toByteArray(ALGORITHM_SHA256);
        QVERIFY(offersSha256(viewOf(both)));
        QVERIFY(!offersSha256(ALGORITHM_MD5));
        QVERIFY(!offersSha256(viewOf(QByteArray("\0\1\xff\xff", 4) + both))); // parameters lie
    }

    void readsEveryPeerOfAPermission()
    {
        const QList<Endpoint> peers{endpoint("192.0.2.1:1"), endpoint("[2001:db8::1]:2")};
        MessageWriter writer(MessageClass::Request, Method::CreatePermission, transactionNumber(4));
        for (const Endpoint &peer : peers)
            writer.xorAddress(Attribute::XorPeerAddress, peer);
        const QByteArray bytes = writer.take();
        QCOMPARE(Message::parse(viewOf(bytes))->xorAddresses(Attribute::XorPeerAddress), peers);
    }

    void readsRfc5769LongTermRequest()
    {
        const QByteArray bytes = seed("rfc5769-request-long-term");
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        const QByteArray key = longTermKey(*message->text(Attribute::Username),
                                           *message->text(Attribute::Realm), "TheMatrIX");
        QVERIFY(message->verifyIntegrity(viewOf(key)));
    }

    void writesWhatItReads()
    {
        const QByteArray key = "a password";
        const auto v4 = endpoint("203.0.113.7:61000");
        const auto v6 = endpoint("[2001:db8::5]:443");
        const QByteArray bytes =
            MessageWriter(MessageClass::Error, Method::ChannelBind, transactionNumber(9))
                .xorAddress(Attribute::XorMappedAddress, v6)
                .address(Attribute::OtherAddress, v4)
                .number64(Attribute::IceControlling, 0x0102030405060708u)
                .flag(Attribute::UseCandidate)
                .error(StunError::RoleConflict, "Role Conflict")
                .integrity(viewOf(key))
                .fingerprint()
                .take();
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        QCOMPARE(message->messageClass(), MessageClass::Error);
        QCOMPARE(message->method(), Method::ChannelBind);
        QCOMPARE(message->transaction(), transactionNumber(9));
        QCOMPARE(message->xorAddress(Attribute::XorMappedAddress), v6);
        QCOMPARE(message->address(Attribute::OtherAddress), v4);
        QCOMPARE(message->number64(Attribute::IceControlling), 0x0102030405060708u);
        QVERIFY(message->has(Attribute::UseCandidate));
        QCOMPARE(message->error()->code, 487);
        QCOMPARE(message->error()->reason, QStringLiteral("Role Conflict"));
        QVERIFY(message->verifyIntegrity(viewOf(key)));
    }

    void everyMethodAndClassSurvives()
    {
        for (const auto messageClass : {MessageClass::Request, MessageClass::Indication,
                                        MessageClass::Success, MessageClass::Error}) {
            for (unsigned method = 0; method < 0x1000; method += 7) {
                const QByteArray bytes =
                    MessageWriter(messageClass, static_cast<Method>(method), transactionNumber(1))
                        .take();
                const auto message = Message::parse(viewOf(bytes));
                QVERIFY(message.ok());
                QCOMPARE(message->messageClass(), messageClass);
                QCOMPARE(static_cast<unsigned>(message->method()), method);
            }
        }
    }

    void hidesAttributesBehindIntegrity()
    {
        const QByteArray key = "key";
        const QByteArray bytes =
            MessageWriter(MessageClass::Request, Method::Binding, transactionNumber(1))
                .integrity(viewOf(key))
                .flag(Attribute::UseCandidate)
                .take();
        const auto message = Message::parse(viewOf(bytes));
        QVERIFY(message.ok());
        QVERIFY(message->verifyIntegrity(viewOf(key)));
        QVERIFY(!message->has(Attribute::UseCandidate));
    }

    void refusesWhatIsNotWellFormed()
    {
        const QByteArray good = seed("rfc5769-request");
        for (qsizetype cut = 0; cut < good.size(); ++cut)
            QVERIFY(!Message::parse(viewOf(good.left(cut))).ok());
        QVERIFY(!Message::parse(viewOf(good + QByteArray(4, '\0'))).ok());
        QVERIFY(!Message::parse(viewOf(seed("truncated-attribute"))).ok());
        QVERIFY(!Message::parse(viewOf(seed("channel-data"))).ok());

        QByteArray longLength = seed("change-request");
        longLength[23] = 5; // the value would end behind the message
        QVERIFY(!Message::parse(viewOf(longLength)).ok());

        MessageWriter many(MessageClass::Request, Method::Binding, transactionNumber(1));
        for (std::size_t i = 0; i <= MAX_ATTRIBUTES; ++i)
            many.text(Attribute::Software, "x");
        QVERIFY(!Message::parse(viewOf(many.take())).ok());

        const auto wrongSize =
            MessageWriter(MessageClass::Request, Method::Binding, transactionNumber(1))
                .text(Attribute::Priority, "12345")
                .take();
        QVERIFY(!Message::parse(viewOf(wrongSize)).ok());
    }

    void noticesEveryFlippedBit()
    {
        const QByteArray good = seed("rfc5769-response-ipv4");
        for (qsizetype bit = 0; bit < good.size() * 8; ++bit) {
            QByteArray bad = good;
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
            const auto message = Message::parse(viewOf(bad));
            QVERIFY2(!message.ok() || !message->verifyIntegrity(viewOf(RFC5769_PASSWORD))
                         || !message->has(Attribute::Fingerprint),
                     qPrintable(QStringLiteral("bit %1").arg(bit)));
        }
    }

    void answersABindingRequest()
    {
        const QByteArray request = bindingRequest(transactionNumber(3), CHANGE_PORT);
        const auto parsed = Message::parse(viewOf(request));
        QVERIFY(parsed.ok());
        QVERIFY(!changeWanted(*parsed).address);
        QVERIFY(changeWanted(*parsed).port);

        const ResponderAddresses addresses{endpoint("198.51.100.1:3478"),
                                           endpoint("198.51.100.2:3479")};
        const auto seen = endpoint("203.0.113.9:50123");
        const QByteArray response = bindingSuccess(*parsed, seen, addresses);
        const auto answer = Message::parse(viewOf(response));
        QVERIFY(answer.ok());
        QCOMPARE(answer->messageClass(), MessageClass::Success);
        QCOMPARE(answer->transaction(), transactionNumber(3));
        QCOMPARE(answer->mappedAddress(), seen);
        QCOMPARE(answer->address(Attribute::ResponseOrigin), addresses.origin);
        QCOMPARE(answer->address(Attribute::OtherAddress), addresses.other);
    }

    void refusesUnknownRequiredAttributes()
    {
        const QByteArray request = seed("unknown-required");
        const auto parsed = Message::parse(viewOf(request));
        QVERIFY(parsed.ok());
        const auto unknown = parsed->unknownRequired();
        QCOMPARE(unknown, QList<std::uint16_t>{0x7ff1});
        const QByteArray refusal = bindingError(*parsed, StunError::UnknownAttribute, unknown);
        const auto answer = Message::parse(viewOf(refusal));
        QVERIFY(answer.ok());
        QCOMPARE(answer->messageClass(), MessageClass::Error);
        QCOMPARE(answer->error()->code, 420);
        QCOMPARE(answer->text(Attribute::UnknownAttributes), QByteArray("\x7f\xf1"));
    }

    void transactionRetransmitsAsTheRfcSays()
    {
        const Instant start{};
        const auto server = endpoint("198.51.100.1:3478");
        Transaction transaction(transactionNumber(1), bindingRequest(transactionNumber(1)), server,
                                start);
        QList<qint64> sentAt;
        for (Instant now = start; transaction.state() == Transaction::State::Asking;
             now = transaction.nextDeadline()) {
            transaction.handleTimeout(now);
            if (transaction.pollTransmit(now))
                sentAt.append(toMilliseconds(now - start));
            if (transaction.state() == Transaction::State::TimedOut)
                QCOMPARE(toMilliseconds(now - start), 39'500);
        }
        // RFC 8489 section 6.2.1 gives these very instants as its example.
        QCOMPARE(sentAt, (QList<qint64>{0, 500, 1500, 3500, 7500, 15500, 31500}));
        QCOMPARE(transaction.nextDeadline(), NEVER);
    }

    void transactionTakesOnlyItsOwnAnswer()
    {
        const Instant start{};
        const auto server = endpoint("198.51.100.1:3478");
        const auto stranger = endpoint("198.51.100.66:3478");
        Transaction transaction(transactionNumber(1), bindingRequest(transactionNumber(1)), server,
                                start);
        QVERIFY(transaction.pollTransmit(start));
        const auto answerTo = [&](std::uint8_t number) {
            const QByteArray request = bindingRequest(transactionNumber(number));
            return bindingSuccess(*Message::parse(viewOf(request)), endpoint("203.0.113.9:1"),
                                  {server, std::nullopt});
        };
        const QByteArray other = answerTo(2);
        const QByteArray own = answerTo(1);
        QVERIFY(!transaction.handleResponse(start, *Message::parse(viewOf(other)), server));
        QVERIFY(!transaction.handleResponse(start, *Message::parse(viewOf(own)), stranger));
        QVERIFY(transaction.handleResponse(start + 30ms, *Message::parse(viewOf(own)), server));
        QCOMPARE(transaction.roundTrip(), 30ms);
        QVERIFY(!transaction.handleResponse(start + 31ms, *Message::parse(viewOf(own)), server));
    }

    void replaysFuzzSeeds()
    {
        const QDir seeds(QFINDTESTDATA("fuzz/seeds/stun"));
        const auto names = seeds.entryList(QDir::Files);
        QVERIFY(names.size() >= 9);
        for (const auto &name : names) {
            QFile file(seeds.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray bytes = file.readAll();
            LLVMFuzzerTestOneInput(viewOf(bytes).data(), viewOf(bytes).size());
        }
    }

    void survivesMutatedSeeds()
    {
        const auto random = seededRandom(20261122);
        const QByteArray good = seed("rfc5769-request-long-term"); // no CRC in the way
        for (int round = 0; round < 20'000; ++round) {
            std::array<std::uint8_t, 6> dice{};
            random(dice);
            QByteArray bad = good.left(good.size() - (dice[0] % 8 == 0 ? dice[1] % 60 : 0));
            bad[dice[2] % bad.size()] = static_cast<char>(dice[3]);
            bad[dice[4] % bad.size()] = static_cast<char>(dice[5]);
            bad[3] = static_cast<char>(bad.size() - 20);
            LLVMFuzzerTestOneInput(viewOf(bad).data(), viewOf(bad).size());
        }
    }
};

QTEST_GUILESS_MAIN(StunTest)
#include "stun_test.moc"
