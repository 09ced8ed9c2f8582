#pragma once
// The JSON contract (--json): one object a line. Its keys are documented in --help and change
// only with a note in the changelog. Values; any thread.

#include "app/cli/transfer_story.h"

#include <QJsonObject>

namespace postern::cli {

/// {"event":
/// "waiting"|"queued"|"offered"|"accepted"|"path"|"first-byte"|"progress"|"paused"|"resumed"|
/// "text"|"done"|"failed", ...}
QJsonObject transferEvent(TransferStep step, const TransferInfo &transfer);

/// {"event": "search", ...}: what was tried for a path, step by step.
QJsonObject searchEvent(const SearchInfo &search);

/// The "offered" of an offer that waits for a decision: with all there is to decide on.
QJsonObject offerEvent(const OfferInfo &offer, const TransferInfo &transfer);

/// The "failed" of a command that never came to a transfer; `contact` where it was about one.
QJsonObject failedEvent(const Error &error, const QString &contact = {});

/// The answers to --control: done, for these transfers; not done; and one line of "list".
QJsonObject controlEvent(const QString &command, const QList<TransferId> &transfers);
QJsonObject controlRefusedEvent(const Error &error);
QJsonObject stateObject(const TransferInfo &transfer);

/// A line of `history`, and of `history files`.
QJsonObject historyObject(const HistoryEntry &entry);
QJsonObject queueObject(const QueuedSend &send);
QJsonObject historyFileObject(const HistoryFile &file);

/// "ask", "always", "below", "never", as `contacts rule` takes them.
QString takeName(ContactRule::Take take);

/// A contact as `contacts list` shows it.
QJsonObject contactObject(const ContactInfo &contact);

/// One online device as `peers` shows it.
QJsonObject peerObject(const ContactInfo &contact, const DeviceInfo &device);

/// What `network` shows; what is not measured is null.
QJsonObject networkObject(const NetworkInfo &network);

/// Compact, on one line. Characters that would steer a terminal are escaped as \uXXXX, so the
/// names in it stay exact and yet harmless.
QString jsonLine(const QJsonObject &object);

/// The sentence for a transfer that ended without being delivered.
Error problemOf(const TransferInfo &transfer);

} // namespace postern::cli
