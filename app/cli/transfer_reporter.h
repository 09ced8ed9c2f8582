#pragma once
// Who is told of the steps of transfers: a person (ProgressPrinter) or a program
// (JsonReporter). Thread: main thread only.

#include "app/cli/transfer_story.h"
#include "core/base/clock.h"

namespace postern::cli {

class TransferReporter {
public:
    virtual ~TransferReporter() = default;

    virtual void report(TransferStep step, const TransferInfo &transfer, Instant now) = 0;
};

} // namespace postern::cli
