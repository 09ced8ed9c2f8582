#include "app/cli/json_reporter.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"

namespace postern::cli {

JsonReporter::JsonReporter(Console &console)
    : m_console(console)
{
}

void JsonReporter::report(TransferStep step, const TransferInfo &transfer, Instant now)
{
    if (step == TransferStep::Progress) {
        auto &next = m_nextProgress[transfer.id];
        if (now < next)
            return;
        next = now + PROGRESS_INTERVAL;
    }
    m_console.print(jsonLine(transferEvent(step, transfer)));
    if (step == TransferStep::Failed)
        m_console.warn(plainText(problemOf(transfer).message));
    if (step == TransferStep::Done || step == TransferStep::Failed)
        m_nextProgress.remove(transfer.id);
}

void JsonReporter::report(const SearchInfo &search)
{
    m_console.print(jsonLine(searchEvent(search)));
}

} // namespace postern::cli
