// The main job by the real programs, as the contract of the command line has it: a rendezvous,
// two profiles, files that arrive whole, events and exit codes as written.

#include "tests/support/cli_person.h"
#include "tests/support/file_trees.h"
#include "tests/support/rendezvous_process.h"

#include <QDir>
#include <QJsonArray>
#include <QTest>

#include <csignal>

using namespace postern;
using namespace postern::test;

namespace {

struct Outcome {
    std::unique_ptr<CliRun> sending;
    std::unique_ptr<CliRun> receiving;
    QString into;
};

} // namespace

class CliTransferTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_server.start());
        m_alice = std::make_unique<CliPerson>("alice", m_server.address());
        m_bob = std::make_unique<CliPerson>("bob", m_server.address());
        QVERIFY(m_alice->registerAccount() && m_bob->registerAccount());
    }

    void becomesContacts()
    {
        QVERIFY(m_alice->run({"contacts", "add", "bob"})->exitCode() == 0);
        const auto asked = m_bob->run({"contacts", "list", "--json"})->events();
        QVERIFY(stateOf("alice", asked) == u"asks-us");
        QVERIFY(m_bob->run({"contacts", "accept", "alice"})->exitCode() == 0);
        const auto agreed = m_alice->run({"contacts", "list", "--json"})->events();
        QVERIFY(stateOf("bob", agreed) == u"accepted");
        QVERIFY(m_bob->run({"contacts", "list"})->out().contains(u"alice: "));
    }

    void verifiesAContact()
    {
        const auto asked =
            m_alice->start({"contacts", "verify", "bob"}, CliRun::Terminal::ForQuestions);
        QVERIFY2(asked->awaitError("[y/N]"), qPrintable(asked->everything()));
        asked->type("n\n");
        QVERIFY(asked->finish());
        QCOMPARE(asked->exitCode(), 5);
        const auto number = asked->out().split(u'\n').value(1);
        QCOMPARE(QString(number).remove(u' ').size(), 60);
        QCOMPARE(m_bob->run({"contacts", "verify", "alice", "--yes"})->out().split(u'\n').value(1),
                 number);
        for (const auto &contact : m_bob->run({"contacts", "list", "--json"})->events())
            if (contact["name"] == "alice")
                QCOMPARE(contact["trust"].toString(), "verified");
    }

    void sendsAFolderOfEverything()
    {
        const auto source = m_alice->folder("everything");
        QVERIFY(writeDiverseTree(source));
        const auto outcome = transfer({source});
        QVERIFY2(outcome.sending->exitCode() == 0, qPrintable(outcome.sending->everything()));
        QVERIFY2(outcome.receiving->exitCode() == 0, qPrintable(outcome.receiving->everything()));
        QCOMPARE(differences(source, outcome.into + "/everything"), QStringList());
        QCOMPARE(
            QDir(outcome.into).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
            QStringList{"everything"});
        checkEvents(*outcome.sending, 1011);
        checkEvents(*outcome.receiving, 1011);
    }

    void sendsAGibibyte()
    {
        const auto source = m_alice->folder("large.bin");
        QVERIFY(writePatternFile(source, qint64(1) << 30));
        const auto outcome = transfer({source});
        QVERIFY2(outcome.sending->exitCode() == 0, qPrintable(outcome.sending->everything()));
        QVERIFY2(outcome.receiving->exitCode() == 0, qPrintable(outcome.receiving->everything()));
        QCOMPARE(differences(source, outcome.into + "/large.bin"), QStringList());
        checkEvents(*outcome.sending, 1);
        checkEvents(*outcome.receiving, 1);
        QCOMPARE(outcome.sending->event("done")["bytes"].toInteger(), qint64(1) << 30);
        QFile::remove(source);
        QFile::remove(outcome.into + "/large.bin");
    }

    void sendsBackByUdpAndByTcp_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("udp") << "udp";
        QTest::newRow("tcp") << "tcp";
        QTest::newRow("lan") << "lan";
    }
    void sendsBackByUdpAndByTcp()
    {
        QFETCH(QString, path);
        const auto source = m_bob->folder(path + ".bin");
        QVERIFY(writePatternFile(source, 3'000'001));
        const auto outcome = transfer({source}, {"--path", path}, *m_bob, *m_alice);
        QVERIFY2(outcome.sending->exitCode() == 0, qPrintable(outcome.sending->everything()));
        QCOMPARE(differences(source, outcome.into + "/" + path + ".bin"), QStringList());
    }

    void takesSeveralPathsAndGivesTakenNamesANumber()
    {
        const auto one = m_alice->folder("one.txt");
        const auto two = m_alice->folder("two.txt");
        QVERIFY(writePatternFile(one, 1000) && writePatternFile(two, 0));
        const auto into = m_bob->folder("taken");
        QVERIFY(QDir().mkpath(into) && writePatternFile(into + "/one.txt", 5));
        const auto outcome = transfer({one, two}, {}, *m_alice, *m_bob, into);
        QVERIFY2(outcome.sending->exitCode() == 0, qPrintable(outcome.sending->everything()));
        QCOMPARE(QFileInfo(into + "/one.txt").size(), 5);
        QCOMPARE(differences(one, into + "/one (2).txt"), QStringList());
        QCOMPARE(differences(two, into + "/two.txt"), QStringList());
        QVERIFY(!outcome.receiving->event("done")["notes"].toArray().isEmpty());
    }

    void keepsToTheLimit()
    {
        const auto source = m_alice->folder("limited.bin");
        QVERIFY(writePatternFile(source, 2'000'000));
        const auto outcome = transfer({source}, {"--limit", "1M"});
        QVERIFY2(outcome.sending->exitCode() == 0, qPrintable(outcome.sending->everything()));
        const auto took = outcome.sending->event("done")["elapsed_ms"].toInteger();
        QVERIFY2(took >= 1000, qPrintable(outcome.sending->everything()));
    }

    void asksAPerson_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<int>("senderCode");
        QTest::newRow("yes") << QByteArray("y\n") << 0;
        QTest::newRow("no") << QByteArray("n\n") << 5;
        QTest::newRow("enter alone is no") << QByteArray("\n") << 5;
    }
    void asksAPerson()
    {
        QFETCH(QByteArray, answer);
        QFETCH(int, senderCode);
        const auto source = m_alice->folder("asked.txt");
        QVERIFY(writePatternFile(source, 12345));
        const auto into = m_bob->folder("asked-" + QString::fromUtf8(answer.toHex()));
        const auto receiving = m_bob->start({"receive", "--into", into, "--count", "1"},
                                            CliRun::Terminal::ForQuestions);
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending = m_alice->start({"send", source, "--to", "bob", "--json"});
        QVERIFY2(receiving->awaitError("[y/N]"), qPrintable(receiving->everything()));
        QVERIFY(receiving->errors().contains(u"alice"));
        QVERIFY(receiving->errors().contains(u"12.3 kB"));
        QVERIFY(receiving->errors().contains(into));
        receiving->type(answer);
        QVERIFY(sending->finish() && receiving->finish());
        QVERIFY2(sending->exitCode() == senderCode, qPrintable(sending->everything()));
        QCOMPARE(receiving->exitCode(), senderCode);
        QCOMPARE(QFile::exists(into + "/asked.txt"), senderCode == 0);
        if (senderCode == 5)
            QCOMPARE(sending->event("failed")["reason"].toString(), "declined");
    }

    void endsCleanlyOnInterrupt()
    {
        const auto source = m_alice->folder("interrupted.bin");
        QVERIFY(writePatternFile(source, 5'000'000));
        const auto into = m_bob->folder("interrupted");
        const auto receiving = m_bob->start(
            {"receive", "--into", into, "--accept", "contacts", "--count", "1", "--json"});
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending =
            m_alice->start({"send", source, "--to", "bob", "--limit", "500K", "--json"});
        QVERIFY2(receiving->awaitEvent("progress"), qPrintable(receiving->everything()));
        sending->signal(SIGINT);
        QVERIFY(sending->finish() && receiving->finish());
        QVERIFY2(sending->exitCode() == 130, qPrintable(sending->everything()));
        QVERIFY2(receiving->exitCode() == 5, qPrintable(receiving->everything()));
        QVERIFY(!QFile::exists(into + "/interrupted.bin"));
        const auto idle = m_bob->start({"receive", "--into", into, "--accept", "contacts"});
        QVERIFY(m_alice->awaitReceiving("bob"));
        idle->signal(SIGTERM);
        QVERIFY(idle->finish());
        QCOMPARE(idle->exitCode(), 0);
    }

    void showsTheNetwork()
    {
        const auto run = m_alice->run({"network", "--json"});
        QVERIFY2(run->exitCode() == 0, qPrintable(run->everything()));
        const auto network = run->events().value(0);
        for (const auto *key :
             {"udp", "tcp", "public", "depth", "portmap", "class", "local", "port"})
            QVERIFY2(network.contains(QLatin1String(key)), key);
        QVERIFY(network["tcp"]["endpoint"].toString().startsWith(u"127.0.0.1:"));
    }

