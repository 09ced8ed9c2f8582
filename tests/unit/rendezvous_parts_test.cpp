// The server's pure parts: names, contact rules, rates, configuration, conversation, router.

#include "rendezvous/accounts/account_name.h"
#include "rendezvous/accounts/contact_rules.h"
#include "rendezvous/config.h"
#include "rendezvous/relay/relay_address.h"
#include "rendezvous/sessions/token_buckets.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace postern;
using namespace postern::rendezvous;
using wire::ContactAction;
using wire::ContactStanding;

class RendezvousPartsTest : public QObject {
    Q_OBJECT

private slots:
    void normalisesNames_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("name"); // empty: refused
        QTest::newRow("plain") << "anna"
                               << "anna";
        QTest::newRow("case") << "Anna"
                              << "anna";
        QTest::newRow("Greek") << QStringLiteral("ΟΔΟΣ") << QStringLiteral("οδοσ");
        QTest::newRow("decomposed") << QStringLiteral("ann\u0065\u0301") << QStringLiteral("anné");
        QTest::newRow("Chinese") << QStringLiteral("小明") << QStringLiteral("小明");
        QTest::newRow("Hindi, with marks") << QStringLiteral("हिन्दी") << QStringLiteral("हिन्दी");
        QTest::newRow("all kinds") << "a.b-c_9"
                                   << "a.b-c_9";
        QTest::newRow("64 bytes") << QString(64, u'x') << QString(64, u'x');
        QTest::newRow("65 bytes") << QString(65, u'x') << "";
        QTest::newRow("empty") << ""
                               << "";
        QTest::newRow("space") << "a b"
                               << "";
        QTest::newRow("slash") << "a/b"
                               << "";
        QTest::newRow("at") << "a@b"
                            << "";
        QTest::newRow("leading hyphen") << "-a"
                                        << "";
        QTest::newRow("leading dot") << ".a"
                                     << "";
        QTest::newRow("bidi override") << QStringLiteral("a\u202eb") << "";
        QTest::newRow("zero width joiner") << QStringLiteral("a\u200db") << "";
        QTest::newRow("control") << QStringLiteral("a\u0007") << "";
        QTest::newRow("leading mark") << QStringLiteral("\u0301a") << "";
        QTest::newRow("lone surrogate") << QString(QChar(0xd800)) << "";
    }
    void normalisesNames()
    {
        QFETCH(QString, typed);
        QFETCH(QString, name);
        const auto result = normalisedAccountName(typed);
        QCOMPARE(result.ok(), !name.isEmpty());
        if (result)
            QCOMPARE(*result, name);
    }

    void makesDeviceNamesSafe()
    {
        QCOMPARE(safeDeviceName(QStringLiteral(" my\u202e lap\ttop\n")),
                 QStringLiteral("my laptop"));
        QCOMPARE(safeDeviceName(QStringLiteral("\u200b")), QStringLiteral("device"));
        QVERIFY(safeDeviceName(QString(500, u'ü')).toUtf8().size() <= 128);
    }

    /// Walks every relation that two people can bring about, in every order of actions.
    void contactRulesHold()
    {
        std::set<std::pair<Stance, Stance>> seen;
        std::vector<Relation> open{{}};
        while (!open.empty()) {
            const Relation now = open.back();
            open.pop_back();
            if (!seen.insert({now.mine, now.theirs}).second)
                continue;
            for (int number = 0; number < static_cast<int>(ContactAction::COUNT); ++number) {
                const auto action = static_cast<ContactAction>(number);
                checkStep(now, action);
                if (const auto after = relationAfter(action, now)) {
                    open.push_back(*after);
                    open.push_back(after->reversed());
                }
            }
        }
        QVERIFY(seen.size() > 10);
    }
    void checkStep(const Relation &now, ContactAction action)
    {
        const auto after = relationAfter(action, now);
        // Whether it is allowed must follow from what I see and did, not from what they hide.
        for (int hidden = 0; hidden <= static_cast<int>(Stance::BlockedFriend); ++hidden) {
            const Relation other{now.mine, static_cast<Stance>(hidden)};
            if (standing(other) == standing(now))
                QCOMPARE(relationAfter(action, other).has_value(), after.has_value());
        }
        if (!after)
            return;
        const auto theyWereShown = standing(now.reversed());
        const auto theyAreShown = standing(after->reversed());
        // A block and a refusal can't be seen by the other; a block only takes back what I asked.
        if ((action == ContactAction::Block && theyWereShown != ContactStanding::AsksYou)
            || action == ContactAction::Refuse)
            QCOMPARE(theyAreShown, theyWereShown);
        if (action == ContactAction::Block) {
            QCOMPARE(standing(*after), ContactStanding::Blocked);
            QVERIFY(!isLive(*after));
            const auto undone = relationAfter(ContactAction::Unblock, *after);
            QVERIFY(undone);
            if (isLive(now))
                QVERIFY(isLive(*undone));
        }
        if (isLive(*after)) // nobody becomes a contact but by both sides' will
            QVERIFY(standing(*after) == ContactStanding::Accepted
                    && standing(after->reversed()) == ContactStanding::Accepted);
        if (isLive(*after) && !isLive(now))
            QVERIFY(action == ContactAction::Request || action == ContactAction::Accept
                    || action == ContactAction::Unblock);
    }

    void bucketsFillAndEmpty()
    {
        TokenBuckets<int> buckets({3, 1s});
        const Instant start{};
        for (int i = 0; i < 3; ++i)
            QVERIFY(buckets.take(1, start));
        QVERIFY(!buckets.take(1, start));
        QVERIFY(buckets.take(2, start)); // another key has its own
        QVERIFY(!buckets.take(1, start + 999ms));
        QVERIFY(buckets.take(1, start + 1s));
        QVERIFY(!buckets.take(1, start + 1s));
        buckets.giveBack(1);
        QVERIFY(buckets.take(1, start + 1s));
        QVERIFY(buckets.take(1, start + 100s));
    }

    void bucketsAreBounded()
    {
        TokenBuckets<int> buckets({1, 10s}, 100);
        const Instant start = Instant{} + 1h;
        for (int key = 0; key < 100; ++key)
            QVERIFY(buckets.take(key, start));
        QVERIFY(buckets.take(1000, start)); // the shared one
        QVERIFY(!buckets.take(1001, start));
        QCOMPARE(buckets.keysInUse(), std::size_t{100});
        QVERIFY(buckets.take(1001, start + 20s)); // the old ones are full again, and forgotten
        QVERIFY(buckets.keysInUse() <= 2);
    }

    void readsConfiguration_data()
    {
        QTest::addColumn<QByteArray>("toml");
        QTest::addColumn<QString>("error"); // empty: fine
        QTest::newRow("all") << QByteArray("data = \"/srv\"\nlisten = \"0.0.0.0:1\"\n"
                                           "registration = \"closed\"\n"
                                           "connections-per-address = 7\n")
                             << "";
        QTest::newRow("misspelt") << QByteArray("data = \"/srv\"\nlisten_on = \"x\"")
                                  << "listen_on";
        QTest::newRow("no TOML") << QByteArray("data = \"/srv\"\nlisten ==") << "line 2";
        QTest::newRow("wrong type") << QByteArray("data = [1]") << "data";
        QTest::newRow("no data") << QByteArray("relay = \"off\"") << "--data";
        QTest::newRow("cert alone") << QByteArray("data = \"/srv\"\ncert = \"x\"") << "--key";
        QTest::newRow("registration")
            << QByteArray("data = \"/s\"\nregistration = \"all\"") << "all";
        QTest::newRow("relay") << QByteArray("data = \"/s\"\nrelay = \"yes\"") << "yes";
    }
    void readsConfiguration()
    {
        QFETCH(QByteArray, toml);
        QFETCH(QString, error);
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("c.toml")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(toml);
        file.close();
        const auto settings = readConfigFile(file.fileName());
        const auto config =
            settings ? makeConfig(*settings) : Result<ServerConfig>(settings.error());
        QCOMPARE(config.ok(), error.isEmpty());
        if (!config) {
            QVERIFY2(config.error().message.contains(error), qPrintable(config.error().message));
            return;
        }
        QCOMPARE(config->dataFolder, QStringLiteral("/srv"));
        QCOMPARE(config->listen, QStringLiteral("0.0.0.0:1"));
        QCOMPARE(config->registration, RegistrationPolicy::Closed);
        QCOMPARE(config->connectionsPerAddress, 7);
        const auto defaults = makeConfig({{QStringLiteral("data"), QStringLiteral("/srv")}});
        QVERIFY(defaults);
        QVERIFY(defaults->listen.isEmpty() && defaults->stun.isEmpty());
        QCOMPARE(defaults->registration, RegistrationPolicy::Open);
    }

    void readsRelayAddresses_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("host"); // empty: refused
        QTest::addColumn<int>("port");
        QTest::newRow("turn") << "turn:relay.example.org"
                              << "relay.example.org" << 3478;
        QTest::newRow("turns") << "turns:relay.example.org"
                               << "relay.example.org" << 5349;
        QTest::newRow("port") << "turns:192.0.2.1:443"
                              << "192.0.2.1" << 443;
        QTest::newRow("IPv6") << "turn:[2001:db8::1]:99?transport=tcp"
                              << "2001:db8::1" << 99;
        QTest::newRow("no scheme") << "relay.example.org"
                                   << "" << 0;
        QTest::newRow("port 0") << "turn:relay.example.org:0"
                                << "" << 0;
        QTest::newRow("large port") << "turn:relay.example.org:70000"
                                    << "" << 0;
        QTest::newRow("DTLS") << "turns:relay.example.org?transport=udp"
                              << "" << 0;
        QTest::newRow("empty host") << "turn::3478"
                                    << "" << 0;
    }
    void readsRelayAddresses()
    {
        QFETCH(QString, text);
        QFETCH(QString, host);
        QFETCH(int, port);
        const auto server = parseRelayAddress(text);
        QCOMPARE(server.ok(), !host.isEmpty());
        if (!server)
            return;
        QCOMPARE(server->host, host);
        QCOMPARE(int(server->port), port);
    }
};

QTEST_GUILESS_MAIN(RendezvousPartsTest)
#include "rendezvous_parts_test.moc"
