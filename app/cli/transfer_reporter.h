#pragma once
// Who is told of the steps of transfers and of searches for a path: a person (ProgressPrinter) or a
// program (JsonReporter). Thread: main thread only.

#include "app/cli/transfer_story.h"
#include "core/base/clock.h"

namespace postern::cli {

class TransferReporter {
public:
    virtual ~TransferReporter() = default;

    virtual void report(TransferStep step, const TransferInfo &transfer, Instant now) = 0;
    /// People are told of the path that comes of it (TransferStep::Path).
    virtual void report(const SearchInfo &) { }
};

} // namespace postern::cli
