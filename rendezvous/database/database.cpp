#include "rendezvous/database/database.h"

#include "rendezvous/database/migrations.h"

#include <QCoreApplication>
#include <QFile>
#include <QSqlError>
#include <QSqlRecord>
#include <QUrl>

#include <atomic>

namespace postern::rendezvous {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Database", text); }

QString newConnectionName()
{
    static std::atomic<int> count = 0;
    return QStringLiteral("postern-%1").arg(++count);
}

Error sqlError(const QSqlError &error)
{
    return {ErrorCode::Internal, tr("The database refused: %1").arg(error.text().simplified())};
}

} // namespace

Database::Database(QString connection, Dialect dialect)
    : m_connection(std::move(connection))
    , m_dialect(dialect)
{
}

Database::~Database()
{
    m_prepared.clear();
    connection().close();
    QSqlDatabase::removeDatabase(m_connection);
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseAddress &address)
{
    auto opened = address.url.isEmpty()
        ? openSqlite(address.dataFolder + QStringLiteral("/rendezvous.sqlite"))
        : openPostgres(address.url);
    if (!opened)
        return opened;
    if (auto migrated = (*opened)->migrate(); !migrated)
        return migrated.error();
    return opened;
}

Result<std::unique_ptr<Database>> Database::openSqlite(const QString &file)
{
    std::unique_ptr<Database> database(new Database(newConnectionName(), Dialect::Sqlite));
    auto sql = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), database->m_connection);
    sql.setDatabaseName(file);
    // Admin commands write beside a running server; each waits for the other.
    sql.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=10000"));
    if (!sql.open())
        return Error{ErrorCode::Unavailable,
                     tr("The database %1 can't be opened: %2. Check that the folder is writable.")
                         .arg(file, sql.lastError().text().simplified())};
    QFile::setPermissions(file, QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    for (const auto *pragma :
         {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"}) {
        if (auto done = database->execute(QLatin1String(pragma)); !done)
            return done.error();
    }
    return database;
}

Result<std::unique_ptr<Database>> Database::openPostgres(const QString &text)
{
    const QUrl url(text);
    if (!url.isValid() || !url.scheme().startsWith(QLatin1String("postgres")))
        return Error{ErrorCode::InvalidArgument,
                     tr("The database address must be of the form "
                        "postgresql://user:password@host/name.")};
    std::unique_ptr<Database> database(new Database(newConnectionName(), Dialect::Postgres));
    auto sql = QSqlDatabase::addDatabase(QStringLiteral("QPSQL"), database->m_connection);
    sql.setHostName(url.host());
    sql.setPort(url.port(5432));
    sql.setUserName(url.userName());
    sql.setPassword(url.password());
    sql.setDatabaseName(url.path().mid(1));
    if (!sql.open())
        return Error{ErrorCode::Unavailable,
                     tr("The PostgreSQL database can't be opened: %1")
                         .arg(sql.lastError().text().simplified())};
    return database;
}

Result<Rows> Database::run(const char *sql, const QVariantList &values)
{
    auto found = m_prepared.find(sql);
    if (found == m_prepared.end()) {
        QSqlQuery query(connection());
        query.setForwardOnly(true);
        if (!query.prepare(QLatin1String(sql)))
            return sqlError(query.lastError());
        found = m_prepared.emplace(sql, std::move(query)).first;
    }
    QSqlQuery &query = found->second;
    for (int i = 0; i < values.size(); ++i)
        query.bindValue(i, values[i]);
    if (!query.exec()) {
        const auto error = sqlError(query.lastError());
        m_prepared.erase(found);
        return error;
    }
    Rows rows;
    const int columns = query.record().count();
    while (query.next()) {
        Row row;
        for (int column = 0; column < columns; ++column)
            row.append(query.value(column));
        rows.append(row);
    }
    query.finish();
    return rows;
}

Result<void> Database::execute(const QString &sql)
{
    QSqlQuery query(connection());
    if (!query.exec(sql))
        return sqlError(query.lastError());
    return {};
}

Result<void> Database::begin()
{
    // SQLite: take the write lock now. A transaction that reads first and writes later can be
    // refused half-way when another process wrote in between.
    return execute(m_dialect == Dialect::Sqlite ? QStringLiteral("BEGIN IMMEDIATE")
                                                : QStringLiteral("BEGIN"));
}

Result<void> Database::commit() { return execute(QStringLiteral("COMMIT")); }

void Database::rollback() { (void)execute(QStringLiteral("ROLLBACK")).ok(); }

QString Database::inDialect(const char *sql) const
{
    const bool sqlite = m_dialect == Dialect::Sqlite;
    return QString::fromLatin1(sql)
        .replace(QLatin1String("{identity}"),
                 sqlite ? QStringLiteral("INTEGER PRIMARY KEY AUTOINCREMENT")
                        : QStringLiteral("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))
        .replace(QLatin1String("{bytes}"),
                 sqlite ? QStringLiteral("BLOB") : QStringLiteral("BYTEA"));
}

Result<void> Database::migrate()
{
    if (auto begun = begin(); !begun)
        return begun;
    auto migrated = [this]() -> Result<void> {
        if (auto made = execute(QStringLiteral(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"));
            !made)
            return made;
        auto rows = run("SELECT version FROM schema_version");
        if (!rows)
            return rows.error();
        const auto known = static_cast<int>(migrations().size());
        const int version = rows->isEmpty() ? 0 : rows->first().first().toInt();
        if (version > known)
            return Error{ErrorCode::Incompatible,
                         tr("The database is of version %1, this program knows up to %2. Use a "
                            "newer postern-rendezvous.")
                             .arg(version)
                             .arg(known)};
        for (int next = version; next < known; ++next) {
            for (const char *statement : migrations()[static_cast<std::size_t>(next)]) {
                if (auto done = execute(inDialect(statement)); !done)
                    return done;
            }
        }
        auto written = rows->isEmpty() ? run("INSERT INTO schema_version VALUES (?)", {known})
                                       : run("UPDATE schema_version SET version = ?", {known});
        if (!written)
            return written.error();
        return {};
    }();
    if (!migrated) {
        rollback();
        return migrated;
    }
    return commit();
}

} // namespace postern::rendezvous
