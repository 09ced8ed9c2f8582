#include "core/engine/transfer_view.h"

namespace postern {

TransferState stateOf(const TransferSnapshot &snapshot, Direction direction)
{
    if (!isFinal(snapshot.stage)
        && (snapshot.trouble || snapshot.pausedHere || snapshot.pausedThere)
        && snapshot.stage != TransferStage::Offered)
        return TransferState::Paused;
    switch (snapshot.stage) {
    case TransferStage::Waiting:
        return direction == Direction::Sending ? TransferState::Connecting
                                               : TransferState::Preparing;
    case TransferStage::Offered: return TransferState::Offered;
    case TransferStage::Preparing: return TransferState::Preparing;
    case TransferStage::Transferring:
    case TransferStage::Verifying:
        if (snapshot.stalled)
            return TransferState::Stalled;
        if (snapshot.resuming)
            return TransferState::Resuming;
        return snapshot.stage == TransferStage::Verifying ? TransferState::Verifying
                                                          : TransferState::Transferring;
    case TransferStage::Delivered: return TransferState::Delivered;
    case TransferStage::Declined: return TransferState::Declined;
    case TransferStage::Cancelled: return TransferState::Cancelled;
    case TransferStage::Failed: break;
    }
    return TransferState::Failed;
}

namespace {

PausedBy pausedBy(const TransferSnapshot &snapshot)
{
    if (snapshot.trouble)
        return PausedBy::Trouble;
    if (snapshot.pausedHere)
        return PausedBy::Us;
    return snapshot.pausedThere ? PausedBy::Them : PausedBy::Nobody;
}

} // namespace

void apply(const TransferSnapshot &snapshot, TransferInfo &info)
{
    info.state = stateOf(snapshot, info.direction);
    if (!snapshot.title.isEmpty())
        info.title = snapshot.title;
    info.files = snapshot.files;
    info.bytes = snapshot.bytes;
    info.totalBytes = snapshot.totalBytes;
    info.relayedBytes = snapshot.relayedBytes;
    info.rate = snapshot.rate;
    info.secondsLeft = snapshot.secondsLeft;
    info.elapsedMs = snapshot.elapsedMs;
    info.firstByteMs = snapshot.firstByteMs;
    info.pausedBy = info.state == TransferState::Paused ? pausedBy(snapshot) : PausedBy::Nobody;
    info.text = snapshot.text;
    info.problem = info.pausedBy == PausedBy::Trouble ? snapshot.trouble : snapshot.problem;
    info.notes = snapshot.notes;
    if (!snapshot.location.isEmpty())
        info.location = snapshot.location;
}

OfferInfo offerOf(const TransferSnapshot &snapshot, const QList<OfferedEntry> &entries)
{
    OfferInfo offer;
    offer.id = snapshot.id;
    offer.title = snapshot.title;
    offer.files = snapshot.files;
    offer.folders = snapshot.folders;
    offer.bytes = snapshot.totalBytes;
    offer.entries.reserve(entries.size());
    for (const auto &entry : entries)
        offer.entries.append(
            {entry.path, entry.folder ? EntryKind::Folder : EntryKind::File, entry.bytes});
    return offer;
}

} // namespace postern
