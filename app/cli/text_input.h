#pragma once
// The text or link that `send` sends: from the command line, a file or standard input.
// Thread: main thread only.

#include "app/cli/console.h"

namespace postern::cli {

/// Of a file, or of standard input for "-"; a last newline is not part of it. Fails where there
/// is none, where it is no UTF-8, or more than TEXT_LIMIT.
Result<QString> readText(const QString &file, Console &console);

/// Whether a text may be sent: not empty, and no more than TEXT_LIMIT.
Result<void> checkText(const QString &text);

} // namespace postern::cli
