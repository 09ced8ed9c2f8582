#include "core/engine/wake_keeper.h"

namespace postern {

namespace {

bool isUnderWay(TransferState state)
{
    switch (state) {
    case TransferState::Preparing:
    case TransferState::Connecting:
    case TransferState::Transferring:
    case TransferState::Stalled: // asleep nobody finds another connection
    case TransferState::Resuming:
    case TransferState::Verifying: return true;
    case TransferState::WaitingForContact:
    case TransferState::Queued:
    case TransferState::Offered:
    case TransferState::Paused:
    case TransferState::Delivered:
    case TransferState::Declined:
    case TransferState::Cancelled:
    case TransferState::Failed: break;
    }
    return false;
}

} // namespace

EngineEvents WakeKeeper::watching(EngineEvents events)
{
    events.transfer = [this, tell = std::move(events.transfer)](const TransferInfo &transfer) {
        transferChanged(transfer);
        tell(transfer);
    };
    return events;
}

void WakeKeeper::transferChanged(const TransferInfo &transfer)
{
    if (isUnderWay(transfer.state))
        m_underWay.insert(transfer.id);
    else
        m_underWay.remove(transfer.id);
    if (m_underWay.isEmpty())
        m_lock.reset();
    else if (!m_lock)
        m_lock = std::make_unique<net::WakeLock>(tr("Files are being sent or received"));
}

} // namespace postern
