// A long history entry in the real window, on the real engine and store.

#include "tests/gui/stage.h"
#include "tests/support/long_history.h"

#include "app/gui/dialogs/history_dialog.h"
#include "app/gui/models/history_files_model.h"
#include "app/gui/pages/history_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/widgets/row_list.h"

#include <QLabel>
#include <QTreeView>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

namespace {

constexpr int PATIENCE_MS = 30'000;

struct RealStage {
    QTemporaryDir profile;
    Settings settings{profile.path()};
    Theme theme;
    RecordingNotifier notifier;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<MainWindow> window;
    qint64 key = 0;

    explicit RealStage(int files)
    {
        EngineOptions options;
        options.profile = profile.filePath(QStringLiteral("profile"));
        options.secrets = SecretsMode::File;
        options.port = 0;
        QDir().mkpath(options.profile);
        key = makeLongHistory(options.profile, files);
        engine = createEngine(options);
        theme.dress(*qobject_cast<QApplication *>(QCoreApplication::instance()));
        window = std::make_unique<MainWindow>(*engine, settings, theme, notifier);
        window->show();
    }

    HistoryDialog *lookInto()
    {
        emit window->homePage()->historyWanted();
        auto *page = window->historyPage();
        if (!QTest::qWaitFor([page] { return page->list()->model()->rowCount() == 1; },
                             PATIENCE_MS))
            return nullptr;
        emit page->detailWanted(key);
        return window->findChild<HistoryDialog *>();
    }
    HistoryStore store() const
    {
        return longHistoryStore(profile.filePath(QStringLiteral("profile")));
    }
};

/// The words below the list.
QString problemOf(const HistoryDialog *dialog)
{
    for (const auto *label : dialog->findChildren<QLabel *>())
        if (label->property("role") == QStringLiteral("error") && label->isVisible())
            return label->text();
    return {};
}

} // namespace

class GuiHistoryTest : public QObject {
    Q_OBJECT

private slots:
    void manyFilesComeWholeAndInOrder_data()
    {
        QTest::addColumn<int>("files");
        QTest::newRow("none") << 0;
        QTest::newRow("few") << 3;
        QTest::newRow("a page") << int{HistoryFilesModel::PAGE};
        QTest::newRow("pages and a bit") << 3 * HistoryFilesModel::PAGE + 1;
    }
    void manyFilesComeWholeAndInOrder()
    {
        QFETCH(const int, files);
        RealStage stage(files);
        auto *dialog = stage.lookInto();
        QVERIFY(dialog);
        auto *model = dialog->files()->model();
        const int first = std::min<int>(files, HistoryFilesModel::PAGE);
        QTRY_COMPARE_WITH_TIMEOUT(model->rowCount(), first, PATIENCE_MS);
        QTRY_COMPARE_WITH_TIMEOUT(model->canFetchMore({}), files > first, PATIENCE_MS);
        const auto whole = [&] {
            dialog->files()->scrollToBottom();
            return model->rowCount() >= files && !model->canFetchMore({});
        };
        QVERIFY(QTest::qWaitFor(whole, PATIENCE_MS));
        QCOMPARE(model->rowCount(), files);
        for (int row = 0; row < files; ++row)
            QCOMPARE(model->index(row, HistoryFilesModel::NameColumn).data().toString(),
                     longHistoryName(row));
        QCOMPARE(problemOf(dialog), QString());
    }

    void onlyWhatIsLookedAtIsRead()
    {
        RealStage stage(2 * HistoryFilesModel::PAGE);
        auto *dialog = stage.lookInto();
        QVERIFY(dialog);
        auto *model = dialog->files()->model();
        QTRY_COMPARE_WITH_TIMEOUT(model->rowCount(), int{HistoryFilesModel::PAGE}, PATIENCE_MS);
        // The engine answers in order: had more been asked for, it would be here by then.
        bool answered = false;
        stage.engine->searchHistory({}, this, [&](const auto &) { answered = true; });
        QTRY_VERIFY_WITH_TIMEOUT(answered, PATIENCE_MS);
        QCOMPARE(model->rowCount(), int{HistoryFilesModel::PAGE});
    }

    void clearedMeanwhileIsSaid()
    {
        RealStage stage(2 * HistoryFilesModel::PAGE);
        auto *dialog = stage.lookInto();
        QVERIFY(dialog);
        auto *model = dialog->files()->model();
        QTRY_COMPARE_WITH_TIMEOUT(model->rowCount(), int{HistoryFilesModel::PAGE}, PATIENCE_MS);
        QVERIFY(stage.store().clear(stage.key).ok());
        dialog->files()->scrollToBottom();
        QTRY_VERIFY_WITH_TIMEOUT(problemOf(dialog).contains(u"cleared"), PATIENCE_MS);
        QCOMPARE(model->rowCount(), int{HistoryFilesModel::PAGE});
        QVERIFY(!model->canFetchMore({}));
    }
};

int main(int argc, char *argv[]) { return runGuiTest<GuiHistoryTest>(argc, argv); }

#include "gui_history_test.moc"
