#pragma once
// Every sentence that transfers say to people, in one place, translatable. Names are shown
// as plain text, shortened, without control or bidirectional characters. Any thread.

#include "core/base/result.h"
#include "core/wire/block_frame.h"
#include "core/wire/transfer_messages.h"

#include <QString>

namespace postern::sentences {

/// A name fit to stand inside a sentence.
QString quoted(const QString &name);

// The offer itself
Error brokenOffer();
Error offerTooLarge();
Error incompatible(quint32 theirs);
Error nothingToSend();
Error nothingChosen();
Error choiceTooScattered();

// The sender's disk
Error sourceMissing(const QString &path);
Error sourceUnreadable(const QString &path);
Error sourceAway(const QString &title); ///< and will be looked for again
/// One or several files that could not be sent as offered; `path` is the first.
Error notDelivered(wire::RecordKind why, const QString &path, quint32 count, bool someDelivered);

// The receiver's disk
Error folderUnusable(const QString &folder, const Error &reason);
Error folderFull(const QString &folder, qint64 needed, qint64 available);
Error writeFailed(const QString &name, const Error &reason);

// The other side
Error declined(wire::DeclineReason reason);
Error declinedHere();
Error cancelledHere();
Error cancelledThere();
Error failedThere(wire::TransferFailure reason);
/// The receiver's disk stands in the way, and will be tried again.
Error troubleThere(wire::TransferFailure reason); ///< or the sender's
Error connectionLost(bool maybeDelivered, const Error &reason);
Error protocolBroken();
Error corrupt(const QString &name);
Error noMoreStreams();

// Notes: things told that are no failure
QString skippedLink(const QString &path);
QString linkNotMade(const QString &path);
QString attributesTooLarge(const QString &path);
QString attributesNotKept(const QString &path); ///< of it and of others maybe
QString skippedSpecial(const QString &path);
QString skippedUnreadable(const QString &path);
QString skippedTooDeep(const QString &path);
QString nameMadeReadable(const QString &path);
QString nameMadeSafe(const QString &from, const QString &to);
QString renamed(const QString &from, const QString &to);
QString andMore(int count);

/// What a failure is called on the wire.
wire::TransferFailure failureOf(const Error &error);

} // namespace postern::sentences
