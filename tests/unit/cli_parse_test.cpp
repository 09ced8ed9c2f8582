// What the command line understands, its help and its completion.

#include "app/cli/command_line.h"
#include "app/cli/commands/offer_prompt.h"
#include "app/cli/terminal_text.h"
#include "tests/support/recorded_console.h"

#include <QDir>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::cli;

namespace {

std::variant<Invocation, Answer> parse(const QString &line)
{
    return parseCommandLine(QStringList{"postern-cli"} + line.split(u' ', Qt::SkipEmptyParts));
}

template<typename T> T arguments(const QString &line)
{
    const auto parsed = parse(line);
    if (const auto *answer = std::get_if<Answer>(&parsed))
        qFatal("%s", qPrintable(answer->text));
    return std::get<T>(std::get<Invocation>(parsed).command);
}

Answer answer(const QString &line) { return std::get<Answer>(parse(line)); }

OfferInfo offer(int id, const QString &title)
{
    OfferInfo info;
    info.id = TransferId(std::array<std::uint8_t, 16>{std::uint8_t(id)});
    info.contact = "alice";
    info.device = "laptop";
    info.title = title;
    info.files = 30;
    info.bytes = 3'000'000;
    info.destination = "/home/bob/Downloads";
    info.freeBytes = 9'000'000'000;
    for (int i = 0; i < 30; ++i)
        info.entries << OfferEntry{QStringLiteral("%1/%2.jpg").arg(title).arg(i), EntryKind::File,
                                   100'000};
    return info;
}

} // namespace

class CliParseTest : public QObject {
    Q_OBJECT

private slots:
    void understandsTheContract()
    {
        const auto registration = arguments<RegisterArguments>(
            "--profile /p register --server h:1#sha256:ab --user al --password-file /f --invite x");
        QCOMPARE(registration.account.server, "h:1#sha256:ab");
        QCOMPARE(registration.account.user, "al");
        QCOMPARE(registration.passwordFile, "/f");
        QCOMPARE(registration.invite, "x");
        QCOMPARE(arguments<SignInArguments>("sign-in --server h:1 --user al").account.user, "al");

        QCOMPARE(arguments<ContactsArguments>("contacts add bob").action, ContactsAction::Add);
        QCOMPARE(arguments<ContactsArguments>("contacts accept bob").name, "bob");
        QCOMPARE(arguments<ContactsArguments>("contacts remove bob").action,
                 ContactsAction::Remove);
        QVERIFY(arguments<ContactsArguments>("contacts list --json").json);
        QVERIFY(arguments<ContactsArguments>("contacts verify bob --yes").yes);
        QVERIFY(arguments<PeersArguments>("peers --json").json);
        QVERIFY(arguments<NetworkArguments>("network --json").json);

        const auto receive =
            arguments<ReceiveArguments>("receive --into /d --accept contacts --count 2 --json");
        QCOMPARE(receive.options.into, "/d");
        QCOMPARE(receive.options.accept, AcceptPolicy::Contacts);
        QCOMPARE(receive.count, 2);
        QVERIFY(receive.run.json);
        QCOMPARE(arguments<ReceiveArguments>("receive --into /d").options.accept,
                 AcceptPolicy::Ask);

        const auto send =
            arguments<SendArguments>("send a b --to bob --path udp --limit 2M --json");
        QCOMPARE(send.request.paths, QStringList({"a", "b"}));
        QCOMPARE(send.contacts, QStringList{"bob"});
        QCOMPARE(send.request.path, PathPreference::Udp);
        QCOMPARE(send.request.bytesPerSecond, 2'000'000);
    }

    void sendsToSeveralAndTexts()
    {
        const auto both = arguments<SendArguments>(
            "send a --to bob --to carol --to bob --wait --limit-up 1M --yield --control");
        QCOMPARE(both.contacts, QStringList({"bob", "carol"}));
        QCOMPARE(both.request.paths, QStringList{"a"});
        QVERIFY(both.request.waitForContact && both.run.control);
        QCOMPARE(both.run.limits, (RateLimits{1'000'000, 0, true}));
        QCOMPARE(arguments<SendArguments>("send --to bob a").request.paths, QStringList{"a"});
        const auto text = arguments<SendArguments>("send --text https://x.example --to bob");
        QCOMPARE(text.request.text, "https://x.example");
        QVERIFY(text.request.paths.isEmpty());
        QCOMPARE(arguments<SendArguments>("send --text-file - --to bob").textFile, "-");
        const auto own = arguments<SendArguments>("send a --device phone");
        QVERIFY(own.contacts.isEmpty());
        QCOMPARE(own.device, "phone");
        QCOMPARE(arguments<ReceiveArguments>("receive --into d --limit-down 2M").run.limits.down,
                 2'000'000);
    }

