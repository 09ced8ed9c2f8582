// The engine's door with nothing behind it replaced: real server, real sockets, real disk.

#include "tests/support/engine_person.h"

#include <QDir>
#include <QFile>

using namespace postern;

class EngineTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_server = std::make_unique<RendezvousProcess>();
        QVERIFY2(m_server->start(), qPrintable(m_server->problem()));
    }
    void cleanup() { m_server.reset(); }

    void delivers_data()
    {
        QTest::addColumn<PathPreference>("preference");
        QTest::addColumn<QString>("strategy");
        QTest::newRow("as it likes") << PathPreference::Auto << QString();
        QTest::newRow("tcp") << PathPreference::Tcp << "tcp";
        QTest::newRow("udp") << PathPreference::Udp << "udp";
        QTest::newRow("lan") << PathPreference::Lan << QString();
    }
    void delivers()
    {
        QFETCH(PathPreference, preference);
        QFETCH(QString, strategy);
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        const auto file = anna.makeFile("letter.bin", 3'000'000);
        const auto sent = anna.waitForEnd(anna.send({file}, "bob", preference));
        QCOMPARE(transferStateName(sent.state), QString("delivered"));
        QCOMPARE(sent.bytes, 3'000'000);
        QVERIFY(sent.path);
        QVERIFY2(sent.path->strategy.startsWith(strategy), qPrintable(sent.path->strategy));
        QCOMPARE(bob.inboxNames(), QStringList{"letter.bin"});
        QCOMPARE(EnginePerson::contentOf(bob.inbox() + "/letter.bin"),
                 EnginePerson::contentOf(file));
        const auto received = bob.waitForEnd(sent.id);
        QCOMPARE(received.state, TransferState::Delivered);
        QCOMPARE(received.direction, Direction::Receiving);
        QCOMPARE(received.contact, QString("anna"));
    }

    void sendsSeveralAtOnceBothWays()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        anna.receive(AcceptPolicy::Contacts);
        QVERIFY(bob.waitUntilReceives("anna"));
        QList<TransferId> fromAnna, fromBob;
        for (int i = 0; i < 12; ++i) {
            fromAnna.append(anna.send({anna.makeFile(QString("a%1").arg(i), 200'000 * i)}, "bob"));
            fromBob.append(bob.send({bob.makeFile(QString("b%1").arg(i), 200'000 * i)}, "anna"));
        }
        const auto delivered = [](const TransferInfo &end) {
            if (end.problem)
                qWarning() << end.title << end.problem->message;
            return end.state == TransferState::Delivered;
        };
        for (const auto &id : fromAnna)
            QVERIFY(delivered(anna.waitForEnd(id)));
        for (const auto &id : fromBob)
            QVERIFY(delivered(bob.waitForEnd(id)));
        QCOMPARE(bob.inboxNames().size(), 12);
        QCOMPARE(anna.inboxNames().size(), 12);
    }

    void asksAndTakesNoForAnAnswer()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const auto file = anna.makeFile("question.txt", 5'000);
        const auto first = anna.send({file}, "bob");
        auto offer = bob.waitForOffer();
        QVERIFY(offer);
        QCOMPARE(offer->contact, QString("anna"));
        QCOMPARE(offer->device, QString("anna's computer"));
        QCOMPARE(offer->title, QString("question.txt"));
        QCOMPARE(offer->bytes, 5'000);
        QCOMPARE(offer->destination, bob.inbox());
        QVERIFY(offer->freeBytes > 0);
        QVERIFY(!offer->problem);
        bob.engine().declineOffer(offer->id);
        const auto declined = anna.waitForEnd(first);
        QCOMPARE(declined.state, TransferState::Declined);
        QVERIFY(declined.problem);
        QCOMPARE(bob.inboxNames(), QStringList());

        const auto second = anna.send({file}, "bob");
        offer = bob.waitForOffer();
        QVERIFY(offer);
        bob.engine().acceptOffer(offer->id);
        QCOMPARE(anna.waitForEnd(second).state, TransferState::Delivered);
        QCOMPARE(bob.inboxNames(), QStringList{"question.txt"});
    }

    void takesAnOfferBack()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        QList<TransferId> withdrawn;
        connect(&bob.engine(), &Engine::offerWithdrawn, this,
                [&withdrawn](const TransferId &id) { withdrawn.append(id); });
        const auto id = anna.send({anna.makeFile("oops", 100)}, "bob");
        QVERIFY(bob.waitForOffer());
        anna.engine().cancelTransfer(id);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Cancelled);
        QTRY_COMPARE(withdrawn, QList<TransferId>{id});
        bob.engine().acceptOffer(id); // too late: nothing happens
        QCOMPARE(bob.waitForEnd(id).state, TransferState::Cancelled);
        QCOMPARE(bob.inboxNames(), QStringList());
    }

    void cancelsHalfway_data()
    {
        QTest::addColumn<bool>("bySender");
        QTest::newRow("sender") << true;
        QTest::newRow("receiver") << false;
    }
    void cancelsHalfway()
    {
        QFETCH(bool, bySender);
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        SendRequest slow{
            {anna.makeFile("big", 20'000'000)}, "bob", {}, PathPreference::Auto, 2'000'000};
        const auto id = anna.engine().send(slow);
        const auto under =
            anna.waitFor(id, [](const auto &t) { return t.bytes > 0 || t.finished(); });
        QVERIFY(!under.finished());
        (bySender ? anna : bob).engine().cancelTransfer(id);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Cancelled);
        QCOMPARE(bob.waitForEnd(id).state, TransferState::Cancelled);
        QTRY_COMPARE(bob.inboxNames(), QStringList()); // not even our own traces
    }

    void ownDevicesArePeers()
    {
        EnginePerson desk("anna"), laptop("anna");
        QVERIFY(desk.registerAt(*m_server));
        QVERIFY(laptop.signInAt(*m_server, {}));
        laptop.receive(AcceptPolicy::Contacts);
        QVERIFY(desk.waitUntilReceives("anna"));
        QCOMPARE(desk.contact("anna")->state, ContactState::OwnDevices);
        QCOMPARE(desk.contact("anna")->devices.size(), 1);
        // A further device of the account is not used before a person says that it is theirs.
        const auto device = desk.contact("anna")->devices.first();
        if (device.trust == KeyTrust::New) {
            bool trusted = false;
            desk.engine().trustDevice("anna", device.id, this,
                                      [&trusted](const Result<void> &r) { trusted = r.ok(); });
            QTRY_VERIFY(trusted);
        }
        const auto id = desk.send({desk.makeFile("note", 1234)}, "anna");
        QCOMPARE(transferStateName(desk.waitForEnd(id).state), QString("delivered"));
    }

    void offersGoToTheSessionThatReceives()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        EngineOptions again; // a second program on bob's profile
        again.profile = bob.profile();
        again.secrets = SecretsMode::File;
        again.port = 0;
        const auto second = createEngine(again);
        bool online = false;
        second->connectStored(this, [&online](const Result<void> &r) { online = r.ok(); });
        QTRY_VERIFY_WITH_TIMEOUT(online, EnginePerson::PATIENCE_MS);
        const auto id = anna.send({anna.makeFile("to the right one", 999)}, "bob");
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
        QCOMPARE(bob.inboxNames().size(), 1);
        QVERIFY(second->transfers().isEmpty());
    }

    void saysWhyNot_data()
    {
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("code");
        QTest::newRow("unknown contact") << "eve"
                                         << "not-found";
        QTest::newRow("offline contact") << "bob"
                                         << "peer-offline";
    }
    void saysWhyNot()
    {
        QFETCH(QString, to);
        QFETCH(QString, code);
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.quit();
        QTRY_VERIFY_WITH_TIMEOUT(!anna.contact("bob")->online(), EnginePerson::PATIENCE_MS);
        const auto end = anna.waitForEnd(anna.send({anna.makeFile("x", 1)}, to));
        QCOMPARE(end.state, TransferState::Failed);
        QVERIFY(end.problem);
        QCOMPARE(errorName(end.problem->code), code);
        QVERIFY(end.problem->message.endsWith('.'));
    }

    void refusesAPeerWithAnotherKey()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.quit();
        QVERIFY(QFile::remove(bob.profile() + "/device-key.secret"));
        bob.restart();
        QVERIFY(bob.signInAt(*m_server, {})); // the same account, another key
        bob.receive(AcceptPolicy::Contacts);
        QVERIFY(anna.waitUntilReceives("bob"));
        const auto file = anna.makeFile("secret plan", 10);
        const auto refused = anna.waitForEnd(anna.send({file}, "bob"));
        QCOMPARE(refused.state, TransferState::Failed);
        QCOMPARE(refused.problem->code, ErrorCode::PeerKeyMismatch);
        QCOMPARE(bob.inboxNames(), QStringList());

        // Once a person has compared the numbers it works.
        bool verified = false;
        anna.engine().markVerified("bob", this, [&](const Result<void> &r) { verified = r.ok(); });
        QTRY_VERIFY(verified);
        QTRY_COMPARE(anna.contact("bob")->trust(), KeyTrust::Verified); // told a little later
        QCOMPARE(anna.waitForEnd(anna.send({file}, "bob")).state, TransferState::Delivered);
    }

    void seesOneSafetyNumberOnBothSides()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        QTRY_VERIFY(anna.contact("bob") && !anna.contact("bob")->safetyNumber.isEmpty());
        QTRY_VERIFY(bob.contact("anna") && !bob.contact("anna")->safetyNumber.isEmpty());
        QCOMPARE(anna.contact("bob")->safetyNumber, bob.contact("anna")->safetyNumber);
    }

    void survivesTheServersAbsence()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        QVERIFY(m_server->stop());
        QTRY_VERIFY_WITH_TIMEOUT(anna.engine().session().state == SessionState::Reconnecting,
                                 EnginePerson::PATIENCE_MS);
        QVERIFY2(m_server->start({"--listen", m_server->listen().toString()}),
                 qPrintable(m_server->problem()));
        QTRY_VERIFY_WITH_TIMEOUT(anna.engine().session().state == SessionState::Online, 60'000);
        QVERIFY(anna.waitUntilReceives("bob"));
        const auto id = anna.send({anna.makeFile("after", 77)}, "bob");
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
    }

    void signsInByKeyAfterARestart()
    {
        EnginePerson anna("anna");
        QVERIFY(anna.registerAt(*m_server));
        anna.restart();
        QVERIFY(anna.engine().storedAccount());
        QCOMPARE(anna.engine().storedAccount()->user, QString("anna"));
        QVERIFY(anna.connectAgain());
        QCOMPARE(anna.engine().session().state, SessionState::Online);
    }

    void mendsADamagedKeyWithThePassword()
    {
        EnginePerson anna("anna");
        QVERIFY(anna.registerAt(*m_server));
        anna.quit();
        QFile key(anna.profile() + "/device-key.secret");
        QVERIFY(key.resize(key.size() / 2));
        anna.restart();
        const auto connected = anna.connectAgain();
        QVERIFY(!connected);
        QCOMPARE(connected.error().code, ErrorCode::Corrupt);
        QVERIFY(connected.error().message.contains("password"));
        QVERIFY(anna.signInAt(*m_server, {}));
        anna.restart();
        QVERIFY(anna.connectAgain());
    }

    void refusesAWrongPassword()
    {
        EnginePerson anna("anna"), thief("anna");
        QVERIFY(anna.registerAt(*m_server));
        const auto refused = thief.signInAt(*m_server, "a wrong password");
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::SignInRefused);
        QVERIFY(!thief.engine().storedAccount());
    }

    void measuresTheNetwork()
    {
        EnginePerson anna("anna");
        QVERIFY(anna.registerAt(*m_server));
        std::optional<Result<NetworkInfo>> info;
        anna.engine().measureNetwork(NetworkMeasurement::Quick, this,
                                     [&info](Result<NetworkInfo> r) { info = std::move(r); });
        QTRY_VERIFY_WITH_TIMEOUT(info.has_value(), EnginePerson::PATIENCE_MS);
        QVERIFY(info->ok());
        QVERIFY(!(*info)->publicTcp.isEmpty());
        QVERIFY(!(*info)->publicUdp.isEmpty());
        QVERIFY((*info)->tcpReachable); // loopback: nothing stands between
        QVERIFY((*info)->udpReachable);
        const auto &measured = **info;
        QCOMPARE(measured.natClass, QStringLiteral("public"));
        QCOMPARE(measured.depth, std::optional(0));
        QCOMPARE(measured.udp.allocation, QStringLiteral("preserve"));
        QCOMPARE(measured.udp.newAtOtherPort, std::optional(false)); // by the server's second port
        QCOMPARE(measured.tcp.newAtOtherPort, std::optional(false));
        QVERIFY(!measured.summary.isEmpty());
    }

private:
    std::unique_ptr<RendezvousProcess> m_server;
};

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"
