#pragma once
// Where a password comes from: a file or a prompt, never the command line, which every
// process of the computer can read. Thread: main thread only.

#include "app/cli/console.h"

namespace postern::cli {

enum class PasswordPurpose {
    SignIn,
    Register, ///< asked for twice: a typing error would lock its owner out
};

/// The first line of `file`, or of a prompt if `file` is empty. Fails with a file error, with
/// InvalidArgument for what can't be a password, with Cancelled if the prompt is left.
Result<QString> readPassword(const QString &file, PasswordPurpose purpose, Console &console);

} // namespace postern::cli
