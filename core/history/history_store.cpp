#include "core/history/history_store.h"

#include "core/base/log.h"
#include "core/history/history_export.h"
#include "core/history/history_schema.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFile>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QStringList>
#include <QVariant>

#include <algorithm>
#include <atomic>
#include <optional>

namespace postern {

namespace {

constexpr int NOT_A_DATABASE = 26; // SQLITE_NOTADB
constexpr int CORRUPT = 11; // SQLITE_CORRUPT
constexpr int MOST_WORDS = 20;
constexpr int MOST_FILES_A_PAGE = 10'000;
constexpr qsizetype MOST_NAMES_A_PAGE = 2 * 1024 * 1024; ///< UTF-16 units
constexpr const char *COLUMNS =
    "key, id, direction, contact, device, title, text, files, bytes, total_bytes, started, ended,"
    " result, problem, path_kinds, relayed, rate, location";

QString tr(const char *text) { return QCoreApplication::translate("postern::HistoryStore", text); }

Error sqlError(const QSqlError &error)
{
    return {ErrorCode::Internal,
            tr("The history can't be used: %1").arg(error.text().simplified())};
}

Result<void> run(QSqlQuery &query)
{
    if (query.exec())
        return {};
    return sqlError(query.lastError());
}

Result<void> execute(QSqlDatabase &database, const QString &sql)
{
    QSqlQuery query(database);
    if (query.exec(sql))
        return {};
    return sqlError(query.lastError());
}

/// As words are compared: however they are written.
QString folded(const QString &text)
{
    return text.normalized(QString::NormalizationForm_KC).toCaseFolded();
}

/// For LIKE ... ESCAPE '\'.
QString pattern(const QString &word)
{
    QString escaped;
    for (const QChar c : folded(word)) {
        if (c == u'%' || c == u'_' || c == u'\\')
            escaped += u'\\';
        escaped += c;
    }
    return u'%' + escaped + u'%';
}

/// SQLite ends a text at U+0000.
QString storable(QString text) { return text.replace(QChar(u'\0'), QChar(0xfffd)); }

TransferState stateOf(const QString &name)
{
    for (const auto state : {TransferState::Delivered, TransferState::Declined,
                             TransferState::Cancelled, TransferState::Failed})
        if (transferStateName(state) == name)
            return state;
    return TransferState::Failed;
}

TransferId idOf(const QByteArray &bytes)
{
    const auto id = TransferId::fromBytes(viewOf(bytes));
    return id ? *id : TransferId();
}

HistoryEntry entryOf(const QSqlQuery &row)
{
    HistoryEntry entry;
    int column = 0;
    const auto next = [&] { return row.value(column++); };
    entry.key = next().toLongLong();
    entry.id = idOf(next().toByteArray());
    entry.direction = next().toInt() == 0 ? Direction::Sending : Direction::Receiving;
    entry.contact = next().toString();
    entry.device = next().toString();
    entry.title = next().toString();
    entry.text = next().toString();
    entry.files = next().toLongLong();
    entry.bytes = next().toLongLong();
    entry.totalBytes = next().toLongLong();
    entry.startedAt = QDateTime::fromMSecsSinceEpoch(next().toLongLong());
    entry.endedAt = QDateTime::fromMSecsSinceEpoch(next().toLongLong());
    entry.result = stateOf(next().toString());
    entry.problem = next().toString();
    entry.pathKinds = next().toString().split(u' ', Qt::SkipEmptyParts);
    entry.relayedBytes = next().toLongLong();
    entry.averageRate = next().toDouble();
    entry.location = next().toString();
    return entry;
}

/// Up to so many rows, fewer where the names are long, but one at least.
HistoryFilesPage pageOf(QSqlQuery &rows, qint64 most)
{
    HistoryFilesPage page;
    for (qsizetype names = 0; rows.next();) {
        if (page.files.size() >= most || names > MOST_NAMES_A_PAGE) {
            page.last = false;
            break;
        }
        page.files.append(
            {rows.value(0).toString(), rows.value(1).toLongLong(), rows.value(2).toByteArray()});
        names += page.files.last().path.size();
    }
    return page;
}

Result<void> expectEntry(QSqlDatabase &database, qint64 key)
{
    QSqlQuery select(database);
    select.prepare(QStringLiteral("SELECT 1 FROM transfer WHERE key = ?"));
    select.bindValue(0, key);
    if (auto ran = run(select); !ran)
        return ran;
    if (select.next())
        return {};
    return {ErrorCode::NotFound,
            tr("This transfer was cleared from the history meanwhile; not all of its files could "
               "be listed.")};
}

Result<void> migrate(QSqlDatabase &database)
{
    QSqlQuery query(database);
    if (!query.exec(QStringLiteral("PRAGMA user_version")) || !query.next())
        return sqlError(query.lastError());
    const auto known = static_cast<int>(history::migrations().size());
    const int version = query.value(0).toInt();
    query.finish();
    if (version > known)
        return {ErrorCode::Incompatible,
                tr("The history was written by a newer Postern; use that one to see it.")};
    for (int next = version; next < known; ++next)
        for (const char *statement : history::migrations()[static_cast<std::size_t>(next)])
            if (auto done = execute(database, QLatin1String(statement)); !done)
                return done;
    return version == known
        ? Result<void>()
        : execute(database, QStringLiteral("PRAGMA user_version = %1").arg(known));
}

Result<void> insertFiles(QSqlDatabase &database, qint64 key, const NextFile &next, qint64 most)
{
    QSqlQuery insert(database);
    insert.prepare(QStringLiteral("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)"));
    for (qint64 number = 0; number < most; ++number) {
        const auto file = next();
        if (!file)
            break;
        const QVariantList values{key,
                                  number,
                                  storable(file->path),
                                  folded(storable(file->path)),
                                  file->bytes,
                                  file->hash.isNull() ? QByteArray("") : file->hash};
        for (int i = 0; i < values.size(); ++i)
            insert.bindValue(i, values[i]);
        if (auto done = run(insert); !done)
            return done;
    }
    return {};
}

Result<qint64> number(QSqlDatabase &database, const char *sql)
{
    QSqlQuery query(database);
    if (!query.exec(QLatin1String(sql)) || !query.next())
        return sqlError(query.lastError());
    return query.value(0).toLongLong();
}

Result<void> prune(QSqlDatabase &database, const HistoryStore::Limits &limits)
{
    auto pruned =
        execute(database,
                QStringLiteral("DELETE FROM transfer WHERE key <= (SELECT key FROM transfer ORDER "
                               "BY key DESC LIMIT 1 OFFSET %1)")
                    .arg(limits.transfers));
    while (pruned) {
        const auto files = number(database, "SELECT COUNT(*) FROM file");
        const auto transfers = number(database, "SELECT COUNT(*) FROM transfer");
        if (!files || !transfers)
            return files ? transfers.error() : files.error();
        if (*files <= limits.files || *transfers <= 1)
            break;
        pruned = execute(database,
                         QStringLiteral("DELETE FROM transfer WHERE key = (SELECT "
                                        "MIN(key) FROM transfer)"));
    }
    return pruned;
}

} // namespace

HistoryStore::HistoryStore(QString file, const Limits &limits)
    : m_file(std::move(file))
    , m_limits(limits)
{
}

/// A damaged file can't be mended here, but it may be by others: it is kept aside.
void HistoryStore::setAside() const
{
    const QString stamp =
        QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMddHHmmss"));
    const QString aside = m_file + QStringLiteral(".damaged-") + stamp;
    qCWarning(logEngine) << "The history is damaged; it is kept as" << aside;
    QFile::rename(m_file, aside);
    QFile::remove(m_file + QStringLiteral("-wal"));
    QFile::remove(m_file + QStringLiteral("-shm"));
}

Result<void> HistoryStore::with(const Work &work) const
{
    bool damaged = false;
    auto done = attempt(work, damaged);
    if (done || !damaged)
        return done;
    setAside();
    return attempt(work, damaged);
}

Result<void> HistoryStore::attempt(const Work &work, bool &damaged) const
{
    static std::atomic<int> count = 0;
    const QString name = QStringLiteral("postern-history-%1").arg(++count);
    // Made by us, so that SQLite's own files beside it get its permissions.
    if (QFile made(m_file); !made.exists() && made.open(QIODevice::WriteOnly | QIODevice::NewOnly))
        made.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    Result<void> outcome;
    {
        auto database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
        database.setDatabaseName(m_file);
        database.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=5000"));
        if (!database.open())
            outcome = sqlError(database.lastError());
        for (const auto *pragma :
             {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
              "PRAGMA secure_delete = ON", "BEGIN IMMEDIATE"})
            if (outcome)
                outcome = execute(database, QLatin1String(pragma));
        if (outcome)
            outcome = migrate(database);
        if (outcome)
            outcome = work(database);
        const auto ended =
            execute(database, outcome ? QStringLiteral("COMMIT") : QStringLiteral("ROLLBACK"));
        if (outcome)
            outcome = ended;
        if (!outcome && outcome.error().code == ErrorCode::Internal) {
            QSqlQuery check(database);
            damaged = !check.exec(QStringLiteral("PRAGMA schema_version"));
            const int code = check.lastError().nativeErrorCode().toInt();
            damaged = damaged && (code == NOT_A_DATABASE || code == CORRUPT);
        }
        database.close();
    }
    QSqlDatabase::removeDatabase(name);
    return outcome;
}

Result<void> HistoryStore::add(const HistoryEntry &entry, const NextFile &files) const
{
    return with([&](QSqlDatabase &database) -> Result<void> {
        QSqlQuery insert(database);
        insert.prepare(QStringLiteral(
            "INSERT OR IGNORE INTO transfer (id, direction, contact, device, title, text, files,"
            " bytes, total_bytes, started, ended, result, problem, path_kinds, relayed, rate,"
            " location, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        const QString words =
            folded(storable(QStringList{entry.contact, entry.title, entry.text}.join(u'\n')));
        const QVariantList values{entry.id.toByteArray(),
                                  entry.direction == Direction::Sending ? 0 : 1,
                                  storable(entry.contact),
                                  storable(entry.device),
                                  storable(entry.title),
                                  storable(entry.text),
                                  entry.files,
                                  entry.bytes,
                                  entry.totalBytes,
                                  entry.startedAt.toMSecsSinceEpoch(),
                                  entry.endedAt.toMSecsSinceEpoch(),
                                  transferStateName(entry.result),
                                  storable(entry.problem),
                                  entry.pathKinds.join(u' '),
                                  entry.relayedBytes,
                                  entry.averageRate,
                                  storable(entry.location),
                                  words};
        for (int i = 0; i < values.size(); ++i) // a null string is not NULL
            insert.bindValue(i,
                             values[i].typeId() == QMetaType::QString
                                 ? QVariant(QLatin1String("") + values[i].toString())
                                 : values[i]);
        if (auto done = run(insert); !done)
            return done;
        if (insert.numRowsAffected() <= 0)
            return {};
        if (auto done =
                insertFiles(database, insert.lastInsertId().toLongLong(), files, m_limits.files);
            !done)
            return done;
        return prune(database, m_limits);
    });
}

Result<QList<HistoryEntry>> HistoryStore::search(const HistoryQuery &query) const
{
    QList<HistoryEntry> found;
    const auto done = with([&](QSqlDatabase &database) -> Result<void> {
        QStringList conditions;
        QVariantList values;
        if (query.before > 0) {
            conditions << QStringLiteral("key < ?");
            values << query.before;
        }
        const QStringList words = query.words.simplified().split(u' ', Qt::SkipEmptyParts);
        for (const QString &word : words.first(std::min<qsizetype>(words.size(), MOST_WORDS))) {
            conditions << QStringLiteral("(words LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM file "
                                         "WHERE file.transfer = transfer.key AND file.words LIKE ? "
                                         "ESCAPE '\\'))");
            values << pattern(word) << pattern(word);
        }
        QString sql = QStringLiteral("SELECT %1 FROM transfer").arg(QLatin1String(COLUMNS));
        if (!conditions.isEmpty())
            sql += QStringLiteral(" WHERE ") + conditions.join(QStringLiteral(" AND "));
        sql += QStringLiteral(" ORDER BY key DESC LIMIT ?");
        values << std::clamp(query.most, 1, 10'000);
        QSqlQuery select(database);
        select.setForwardOnly(true);
        select.prepare(sql);
        for (int i = 0; i < values.size(); ++i)
            select.bindValue(i, values[i]);
        if (auto ran = run(select); !ran)
            return ran;
        while (select.next())
            found.append(entryOf(select));
        return {};
    });
    if (!done)
        return done.error();
    return found;
}

Result<HistoryFilesPage> HistoryStore::files(const HistoryFilesQuery &query) const
{
    const qint64 most = std::clamp(query.most, 1, MOST_FILES_A_PAGE);
    HistoryFilesPage page;
    const auto done = with([&](QSqlDatabase &database) -> Result<void> {
        QSqlQuery select(database);
        select.setForwardOnly(true);
        select.prepare(
            QStringLiteral("SELECT path, bytes, hash FROM file WHERE transfer = ? AND number >= ?"
                           " ORDER BY number LIMIT ?"));
        select.bindValue(0, query.key);
        select.bindValue(1, query.from);
        select.bindValue(2, most + 1); // one more tells whether there are more
        if (auto ran = run(select); !ran)
            return ran;
        page = pageOf(select, most);
        return page.files.isEmpty() && query.from > 0 ? expectEntry(database, query.key)
                                                      : Result<void>();
    });
    if (!done)
        return done.error();
    return page;
}

Result<void> HistoryStore::clear(qint64 key) const
{
    return with([&](QSqlDatabase &database) -> Result<void> {
        QSqlQuery remove(database);
        remove.prepare(key == 0 ? QStringLiteral("DELETE FROM transfer")
                                : QStringLiteral("DELETE FROM transfer WHERE key = ?"));
        if (key != 0)
            remove.bindValue(0, key);
        return run(remove);
    });
}

/// Page by page: there may be a million files.
Result<void> HistoryStore::exportEntry(history::Export &writer, const HistoryEntry &entry) const
{
    auto written = writer.begin(entry);
    for (HistoryFilesQuery query{entry.key, 0, MOST_FILES_A_PAGE}; written;) {
        const auto page = files(query);
        if (!page && page.error().code == ErrorCode::NotFound)
            break; // cleared meanwhile: what was read of it stays
        if (!page)
            return page.error();
        written = writer.add(page->files);
        if (page->last)
            break;
        query.from += page->files.size();
    }
    return written ? writer.end() : written;
}

Result<void> HistoryStore::exportTo(const QString &file) const
{
    auto writer = history::Export::to(file);
    if (!writer)
        return writer.error();
    constexpr int PAGE = 500;
    for (qint64 before = 0;;) {
        const auto page = search({QString(), before, PAGE});
        if (!page)
            return page.error();
        for (const HistoryEntry &entry : *page) {
            if (auto written = exportEntry(**writer, entry); !written)
                return written;
            before = entry.key;
        }
        if (page->size() < PAGE)
            return (*writer)->finish();
    }
}

} // namespace postern
