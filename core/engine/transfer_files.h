#pragma once
// The files of a transfer that is over, one by one, for the history. Made on the engine thread,
// read on a worker.

#include "core/engine/history_desk.h"
#include "core/transfer/hash_notes.h"
#include "core/transfer/named_manifest.h"
#include "core/transfer/source.h"

#include <memory>

namespace postern {

/// `hashes`: null where none were noted; they go once the list was read, unless it `goesOn`.
HistoryDesk::Files filesOf(std::shared_ptr<const Source> sent, std::shared_ptr<HashNotes> hashes,
                           bool goesOn);
HistoryDesk::Files filesOf(std::shared_ptr<const NamedManifest> received,
                           std::shared_ptr<HashNotes> hashes, bool goesOn);

} // namespace postern
