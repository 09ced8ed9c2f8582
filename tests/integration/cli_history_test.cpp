// postern-cli history over a long list of files: the real command, engine and store.

#include "app/cli/commands/history_command.h"
#include "tests/support/long_history.h"
#include "tests/support/recorded_console.h"

#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::cli;
using namespace postern::test;

namespace {

constexpr int PATIENCE_MS = 30'000;

/// Does something once so many lines are printed.
class InterferingConsole : public RecordedConsole {
public:
    int after = -1;
    std::function<void()> interfere;

    void print(const QString &line) override
    {
        RecordedConsole::print(line);
        if (printed.size() == after)
            interfere();
    }
};

struct Scene {
    QTemporaryDir profile;
    std::unique_ptr<Engine> engine;
    InterferingConsole console;
    std::optional<ExitCode> ended;

    Scene()
    {
        EngineOptions options;
        options.profile = profile.path();
        options.secrets = SecretsMode::File;
        options.port = 0;
        engine = createEngine(options);
    }

    bool list(qint64 key, bool json = false)
    {
        HistoryArguments arguments;
        arguments.action = HistoryAction::Files;
        arguments.key = key;
        arguments.json = json;
        HistoryCommand command(*engine, console, arguments);
        QObject::connect(&command, &Command::ended, &command,
                         [this](ExitCode code) { ended = code; });
        command.start();
        return QTest::qWaitFor([this] { return ended.has_value(); }, PATIENCE_MS);
    }
};

} // namespace

class CliHistoryTest : public QObject {
    Q_OBJECT

private slots:
    void listsManyFilesInTheirOrder_data()
    {
        QTest::addColumn<int>("files");
        QTest::newRow("none") << 0;
        QTest::newRow("less than a page") << 999;
        QTest::newRow("a page") << 1'000;
        QTest::newRow("two pages") << 2'000;
        QTest::newRow("pages and a bit") << 3'001;
    }
    void listsManyFilesInTheirOrder()
    {
        QFETCH(const int, files);
        Scene scene;
        const qint64 key = makeLongHistory(scene.profile.path(), files);
        QVERIFY(key > 0);
        QVERIFY(scene.list(key, true));
        QCOMPARE(scene.ended, ExitCode::Done);
        QCOMPARE(scene.console.printed.size(), files);
        for (int number = 0; number < files; ++number)
            QCOMPARE(
                QJsonDocument::fromJson(scene.console.printed[number].toUtf8())["path"].toString(),
                longHistoryName(number));
    }

    void saysThatNoneAreRememberedOnce()
    {
        Scene scene;
        QVERIFY(scene.list(makeLongHistory(scene.profile.path(), 0)));
        QCOMPARE(scene.console.printed.size(), 1);
        QVERIFY(scene.console.printed.first().startsWith(u"No files are remembered"));
        scene.console.printed.clear();
        scene.ended.reset();
        QVERIFY(scene.list(makeLongHistory(scene.profile.path(), 2'000)));
        QCOMPARE(scene.ended, ExitCode::Done);
    }

    void tellsThatTheEntryWasClearedMeanwhile()
    {
        Scene scene;
        const qint64 key = makeLongHistory(scene.profile.path(), 3'000);
        scene.console.after = 1'500;
        scene.console.interfere = [&] {
            QVERIFY(longHistoryStore(scene.profile.path()).clear(key).ok());
        };
        QVERIFY(scene.list(key));
        QCOMPARE(scene.ended, ExitCode::Usage);
        QCOMPARE(scene.console.printed.size(), 2'000);
        QCOMPARE(scene.console.warned.size(), 1);
        QVERIFY(scene.console.warned.first().contains(u"cleared"));
    }

    void stopsBetweenPages()
    {
        Scene scene;
        const qint64 key = makeLongHistory(scene.profile.path(), 3'000);
        HistoryArguments arguments;
        arguments.action = HistoryAction::Files;
        arguments.key = key;
        HistoryCommand command(*scene.engine, scene.console, arguments);
        QObject::connect(&command, &Command::ended, &command,
                         [&](ExitCode code) { scene.ended = code; });
        scene.console.after = 10;
        scene.console.interfere = [&] { command.interrupt(); };
        command.start();
        QVERIFY(QTest::qWaitFor([&] { return scene.ended.has_value(); }, PATIENCE_MS));
        QCOMPARE(scene.ended, ExitCode::Interrupted);
        // The engine answers in order: whatever was asked for has been answered by then.
        bool answered = false;
        scene.engine->searchHistory({}, this, [&](const auto &) { answered = true; });
        QVERIFY(QTest::qWaitFor([&] { return answered; }, PATIENCE_MS));
        QCOMPARE(scene.console.printed.size(), 1'000);
    }
};

QTEST_GUILESS_MAIN(CliHistoryTest)
#include "cli_history_test.moc"
