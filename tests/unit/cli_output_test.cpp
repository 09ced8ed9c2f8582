// What the command line shows: text fit for a terminal, progress, JSON, exit codes, and what
// it reads: rates, passwords.

#include "app/cli/byte_rate.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json_events.h"
#include "app/cli/json_reporter.h"
#include "app/cli/password_input.h"
#include "app/cli/progress_printer.h"
#include "app/cli/terminal_text.h"
#include "tests/support/recorded_console.h"

#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::cli;

namespace {

constexpr Instant START{};

TransferInfo transfer(TransferState state)
{
    TransferInfo info;
    info.id = TransferId(std::array<std::uint8_t, 16>{1});
    info.state = state;
    info.contact = "bob";
    info.title = "photos";
    info.files = 3;
    info.bytes = 42;
    info.totalBytes = 100;
    info.rate = 10.4;
    info.secondsLeft = 6;
    return info;
}

PathInfo path(PathKind kind)
{
    return {kind, "udp-punch", *Endpoint::parse("192.168.1.2:47100"),
            *Endpoint::parse("203.0.113.2:47100"), 120ms};
}

QString names(const QList<TransferStep> &steps)
{
    QStringList list;
    for (const auto step : steps)
        list << transferEvent(step, transfer(TransferState::Failed))["event"].toString();
    return list.join(u' ');
}

} // namespace

