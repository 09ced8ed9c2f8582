#pragma once
// The JSON contract (--json): one object a line. Its keys are documented in --help and change
// only with a note in the changelog. Values; any thread.

#include "app/cli/transfer_story.h"

#include <QJsonObject>

namespace postern::cli {

/// {"event": "offered"|"accepted"|"path"|"progress"|"done"|"failed", ...}
QJsonObject transferEvent(TransferStep step, const TransferInfo &transfer);

/// The "failed" of a command that never came to a transfer.
QJsonObject failedEvent(const Error &error);

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
