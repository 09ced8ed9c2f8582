// The commands, driven by a scripted engine: what they ask of it, what they say, and the code
// they end with.

#include "app/cli/commands/account_commands.h"
#include "app/cli/commands/contacts_command.h"
#include "app/cli/commands/history_command.h"
#include "app/cli/commands/network_command.h"
#include "app/cli/commands/peers_command.h"
#include "app/cli/commands/receive_command.h"
#include "app/cli/commands/send_command.h"
#include "tests/support/recorded_console.h"
#include "tests/support/scripted_engine.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::cli;
using namespace postern::test;

namespace {

/// One command with everything around it; signed in as anna, with bob there and carol away.
struct Scene {
    ScriptedEngine engine;
    RecordedConsole console;
    std::unique_ptr<Command> command;
    std::optional<ExitCode> ended;

    Scene()
    {
        engine.goOnline("anna", "server:7788");
        auto bob = contact("bob", {device(1, "laptop", true, KeyTrust::FirstSeen)});
        bob.safetyNumber = "12345 67890";
        auto carol = contact("carol", {device(2, "tower", false)});
        carol.safetyNumber.clear();
        auto phone = device(3, "phone", true);
        phone.receiving = false;
        engine.setContacts(
            {bob, carol, contact("dora", {phone}), contact("emil", {}, ContactState::AsksUs)});
    }

    template<typename T, typename A> void start(const A &arguments)
    {
        command = std::make_unique<T>(engine, console, arguments);
        QObject::connect(command.get(), &Command::ended, [this](ExitCode code) { ended = code; });
        command->start();
        QCoreApplication::processEvents();
    }
    int code() const { return ended ? static_cast<int>(*ended) : -1; }