    void understandsRules()
    {
        const auto rule = [](const QString &options) {
            return arguments<ContactsArguments>("contacts rule bob " + options).rule;
        };
        QVERIFY(rule("").changesNothing());
        QCOMPARE(rule("--take always").take, ContactRule::Take::Always);
        QCOMPARE(rule("--take never").take, ContactRule::Take::Never);
        QCOMPARE(rule("--below 20M").belowBytes, 20'000'000);
        QCOMPARE(rule("--into /d").into, "/d");
        QVERIFY(rule("--clear").clear);
    }

    void understandsTheHistory()
    {
        const auto list = arguments<HistoryArguments>("history --search tax --last 5 --before 9");
        QCOMPARE(list.action, HistoryAction::List);
        QCOMPARE(list.query.words, "tax");
        QCOMPARE(list.query.most, 5);
        QCOMPARE(list.query.before, 9);
        QVERIFY(arguments<HistoryArguments>("history --json").json);
        const auto files = arguments<HistoryArguments>("history files 7 --json");
        QCOMPARE(files.action, HistoryAction::Files);
        QCOMPARE(files.key, 7);
        QVERIFY(files.json);
        QCOMPARE(arguments<HistoryArguments>("history export a.csv").file, "a.csv");
        QCOMPARE(arguments<HistoryArguments>("history clear 7").key, 7);
        QCOMPARE(arguments<HistoryArguments>("history clear --all").action, HistoryAction::Clear);
    }

    void globalOptionsStandAnywhere()
    {
        for (const auto *line :
             {"--profile /p --secrets file --port 5000 --congestion cubic peers",
              "peers --profile /p --secrets file --port 5000 --congestion cubic"}) {
            const auto invocation = std::get<Invocation>(parse(line));
            QCOMPARE(invocation.engine.profile, "/p");
            QCOMPARE(invocation.engine.secrets, SecretsMode::File);
            QCOMPARE(invocation.engine.port, 5000);
            QCOMPARE(invocation.engine.congestion, Congestion::Cubic);
        }
        const auto standard = std::get<Invocation>(parse("peers")).engine;
        QCOMPARE(standard.profile,
                 QStandardPaths::writableLocation(QStandardPaths::AppDataLocation));
        QCOMPARE(standard.secrets, SecretsMode::Keychain);
        QCOMPARE(standard.port, 47100);
        QCOMPARE(standard.congestion, Congestion::Bbr);
    }

    void keepsUnicodeNames()
    {
        const auto name = QString::fromUtf8("文件 📁.txt");
        const auto parsed = parseCommandLine({"postern-cli", "send", name, "--to", "bob"});
        const auto &send = std::get<SendArguments>(std::get<Invocation>(parsed).command);
        QCOMPARE(send.request.paths, QStringList{name});
    }

    void refusesWrongUsage_data()
    {
        QTest::addColumn<QString>("line");
        for (const auto *line : {"",
                                 "frobnicate",
                                 "send",
                                 "send a",
                                 "send --to bob",
                                 "receive",
                                 "receive --into",
                                 "receive --into d --accept maybe",
                                 "receive --into d --count 0",
                                 "receive --into d --count x",
                                 "send a --to b --path tor",
                                 "send a --to b --limit fast",
                                 "--secrets cloud peers",
                                 "--congestion reno peers",
                                 "--port 70000 peers",
                                 "contacts",
                                 "contacts add",
                                 "register --server h:1",
                                 "sign-in --user x",
                                 "send --to bob --text x a",
                                 "send --to bob --text x --text-file f",
                                 "send --to bob --text-file - --control",
                                 "send a --to bob --to carol --device phone",
                                 "send a --to bob --limit-up fast",
                                 "receive --into d --limit-down 0",
                                 "contacts rule",
                                 "contacts rule bob --take sometimes",
                                 "contacts rule bob --below large",
                                 "contacts rule bob --below 2M/s",
                                 "contacts rule bob --below 2M --take always",
                                 "contacts rule bob --clear --take ask",
                                 "history --last 0",
                                 "history --before x",
                                 "history files",
                                 "history files 0",
                                 "history export",
                                 "history clear",
                                 "history clear 7 --all",
                                 "history forget",
                                 "queue",
                                 "queue move 1a2b",
                                 "queue move 1a2b -1",
                                 "queue cancel",
                                 "queue retry",
                                 "hash",
                                 "completion tcsh",
                                 "register --server h:1 --user u --password secret"})
            QTest::newRow(line) << line;
    }
    void refusesWrongUsage()
    {
        QFETCH(QString, line);
        const auto refused = answer(line);
        QCOMPARE(refused.code, ExitCode::Usage);
        QVERIFY2(refused.text.endsWith(u"See \"postern-cli --help\"."), qPrintable(refused.text));
        QVERIFY2(!refused.text.contains(u'\n'), qPrintable(refused.text));
    }

