#include "app/gui/models/transfer_actions.h"

#include <QFileInfo>

namespace postern::gui {

namespace {

bool canPause(TransferState state)
{
    switch (state) {
    case TransferState::WaitingForContact:
    case TransferState::Queued:
    case TransferState::Connecting:
    case TransferState::Transferring:
    case TransferState::Stalled:
    case TransferState::Resuming: return true;
    default: return false;
    }
}

/// A text of someone else's is shown once it was taken, one's own always.
bool textIsOurs(const TransferInfo &transfer)
{
    return transfer.direction == Direction::Sending || transfer.state == TransferState::Delivered;
}

} // namespace

TransferActions actionsOf(const TransferInfo &transfer, int waiting)
{
    TransferActions actions;
    const bool sending = transfer.direction == Direction::Sending;
    if (!folderOf(transfer).isEmpty())
        actions |= TransferAction::OpenFolder;
    if (!transfer.text.isEmpty() && textIsOurs(transfer))
        actions |= TransferAction::ShowText | TransferAction::CopyText;
    if (transfer.finished()) {
        if (sending && transfer.state != TransferState::Delivered)
            actions |= TransferAction::Retry;
        return actions | TransferAction::Remove;
    }
    if (canPause(transfer.state))
        actions |= TransferAction::Pause;
    // The other side ends its own pause, and a trouble ends by being cured.
    if (transfer.state == TransferState::Paused && transfer.pausedBy == PausedBy::Us)
        actions |= TransferAction::Resume;
    if (transfer.place > 0)
        actions |= TransferAction::MoveUp;
    if (transfer.place >= 0 && transfer.place + 1 < waiting)
        actions |= TransferAction::MoveDown;
    if (transfer.text.isEmpty())
        actions |= TransferAction::Limit;
    return actions | TransferAction::Cancel;
}

QString folderOf(const TransferInfo &transfer)
{
    const bool there =
        transfer.direction == Direction::Sending || transfer.state == TransferState::Delivered;
    return transfer.location.isEmpty() || !there || !transfer.text.isEmpty()
        ? QString()
        : QFileInfo(transfer.location).path();
}

} // namespace postern::gui
