#pragma once
// What `--limit` takes: "500K", "2M", "1.5MiB", "800kB/s". Values; any thread.

#include "core/base/result.h"

namespace postern::cli {

/// Bytes a second. K, M, G are powers of 1000, Ki, Mi, Gi of 1024; a "B" or "B/s" may follow.
/// Fails with InvalidArgument, whose sentence shows what is understood.
Result<qint64> parseByteRate(const QString &text);

/// Bytes, in the same notation.
Result<qint64> parseByteSize(const QString &text);

} // namespace postern::cli
