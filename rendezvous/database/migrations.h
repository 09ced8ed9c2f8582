#pragma once
// The tables' history. A migration, once released, is never edited: a change is a new one at
// the end. `{identity}` and `{bytes}` stand for what SQLite and PostgreSQL call differently.

#include <span>

namespace postern::rendezvous {

/// Statements of one version, in order.
using Migration = std::span<const char *const>;

/// migrations()[n] leads from version n to n + 1.
std::span<const Migration> migrations();

} // namespace postern::rendezvous
