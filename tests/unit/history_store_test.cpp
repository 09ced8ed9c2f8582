// The history in a real SQLite file.

#include "core/history/history_export.h"
#include "core/history/history_store.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;

namespace {

HistoryEntry entry(int number, const QString &contact, const QString &title)
{
    HistoryEntry made;
    made.id = *TransferId::fromBytes(viewOf(QByteArray(15, 'x') + static_cast<char>(number)));
    made.direction = number % 2 == 0 ? Direction::Sending : Direction::Receiving;
    made.contact = contact;
    made.device = QStringLiteral("laptop");
    made.title = title;
    made.files = 2;
    made.bytes = 1000 + number;
    made.totalBytes = 2000;
    made.startedAt = QDateTime::fromMSecsSinceEpoch(1'800'000'000'000 + number);
    made.endedAt = made.startedAt.addSecs(60);
    made.result = TransferState::Delivered;
    made.pathKinds = {QStringLiteral("relay"), QStringLiteral("udp")};
    made.relayedBytes = 77;
    made.averageRate = 1e6;
    made.location = QStringLiteral("/home/me/Downloads/it");
    return made;
}

Result<void> add(const HistoryStore &store, const HistoryEntry &entry,
                 const QList<HistoryFile> &files)
{
    qsizetype at = 0;
    return store.add(entry, [&]() -> std::optional<HistoryFile> {
        return at < files.size() ? std::optional(files[at++]) : std::nullopt;
    });
}

QList<HistoryFile> allFiles(const HistoryStore &store, qint64 key, int most)
{
    QList<HistoryFile> all;
    for (bool last = false; !last;) {
        const auto page = store.files({key, all.size(), most});
        if (!page || (page->files.isEmpty() && !page->last))
            return {};
        all += page->files;
        last = page->last;
    }
    return all;
}

QStringList titles(const Result<QList<HistoryEntry>> &found)
{
    QStringList list;
    if (found)
        for (const auto &one : *found)
            list.append(one.title);
    return list;
}

} // namespace

class HistoryStoreTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_files = 0;

    QString freshFile() { return m_folder.filePath(QStringLiteral("%1.sqlite").arg(++m_files)); }

