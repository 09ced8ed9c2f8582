// What goes wrong in real life, by the real programs: each has its exit code and one sentence
// that says what to do, nobody crashes, and nothing is left under a final name.

#include "tests/support/cli_person.h"
#include "tests/support/file_trees.h"
#include "tests/support/rendezvous_process.h"

#include <QDir>
#include <QDirIterator>
#include <QTest>

#include <csignal>
#include <unistd.h>

using namespace postern;
using namespace postern::test;

namespace {

constexpr qint64 MEGABYTE = 1'000'000;

/// A file system of a few megabytes: disks that are full or read-only. Needs root.
class SmallDisk {
public:
    explicit SmallDisk(const QString &size)
    {
        if (m_folder.isValid() && ::geteuid() == 0)
            m_mounted = command("mount", {"-t", "tmpfs", "-o", "size=" + size, "tmpfs", path()});
    }
    ~SmallDisk()
    {
        if (m_mounted)
            command("umount", {"-l", path()});
    }

    bool mounted() const { return m_mounted; }
    QString path() const { return m_folder.path(); }
    bool makeReadOnly() { return command("mount", {"-o", "remount,ro", path()}); }

private:
    static bool command(const QString &program, const QStringList &arguments)
    {
        return QProcess::execute(program, arguments) == 0;
    }

    QTemporaryDir m_folder;
    bool m_mounted = false;
};

bool sameContent(const QString &one, const QString &other)
{
    QFile a(one);
    QFile b(other);
    return a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly) && a.readAll() == b.readAll();
}

/// Everything that looks like a file that arrived; what is still being received has other
/// names.
QStringList arrivedIn(const QString &folder)
{
    QStringList names;
    QDirIterator it(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext())
        if (const auto path = it.next(); !path.contains(u".part") && !path.contains(u"/."))
            names << path;
    return names;
}

} // namespace

class CliFailuresTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY2(m_server.start(), qPrintable(m_server.problem()));
        m_alice = std::make_unique<CliPerson>("alice", m_server.address());
        m_bob = std::make_unique<CliPerson>("bob", m_server.address());
        QVERIFY(m_alice->registerAccount() && m_bob->registerAccount());
        QVERIFY(m_alice->befriend(*m_bob));
    }

    void refusesSignIn_data()
    {
        QTest::addColumn<QString>("user");
        QTest::addColumn<QByteArray>("password");
        QTest::newRow("wrong password") << "alice" << QByteArray("not her password");
        QTest::newRow("unknown name") << "mallory" << passwordOf("mallory");
    }
    void refusesSignIn()
    {
        QFETCH(QString, user);
        QFETCH(QByteArray, password);
        CliPerson stranger("stranger", m_server.address());
        const auto run = stranger.run({"sign-in", "--server", m_server.address(), "--user", user,
                                       "--password-file", stranger.writePassword(password)});
        checkFailure(*run, 3);
        // The two can't be told apart: a stranger learns no names.
        if (m_refusal.isEmpty())
            m_refusal = run->errors();
        QCOMPARE(run->errors(), m_refusal);
    }

    void refusesATakenName()
    {
        CliPerson other("alice", m_server.address());
        const auto run =
            other.run({"register", "--server", m_server.address(), "--user", "alice",
                       "--password-file", other.writePassword("another long password")});
        QVERIFY2(run->exitCode() != 0, qPrintable(run->everything()));
        QCOMPARE(run->errors().count(u'\n'), 1);
    }

    void refusesAnotherServersCertificate()
    {
        CliPerson stranger("stranger", {});
        auto address = m_server.address();
        address.back() = address.back() == u'0' ? u'1' : u'0';
        checkFailure(*stranger.run({"sign-in", "--server", address, "--user", "alice",
                                    "--password-file", stranger.writePassword("whatever it is")}),
                     3);
    }

    void needsAnAccountFirst()
    {
        CliPerson nobody("nobody", {});
        checkFailure(*nobody.run({"peers"}), 2, "register");
        checkFailure(*nobody.run({"register", "--server", m_server.address(), "--user", "nobody",
                                  "--password-file", nobody.folder("missing")}),
                     8);
    }

    void saysThatNobodyCanBeAsked()
    {
        checkFailure(*m_bob->run({"receive", "--into", m_bob->folder("x")}), 2, "--accept");
        checkFailure(*m_bob->run({"contacts", "verify", "alice"}), 2, "--yes");
    }

    void saysThatAContactIsUnknown()
    {
        checkSendFails({small(), "--to", "nobody"}, 2, "not-found");
    }

    void saysThatAContactIsOffline()
    {
        checkSendFails({small(), "--to", "bob"}, 4, "peer-offline");
    }

    void saysThatAContactHasNotAnswered()
    {
        CliPerson carol("carol", m_server.address());
        QVERIFY(carol.registerAccount());
        QCOMPARE(m_alice->run({"contacts", "add", "carol"})->exitCode(), 0);
        checkSendFails({small(), "--to", "carol"}, 5, "not-allowed");
        QCOMPARE(carol.run({"contacts", "remove", "alice"})->exitCode(), 0);
    }

    void saysThatAFileIsMissing()
    {
        checkSendFails({m_alice->folder("missing"), "--to", "bob"}, 8, "file-not-found");
    }

    void saysThatAContactTakesNothing()
    {
        const auto idle =
            m_bob->start({"receive", "--into", m_bob->folder("none"), "--accept", "none"});
        const auto run = m_alice->run({"send", small(), "--to", "bob"});
        checkFailure(*run, 4, "takes no files");
        idle->signal(SIGTERM);
        QVERIFY(idle->finish());
        QCOMPARE(idle->exitCode(), 0);
    }

    void saysThatTheFolderCannotBeUsed()
    {
        QVERIFY(writePatternFile(m_bob->folder("file"), 1));
        checkFailure(
            *m_bob->run({"receive", "--accept", "contacts", "--into", m_bob->folder("file")}), 8);
        checkFailure(
            *m_bob->run({"receive", "--accept", "contacts", "--into", m_bob->folder("file/below")}),
            8);
        SmallDisk disk("1m");
        if (!disk.mounted())
            QSKIP("needs root to mount a disk");
        QVERIFY(disk.makeReadOnly());
        checkFailure(*m_bob->run({"receive", "--accept", "contacts", "--into", disk.path()}), 8);
    }

    void saysThatTheFolderBecameReadOnly()
    {
        SmallDisk disk("8m");
        if (!disk.mounted())
            QSKIP("needs root to mount a disk");
        const auto receiving = receive({"--accept", "contacts"}, disk.path());
        QVERIFY(disk.makeReadOnly());
        checkSendFails({small(), "--to", "bob"}, 5, "declined");
        QVERIFY(receiving->finish());
        checkFailure(*receiving, 8);
        QCOMPARE(arrivedIn(disk.path()), QStringList());
    }

    void saysThatTheDiskIsTooSmall()
    {
        SmallDisk disk("4m");
        if (!disk.mounted())
            QSKIP("needs root to mount a disk");
        const auto receiving = receive({"--accept", "contacts"}, disk.path());
        checkSendFails({file("large.bin", 6 * MEGABYTE), "--to", "bob"}, 5, "declined");
        QVERIFY(receiving->finish());
        checkFailure(*receiving, 8);
        QCOMPARE(arrivedIn(disk.path()), QStringList());
    }

    void goesOnWhenAFullDiskHasRoomAgain()
    {
        SmallDisk disk("8m");
        if (!disk.mounted())
            QSKIP("needs root to mount a disk");
        const auto folder = twoFiles("filling");
        const auto receiving = receive({"--accept", "contacts"}, disk.path());
        const auto sending =
            m_alice->start({"send", folder, "--to", "bob", "--limit", "2M", "--json"});
        QVERIFY2(receiving->awaitEvent("progress"), qPrintable(receiving->everything()));
        const auto filler = disk.path() + "/.filler";
        writePatternFile(filler, 9 * MEGABYTE); // as much as fits
        for (auto *run : {receiving.get(), sending.get()}) {
            QVERIFY2(run->awaitEvent("paused"), qPrintable(run->everything()));
            const auto paused = run->event("paused");
            QVERIFY2(paused["message"].toString().contains("full"), qPrintable(run->everything()));
        }
        QCOMPARE(receiving->event("paused")["by"].toString(), "trouble");
        QVERIFY(arrivedIn(disk.path()).filter("2-last.bin").isEmpty());
        QVERIFY(QFile::remove(filler));
        QVERIFY2(sending->finish(), qPrintable(sending->everything()));
        QVERIFY2(receiving->finish(), qPrintable(receiving->everything()));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QCOMPARE(receiving->exitCode(), 0);
        QCOMPARE(differences(folder, disk.path() + "/filling"), QStringList());
    }

    void saysThatAFileChanged_data()
    {
        QTest::addColumn<bool>("vanishes");
        QTest::newRow("changes") << false;
        QTest::newRow("vanishes") << true;
    }
    void saysThatAFileChanged()
    {
        QFETCH(bool, vanishes);
        const auto folder = twoFiles(vanishes ? "vanishing" : "changing");
        const auto receiving = receive({"--accept", "contacts"});
        const auto sending =
            m_alice->start({"send", folder, "--to", "bob", "--limit", "2M", "--json"});
        QVERIFY2(receiving->awaitEvent("progress"), qPrintable(receiving->everything()));
        QFile last(folder + "/2-last.bin");
        if (vanishes)
            QVERIFY(last.remove());
        else
            QVERIFY(last.open(QIODevice::Append) && last.write("more") == 4 && last.flush());
        QVERIFY(sending->finish() && receiving->finish());
        checkFailure(*sending, 8);
        QVERIFY(QStringList({"file-changed", "file-not-found"})
                    .contains(sending->event("failed")["reason"].toString()));
        checkFailure(*receiving, 7);
        QVERIFY(arrivedIn(m_into).filter("2-last.bin").isEmpty());
    }

    void survivesTheDeathOfTheOtherSide_data()
    {
        QTest::addColumn<bool>("senderDies");
        QTest::newRow("receiver dies") << false;
        QTest::newRow("sender dies") << true;
    }
    void survivesTheDeathOfTheOtherSide()
    {
        QFETCH(bool, senderDies);
        const auto receiving = receive({"--accept", "contacts"});
        const auto sending = m_alice->start(
            {"send", file("dying.bin", 6 * MEGABYTE), "--to", "bob", "--limit", "1M", "--json"});
        QVERIFY2(receiving->awaitEvent("progress"), qPrintable(receiving->everything()));
        auto &dying = senderDies ? *sending : *receiving;
        auto &other = senderDies ? *receiving : *sending;
        dying.signal(SIGKILL);
        QVERIFY(dying.finish());
        QVERIFY2(other.finish(), qPrintable(other.everything()));
        checkFailure(other, 7);
        QCOMPARE(arrivedIn(m_into), QStringList());
    }

    void goesOnAfterAKill_data()
    {
        QTest::addColumn<bool>("senderDies");
        QTest::newRow("the receiver is started again") << false;
        QTest::newRow("the same is sent again") << true;
    }
    void goesOnAfterAKill()
    {
        QFETCH(bool, senderDies);
        const auto into = m_bob->folder(senderDies ? "after-sender" : "after-receiver");
        const auto path = file(senderDies ? "sent-again.bin" : "taken-up.bin", 6 * MEGABYTE);
        const QStringList command{"send", path, "--to", "bob", "--limit", "1M", "--json"};
        auto receiving = receive({"--accept", "contacts"}, into);
        auto sending = m_alice->start(command);
        const auto moving = [&] { return sending->event("progress")["bytes"].toInteger() > 0; };
        QTRY_VERIFY_WITH_TIMEOUT(moving(), 60'000);
        auto &dying = senderDies ? sending : receiving;
        dying->signal(SIGKILL);
        QVERIFY(dying->finish());
        if (senderDies)
            sending = m_alice->start(command);
        else
            receiving = receive({"--accept", "contacts"}, into);
        QVERIFY2(sending->finish(), qPrintable(sending->everything()));
        QVERIFY2(receiving->finish(), qPrintable(receiving->everything()));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QVERIFY2(receiving->exitCode() == 0, qPrintable(receiving->everything()));
        QCOMPARE(arrivedIn(into).size(), 1);
        QVERIFY(sameContent(path, arrivedIn(into).first()));
        if (!senderDies)
            return;
        for (const auto &event : sending->events()) // the first one: not from the beginning
            if (event["event"] == QLatin1String("progress")) {
                QVERIFY(event["bytes"].toInteger() > 0);
                break;
            }
    }

    void goesOnWithWhoComesBackLater()
    {
        const auto into = m_bob->folder("comes-back");
        const auto path = file("sent-to-nobody.bin", 6 * MEGABYTE);
        const QStringList command{"send", path, "--to", "bob", "--limit", "1M", "--wait", "--json"};
        auto receiving = receive({"--accept", "contacts"}, into);
        auto sending = m_alice->start(command);
        // Some blocks on: the newest may be told before it is noted.
        const auto came = [&] { return sending->event("progress")["bytes"].toInteger(); };
        QTRY_VERIFY_WITH_TIMEOUT(came() > MEGABYTE, 60'000);
        for (auto *run : {receiving.get(), sending.get()}) {
            run->signal(SIGKILL);
            QVERIFY(run->finish());
        }
        sending = m_alice->start(command);
        QVERIFY2(sending->awaitEvent("waiting"), qPrintable(sending->everything()));
        sending->signal(SIGKILL); // and once more, while it only waits
        QVERIFY(sending->finish());
        sending = m_alice->start(command);
        QVERIFY2(sending->awaitEvent("waiting"), qPrintable(sending->everything()));
        receiving = receive({"--accept", "contacts"}, into);
        QVERIFY2(sending->finish(), qPrintable(sending->everything()));
        QVERIFY2(receiving->finish(), qPrintable(receiving->everything()));
        QVERIFY2(sending->exitCode() == 0, qPrintable(sending->everything()));
        QCOMPARE(arrivedIn(into).size(), 1);
        QVERIFY(sameContent(path, arrivedIn(into).first()));
        const auto events = sending->events();
        const auto first = std::find_if(events.begin(), events.end(), [](const auto &event) {
            return event["event"] == QLatin1String("progress");
        });
        QVERIFY(first != events.end() && (*first)["bytes"].toInteger() > 0);
        QCOMPARE(QDir(into).entryList({".postern-part*"}, QDir::Dirs | QDir::Hidden).size(), 0);
    }

    void refusesAnotherKey_data()
    {
        QTest::addColumn<bool>("atSender");
        QTest::newRow("the sender pinned another key") << true;
        QTest::newRow("the receiver pinned another key") << false;
    }
    void refusesAnotherKey()
    {
        QFETCH(bool, atSender);
        const auto &person = atSender ? *m_alice : *m_bob;
        // Seen once, so pinned; then the pinned key is not the one that is there.
        const auto receiving = receive({"--accept", "contacts"});
        QCOMPARE(m_alice->run({"send", small(), "--to", "bob"})->exitCode(), 0);
        QVERIFY(receiving->finish());
        const auto kept = tamperWithPins(person.profile());
        QVERIFY(!kept.isEmpty());
        const auto again = receive({"--accept", "contacts"});
        const auto sending = m_alice->run({"send", small(), "--to", "bob", "--json"});
        checkFailure(*sending, 7);
        if (atSender)
            QCOMPARE(sending->event("failed")["reason"].toString(), "peer-key-mismatch");
        QVERIFY(sending->event("offered").isEmpty()); // before any name was told
        QCOMPARE(arrivedIn(m_into), QStringList());
        if (atSender) { // a person compares the number and decides
            QVERIFY(m_alice->run({"contacts", "list", "--json"})->out().contains(u"\"changed\""));
            QCOMPARE(m_alice->run({"contacts", "verify", "bob", "--yes"})->exitCode(), 0);
            const auto after = m_alice->run({"send", small(), "--to", "bob"});
            QVERIFY2(after->exitCode() == 0, qPrintable(after->everything()));
        } else {
            again->signal(SIGTERM);
            QVERIFY(again->finish());
            QVERIFY(restorePins(person.profile(), kept));
        }
    }

    void saysThatTheServerIsDown()
    {
        QVERIFY(m_server.stop());
        QElapsedTimer clock;
        clock.start();
        checkFailure(*m_alice->run({"peers"}), 7);
        checkSendFails({small(), "--to", "bob"}, 7, {});
        QVERIFY2(clock.elapsed() < 40'000, "a server that is down keeps nobody waiting");
        CliPerson carol("carol", m_server.address());
        checkFailure(*carol.run({"register", "--server", m_server.address(), "--user", "carol",
                                 "--password-file", carol.writePassword("a long password")}),
                     7);
    }

private:
    QString file(const QString &name, qint64 bytes)
    {
        const auto path = m_alice->folder(name);
        if (!writePatternFile(path, bytes))
            qFatal("no test file can be written");
        return path;
    }
    QString small() { return file("small.bin", 10'000); }

    /// A folder that is read in order: at 2 MB/s its first file is under way for a second or
    /// more while the last is still to come.
    QString twoFiles(const QString &name)
    {
        QDir().mkpath(m_alice->folder(name));
        file(name + "/1-first.bin", 3 * MEGABYTE);
        file(name + "/2-last.bin", 3 * MEGABYTE);
        return m_alice->folder(name);
    }

    /// Bob takes one transfer, and Alice sees it.
    std::unique_ptr<CliRun> receive(const QStringList &options, const QString &folder = {})
    {
        m_into =
            folder.isEmpty() ? m_bob->folder(QStringLiteral("into-%1").arg(++m_folders)) : folder;
        auto run = m_bob->start(QStringList{"receive", "--into", m_into, "--count", "1", "--json"}
                                + options);
        if (!m_alice->awaitReceiving("bob"))
            qWarning().noquote() << run->everything();
        return run;
    }

    static void checkFailure(CliRun &run, int code, const QString &words = {})
    {
        QVERIFY2(run.exitCode() == code, qPrintable(run.everything()));
        const auto sentence = run.errors();
        QVERIFY2(sentence.count(u'\n') == 1 && sentence.endsWith(u".\n"),
                 qPrintable(run.everything()));
        QVERIFY2(sentence.contains(words), qPrintable(sentence));
    }

    void checkSendFails(const QStringList &arguments, int code, const QString &reason)
    {
        const auto run = m_alice->run(QStringList{"send", "--json"} + arguments);
        checkFailure(*run, code);
        const auto failed = run->event("failed");
        QVERIFY2(!failed["message"].toString().isEmpty() && failed["resumable"].isBool(),
                 qPrintable(run->everything()));
        if (!reason.isEmpty())
            QCOMPARE(failed["reason"].toString(), reason);
        QCOMPARE(run->event("done"), QJsonObject());
    }

    /// Every pinned key becomes another one; what was there before is returned.
    static QByteArray tamperWithPins(const QString &profile)
    {
        QFile pins(pinsFile(profile));
        if (!pins.open(QIODevice::ReadOnly))
            return {};
        const auto before = pins.readAll();
        auto after = before;
        for (auto at = after.indexOf("\"device\""); at >= 0;
             at = after.indexOf("\"device\"", at + 1)) {
            const auto digit = after.indexOf('"', after.indexOf(':', at)) + 1;
            after[digit] = after[digit] == '0' ? '1' : '0';
        }
        pins.close();
        return after != before && restorePins(profile, after) ? before : QByteArray();
    }
    static bool restorePins(const QString &profile, const QByteArray &content)
    {
        QFile pins(pinsFile(profile));
        return pins.open(QIODevice::WriteOnly) && pins.write(content) == content.size();
    }
    static QString pinsFile(const QString &profile)
    {
        const auto found = QDir(profile).entryList({"pins-*.json"});
        return QDir(profile).filePath(found.value(0));
    }

    RendezvousProcess m_server;
    std::unique_ptr<CliPerson> m_alice;
    std::unique_ptr<CliPerson> m_bob;
    QString m_refusal;
    QString m_into;
    int m_folders = 0;
};

QTEST_GUILESS_MAIN(CliFailuresTest)
#include "cli_failures_test.moc"
