// Everything one does with transfers beside starting them, by the real programs: pause and
// resume, several contacts, waiting, texts, part of an offer, rules, the history.

#include "tests/support/cli_person.h"
#include "tests/support/file_trees.h"
#include "tests/support/rendezvous_process.h"

#include <QDir>
#include <QJsonArray>
#include <QTest>

#include <csignal>

using namespace postern;
using namespace postern::test;

class CliControlTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_server.start());
        for (auto *person : {&m_alice, &m_bob, &m_carol}) {
            const auto name = person == &m_alice ? "alice" : person == &m_bob ? "bob" : "carol";
            *person = std::make_unique<CliPerson>(name, m_server.address());
            QVERIFY((*person)->registerAccount());
        }
        QVERIFY(m_alice->befriend(*m_bob) && m_alice->befriend(*m_carol));
    }

    void pausesAndGoesOn_data()
    {
        QTest::addColumn<bool>("bySender");
        QTest::newRow("the sender") << true;
        QTest::newRow("the receiver") << false;
    }
    void pausesAndGoesOn()
    {
        QFETCH(bool, bySender);
        const auto source = m_alice->folder("paused.bin");
        QVERIFY(writePatternFile(source, 3'000'000));
        const auto into = m_bob->folder(bySender ? "paused-s" : "paused-r");
        const auto receiving = m_bob->start({"receive", "--into", into, "--accept", "contacts",
                                             "--count", "1", "--json", "--control"},
                                            CliRun::Terminal::Lines);
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending = m_alice->start(
            {"send", source, "--to", "bob", "--limit", "500K", "--json", "--control"},
            CliRun::Terminal::Lines);
        QVERIFY2(receiving->awaitEvent("progress"), qPrintable(receiving->everything()));
        auto &pausing = bySender ? *sending : *receiving;
        auto &other = bySender ? *receiving : *sending;
        pausing.type("pause\n");
        QVERIFY2(pausing.awaitEvent("paused"), qPrintable(pausing.everything()));
        QVERIFY2(other.awaitEvent("paused"), qPrintable(other.everything()));
        QCOMPARE(pausing.event("paused")["by"].toString(), "us");
        QCOMPARE(other.event("paused")["by"].toString(), "them");
        pausing.type("limit off\nresume\n");
        QVERIFY2(sending->finish() && receiving->finish(), qPrintable(sending->everything()));
        QVERIFY(other.eventNames().contains("resumed"));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QCOMPARE(differences(source, into + "/paused.bin"), QStringList());
    }

    void sendsToTwo()
    {
        const auto source = m_alice->folder("two.txt");
        QVERIFY(writePatternFile(source, 12'345));
        const auto bob = receive(*m_bob, "two");
        const auto carol = receive(*m_carol, "two");
        QVERIFY(m_alice->awaitReceiving("bob") && m_alice->awaitReceiving("carol"));
        const auto sending =
            m_alice->run({"send", source, "--to", "bob", "--to", "carol", "--json"});
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QStringList delivered;
        for (const auto &event : sending->events())
            if (event["event"] == "done")
                delivered << event["contact"].toString();
        delivered.sort();
        QCOMPARE(delivered, QStringList({"bob", "carol"}));
        QVERIFY(bob->finish() && carol->finish());
        QCOMPARE(differences(source, m_bob->folder("two/two.txt")), QStringList());
        QCOMPARE(differences(source, m_carol->folder("two/two.txt")), QStringList());
    }

    void waitsForAContact()
    {
        const auto source = m_alice->folder("later.txt");
        QVERIFY(writePatternFile(source, 5'000));
        const auto sending = m_alice->start({"send", source, "--to", "bob", "--wait", "--json"});
        QVERIFY2(sending->awaitEvent("waiting"), qPrintable(sending->everything()));
        const auto receiving = receive(*m_bob, "later");
        QVERIFY2(sending->finish(), qPrintable(sending->everything()));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QVERIFY(receiving->finish());
        QCOMPARE(differences(source, m_bob->folder("later/later.txt")), QStringList());
    }

    void sendsAText()
    {
        const auto text = QString::fromUtf8("https://x.example/\xe2\x80\xae?q=1\nsecond line");
        const auto receiving = receive(*m_bob, "texts");
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending = m_alice->run({"send", "--text", text, "--to", "bob", "--json"});
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QVERIFY(receiving->finish());
        QCOMPARE(receiving->event("text")["text"].toString(), text);
        QCOMPARE(receiving->event("text")["contact"].toString(), "alice");
        const auto plain = m_bob->start(
            {"receive", "--into", m_bob->folder("texts"), "--accept", "contacts", "--count", "1"});
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto again =
            m_alice->start({"send", "--text-file", "-", "--to", "bob"}, CliRun::Terminal::Lines);
        again->type("\x1b[2Jhello\n");
        again->endInput();
        QVERIFY(again->finish() && plain->finish());
        QVERIFY2(again->exitCode() == 0, qPrintable(again->everything()));
        QVERIFY2(plain->out().contains(u"Text from alice:\n[2Jhello\n"),
                 qPrintable(plain->everything()));
    }

    void takesPartOfAnOffer()
    {
        const auto source = m_alice->folder("trip");
        QVERIFY(QDir().mkpath(source + "/raw"));
        for (const auto *name : {"/a.jpg", "/b.mov", "/raw/a.raw"})
            QVERIFY(writePatternFile(source + QLatin1String(name), 10'000));
        const auto into = m_bob->folder("part");
        const auto elsewhere = m_bob->folder("part elsewhere");
        const auto receiving =
            m_bob->start({"receive", "--into", into, "--count", "1", "--json", "--control"},
                         CliRun::Terminal::Lines);
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending = m_alice->start({"send", source, "--to", "bob", "--json"});
        QVERIFY2(receiving->awaitEvent("offered"), qPrintable(receiving->everything()));
        const auto id = receiving->event("offered")["transfer"].toString();
        QVERIFY(!receiving->event("offered")["entries"].toArray().isEmpty());
        receiving->type("accept " + id.toUtf8() + " into \"" + elsewhere.toUtf8()
                        + "\" without *.mov trip/raw\n");
        QVERIFY2(sending->finish() && receiving->finish(), qPrintable(receiving->everything()));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QCOMPARE(QDir(elsewhere + "/trip").entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
                 QStringList{"a.jpg"});
        QVERIFY(!QFile::exists(into + "/trip"));
    }

    void keepsARule()
    {
        const auto own = m_bob->folder("from alice");
        const auto ruled =
            m_bob->run({"contacts", "rule", "alice", "--take", "always", "--into", own});
        QVERIFY2(ruled->exitCode() == 0, qPrintable(ruled->everything()));
        const auto source = m_alice->folder("ruled.txt");
        QVERIFY(writePatternFile(source, 2'000));
        const auto receiving = m_bob->start(
            {"receive", "--into", m_bob->folder("unruled"), "--count", "1", "--json", "--control"},
            CliRun::Terminal::Lines);
        QVERIFY(m_alice->awaitReceiving("bob"));
        const auto sending = m_alice->run({"send", source, "--to", "bob", "--json"});
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QVERIFY(receiving->finish());
        QCOMPARE(differences(source, own + "/ruled.txt"), QStringList());
        QVERIFY(m_bob->run({"contacts", "list"})->out().contains(own));
        QCOMPARE(m_bob->run({"contacts", "rule", "alice", "--clear"})->exitCode(), 0);
        QVERIFY(!m_bob->run({"contacts", "list"})->out().contains(own));
    }

    void remembersWhatWasSent()
    {
        const auto source = m_alice->folder("remembered.txt");
        QVERIFY(writePatternFile(source, 777));
        const auto receiving = receive(*m_bob, "remembered");
        QVERIFY(m_alice->awaitReceiving("bob"));
        QCOMPARE(m_alice->run({"send", source, "--to", "bob"})->exitCode(), 0);
        QVERIFY(receiving->finish());
        for (const auto *person : {m_alice.get(), m_bob.get()}) {
            const auto found =
                person->run({"history", "--search", "remembered", "--json"})->events();
            QCOMPARE(found.size(), 1);
            QCOMPARE(found.first()["result"].toString(), "delivered");
            QCOMPARE(found.first()["bytes"].toInteger(), 777);
        }
        const auto key = QString::number(
            m_bob->run({"history", "--last", "1", "--json"})->events().value(0)["key"].toInteger());
        const auto files = m_bob->run({"history", "files", key, "--json"})->events();
        QCOMPARE(files.value(0)["path"].toString(), "remembered.txt");
        const auto hash = files.value(0)["hash"].toString();
        QCOMPARE(hash.size(), 32);
        for (const auto &copy : {source, m_bob->folder("remembered") + "/remembered.txt"}) {
            const auto told = m_bob->run({"hash", copy, "--json"});
            QVERIFY2(told->exitCode() == 0, qPrintable(told->everything()));
            QCOMPARE(told->events().value(0)["hash"].toString(), hash);
        }
        QCOMPARE(m_bob->run({"hash", m_bob->folder("no such")})->exitCode(), 8);
        const auto exported = m_bob->folder("history.csv");
        QCOMPARE(m_bob->run({"history", "export", exported})->exitCode(), 0);
        QFile file(exported);
        QVERIFY(file.open(QIODevice::ReadOnly) && file.readAll().contains("remembered.txt"));
        QCOMPARE(m_bob->run({"history", "export", exported})->exitCode(), 8); // never replaced
        QCOMPARE(m_bob->run({"history", "clear", key})->exitCode(), 0);
        QVERIFY(m_bob->run({"history", "--search", "remembered", "--json"})->events().isEmpty());
        QCOMPARE(m_bob->run({"history", "clear", "--all"})->exitCode(), 0);
        QVERIFY(m_bob->run({"history", "--json"})->events().isEmpty());
    }

private:
    static std::unique_ptr<CliRun> receive(const CliPerson &person, const QString &folder)
    {
        return person.start({"receive", "--into", person.folder(folder), "--accept", "contacts",
                             "--count", "1", "--json"});
    }

    RendezvousProcess m_server;
    std::unique_ptr<CliPerson> m_alice;
    std::unique_ptr<CliPerson> m_bob;
    std::unique_ptr<CliPerson> m_carol;
};

QTEST_GUILESS_MAIN(CliControlTest)
#include "cli_control_test.moc"
