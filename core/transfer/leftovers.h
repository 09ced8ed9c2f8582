#pragma once
// What crashes and lost senders leave behind: hidden folders with parts of items, and journals.
// Only what has our own names is ever removed, in folders where we received, following no link,
// and nothing that a transfer of this or another process holds. Worker.

#include "core/transfer/receive_journal.h"

#include <QStringList>

namespace postern {

/// The hidden folder that a transfer is put together in. A number counts only with its device:
/// nobody gets at another's folder by reusing one.
QByteArray partFolderName(const DeviceId &from, const TransferId &id);

/// Removes such a folder unless a transfer of this or another process is at work in it, or it is
/// a link. True if it is gone.
bool removePart(Folder &in, const QByteArray &name);

/// Who did not come back for so long won't.
inline constexpr qint64 LEFTOVER_AGE_NS = qint64{30} * 24 * 3600 * 1'000'000'000;

/// Choices and hashes are begun before, or read after, the journal they lie beside is there.
inline constexpr qint64 ORPHAN_AGE_NS = qint64{24} * 3600 * 1'000'000'000;

/// Removes, in every folder that a journal names and in `folders`: parts whose transfer has
/// ended, parts and journals that nothing was written to for LEFTOVER_AGE_NS, and choices and
/// hashes without a journal or ticket. Call it when the program starts. `nowNs`: since 1970 UTC.
/// Returns how many of all these went.
int sweepLeftovers(const JournalHome &home, const QStringList &folders, qint64 nowNs);

} // namespace postern
