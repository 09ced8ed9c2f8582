// What waits to be sent, by the real programs: looked at, put in order, cancelled and sent while no
// process works on it, and told apart while one does.

#include "tests/support/cli_person.h"
#include "tests/support/file_trees.h"
#include "tests/support/rendezvous_process.h"

#include <QTest>

#include <csignal>

using namespace postern;
using namespace postern::test;

class CliQueueTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_server.start());
        for (auto *person : {&m_alice, &m_bob}) {
            const auto name = person == &m_alice ? "alice" : "bob";
            *person = std::make_unique<CliPerson>(name, m_server.address());
            QVERIFY((*person)->registerAccount());
        }
        QVERIFY(m_alice->befriend(*m_bob));
    }

    void isEmptyAtFirst()
    {
        QVERIFY(queue().isEmpty());
        QCOMPARE(m_alice->run({"queue", "list"})->out().trimmed(), "Nothing waits to be sent.");
        QCOMPARE(m_alice->run({"queue", "cancel", "abc"})->exitCode(), 2);
        QCOMPARE(m_alice->run({"queue", "retry", "abc"})->exitCode(), 2);
    }

    void belongsToOneProcessAtATime()
    {
        const auto waiting = wait("first.txt");
        QVERIFY(waiting);
        const auto listed = queue();
        QCOMPARE(listed.size(), 1);
        QCOMPARE(listed[0]["busy"].toBool(), true);
        const auto id = listed[0]["transfer"].toString();
        for (const auto &words :
             {QStringList{"queue", "cancel", id}, QStringList{"queue", "move", id, "0"},
              QStringList{"queue", "retry", id}}) {
            const auto refused = m_alice->run(words);
            QCOMPARE(refused->exitCode(), 7);
            QVERIFY2(refused->errors().contains("Another Postern"),
                     qPrintable(refused->everything()));
        }
        waiting->signal(SIGKILL);
        QVERIFY(waiting->finish());
        QCOMPARE(queue().value(0)["busy"].toBool(), false);
        QCOMPARE(queue().value(0)["state"].toString(), "waiting");
    }

    void isPutInOrderAndCancelled()
    {
        for (const char *name : {"second.txt", "third.txt"}) {
            const auto waiting = wait(name);
            QVERIFY(waiting);
            waiting->signal(SIGKILL);
            QVERIFY(waiting->finish());
        }
        QCOMPARE(titles(), (QStringList{"first.txt", "second.txt", "third.txt"}));
        const auto third = queue()[2]["transfer"].toString();
        QCOMPARE(m_alice->run({"queue", "move", third.first(8), "0"})->exitCode(), 0);
        QCOMPARE(titles(), (QStringList{"third.txt", "first.txt", "second.txt"}));
        QCOMPARE(queue()[0]["place"].toInt(-1), 0);
        const auto cancelled = m_alice->run({"queue", "cancel", queue()[1]["transfer"].toString()});
        QVERIFY2(cancelled->exitCode() == 0, qPrintable(cancelled->everything()));
        QCOMPARE(titles(), (QStringList{"third.txt", "second.txt"}));
        QVERIFY(m_alice->run({"queue", "list"})->out().contains("to bob"));
    }

    void isSentByHand()
    {
        const auto id = queue()[0]["transfer"].toString();
        QCOMPARE(m_alice->run({"queue", "retry", id, "--json"})->exitCode(), 4); // bob is offline
        QCOMPARE(titles().size(), 2);
        const auto receiving = receive("queued");
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sent = m_alice->run({"queue", "retry", id, "--json"});
        QVERIFY2(sent->exitCode() == 0, qPrintable(sent->everything()));
        QCOMPARE(sent->event("done")["transfer"].toString(), id);
        QVERIFY(receiving->finish());
        QCOMPARE(differences(m_alice->folder("third.txt"), m_bob->folder("queued/third.txt")),
                 QStringList());
        QCOMPARE(titles(), QStringList{"second.txt"});
    }

    void remembersWhatWasDeclined()
    {
        QCOMPARE(m_bob->run({"contacts", "rule", "alice", "--take", "never"})->exitCode(), 0);
        const auto source = m_alice->folder("unwanted.txt");
        QVERIFY(writePatternFile(source, 4'000));
        auto receiving = receive("declined");
        QVERIFY(m_alice->awaitReceiving("bob"));
        QCOMPARE(m_alice->run({"send", source, "--to", "bob"})->exitCode(), 5);
        const auto listed = queue();
        QCOMPARE(listed.size(), 2);
        QCOMPARE(listed[1]["title"].toString(), "unwanted.txt");
        QCOMPARE(listed[1]["state"].toString(), "failed");
        QVERIFY(!listed[1]["problem"].toString().isEmpty());
        const auto told =
            m_alice->run({"history", "--search", "unwanted", "--json"})->events().value(0);
        QCOMPARE(listed[1]["transfer"], told["transfer"]);
        receiving->signal(SIGINT);
        QVERIFY(receiving->finish());

        QCOMPARE(m_bob->run({"contacts", "rule", "alice", "--clear"})->exitCode(), 0);
        receiving = receive("wanted now");
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sent = m_alice->run({"queue", "retry", told["transfer"].toString(), "--json"});
        QVERIFY2(sent->exitCode() == 0, qPrintable(sent->everything()));
        QVERIFY(receiving->finish());
        QCOMPARE(differences(source, m_bob->folder("wanted now/unwanted.txt")), QStringList());
        QCOMPARE(titles(), QStringList{"second.txt"});
    }

private:
    QList<QJsonObject> queue() const { return m_alice->run({"queue", "list", "--json"})->events(); }
    QStringList titles() const
    {
        QStringList all;
        for (const auto &send : queue())
            all.append(send["title"].toString());
        return all;
    }
    /// A process that waits for bob, who is offline; null if it does not.
    std::unique_ptr<CliRun> wait(const QString &name) const
    {
        const auto source = m_alice->folder(name);
        if (!writePatternFile(source, 1'000))
            return nullptr;
        auto run = m_alice->start({"send", source, "--to", "bob", "--wait", "--json"});
        const auto isListed = [&] { return titles().contains(name); };
        return run->awaitEvent("waiting") && QTest::qWaitFor(isListed, 30'000) ? std::move(run)
                                                                               : nullptr;
    }
    std::unique_ptr<CliRun> receive(const QString &folder) const
    {
        return m_bob->start({"receive", "--into", m_bob->folder(folder), "--accept", "contacts",
                             "--count", "1", "--json"});
    }

    RendezvousProcess m_server;
    std::unique_ptr<CliPerson> m_alice;
    std::unique_ptr<CliPerson> m_bob;
};

QTEST_GUILESS_MAIN(CliQueueTest)
#include "cli_queue_test.moc"
