#include "rendezvous/database/migrations.h"

#include <array>

namespace postern::rendezvous {

namespace {

// Times are milliseconds since 1970 UTC; 0 means never. No password, no file, no message is
// ever stored. A contact is kept by name, not by account: so a request to a name that does not
// exist is stored like any other, and nobody can tell the difference.
constexpr const char *VERSION_1[] = {
    "CREATE TABLE accounts ("
    " id {identity},"
    " name TEXT NOT NULL UNIQUE,"
    " password_hash TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " disabled_at BIGINT NOT NULL DEFAULT 0)",

    "CREATE TABLE devices ("
    " account_id BIGINT NOT NULL REFERENCES accounts (id),"
    " id {bytes} NOT NULL,"
    " public_key {bytes} NOT NULL,"
    " name TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " revoked_at BIGINT NOT NULL DEFAULT 0,"
    " PRIMARY KEY (account_id, id))",

    "CREATE TABLE contacts ("
    " owner_id BIGINT NOT NULL REFERENCES accounts (id),"
    " other_name TEXT NOT NULL,"
    " stance INTEGER NOT NULL,"
    " since BIGINT NOT NULL,"
    " PRIMARY KEY (owner_id, other_name))",
    "CREATE INDEX contacts_by_other ON contacts (other_name)",

    "CREATE TABLE invites ("
    " code_hash {bytes} PRIMARY KEY,"
    " uses_left INTEGER NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL)",
};

constexpr std::array<Migration, 1> ALL = {Migration(VERSION_1)};

} // namespace

std::span<const Migration> migrations() { return ALL; }

} // namespace postern::rendezvous