    void helpDocumentsTheContract()
    {
        const auto general = answer("--help");
        QCOMPARE(general.code, ExitCode::Done);
        for (const auto *words : {"register", "sign-in", "contacts", "peers", "receive", "send",
                                  "network", "Exit codes", "  8    "})
            QVERIFY2(general.text.contains(QLatin1String(words)), words);
        const auto send = answer("send --help").text;
        for (const auto *words : {"--limit", "auto|", "offered", "elapsed_ms", "resumable"})
            QVERIFY2(send.contains(QLatin1String(words)), words);
        for (const auto *words : {"paused", "waiting", "queued", "relayed_bytes", "path_kinds",
                                  "accept ID [into FOLDER] [without PATTERN...]"})
            QVERIFY2(send.contains(QLatin1String(words)), words);
        QVERIFY(answer("history --help").text.contains(u"average_rate"));
        QVERIFY(answer("queue list --help").text.contains(u"cut-off"));
        QVERIFY(answer("hash --help").text.contains(u"XXH3-128"));
        QVERIFY(answer("contacts rule --help").text.contains(u"--below"));
        QVERIFY(answer("contacts list --help").text.contains(u"safety_number"));
        QCOMPARE(answer("--version").text, "postern-cli " POSTERN_VERSION);
    }

    void completesInBash_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("expected");
        QTest::newRow("command") << "postern-cli sen"
                                 << "send";
        QTest::newRow("inner command") << "postern-cli contacts ver"
                                       << "verify";
        QTest::newRow("option") << "postern-cli send --lim"
                                << "--limit --limit-up";
        QTest::newRow("value") << "postern-cli send x --path l"
                               << "lan";
        QTest::newRow("global") << "postern-cli send --prof"
                                << "--profile";
        QTest::newRow("rule") << "postern-cli contacts rule bob --take alw"
                              << "always";
        QTest::newRow("history") << "postern-cli history exp"
                                 << "export";
        QTest::newRow("after option") << "postern-cli --secrets file rec"
                                      << "receive";
    }
    void completesInBash()
    {
        if (QStandardPaths::findExecutable("bash").isEmpty())
            QSKIP("needs bash");
        QFETCH(QString, typed);
        QFETCH(QString, expected);
        const auto words = typed.split(u' ');
        QStringList quoted;
        for (const auto &word : words)
            quoted << u'\'' + word + u'\'';
        QProcess bash;
        bash.start("bash",
                   {"--norc", "-c",
                    answer("completion bash").text
                        + QStringLiteral("\nCOMP_WORDS=(%1); COMP_CWORD=%2; _postern_cli; "
                                         "echo \"${COMPREPLY[*]}\"")
                              .arg(quoted.join(u' '))
                              .arg(words.size() - 1)});
        QVERIFY(bash.waitForFinished());
        QCOMPARE(bash.readAllStandardError(), QByteArray());
        QCOMPARE(QString::fromUtf8(bash.readAllStandardOutput()).trimmed(), expected);
    }

    void completesInOtherShells()
    {
        QVERIFY(answer("completion zsh").text.startsWith(u"#compdef postern-cli"));
        const auto fish = answer("completion fish").text;
        QVERIFY(fish.contains(u"-a receive"));
        QVERIFY(fish.contains(u"-l limit"));
        QVERIFY(fish.contains(u"-x -a 'ask contacts none'"));
    }

