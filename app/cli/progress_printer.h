#pragma once
// Transfers as a person reads them: sentences for the steps, and in between a bar with speed
// and time left, kept in place on a terminal; elsewhere a plain line every few seconds.
// Thread: main thread only.

#include "app/cli/console.h"
#include "app/cli/transfer_reporter.h"

#include <QHash>

namespace postern::cli {

class ProgressPrinter : public TransferReporter {
public:
    explicit ProgressPrinter(Console &console);

    void report(TransferStep step, const TransferInfo &transfer, Instant now) override;

private:
    void showProgress(Instant now);
    void printText(const TransferInfo &transfer);

    Console &m_console;
    QHash<TransferId, TransferInfo> m_running;
    Instant m_nextShown{};
};

/// "photos [=====>     ]  42%  12.3 MB of 29.1 MB  11.2 MB/s  0:12 left  UDP", in at most
/// `columns`; what does not fit goes, the least needed first.
QString progressLine(const TransferInfo &transfer, int columns);

} // namespace postern::cli
