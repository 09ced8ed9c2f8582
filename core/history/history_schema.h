#pragma once
// The history's tables, migration by migration; PRAGMA user_version counts them. A migration that
// was released is never changed: what comes later is added at the end.

#include <array>
#include <vector>

namespace postern::history {

inline const std::vector<std::vector<const char *>> &migrations()
{
    static const std::vector<std::vector<const char *>> all{
        {
            "CREATE TABLE transfer ("
            " key INTEGER PRIMARY KEY AUTOINCREMENT,"
            " id BLOB NOT NULL, direction INTEGER NOT NULL, contact TEXT NOT NULL,"
            " device TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,"
            " files INTEGER NOT NULL, bytes INTEGER NOT NULL, total_bytes INTEGER NOT NULL,"
            " started INTEGER NOT NULL, ended INTEGER NOT NULL, result TEXT NOT NULL,"
            " problem TEXT NOT NULL, path_kinds TEXT NOT NULL, relayed INTEGER NOT NULL,"
            " rate REAL NOT NULL, location TEXT NOT NULL,"
            " words TEXT NOT NULL," // what is searched, case-folded
            " UNIQUE (id, direction, ended))",
            "CREATE TABLE file ("
            " transfer INTEGER NOT NULL REFERENCES transfer(key) ON DELETE CASCADE,"
            " number INTEGER NOT NULL, path TEXT NOT NULL, words TEXT NOT NULL,"
            " bytes INTEGER NOT NULL, hash BLOB NOT NULL,"
            " PRIMARY KEY (transfer, number)) WITHOUT ROWID",
        },
    };
    return all;
}

} // namespace postern::history
