#pragma once
// Transfers as a program reads them: one JSON object a line; failures are told on standard
// error too, as everywhere. Thread: main thread only.

#include "app/cli/console.h"
#include "app/cli/transfer_reporter.h"

#include <QHash>

namespace postern::cli {

class JsonReporter : public TransferReporter {
public:
    explicit JsonReporter(Console &console);

    /// At most PROGRESS_INTERVAL apart for Progress; every other step at once.
    void report(TransferStep step, const TransferInfo &transfer, Instant now) override;
    void report(const SearchInfo &search) override;

    static constexpr auto PROGRESS_INTERVAL = 200ms; ///< five a second, as the contract says

private:
    Console &m_console;
    QHash<TransferId, Instant> m_nextProgress;
};

} // namespace postern::cli
