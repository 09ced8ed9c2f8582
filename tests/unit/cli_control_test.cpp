// What steers a running send or receive: the lines of --control, keys, part of an offer, texts.

#include "app/cli/commands/receive_command.h"
#include "app/cli/commands/send_command.h"
#include "app/cli/offer_choice.h"
#include "app/cli/text_input.h"
#include "tests/support/recorded_console.h"
#include "tests/support/scripted_engine.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::cli;
using namespace postern::test;

namespace {

/// A command that runs with --control; signed in as anna, with bob and carol there, dora away.
struct Scene {
    ScriptedEngine engine;
    RecordedConsole console;
    std::unique_ptr<Command> command;
    std::optional<ExitCode> ended;

    Scene()
    {
        engine.goOnline("anna", "server:7788");
        engine.setContacts({contact("bob", {device(1, "laptop", true), device(2, "tower", true)}),
                            contact("carol", {device(3, "phone", true)}),
                            contact("dora", {device(4, "tablet", false)}),
                            contact("anna", {device(5, "desk", true)}, ContactState::OwnDevices)});
    }

    template<typename T, typename A> void start(const A &arguments)
    {
        command = std::make_unique<T>(engine, console, arguments);
        QObject::connect(command.get(), &Command::ended, [this](ExitCode code) { ended = code; });
        command->start();
        QCoreApplication::processEvents();
    }
    int code() const { return ended ? static_cast<int>(*ended) : -1; }
    QString lastCall() const { return engine.calls.value(engine.calls.size() - 1); }
    QJsonObject lastEvent() const
    {
        return QJsonDocument::fromJson(console.printed.value(console.printed.size() - 1).toUtf8())
            .object();
    }
};

/// The transfer that ScriptedEngine::send() starts as its `number`th.
TransferInfo sent(int number, const QString &to, TransferState state)
{
    return transfer(100'000 + number, to, state, "notes.txt");
}

QString idOf(int number) { return transferId(100'000 + number).toHex(); }

OfferInfo tree()
{
    auto offer = offerOf(7, "bob", "photos", 600);
    offer.entries = {{"photos", EntryKind::Folder, 0},
                     {"photos/a.jpg", EntryKind::File, 100},
                     {"photos/raw", EntryKind::Folder, 0},
                     {"photos/raw/a.raw", EntryKind::File, 400},
                     {"notes.txt", EntryKind::File, 100}};
    offer.files = 3;
    offer.folders = 2;
    return offer;
}

} // namespace

class CliControlTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QFile file(m_folder.filePath("notes.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("ten bytes!") == 10);
    }

    void understandsLines_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<ControlLine>("line");
        const auto row = [](const char *text, const ControlLine &line) {
            QTest::newRow(text) << QString(text) << line;
        };
        row("pause", {ControlVerb::Pause, {}, 0, 0, {}, {}});
        row("  RESUME  01aB ", {ControlVerb::Resume, "01ab", 0, 0, {}, {}});
        row("cancel 01", {ControlVerb::Cancel, "01", 0, 0, {}, {}});
        row("retry", {ControlVerb::Retry, {}, 0, 0, {}, {}});
        row("move 01 0", {ControlVerb::Move, "01", 0, 0, {}, {}});
        row("limit 2", {ControlVerb::Limit, {}, 2, 0, {}, {}});
        row("limit 2 1M", {ControlVerb::Limit, "2", 1'000'000, 0, {}, {}});
        row("up 500K", {ControlVerb::Up, {}, 500'000, 0, {}, {}});
        row("down off", {ControlVerb::Down, {}, 0, 0, {}, {}});
        row("accept 07", {ControlVerb::Accept, "07", 0, 0, {}, {}});
        row("accept 07 into /d without *.mov \"a b\"",
            {ControlVerb::Accept, "07", 0, 0, "/d", {"*.mov", "a b"}});
        row("accept 07 into \"/a \\\"b\\\" c\"",
            {ControlVerb::Accept, "07", 0, 0, "/a \"b\" c", {}});
        row("decline 07", {ControlVerb::Decline, "07", 0, 0, {}, {}});
        row("list", {ControlVerb::List, {}, 0, 0, {}, {}});
    }
    void understandsLines()
    {
        QFETCH(QString, text);
        QFETCH(ControlLine, line);
        const auto parsed = parseControlLine(text);
        QVERIFY2(parsed.ok(), qPrintable(text));
        QVERIFY(parsed->has_value());
        QCOMPARE(**parsed, line);
    }

    void refusesOtherLines_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("unknown") << "stop"
                                 << "There are: pause";
        QTest::newRow("no id") << "accept"
                               << "needs a transfer's number";
        QTest::newRow("a wrong id") << "pause photos"
                                    << "\"list\" shows them";
        QTest::newRow("no place") << "move 01"
                                  << "needs a place";
        QTest::newRow("a place below the first") << "move 01 -1"
                                                 << "needs a place";
        QTest::newRow("no speed") << "limit"
                                  << "needs a speed";
        QTest::newRow("a wrong speed") << "up fast"
                                       << "is no speed";
        QTest::newRow("no folder") << "accept 01 into"
                                   << "needs a folder";
        QTest::newRow("no names") << "accept 01 without"
                                  << "needs names";
        QTest::newRow("too much") << "pause 01 02"
                                  << "is too much";
        QTest::newRow("open quotation") << "accept 01 into \"a"
                                        << "not closed";
        QTest::newRow("too long") << QString(LONGEST_CONTROL_LINE + 1, u'x') << "longer than";
    }
    void refusesOtherLines()
    {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const auto parsed = parseControlLine(text);
        QVERIFY(!parsed);
        QVERIFY2(parsed.error().message.contains(says), qPrintable(parsed.error().message));
        QVERIFY(parsed.error().message.size() < 400);
        QVERIFY(parseControlLine("  ").ok() && !parseControlLine("  ")->has_value());
    }

    void steersASend_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("call");
        const auto id = transferId(100'001).shortHex();
        QTest::newRow("pause") << "pause"
                               << "pauseTransfer " + id;
        QTest::newRow("by id") << "cancel " + idOf(1) << "cancelTransfer " + id;
        QTest::newRow("limit") << "limit 1M"
                               << "setTransferLimit " + id + " 1000000";
        QTest::newRow("move") << "move " + idOf(1) + " 2"
                              << "moveTransfer " + id + " 2";
        QTest::newRow("up") << "up 2M"
                            << "setRateLimits 2000000 3000000";
        QTest::newRow("down off") << "down off"
                                  << "setRateLimits 0 0";
    }
    void steersASend()
    {
        QFETCH(QString, line);
        Scene scene;
        startSending(scene, {"bob"}, {true, true, {0, 3'000'000, false}});
        QVERIFY(scene.engine.calls.contains("setRateLimits 0 3000000"));
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Transferring));
        scene.console.lineTyped(line);
        QTEST(scene.lastCall(), "call");
        QCOMPARE(scene.lastEvent()["event"].toString(), "control");
        QCOMPARE(scene.lastEvent()["ok"].toBool(), true);
        QCOMPARE(scene.lastEvent()["command"].toString(), line.section(u' ', 0, 0));
    }

    void resumesAndRetries()
    {
        Scene scene;
        startSending(scene, {"bob", "carol"}, {true, true, {}});
        auto paused = sent(1, "bob", TransferState::Paused);
        paused.pausedBy = PausedBy::Us;
        scene.engine.changeTransfer(paused);
        scene.engine.changeTransfer(sent(2, "carol", TransferState::Transferring));
        scene.console.lineTyped(QStringLiteral("resume"));
        QCOMPARE(scene.lastCall(), "resumeTransfer " + transferId(100'001).shortHex());
        scene.console.lineTyped(QStringLiteral("retry"));
        QCOMPARE(scene.lastEvent()["ok"].toBool(true), false);
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Failed));
        scene.console.lineTyped(QStringLiteral("retry"));
        QCOMPARE(scene.lastCall(), "retryTransfer " + transferId(100'001).shortHex());
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Offered));
        scene.engine.changeTransfer(sent(2, "carol", TransferState::Delivered));
        QCOMPARE(scene.code(), -1);
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Delivered));
        QCOMPARE(scene.code(), 0);
    }

    void saysWhatIsWrong()
    {
        Scene scene;
        startSending(scene, {"bob"}, {false, true, {}});
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Transferring));
        for (const auto &[line, says] :
             {std::pair("resume", "nothing to resume"), std::pair("pause ff", "has the number ff"),
              std::pair("accept 01", "No offer"), std::pair("hello", "There are: ")}) {
            scene.console.lineTyped(QString(line));
            QVERIFY2(scene.console.warned.last().contains(QLatin1String(says)), says);
        }
        scene.console.lineTyped(QStringLiteral("list"));
        QVERIFY(scene.console.printed.last().contains(u"to bob  notes.txt  transferring"));
        scene.console.lineTyped(std::nullopt); // the end of input ends only the control
        QCOMPARE(scene.code(), -1);
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Delivered));
        QCOMPARE(scene.code(), 0);
    }

    void keysSteerOnATerminal()
    {
        Scene scene;
        scene.console.terminal = scene.console.person = true;
        startSending(scene, {"bob"}, {});
        QVERIFY(scene.console.printed.contains("Keys: p pauses, r resumes, c cancels."));
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Transferring));
        scene.console.keyPressed(u'p');
        QVERIFY(scene.lastCall().startsWith(u"pauseTransfer"));
        scene.console.keyPressed(u'q');
        QVERIFY(scene.lastCall().startsWith(u"pauseTransfer"));
        scene.console.keyPressed(u'C');
        QVERIFY(scene.lastCall().startsWith(u"cancelTransfer"));
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Cancelled));
        QCOMPARE(scene.code(), 5);
        QVERIFY(!scene.console.keyPressed);
    }

    void worstCodeOfSeveral()
    {
        Scene scene;
        startSending(scene, {"bob", "carol"}, {true, false, {}});
        QCOMPARE(scene.engine.sent.size(), 2);
        scene.engine.changeTransfer(sent(1, "bob", TransferState::Delivered));
        QCOMPARE(scene.code(), -1);
        scene.engine.changeTransfer(sent(2, "carol", TransferState::Declined));
        QCOMPARE(scene.code(), 5);
        QCOMPARE(scene.lastEvent()["contact"].toString(), "carol");
    }

    void waitsForWhoIsOffline()
    {
        Scene scene;
        SendArguments arguments;
        arguments.request.paths = QStringList{m_folder.filePath("notes.txt")};
        arguments.request.waitForContact = true;
        arguments.contacts = QStringList{"dora"};
        scene.start<SendCommand>(arguments);
        QCOMPARE(scene.engine.sent.size(), 1);
        QVERIFY(scene.engine.sent.first().waitForContact);
        scene.engine.changeTransfer(sent(1, "dora", TransferState::WaitingForContact));
        QCOMPARE(scene.console.printed.last(), "dora is offline; what you send waits for them.");
    }

    void sendsToOneDevice_data()
    {
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("device");
        QTest::addColumn<int>("number");
        QTest::newRow("by name") << "bob"
                                 << "TOWER" << 2;
        QTest::newRow("by id") << "bob" << deviceId(1).toHex() << 1;
        QTest::newRow("one's own") << ""
                                   << "desk" << 5;
    }
    void sendsToOneDevice()
    {
        QFETCH(QString, to);
        QFETCH(QString, device);
        QFETCH(int, number);
        Scene scene;
        SendArguments arguments;
        arguments.request.paths = QStringList{m_folder.filePath("notes.txt")};
        if (!to.isEmpty())
            arguments.contacts << to;
        arguments.device = device;
        scene.start<SendCommand>(arguments);
        QCOMPARE(scene.engine.sent.size(), 1);
        QCOMPARE(scene.engine.sent.first().device, deviceId(number));
    }

    void sendsTexts_data()
    {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QString>("text"); // empty: refused
        QTest::newRow("a line") << QByteArray("https://x.example\n") << "https://x.example";
        QTest::newRow("lines") << QByteArray("a\r\nb\r\n") << "a\r\nb";
        QTest::newRow("as long as may be") << QByteArray(TEXT_LIMIT, 'x') + '\n'
                                           << QString(TEXT_LIMIT, u'x');
        QTest::newRow("too long") << QByteArray(TEXT_LIMIT + 1, 'x') << QString();
        QTest::newRow("nothing") << QByteArray(" \n") << QString();
        QTest::newRow("no UTF-8") << QByteArray("a\xff") << QString();
    }
    void sendsTexts()
    {
        QFETCH(QByteArray, input);
        QFETCH(QString, text);
        Scene scene;
        scene.console.input = input;
        SendArguments arguments;
        arguments.textFile = "-";
        arguments.contacts = QStringList{"bob"};
        scene.start<SendCommand>(arguments);
        QCOMPARE(scene.engine.sent.size(), text.isEmpty() ? 0 : 1);
        QCOMPARE(scene.code(), text.isEmpty() ? 2 : -1);
        if (!text.isEmpty())
            QCOMPARE(scene.engine.sent.first().text, text);
    }

    void decidesByLines_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("call"); // empty: refused
        const auto id = transferId(7).shortHex();
        const auto accept = "acceptOffer " + id;
        QTest::newRow("all") << "accept 01" << accept;
        QTest::newRow("elsewhere") << "accept 01 into \"" + m_folder.filePath("a b") + u'"'
                                   << accept + u' ' + m_folder.filePath("a b");
        QTest::newRow("by name") << "accept 01 without *.RAW" << accept + " without 3";
        QTest::newRow("by path") << "accept 01 without photos/raw notes*"
                                 << accept + " without 2,4";
        QTest::newRow("no") << "decline 01"
                            << "declineOffer " + id;
        QTest::newRow("of no such name") << "accept 01 without *.mov" << QString();
        QTest::newRow("without anything") << "accept 01 without *" << QString();
    }
    void decidesByLines()
    {
        QFETCH(QString, line);
        QFETCH(QString, call);
        Scene scene;
        startReceiving(scene);
        scene.engine.offer(tree());
        const auto offered = scene.lastEvent();
        QCOMPARE(offered["event"].toString(), "offered");
        QCOMPARE(offered["entries"].toArray().size(), 5);
        scene.console.lineTyped(line);
        if (call.isEmpty()) {
            QVERIFY(!scene.lastEvent()["message"].toString().isEmpty());
            QVERIFY(scene.lastCall().startsWith(u"setReceiving"));
        } else {
            QCOMPARE(scene.lastCall(), call);
        }
    }

    void theEndOfInputDeclinesWhatIsOpen()
    {
        Scene scene;
        startReceiving(scene);
        scene.engine.offer(tree());
        scene.console.lineTyped(std::nullopt);
        QVERIFY(scene.lastCall().startsWith(u"declineOffer"));
        scene.engine.offer(offerOf(8, "carol", "late.txt", 1));
        QCOMPARE(scene.lastCall(), "declineOffer " + transferId(8).shortHex());
        QCOMPARE(scene.code(), -1);
    }

    void countsWhatIsLeft()
    {
        const auto left = remainderOf(tree(), {2});
        QCOMPARE(left.files, 2);
        QCOMPARE(left.folders, 1);
        QCOMPARE(left.bytes, 200);
        QCOMPARE(remainderOf(tree(), {0}).files, 1);
        QCOMPARE(remainderOf(tree(), {0, 1}).bytes, 100); // not counted twice
    }

private:
    void startSending(Scene &scene, const QStringList &to, const RunArguments &run)
    {
        SendArguments arguments;
        arguments.request.paths = QStringList{m_folder.filePath("notes.txt")};
        arguments.contacts = to;
        arguments.run = run;
        scene.start<SendCommand>(arguments);
    }
    void startReceiving(Scene &scene)
    {
        scene.start<ReceiveCommand>(
            ReceiveArguments{{m_folder.path(), AcceptPolicy::Ask}, 0, {true, true, {}}});
    }
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(CliControlTest)
#include "cli_control_test.moc"