    void asksAboutOneOfferAtATime()
    {
        RecordedConsole console;
        QList<std::pair<TransferId, bool>> decisions;
        OfferPrompt prompt(console, [&](const TransferId &id, const auto &terms) {
            decisions << std::pair(id, terms.has_value());
        });
        const auto first = offer(1, "one");
        const auto second = offer(2, "two");
        prompt.add(first);
        prompt.add(second);
        QVERIFY(console.warned.first().contains(u"alice (laptop)"));
        QVERIFY(console.warned.first().contains(u"30 files, 3.0 MB"));
        QVERIFY(console.warned[2].contains(u"/home/bob/Downloads (9.0 GB free)"));
        QVERIFY(!console.warned.join(u'\n').contains(u"two"));
        const auto shownAtFirst = console.warned.filter(".jpg").size();
        QCOMPARE(shownAtFirst, OfferPrompt::ENTRIES_AT_FIRST);
        console.type("l");
        QCOMPARE(console.warned.filter(".jpg").size(), shownAtFirst + 30);
        console.type("y");
        QVERIFY(decisions == (QList{std::pair(first.id, true)}));
        console.type(QString()); // Enter alone: no
        QVERIFY(decisions.last() == std::pair(second.id, false));
        QVERIFY(!console.openQuestion);
    }

    void leavesOutAndLandsElsewhere()
    {
        RecordedConsole console;
        QList<AcceptTerms> accepted;
        OfferPrompt prompt(console,
                           [&](const TransferId &, const auto &terms) { accepted << *terms; });
        prompt.add(offer(1, "one"));
        QVERIFY(console.warned.join(u'\n').contains(u" 1  one/0.jpg"));
        console.type("x 31");
        QVERIFY(console.warned.join(u'\n').contains(u"\"31\" is none of the numbers"));
        console.type("x 1-30");
        QVERIFY(console.warned.join(u'\n').contains(u"would leave nothing"));
        console.type("x 2 5-7,30");
        QVERIFY(console.warned.contains("  25 files, 2.5 MB will be taken."));
        const QTemporaryDir folder;
        console.type("into " + folder.filePath("New Folder"));
        QVERIFY(QDir(folder.filePath("New Folder")).exists());
        console.type("y");
        QCOMPARE(accepted.size(), 1);
        QCOMPARE(accepted.first().leaveOut, QList<int>({1, 4, 5, 6, 29}));
        QCOMPARE(accepted.first().into, folder.filePath("New Folder"));
        prompt.add(offer(2, "two"));
        console.type("y");
        QVERIFY(accepted.last().leaveOut.isEmpty() && accepted.last().into.isEmpty());
    }

    void showsAnOfferedTextPlainly()
    {
        RecordedConsole console;
        OfferPrompt prompt(console, [](const TransferId &, const auto &) {});
        auto text = offer(1, "first");
        text.files = 0;
        text.entries.clear();
        text.text = QString::fromUtf8("first\n\x1b[2Jsecond\u202e");
        prompt.add(text);
        QCOMPARE(console.warned.first(), "alice (laptop) wants to send you a text:");
        QCOMPARE(console.warned.mid(1), QStringList({"  first", "  [2Jsecond", "Accept? [y/N]"}));
    }

    void theQuestionComesLastAndWhole()
    {
        auto hostile = offer(1, QString(5000, u'x') + QString::fromUtf8("\n\x1b[2J\u202eAccepted"));
        hostile.contact = QString(500, u'c');
        hostile.device = QString(500, u'd');
        const auto lines = offerDescription(hostile, 80, OfferPrompt::ENTRIES_AT_FIRST);
        QVERIFY(lines.size() <= OfferPrompt::ENTRIES_AT_FIRST + 4);
        for (const auto &line : lines) {
            QCOMPARE(plainText(line), line);
            QVERIFY2(columnsOf(line) <= 160, qPrintable(line)); // two lines of a terminal at most
        }
    }

    void takesBackAndRefusesWhatCannotBe()
    {
        RecordedConsole console;
        QList<bool> decisions;
        OfferPrompt prompt(console, [&](const TransferId &, const auto &terms) {
            decisions << terms.has_value();
        });
        const auto first = offer(1, "one");
        prompt.add(first);
        prompt.withdraw(first.id);
        QVERIFY(!console.openQuestion);
        QVERIFY(decisions.isEmpty());
        auto full = offer(2, "two");
        full.problem = Error{ErrorCode::DiskFull, "The disk is full; free some space."};
        prompt.add(full);
        QCOMPARE(decisions, QList<bool>{false});
        QCOMPARE(console.warned.last(), "The disk is full; free some space.");
    }
};

QTEST_GUILESS_MAIN(CliParseTest)
#include "cli_parse_test.moc"
