#pragma once
// One SQL connection with its migrations. SQLite by default; the SQL is written for both
// SQLite and PostgreSQL. Used only in the thread that opened it.

#include "core/base/result.h"

#include <QByteArray>
#include <QList>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QVariant>

#include <memory>
#include <unordered_map>

namespace postern::rendezvous {

using Row = QVariantList;
using Rows = QList<Row>;

/// Where the accounts are kept.
struct DatabaseAddress {
    QString url; ///< empty: SQLite in the data folder; else postgresql://user:password@host/name
    QString dataFolder;
};

class Database {
public:
    /// Opens, creating an empty one, and brings the tables to this program's version. Fails
    /// where the database is of a newer program.
    static Result<std::unique_ptr<Database>> open(const DatabaseAddress &address);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    /// Runs one statement with '?' for each value; all rows it gives. `sql` must outlive the
    /// database: statements are prepared once and kept by address.
    Result<Rows> run(const char *sql, const QVariantList &values = {});

    Result<void> begin();
    Result<void> commit();
    void rollback();

private:
    enum class Dialect { Sqlite, Postgres };
    Database(QString connection, Dialect dialect);
    static Result<std::unique_ptr<Database>> openSqlite(const QString &file);
    static Result<std::unique_ptr<Database>> openPostgres(const QString &url);
    Result<void> execute(const QString &sql);
    Result<void> migrate();
    QString inDialect(const char *sql) const;
    QSqlDatabase connection() const { return QSqlDatabase::database(m_connection, false); }

    QString m_connection;
    Dialect m_dialect;
    std::unordered_map<const char *, QSqlQuery> m_prepared;
};

} // namespace postern::rendezvous