    QStringList eventNames() const
    {
        QStringList names;
        for (const auto &line : console.printed)
            names << QJsonDocument::fromJson(line.toUtf8())["event"].toString();
        return names;
    }
};

/// The transfer that ScriptedEngine::send() starts first.
TransferInfo sending(TransferState state)
{
    auto info = transfer(100'001, "bob", state, "notes.txt");
    info.files = 1;
    info.totalBytes = info.bytes = 10;
    return info;
}

TransferInfo receivingFrom(int number, TransferState state)
{
    auto info = transfer(number, "bob", state, "notes.txt");
    info.direction = Direction::Receiving;
    return info;
}

} // namespace

class CliCommandsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QFile file(m_folder.filePath("notes.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("ten bytes!") == 10);
        QFile password(m_folder.filePath("password"));
        QVERIFY(password.open(QIODevice::WriteOnly) && password.write("long enough\n") > 0);
    }

    void registersAndSignsIn()
    {
        Scene scene;
        scene.start<RegisterCommand>(RegisterArguments{
            {"server:7788#sha256:ab", "anna"}, m_folder.filePath("password"), "code"});
        QCOMPARE(scene.code(), 0);
        QCOMPARE(scene.engine.calls,
                 QStringList{"registerAccount anna@server:7788#sha256:ab code"});
        QCOMPARE(scene.engine.lastPassword, "long enough");
        QCOMPARE(scene.console.printed,
                 QStringList{"Registered anna at server:7788; this device signs in by itself from "
                             "now on."});
        Scene refused;
        refused.engine.nextError = Error{ErrorCode::SignInRefused, "Wrong password; try again."};
        refused.start<SignInCommand>(
            SignInArguments{{"server:7788", "anna"}, m_folder.filePath("password")});
        QCOMPARE(refused.code(), 3);
        QCOMPARE(refused.console.warned, QStringList{"Wrong password; try again."});
    }

    void needsAnAccount()
    {
        Scene scene;
        scene.engine.account.reset();
        scene.start<PeersCommand>(PeersArguments{});
        QCOMPARE(scene.code(), 2);
        QVERIFY(scene.engine.calls.isEmpty());
    }

    void tellsOfALockedKeychain()
    {
        Scene scene;
        scene.engine.holdsAnswers = true;
        scene.start<PeersCommand>(PeersArguments{});
        scene.engine.failSecrets({ErrorCode::SecretsLocked, "The keychain is locked; unlock it."});
        QCOMPARE(scene.code(), 8);
        QCOMPARE(scene.console.warned, QStringList{"The keychain is locked; unlock it."});
    }

    void interruptEndsWaiting()
    {
        Scene scene;
        scene.engine.holdsAnswers = true;
        scene.start<PeersCommand>(PeersArguments{});
        QCOMPARE(scene.code(), -1);
        scene.command->interrupt();
        QCOMPARE(scene.code(), 130);
        scene.engine.answer(); // too late: nothing more is said
        QVERIFY(scene.console.printed.isEmpty());
    }

    void listsPeers()
    {
        Scene scene;
        scene.start<PeersCommand>(PeersArguments{});
        QCOMPARE(scene.code(), 0);
        QCOMPARE(scene.console.printed,
                 QStringList({"bob (laptop): takes files", "dora (phone): online"}));
        Scene json;
        json.engine.sessionInfo.device = deviceId(3); // never oneself
        json.start<PeersCommand>(PeersArguments{true});
        QCOMPARE(json.console.printed.size(), 1);
        const auto peer = QJsonDocument::fromJson(json.console.printed.first().toUtf8());
        QCOMPARE(peer["name"].toString(), "bob");
        QCOMPARE(peer["device_id"].toString(), deviceId(1).toHex());
    }

    void changesContacts_data()
    {
        QTest::addColumn<int>("action");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("call");
        QTest::addColumn<int>("code");
        const auto row = [](const char *title, ContactsAction action, const char *name,
                            const char *call, int code) {
            QTest::newRow(title) << int(action) << QString(name) << QString(call) << code;
        };
        row("add", ContactsAction::Add, "fred", "addContact fred", 0);
        row("accept", ContactsAction::Accept, "emil", "acceptContact emil", 0);
        row("remove", ContactsAction::Remove, "bob", "removeContact bob", 0);
        row("other case", ContactsAction::Remove, "BOB", "removeContact bob", 0);
        row("with the server", ContactsAction::Remove, "bob@server", "removeContact bob", 0);
        row("refuse", ContactsAction::Remove, "emil", "refuseContact emil", 0);
        row("unknown", ContactsAction::Remove, "fred", "connectStored", 2);
        row("verify", ContactsAction::Verify, "bob", "markVerified bob", 0);
        row("nothing to verify", ContactsAction::Verify, "carol", "connectStored", 4);
    }
    void changesContacts()
    {
        QFETCH(int, action);
        QFETCH(QString, name);
        QFETCH(QString, call);
        Scene scene;
        scene.start<ContactsCommand>(
            ContactsArguments{static_cast<ContactsAction>(action), name, false, true});
        QCoreApplication::processEvents();
        QTEST(scene.code(), "code");
        QCOMPARE(scene.engine.calls.last(), call);
    }

    void asksBeforeItVerifies()
    {
        for (const bool same : {true, false}) {
            Scene scene;
            scene.console.person = true;
            scene.start<ContactsCommand>(
                ContactsArguments{ContactsAction::Verify, "bob", false, false});
            QVERIFY(scene.console.printed.contains("12345 67890"));
            QCOMPARE(scene.code(), -1);
            scene.console.type(same ? "y" : "n");
            QCoreApplication::processEvents();
            QCOMPARE(scene.code(), same ? 0 : 5);
            QCOMPARE(scene.engine.calls.contains("markVerified bob"), same);
        }
    }

    void changesRules_data()
    {
        QTest::addColumn<RuleChange>("change");
        QTest::addColumn<QString>("says");
        QTest::addColumn<int>("code");
        using Take = ContactRule::Take;
        QTest::newRow("shows") << RuleChange{} << "bob: takes up to 20.0 MB, asks about more" << 0;
        QTest::newRow("always") << RuleChange{Take::Always, {}, {}, false}
                                << "bob: takes what they send" << 0;
        QTest::newRow("folder alone")
            << RuleChange{{}, {}, m_folder.filePath("from-bob"), false}
            << "bob: takes up to 20.0 MB, asks about more, into " + m_folder.filePath("from-bob")
            << 0;
        QTest::newRow("size alone")
            << RuleChange{{}, 5'000, {}, false} << "bob: takes up to 5.0 kB, asks about more" << 0;
        QTest::newRow("below what it was") << RuleChange{Take::BelowSize, {}, {}, false}
                                           << "bob: takes up to 20.0 MB, asks about more" << 0;
        QTest::newRow("clear") << RuleChange{{}, {}, {}, true}
                               << "bob: no rule; \"receive --accept\" decides" << 0;
        QTest::newRow("no folder")
            << RuleChange{{}, {}, m_folder.filePath("notes.txt"), false} << QString() << 8;
    }
    void changesRules()
    {
        QFETCH(RuleChange, change);
        QFETCH(QString, says);
        Scene scene;
        scene.engine.contactList[0].rule =
            ContactRule{ContactRule::Take::BelowSize, 20'000'000, {}};
        scene.start<ContactsCommand>(
            ContactsArguments{ContactsAction::Rule, "bob", false, false, change});
        QCoreApplication::processEvents();
        QTEST(scene.code(), "code");
        QCOMPARE(scene.console.printed.value(0), says);
        if (change.clear)
            QVERIFY(!scene.engine.contactList[0].rule);
    }

    void aRuleNeedsItsSize()
    {
        Scene scene;
        scene.start<ContactsCommand>(
            ContactsArguments{ContactsAction::Rule, "bob", false, false,
                              RuleChange{ContactRule::Take::BelowSize, {}, {}, false}});
        QCOMPARE(scene.code(), 2);
        QVERIFY(scene.console.warned.first().contains(u"--below 20M"));
    }

    void listsRules()
    {
        Scene scene;
        scene.engine.contactList[0].rule = ContactRule{ContactRule::Take::BelowSize, 500, "/d"};
        scene.start<ContactsCommand>(ContactsArguments{ContactsAction::List, {}, true});
        const auto rule = QJsonDocument::fromJson(scene.console.printed[0].toUtf8())["rule"];
        QCOMPARE(rule["take"].toString(), "below");
        QCOMPARE(rule["below"].toInteger(), 500);
        QCOMPARE(rule["into"].toString(), "/d");
        QVERIFY(QJsonDocument::fromJson(scene.console.printed[1].toUtf8())["rule"].isNull());
        Scene plain;
        plain.engine.contactList[0].rule = ContactRule{ContactRule::Take::Never, 0, {}};
        plain.start<ContactsCommand>(ContactsArguments{ContactsAction::List, {}, false});
        QVERIFY(plain.console.printed.first().endsWith(u"; takes nothing"));
    }

    void showsTheHistory()
    {
        for (const bool json : {true, false}) {
            Scene scene;
            scene.engine.history = {entry(3, "bob", "tax.pdf"), entry(2, "carol", "photos\x1b[2J")};
            scene.engine.history[1].result = TransferState::Failed;
            scene.engine.history[1].problem = "The connection was lost; try again.";
            HistoryArguments arguments;
            arguments.query.most = 2;
            arguments.json = json;
            scene.start<HistoryCommand>(arguments);
            QCoreApplication::processEvents();
            QCOMPARE(scene.code(), 0);
            const auto &printed = scene.console.printed;
            if (json) {
                QCOMPARE(printed.size(), 2);
                const auto first = QJsonDocument::fromJson(printed.first().toUtf8());
                QCOMPARE(first["key"].toInteger(), 3);
                QCOMPARE(first["started"].toString(), "2026-11-28T08:00:00.000Z");
                QCOMPARE(first["path_kinds"][0].toString(), "udp");
                QVERIFY(first["text"].isNull());
            } else {
                QVERIFY(printed[0].startsWith(u"    3  2026-11-2"));
                QVERIFY(
                    printed[0].endsWith(u"to bob  tax.pdf (2 files, 1.0 kB)  delivered, by UDP, "
                                        "2.0 kB/s"));
                QVERIFY(printed[1].endsWith(
                    u"photos[2J (2 files, 1.0 kB)  failed, by UDP, The connection was lost; try "
                    "again."));
                QCOMPARE(printed[2], "Older ones: add --before 2.");
            }
        }
    }

    void keepsTheHistory_data()
    {
        QTest::addColumn<HistoryAction>("action");
        QTest::addColumn<QString>("call");
        QTest::addColumn<QString>("says");
        QTest::newRow("files") << HistoryAction::Files << "historyFiles 3"
                               << QString(8, u'a') + QString(24, u' ') + "   500 bytes  a/b.txt";
        QTest::newRow("export") << HistoryAction::Export
                                << "exportHistory " + m_folder.filePath("all.csv")
                                << "The history is in " + m_folder.filePath("all.csv") + u'.';
        QTest::newRow("clear") << HistoryAction::Clear << "clearHistory 3"
                               << "Entry 3 is gone.";
    }
    void keepsTheHistory()
    {
        QFETCH(HistoryAction, action);
        QFETCH(QString, call);
        QFETCH(QString, says);
        Scene scene;
        scene.engine.filesOfHistory = {{"a/b.txt", 500, QByteArray::fromHex("aaaaaaaa")}};
        HistoryArguments arguments;
        arguments.action = action;
        arguments.key = 3;
        arguments.file = m_folder.filePath("all.csv");
        scene.start<HistoryCommand>(arguments);
        QCoreApplication::processEvents();
        QCOMPARE(scene.code(), 0);
        QCOMPARE(scene.engine.calls.last(), call);
        QCOMPARE(scene.console.printed, QStringList{says});
    }

    void tellsWhereTheHistoryCannotGo()
    {
        Scene scene;
        scene.engine.nextError = Error{ErrorCode::FileExists, "a.csv is taken; name another file."};
        HistoryArguments arguments;
        arguments.action = HistoryAction::Export;
        arguments.file = "a.csv";
        scene.start<HistoryCommand>(arguments);
        QCoreApplication::processEvents();
        QCOMPARE(scene.code(), 8);
        QCOMPARE(scene.console.warned, QStringList{"a.csv is taken; name another file."});
    }

    void sendsToTheEnd()
    {
        for (const bool json : {true, false}) {
            Scene scene;
            startSending(scene, "bob", json);
            QCOMPARE(scene.engine.sent.size(), 1);
            QCOMPARE(scene.engine.sent.first().paths, QStringList{m_folder.filePath("notes.txt")});
            for (const auto state :
                 {TransferState::Offered, TransferState::Transferring, TransferState::Delivered})
                scene.engine.changeTransfer(sending(state));
            QCOMPARE(scene.code(), 0);
            QVERIFY(scene.console.warned.isEmpty());
            if (json)
                QCOMPARE(scene.eventNames(),
                         QStringList({"offered", "accepted", "progress", "done"}));
            else
                QVERIFY(scene.console.printed.last().startsWith(u"Delivered and verified: "));
        }
    }

    void sendsOnceTheContactComes()
    {
        Scene scene;
        startSending(scene, "carol", true);
        QVERIFY(scene.engine.sent.isEmpty());
        scene.engine.setContacts({contact("carol", {device(2, "tower", true)})});
        QCOMPARE(scene.engine.sent.size(), 1);
    }

    void interruptCancelsTheTransfer()
    {
        Scene scene;
        startSending(scene, "bob", true);
        auto info = sending(TransferState::Transferring);
        scene.engine.changeTransfer(info);
        scene.command->interrupt();
        QVERIFY(scene.engine.calls.last().startsWith(u"cancelTransfer"));
        QCOMPARE(scene.code(), -1);
        info.state = TransferState::Cancelled;
        scene.engine.changeTransfer(info);
        QCOMPARE(scene.code(), 130);
    }

    void receivesACount()
    {
        Scene scene;
        startReceiving(scene, AcceptPolicy::Contacts, 2);
        QVERIFY(scene.engine.receiving.has_value());
        QCOMPARE(scene.engine.receiving->into, m_folder.filePath("new/folder"));
        auto failed = receivingFrom(1, TransferState::Failed);
        failed.problem = Error{ErrorCode::Disconnected, "The connection was lost; try again."};
        scene.engine.changeTransfer(failed);
        scene.engine.changeTransfer(failed); // told twice, counted once
        QCOMPARE(scene.code(), -1);
        scene.engine.changeTransfer(receivingFrom(2, TransferState::Delivered));
        QCOMPARE(scene.code(), 7); // the last failure's
    }

    void asksAboutOffers()
    {
        Scene scene;
        scene.console.person = true;
        startReceiving(scene, AcceptPolicy::Ask, 1);
        scene.engine.offer(offerOf(1, "bob", "notes.txt", 10));
        QCOMPARE(scene.eventNames(), QStringList{"offered"});
        scene.console.type("y");
        QVERIFY(scene.engine.calls.last().startsWith(u"acceptOffer"));
        scene.engine.changeTransfer(receivingFrom(1, TransferState::Delivered));
        QCOMPARE(scene.eventNames(), QStringList({"offered", "accepted", "done"}));
        QCOMPARE(scene.code(), 0);
    }

    void refusesToAskNobody()
    {
        Scene scene;
        startReceiving(scene, AcceptPolicy::Ask, 0);
        QCOMPARE(scene.code(), 2);
        QVERIFY(!scene.engine.receiving);
    }

    void receivesThroughAnOutageOfTheServer()
    {
        Scene scene;
        startReceiving(scene, AcceptPolicy::Contacts, 0);
        scene.engine.setSession(SessionState::Reconnecting);
        scene.engine.setSession(SessionState::Reconnecting);
        scene.engine.setSession(SessionState::Online);
        QCOMPARE(scene.console.warned.size(), 2);
        QCOMPARE(scene.code(), -1);
        scene.engine.setSession(SessionState::Refused,
                                Error{ErrorCode::SignInRefused, "This device was removed."});
        QCOMPARE(scene.code(), 3);
    }

    void interruptEndsReceiving()
    {
        Scene idle;
        startReceiving(idle, AcceptPolicy::Contacts, 0);
        idle.command->interrupt();
        QCOMPARE(idle.code(), 0);
        QVERIFY(!idle.engine.receiving);
        Scene busy;
        startReceiving(busy, AcceptPolicy::Contacts, 0);
        busy.engine.changeTransfer(receivingFrom(1, TransferState::Transferring));
        busy.command->interrupt();
        QCOMPARE(busy.code(), -1);
        busy.engine.changeTransfer(receivingFrom(1, TransferState::Cancelled));
        QCOMPARE(busy.code(), 130);
    }

    void showsTheNetwork()
    {
        Scene scene;
        scene.engine.network.localAddresses = QStringList{"192.168.1.2", "fe80::1"};
        scene.engine.network.publicTcp = "203.0.113.7:47100";
        scene.engine.network.port = 47100;
        scene.start<NetworkCommand>(NetworkArguments{});
        QCoreApplication::processEvents();
        QCOMPARE(scene.code(), 0);
        QCOMPARE(scene.console.printed.first(), "Addresses of this computer: 192.168.1.2, fe80::1");
        QVERIFY(scene.console.printed[2].contains(u"203.0.113.7:47100"));
    }

private:
    static HistoryEntry entry(qint64 key, const QString &contact, const QString &title)
    {
        HistoryEntry made;
        made.key = key;
        made.contact = contact;
        made.title = title;
        made.files = 2;
        made.bytes = made.totalBytes = 1000;
        made.startedAt = made.endedAt = QDateTime({2026, 11, 28}, {8, 0}, Qt::UTC);
        made.pathKinds = QStringList{"udp"};
        made.averageRate = 2000;
        return made;
    }
    void startSending(Scene &scene, const QString &to, bool json)
    {
        SendArguments arguments;
        arguments.request.paths = QStringList{m_folder.filePath("notes.txt")};
        arguments.contacts = to.split(u' ');
        arguments.run.json = json;
        scene.start<SendCommand>(arguments);
    }
    void startReceiving(Scene &scene, AcceptPolicy policy, int count)
    {
        scene.start<ReceiveCommand>(
            ReceiveArguments{{m_folder.filePath("new/folder"), policy}, count, {true, false, {}}});
    }
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(CliCommandsTest)
#include "cli_commands_test.moc"