private:
    static QString stateOf(const QString &name, const QList<QJsonObject> &contacts)
    {
        for (const auto &contact : contacts)
            if (contact["name"] == name)
                return contact["state"].toString();
        return {};
    }

    Outcome transfer(const QStringList &paths, const QStringList &options = {})
    {
        return transfer(paths, options, *m_alice, *m_bob);
    }
    Outcome transfer(const QStringList &paths, const QStringList &options, const CliPerson &sender,
                     const CliPerson &receiver, const QString &folder = {})
    {
        Outcome outcome;
        outcome.into =
            folder.isEmpty() ? receiver.folder(QStringLiteral("into-%1").arg(++m_folders)) : folder;
        outcome.receiving = receiver.start(
            {"receive", "--into", outcome.into, "--accept", "contacts", "--count", "1", "--json"});
        if (!sender.awaitReceiving(receiver.name()))
            qWarning().noquote() << outcome.receiving->everything();
        outcome.sending = sender.run(QStringList{"send"} + paths
                                     + QStringList{"--to", receiver.name(), "--json"} + options);
        if (outcome.sending->exitCode() == 0)
            outcome.receiving->finish(10s);
        return outcome;
    }

    /// One of them found the path, and says how.
    void checkSearches(CliRun &run)
    {
        const auto path = run.event("path");
        int found = 0;
        for (const auto &search : run.events()) {
            if (search["event"] != "search")
                continue;
            const auto steps = search["steps"].toArray();
            QVERIFY(search["strategy"].isString() != search["message"].isString());
            QVERIFY(search["relay"].isBool() && search["elapsed_ms"].isDouble());
            if (search["strategy"] != path["strategy"])
                continue;
            ++found;
            QCOMPARE(search["purpose"].toString(), "begin");
            QCOMPARE(search["plan"].toArray().last().toString(), "relay");
            QVERIFY(search["odds"].toDouble() > 0);
            const auto isSecured = [](const QJsonValue &step) {
                return step.toObject()["step"] == QLatin1String("secured");
            };
            QVERIFY(std::any_of(steps.begin(), steps.end(), isSecured));
        }
        QCOMPARE(found, 1);
    }

    /// Names, order and fields as the contract has them.
    void checkEvents(CliRun &run, qint64 files)
    {
        QCOMPARE(run.errors(), QString());
        auto names = run.eventNames();
        names.removeOne("progress"); // a fast transfer has none
        QVERIFY(names.removeAll("search") > 0);
        checkSearches(run);
        QCOMPARE(names, QStringList({"offered", "accepted", "path", "first-byte", "done"}));
        QVERIFY(run.event("first-byte")["elapsed_ms"].isDouble());
        const auto path = run.event("path");
        QVERIFY(QStringList({"lan", "tcp", "udp"}).contains(path["kind"].toString()));
        for (const auto *key : {"strategy", "local", "remote"})
            QVERIFY2(!path[QLatin1String(key)].toString().isEmpty(), key);
        QVERIFY(path["elapsed_ms"].isDouble());
        qsizetype progress = 0;
        for (const auto &event : run.events()) {
            if (event["event"] != "progress")
                continue;
            ++progress;
            QVERIFY(event["bytes"].toInteger() <= event["total"].toInteger());
            QVERIFY(event["rate"].isDouble());
        }
        const auto done = run.event("done");
        QCOMPARE(done["status"].toString(), "verified");
        QCOMPARE(done["files"].toInteger(), files);
        QCOMPARE(done["bytes"].toInteger(), run.event("offered")["bytes"].toInteger());
        QVERIFY(progress <= 2 + done["elapsed_ms"].toInteger() / 200);
    }

    RendezvousProcess m_server;
    std::unique_ptr<CliPerson> m_alice;
    std::unique_ptr<CliPerson> m_bob;
    int m_folders = 0;
};

QTEST_GUILESS_MAIN(CliTransferTest)
#include "cli_transfer_test.moc"