class CliOutputTest : public QObject {
    Q_OBJECT

private slots:
    void cleansTextOfOthers_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("clean");
        QTest::newRow("plain") << "a file.txt"
                               << "a file.txt";
        QTest::newRow("escape") << "a\x1b[31mred"
                                << "a[31mred";
        QTest::newRow("newline, bell, return") << "a\nb\ac\rd"
                                               << "abcd";
        QTest::newRow("C1 introducer") << QString::fromUtf8("a\u009b31m") << "a31m";
        QTest::newRow("override") << QString::fromUtf8("photo\u202egpj.exe") << "photogpj.exe";
        QTest::newRow("isolates") << QString::fromUtf8("\u2066a\u2069") << "a";
        QTest::newRow("tags") << QString::fromUcs4(U"a\U000e0041b") << "ab";
        QTest::newRow("lone surrogate") << QString(QChar(0xd800)) << QString(QChar(0xfffd));
        QTest::newRow("scripts stay")
            << QString::fromUtf8("文件 ملف é") << QString::fromUtf8("文件 ملف é");
        QTest::newRow("joined emoji stays")
            << QString::fromUtf8("👩\u200d🚀") << QString::fromUtf8("👩\u200d🚀");
    }
    void cleansTextOfOthers()
    {
        QFETCH(QString, text);
        QTEST(plainText(text), "clean");
    }

    void cutsToWidth_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("columns");
        QTest::addColumn<QString>("cut");
        QTest::newRow("fits") << "abc" << 3 << "abc";
        QTest::newRow("middle") << "abcdefghij.txt" << 9 << QString::fromUtf8("abcd….txt");
        QTest::newRow("wide") << QString::fromUtf8("文文文文文") << 6 << QString::fromUtf8("文…文");
        QTest::newRow("nothing") << "abc" << 0 << "";
        QTest::newRow("two") << "abc" << 2 << "..";
    }
    void cutsToWidth()
    {
        QFETCH(QString, text);
        QFETCH(int, columns);
        const auto cut = elided(text, columns);
        QTEST(cut, "cut");
        QVERIFY(columnsOf(cut) <= columns);
    }

    void formatsTime()
    {
        QCOMPARE(clockTime(0), "0:00");
        QCOMPARE(clockTime(72), "1:12");
        QCOMPARE(clockTime(3723), "1:02:03");
        QCOMPARE(byteCount(999), "999 bytes");
        QCOMPARE(byteCount(12'345'678), "12.3 MB");
    }

    void parsesRates_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("rate"); // 0: refused
        QTest::newRow("bytes") << "500" << qint64(500);
        QTest::newRow("K") << "500K" << qint64(500'000);
        QTest::newRow("M") << "2M" << qint64(2'000'000);
        QTest::newRow("MiB") << "1.5MiB" << qint64(1'572'864);
        QTest::newRow("kB/s") << "800kB/s" << qint64(800'000);
        QTest::newRow("gap") << " 3 GB " << qint64(3'000'000'000);
        for (const auto *bad :
             {"", "K", "-1M", "0", "0.4", "1T", "1e6", "2MM", "999999999G", "1.M", "5 K M", "NaN"})
            QTest::newRow(bad) << bad << qint64(0);
    }
    void parsesRates()
    {
        QFETCH(QString, text);
        QFETCH(qint64, rate);
        const auto parsed = parseByteRate(text);
        QCOMPARE(parsed.ok(), rate > 0);
        if (parsed)
            QCOMPARE(*parsed, rate);
    }

    void mapsErrorsToExitCodes_data()
    {
        QTest::addColumn<ErrorCode>("error");
        QTest::addColumn<Stage>("stage");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, ErrorCode error, Stage stage, int code) {
            QTest::newRow(name) << error << stage << code;
        };
        row("wrong password", ErrorCode::SignInRefused, Stage::Session, 3);
        row("another server", ErrorCode::ServerKeyChanged, Stage::Session, 3);
        row("server down", ErrorCode::Unavailable, Stage::Session, 7);
        row("unknown contact", ErrorCode::NotFound, Stage::Sending, 2);
        row("no contact yet", ErrorCode::NotAllowed, Stage::Sending, 5);
        row("offline", ErrorCode::PeerOffline, Stage::Sending, 4);
        row("declined", ErrorCode::Declined, Stage::Sending, 5);
        row("no path", ErrorCode::NoPath, Stage::Sending, 6);
        row("another key", ErrorCode::PeerKeyMismatch, Stage::Sending, 7);
        row("lost", ErrorCode::Disconnected, Stage::Receiving, 7);
        row("disk full here", ErrorCode::DiskFull, Stage::Receiving, 8);
        row("disk full there", ErrorCode::DiskFull, Stage::Sending, 7);
        row("changed here", ErrorCode::FileChanged, Stage::Sending, 8);
        row("changed there", ErrorCode::FileChanged, Stage::Receiving, 7);
        row("no keychain", ErrorCode::SecretsUnavailable, Stage::Session, 8);
    }
    void mapsErrorsToExitCodes()
    {
        QFETCH(ErrorCode, error);
        QFETCH(Stage, stage);
        QTEST(static_cast<int>(exitCodeFor(error, stage)), "code");
    }

    void mapsEndedTransfersToExitCodes()
    {
        auto info = transfer(TransferState::Delivered);
        QCOMPARE(exitCodeFor(info), ExitCode::Done);
        info.state = TransferState::Failed;
        QCOMPARE(exitCodeFor(info), ExitCode::Failed);
        for (const auto state : {TransferState::Declined, TransferState::Cancelled}) {
            info.state = state;
            info.problem.reset();
            QCOMPARE(exitCodeFor(info), ExitCode::Declined);
            info.direction = Direction::Receiving;
            info.problem = Error{ErrorCode::DiskFull, "The disk is full; free some space."};
            QCOMPARE(exitCodeFor(info), ExitCode::LocalFile);
        }
    }

    void tellsEachStepOnce()
    {
        TransferStory story;
        QCOMPARE(names(story.update(transfer(TransferState::Preparing))), "");
        QCOMPARE(names(story.update(transfer(TransferState::Connecting))), "");
        auto offered = transfer(TransferState::Offered);
        offered.path = path(PathKind::Udp);
        QCOMPARE(names(story.update(offered)), "offered");
        QCOMPARE(names(story.update(offered)), "");
        auto running = transfer(TransferState::Transferring);
        running.path = path(PathKind::Udp);
        QCOMPARE(names(story.update(running)), "accepted path progress");
        QCOMPARE(names(story.update(running)), "progress");
        running.path->elapsed = 130ms;
        QCOMPARE(names(story.update(running)), "progress");
        running.firstByteMs = 0;
        QCOMPARE(names(story.update(running)), "first-byte progress");
        running.path = path(PathKind::Tcp);
        QCOMPARE(names(story.update(running)), "path progress");
        running.state = TransferState::Delivered;
        QCOMPARE(names(story.update(running)), "done");
        QVERIFY(story.ended());
        QCOMPARE(names(story.update(running)), "");
    }

    void tellsWaitingAndPauses()
    {
        TransferStory story;
        auto waiting = transfer(TransferState::WaitingForContact);
        QCOMPARE(names(story.update(waiting)), "waiting");
        QCOMPARE(names(story.update(waiting)), "");
        auto queued = transfer(TransferState::Queued);
        queued.place = 1;
        QCOMPARE(names(story.update(queued)), "queued");
        QCOMPARE(names(story.update(queued)), "");
        queued.place = 0;
        QCOMPARE(names(story.update(queued)), "queued");
        QCOMPARE(names(story.update(transfer(TransferState::Transferring))),
                 "offered accepted progress");
        auto paused = transfer(TransferState::Paused);
        paused.pausedBy = PausedBy::Them;
        QCOMPARE(names(story.update(paused)), "paused");
        QCOMPARE(names(story.update(paused)), "");
        paused.pausedBy = PausedBy::Trouble;
        paused.problem = Error{ErrorCode::DiskFull, "The disk is full; free some space."};
        QCOMPARE(names(story.update(paused)), "paused");
        QCOMPARE(names(story.update(transfer(TransferState::Transferring))), "resumed progress");
        paused.pausedBy = PausedBy::Us;
        QCOMPARE(names(story.update(paused)), "paused");
        QCOMPARE(names(story.update(transfer(TransferState::Cancelled))), "failed");
        QVERIFY(story.ended());
    }

    void tellsATextThatCame()
    {
        auto text = transfer(TransferState::Delivered);
        text.text = QString::fromUtf8("one\n\x1b[2Jt\u202ewo");
        TransferStory sent;
        QCOMPARE(names(sent.update(text)), "offered accepted done");
        text.direction = Direction::Receiving;
        TransferStory received;
        QCOMPARE(names(received.update(text)), "offered accepted text done");
        RecordedConsole console;
        ProgressPrinter(console).report(TransferStep::Text, text, START);
        QCOMPARE(console.printed, QStringList({"Text from bob:", "one", "[2Jtwo"}));
    }

    void saysWhyItIsPaused()
    {
        RecordedConsole console;
        ProgressPrinter printer(console);
        auto info = transfer(TransferState::Paused);
        for (const auto by : {PausedBy::Us, PausedBy::Them, PausedBy::Trouble}) {
            info.pausedBy = by;
            info.problem = Error{ErrorCode::DiskFull, "The disk is full; free some space."};
            printer.report(TransferStep::Paused, info, START);
        }
        QCOMPARE(console.printed[0], "Paused: photos.");
        QCOMPARE(console.printed[1], "bob paused photos; it goes on when they resume it.");
        QVERIFY(console.printed[2].endsWith(u"The disk is full; free some space."));
    }

    void tellsWhatWasSkipped()
    {
        TransferStory delivered;
        auto info = transfer(TransferState::Delivered);
        info.path = path(PathKind::Lan);
        info.firstByteMs = 12; // a small file is over before it was told
        QCOMPARE(names(delivered.update(info)), "offered accepted path first-byte done");
        TransferStory failed;
        QCOMPARE(names(failed.update(transfer(TransferState::Failed))), "failed");
        TransferStory declined;
        QCOMPARE(names(declined.update(transfer(TransferState::Declined))), "offered failed");
    }

    void writesTheContract_data()
    {
        QTest::addColumn<int>("step");
        QTest::addColumn<QByteArray>("json");
        const auto row = [](TransferStep step, const QByteArray &json) {
            QTest::newRow(json.left(40)) << static_cast<int>(step) << json;
        };
        const QByteArray id = "01" + QByteArray(30, '0');
        const auto bare = [&](const QByteArray &event) {
            return "{\"contact\":\"bob\",\"event\":\"" + event + "\",\"transfer\":\"" + id + "\"}";
        };
        row(TransferStep::Waiting, bare("waiting"));
        row(TransferStep::Queued,
            "{\"contact\":\"bob\",\"event\":\"queued\",\"place\":2,\"transfer\":\"" + id + "\"}");
        row(TransferStep::Paused,
            "{\"by\":\"trouble\",\"contact\":\"bob\",\"event\":\"paused\",\"message\":\"Gone.\","
            "\"transfer\":\""
                + id + "\"}");
        row(TransferStep::Resumed, bare("resumed"));
        row(TransferStep::Text,
            "{\"contact\":\"bob\",\"event\":\"text\",\"text\":\"hello\",\"transfer\":\"" + id
                + "\"}");
        row(TransferStep::Offered,
            "{\"bytes\":100,\"contact\":\"bob\",\"direction\":\"send\",\"event\":\"offered\","
            "\"files\":3,\"title\":\"photos\",\"transfer\":\""
                + id + "\"}");
        row(TransferStep::Accepted, bare("accepted"));
        row(TransferStep::Path,
            "{\"contact\":\"bob\",\"elapsed_ms\":120,\"event\":\"path\",\"kind\":\"udp\",\"local\":"
            "\"192.168.1.2:47100\",\"remote\":\"203.0.113.2:47100\",\"strategy\":\"udp-punch\","
            "\"transfer\":\""
                + id + "\"}");
        row(TransferStep::FirstByte,
            "{\"contact\":\"bob\",\"elapsed_ms\":87,\"event\":\"first-byte\",\"transfer\":\"" + id
                + "\"}");
        row(TransferStep::Progress,
            "{\"bytes\":42,\"contact\":\"bob\",\"event\":\"progress\",\"rate\":10,\"total\":100,"
            "\"transfer\":\""
                + id + "\"}");
        row(TransferStep::Done,
            "{\"bytes\":100,\"contact\":\"bob\",\"elapsed_ms\":0,\"event\":\"done\",\"files\":3,"
            "\"path_kinds\":[\"udp\",\"relay\"],\"relayed_bytes\":7,\"status\":\"verified\","
            "\"transfer\":\""
                + id + "\"}");
        row(TransferStep::Failed,
            "{\"contact\":\"bob\",\"event\":\"failed\",\"message\":\"Gone.\",\"reason\":"
            "\"no-path\",\"resumable\":true,\"transfer\":\""
                + id + "\"}");
    }
    void writesTheContract()
    {
        QFETCH(int, step);
        auto info = transfer(TransferState::Transferring);
        info.path = path(PathKind::Udp);
        info.problem = Error{ErrorCode::NoPath, "Gone."};
        info.resumable = true;
        info.place = 2;
        info.pausedBy = PausedBy::Trouble;
        info.text = "hello";
        info.relayedBytes = 7;
        info.firstByteMs = 87;
        info.pathKinds = QStringList{"udp", "relay"};
        QTEST(jsonLine(transferEvent(static_cast<TransferStep>(step), info)).toUtf8(), "json");
    }

    void jsonIsExactAndHarmless()
    {
        auto info = transfer(TransferState::Offered);
        info.title = QString::fromUtf8("文\u202egpj.exe\x1b[2J") + QString::fromUcs4(U"\U000e0041");
        const auto line = jsonLine(transferEvent(TransferStep::Offered, info));
        QCOMPARE(plainText(line), line);
        QVERIFY(line.contains(u"\\u202e"));
        QCOMPARE(QJsonDocument::fromJson(line.toUtf8())["title"].toString(), info.title);
    }

    void unknownNetworkIsNull()
    {
        NetworkInfo network;
        network.publicTcp = "203.0.113.2:5000";
        network.port = 47100;
        const auto object = networkObject(network);
        for (const auto *key : {"udp", "tcp"})
            for (const auto *field :
                 {"mapping", "filtering", "allocation", "delta", "hairpin", "lifetime_s"})
                QVERIFY(object[key].toObject()[field].isNull());
        QVERIFY(object["depth"].isNull() && object["portmap"].isNull());
        QVERIFY(object["class"].isNull() && object["public"].isNull());
        QCOMPARE(object["tcp"]["endpoint"].toString(), "203.0.113.2:5000");
        QVERIFY(object["udp"]["endpoint"].isNull());
    }

    void measuredNetworkIsToldInFull()
    {
        NetworkInfo network;
        network.udp.mapping = "endpoint-independent";
        network.udp.filtering = "address-dependent";
        network.udp.newAtOtherPort = false;
        network.udp.allocation = "sequential";
        network.udp.delta = -2;
        network.udp.hairpin = true;
        network.udp.idleSeconds = 30;
        network.isPublic = false;
        network.depth = 2;
        network.natClass = "restricted cone";
        const auto object = networkObject(network);
        const auto udp = object["udp"].toObject();
        QCOMPARE(udp["mapping"].toString(), "endpoint-independent");
        QCOMPARE(udp["filtering"].toString(), "address-dependent");
        QVERIFY(udp["new_at_other_port"].isBool() && udp["new_at_other_address"].isNull());
        QCOMPARE(udp["allocation"].toString(), "sequential");
        QCOMPARE(udp["delta"].toInt(), -2);
        QCOMPARE(udp["hairpin"].toBool(), true);
        QCOMPARE(udp["lifetime_s"].toInt(), 30);
        QVERIFY(udp["absolute_lifetime_s"].isNull() && udp["ports"].isNull());
        QCOMPARE(object["public"].toBool(true), false);
        QCOMPARE(object["depth"].toInt(), 2);
        QCOMPARE(object["class"].toString(), "restricted cone");
    }

    void limitsProgressEvents()
    {
        RecordedConsole console;
        JsonReporter reporter(console);
        for (int i = 0; i < 1000; ++i)
            reporter.report(TransferStep::Progress, transfer(TransferState::Transferring),
                            START + i * 1ms);
        QCOMPARE(console.printed.size(), 5);
    }

    void tellsFailuresOnStandardErrorToo()
    {
        for (const bool json : {true, false}) {
            RecordedConsole console;
            JsonReporter program(console);
            ProgressPrinter person(console);
            auto info = transfer(TransferState::Failed);
            info.problem = Error{ErrorCode::NoPath, QString::fromUtf8("No \u202epath.")};
            (json ? static_cast<TransferReporter &>(program) : person)
                .report(TransferStep::Failed, info, START);
            QCOMPARE(console.warned, QStringList{"No path."});
        }
    }

    void progressFitsTheWidth()
    {
        auto info = transfer(TransferState::Transferring);
        info.title = QString::fromUtf8("文件文件文件文件文件文件文件文件文件.tar.gz");
        info.bytes = 421'000'000'000;
        info.totalBytes = 1'000'000'000'000;
        info.rate = 123'456'789;
        info.secondsLeft = 5000;
        info.path = path(PathKind::Udp);
        for (int columns = 0; columns < 200; ++columns) {
            const auto line = progressLine(info, columns);
            QVERIFY2(columnsOf(line) <= columns, qPrintable(line));
            if (columns >= 40)
                QVERIFY2(line.contains(u" 42%") && line.contains(u'['), qPrintable(line));
        }
        QVERIFY(
            progressLine(info, 120).endsWith(u"123.5 MB/s  1:23:20 left  421.0 GB of 1.0 TB  UDP"));
    }

    void progressIsInPlaceOnATerminal()
    {
        RecordedConsole console;
        console.terminal = true;
        ProgressPrinter printer(console);
        auto info = transfer(TransferState::Transferring);
        printer.report(TransferStep::Accepted, info, START);
        for (int i = 0; i < 1000; ++i)
            printer.report(TransferStep::Progress, info, START + i * 1ms);
        QCOMPARE(console.shown.size(), 10);
        QVERIFY(console.printed.isEmpty());
    }

    void progressIsLinesElsewhere()
    {
        RecordedConsole console;
        ProgressPrinter printer(console);
        auto info = transfer(TransferState::Transferring);
        printer.report(TransferStep::Accepted, info, START);
        for (int i = 0; i < 120; ++i)
            printer.report(TransferStep::Progress, info, START + i * 100ms);
        QCOMPARE(console.printed.size(), 2);
        QVERIFY(console.shown.isEmpty());
        info.state = TransferState::Delivered;
        info.elapsedMs = 2000;
        printer.report(TransferStep::Done, info, START + 12s);
        QCOMPARE(console.printed.last(),
                 "Delivered and verified: photos (3 files, 100 bytes) to bob in 2.0 s, "
                 "50 bytes/s.");
    }

    void readsPasswords_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("password"); // empty: refused
        QTest::newRow("line") << QByteArray("secret\n") << "secret";
        QTest::newRow("no newline") << QByteArray("secret") << "secret";
        QTest::newRow("windows") << QByteArray("secret\r\nmore") << "secret";
        QTest::newRow("spaces are part of it") << QByteArray(" s \n") << " s ";
        QTest::newRow("empty") << QByteArray("\n") << QString();
        QTest::newRow("too long") << QByteArray(2000, 'x') << QString();
    }
    void readsPasswords()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, password);
        QTemporaryDir folder;
        QFile file(folder.filePath("password"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.close();
        RecordedConsole console;
        const auto read = readPassword(file.fileName(), PasswordPurpose::SignIn, console);
        QCOMPARE(read.ok(), !password.isEmpty());
        if (read)
            QCOMPARE(*read, password);
    }

    void asksForPasswords()
    {
        RecordedConsole console;
        QCOMPARE(readPassword({}, PasswordPurpose::SignIn, console).error().code,
                 ErrorCode::InvalidArgument); // nobody to ask
        console.person = true;
        console.secrets = QStringList{"one"};
        QCOMPARE(*readPassword({}, PasswordPurpose::SignIn, console), "one");
        console.secrets = QStringList{"one", "two"};
        QCOMPARE(readPassword({}, PasswordPurpose::Register, console).error().code,
                 ErrorCode::InvalidArgument);
        console.secrets = QStringList{"one", "one"};
        QCOMPARE(*readPassword({}, PasswordPurpose::Register, console), "one");
        QCOMPARE(readPassword("/nowhere/file", PasswordPurpose::SignIn, console).error().code,
                 ErrorCode::FileNotFound);
    }
};

QTEST_APPLESS_MAIN(CliOutputTest)
#include "cli_output_test.moc"