private slots:
    void remembersAllOfIt()
    {
        const HistoryStore store(freshFile());
        auto told = entry(1, "anna", "holiday");
        told.text = QStringLiteral("https://example.org/?a=<b>");
        told.problem = QStringLiteral("why");
        told.result = TransferState::Cancelled;
        QVERIFY(
            add(store, told, {{"holiday/a", 5, QByteArray(16, 'h')}, {"holiday/b", 6, {}}}).ok());
        const auto found = store.search({});
        QVERIFY(found.ok());
        QCOMPARE(found->size(), 1);
        const HistoryEntry &back = found->first();
        QCOMPARE(back.id, told.id);
        QCOMPARE(back.direction, told.direction);
        QCOMPARE(back.contact, told.contact);
        QCOMPARE(back.device, told.device);
        QCOMPARE(back.text, told.text);
        QCOMPARE(back.bytes, told.bytes);
        QCOMPARE(back.totalBytes, told.totalBytes);
        QCOMPARE(back.startedAt, told.startedAt);
        QCOMPARE(back.endedAt, told.endedAt);
        QCOMPARE(back.result, told.result);
        QCOMPARE(back.problem, told.problem);
        QCOMPARE(back.pathKinds, told.pathKinds);
        QCOMPARE(back.relayedBytes, told.relayedBytes);
        QCOMPARE(back.averageRate, told.averageRate);
        QCOMPARE(back.location, told.location);
        const auto page = store.files({back.key});
        QVERIFY(page.ok() && page->last);
        QCOMPARE(page->files.size(), 2);
        QCOMPARE(page->files.first().path, QString("holiday/a"));
        QCOMPARE(page->files.first().hash, QByteArray(16, 'h'));
        QVERIFY(page->files.last().hash.isEmpty());
    }

    void keepsTheSameOnce()
    {
        const HistoryStore store(freshFile());
        for (int i = 0; i < 3; ++i)
            QVERIFY(add(store, entry(1, "anna", "a"), {{"f", 1, {}}}).ok());
        QCOMPARE(store.search({})->size(), 1);
    }

    void searches_data()
    {
        QTest::addColumn<QString>("words");
        QTest::addColumn<QStringList>("found");
        QTest::newRow("nothing asked") << "" << QStringList{"100% done", "Straße", "holiday"};
        QTest::newRow("title") << "holi" << QStringList{"holiday"};
        QTest::newRow("contact") << "BOB" << QStringList{"Straße"};
        QTest::newRow("file") << "beach" << QStringList{"holiday"};
        QTest::newRow("every word") << "anna beach" << QStringList{"holiday"};
        QTest::newRow("not every word") << "bob beach" << QStringList();
        QTest::newRow("another case") << "STRAßE" << QStringList{"Straße"};
        QTest::newRow("a wildcard is a sign") << "%" << QStringList{"100% done"};
        QTest::newRow("so is the other") << "_" << QStringList();
        QTest::newRow("and the escape") << "\\" << QStringList();
        QTest::newRow("a quote") << "' OR 1=1 --" << QStringList();
    }
    void searches()
    {
        QFETCH(const QString, words);
        QFETCH(const QStringList, found);
        const HistoryStore store(freshFile());
        QVERIFY(add(store, entry(1, "anna", "holiday"), {{"holiday/Beach.jpg", 1, {}}}).ok());
        QVERIFY(add(store, entry(2, "bob", "Straße"), {}).ok());
        QVERIFY(add(store, entry(3, "eve", "100% done"), {}).ok());
        QCOMPARE(titles(store.search({words, 0, 200})), found);
    }

    void pages()
    {
        const HistoryStore store(freshFile());
        for (int i = 0; i < 5; ++i)
            QVERIFY(add(store, entry(i, "anna", QString::number(i)), {}).ok());
        const auto first = store.search({{}, 0, 2});
        QCOMPARE(titles(first), (QStringList{"4", "3"}));
        QCOMPARE(titles(store.search({{}, first->last().key, 2})), (QStringList{"2", "1"}));
    }

    void tellsFilesByPages()
    {
        const HistoryStore store(freshFile());
        QList<HistoryFile> files;
        for (int i = 0; i < 25; ++i)
            files.append({QString::number(i), i, {}});
        QVERIFY(add(store, entry(1, "anna", "a"), files).ok());
        QVERIFY(add(store, entry(2, "anna", "b"), {{"other", 1, {}}}).ok());
        const qint64 key = store.search({})->last().key;
        for (const int most : {1, 5, 7, 24, 25, 26, 1'000'000}) {
            const auto told = allFiles(store, key, most);
            QCOMPARE(told.size(), files.size());
            for (int i = 0; i < told.size(); ++i)
                QCOMPARE(told[i].path, files[i].path);
        }
        QVERIFY(store.files({key, 25, 5})->last);
        QVERIFY(store.files({key + 100})->last); // never was
        QVERIFY(store.files({key, 5, -1})->files.size() == 1);
    }

    /// Names of any length, as deep as folders go, make no page longer than a few MiB.
    void aPageOfLongNamesIsShort()
    {
        const HistoryStore store(freshFile());
        QList<HistoryFile> files;
        for (int i = 0; i < 60; ++i)
            files.append({QString::number(i) + QString(100'000, u'x'), i, {}});
        QVERIFY(add(store, entry(1, "anna", "a"), files).ok());
        const qint64 key = store.search({})->first().key;
        const auto page = store.files({key});
        QVERIFY(page.ok() && !page->last);
        QVERIFY(page->files.size() > 10 && page->files.size() < 30);
        const auto told = allFiles(store, key, 1000);
        QCOMPARE(told.size(), files.size());
        QVERIFY(told.last().path.startsWith(u"59x"));
        const QString out = m_folder.filePath("long.csv");
        QVERIFY(store.exportTo(out).ok());
        QFile file(out);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll().count('\n'), 61);
    }

    void clearedBetweenPagesIsSaid()
    {
        const HistoryStore store(freshFile());
        QVERIFY(add(store, entry(1, "anna", "a"), {{"x", 1, {}}, {"y", 1, {}}}).ok());
        const qint64 key = store.search({})->first().key;
        QVERIFY(!store.files({key, 0, 1})->last);
        QVERIFY(store.clear(key).ok());
        QVERIFY(add(store, entry(2, "anna", "b"), {{"p", 1, {}}, {"q", 1, {}}}).ok());
        const auto next = store.files({key, 1, 1});
        QVERIFY(!next.ok());
        QCOMPARE(next.error().code, ErrorCode::NotFound);
    }

    void clears()
    {
        const HistoryStore store(freshFile());
        for (int i = 0; i < 3; ++i)
            QVERIFY(add(store, entry(i, "anna", QString::number(i)), {{"f", 1, {}}}).ok());
        const qint64 key = store.search({})->at(1).key;
        QVERIFY(store.clear(key).ok());
        QCOMPARE(titles(store.search({})), (QStringList{"2", "0"}));
        QVERIFY(store.files({key})->files.isEmpty());
        QVERIFY(store.clear(0).ok());
        QVERIFY(store.search({})->isEmpty());
    }

    void forgetsTheOldest()
    {
        const HistoryStore few(freshFile(), {3, 1000});
        for (int i = 0; i < 6; ++i)
            QVERIFY(add(few, entry(i, "anna", QString::number(i)), {}).ok());
        QCOMPARE(titles(few.search({})), (QStringList{"5", "4", "3"}));

        const HistoryStore small(freshFile(), {100, 5});
        for (int i = 0; i < 4; ++i)
            QVERIFY(add(small, entry(i, "anna", QString::number(i)), {{"a", 1, {}}, {"b", 1, {}}})
                        .ok());
        QCOMPARE(titles(small.search({})), (QStringList{"3", "2"}));
    }

    void isSharedByTwoPrograms()
    {
        const QString file = freshFile();
        const HistoryStore one(file), two(file);
        for (int i = 0; i < 10; ++i)
            QVERIFY(add(i % 2 == 0 ? one : two, entry(i, "anna", QString::number(i)), {}).ok());
        QCOMPARE(one.search({})->size(), 10);
        QCOMPARE(two.search({})->size(), 10);
    }

    void isItsOwnersOnly()
    {
        const QString file = freshFile();
        QVERIFY(add(HistoryStore(file), entry(1, "anna", "a"), {}).ok());
        const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther
            | QFileDevice::WriteGroup | QFileDevice::WriteOther;
        QVERIFY(!(QFile::permissions(file) & others));
    }

    void beginsAnewWhereItIsDamaged()
    {
        const QString file = freshFile();
        QFile broken(file);
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write(QByteArray(10'000, '?'));
        broken.close();
        const HistoryStore store(file);
        QVERIFY(add(store, entry(1, "anna", "a"), {}).ok());
        QCOMPARE(titles(store.search({})), QStringList{"a"});
        const auto aside = QDir(m_folder.path())
                               .entryList({QFileInfo(file).fileName() + ".damaged-*"}, QDir::Files);
        QCOMPARE(aside.size(), 1);
    }

    void leavesANewerOneAlone()
    {
        const QString file = freshFile();
        QVERIFY(add(HistoryStore(file), entry(1, "anna", "a"), {}).ok());
        {
            auto database = QSqlDatabase::addDatabase("QSQLITE", "newer");
            database.setDatabaseName(file);
            QVERIFY(database.open());
            QSqlQuery query(database);
            QVERIFY(query.exec("PRAGMA user_version = 999"));
        }
        QSqlDatabase::removeDatabase("newer");
        const auto found = HistoryStore(file).search({});
        QVERIFY(!found.ok());
        QCOMPARE(found.error().code, ErrorCode::Incompatible);
    }

    void takesAnyText()
    {
        const HistoryStore store(freshFile());
        auto odd = entry(1, "anna", QStringLiteral("a\u202e\u0007b"));
        odd.text = QStringLiteral("before") + QChar(u'\0') + QStringLiteral("after");
        QVERIFY(add(store, odd, {}).ok());
        QCOMPARE(store.search({"after", 0, 10})->size(), 1);
        QCOMPARE(store.search({})->first().title, odd.title);
    }

    void isExported()
    {
        const HistoryStore store(freshFile());
        auto formula = entry(1, "anna", "=cmd|' /C calc'!A0");
        QVERIFY(add(store, formula, {{"a \"b\",c", 5, QByteArray(16, '\x01')}}).ok());
        QVERIFY(add(store, entry(2, "bob", "plain"), {}).ok());

        const QString csv = m_folder.filePath("out.csv");
        QVERIFY(store.exportTo(csv).ok());
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QList<QByteArray> rows = file.readAll().split('\n');
        QCOMPARE(rows.size(), 4); // a head, two rows, the end
        QVERIFY2(rows[2].contains("\"'=cmd"), rows[2].constData());
        QVERIFY(rows[2].contains("\"a \"\"b\"\",c\""));

        const QString json = m_folder.filePath("out.jsonl");
        QVERIFY(store.exportTo(json).ok());
        QFile lines(json);
        QVERIFY(lines.open(QIODevice::ReadOnly));
        int count = 0;
        while (!lines.atEnd()) {
            const auto line = QJsonDocument::fromJson(lines.readLine()).object();
            QCOMPARE(line["result"].toString(), QString("delivered"));
            ++count;
        }
        QCOMPARE(count, 2);

        QVERIFY(!store.exportTo(csv).ok()); // never replaced
        QVERIFY(!store.exportTo(m_folder.filePath("out.exe")).ok());
        QVERIFY(!store.exportTo("/no/such/folder/out.csv").ok());
        const auto left = QDir(m_folder.path()).entryList({"out.*"}, QDir::Files);
        QCOMPARE(left, (QStringList{"out.csv", "out.jsonl"}));
    }
};

QTEST_GUILESS_MAIN(HistoryStoreTest)
#include "history_store_test.moc"
