#pragma once
// The folder files land in, as a person named it. Values; any thread; touches the disk.

#include "core/base/result.h"

namespace postern::cli {

/// Absolute, made if it was not there; "~/" is one's home. Fails with FileNotWritable where no
/// file could be put.
Result<QString> targetFolder(const QString &name);

} // namespace postern::cli
