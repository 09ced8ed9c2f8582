#pragma once
// A transfer as the faces see it, made of what the machine tells and what the engine knows
// around it. Pure; any thread.

#include "core/engine_types.h"
#include "core/transfer/incoming.h"
#include "core/transfer/transfer_types.h"

namespace postern {

/// Puts what the snapshot tells into `info`; the rest of it stays.
void apply(const TransferSnapshot &snapshot, TransferInfo &info);

TransferState stateOf(const TransferSnapshot &snapshot, Direction direction);

OfferInfo offerOf(const TransferSnapshot &snapshot, const QList<OfferedEntry> &entries);

} // namespace postern
