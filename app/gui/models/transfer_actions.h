#pragma once
// What a person can do with a transfer, decided from its state alone. Each is a button of
// its row or an entry of its menu, and a key. Thread: any.

#include "core/engine_types.h"

#include <QFlags>

namespace postern::gui {

enum class TransferAction {
    OpenFolder = 1,
    ShowText = 1 << 1, ///< the whole of it, and the way to its link
    CopyText = 1 << 2,
    Pause = 1 << 3,
    Resume = 1 << 4,
    Retry = 1 << 5,
    MoveUp = 1 << 6, ///< among those that wait for the same contact
    MoveDown = 1 << 7,
    Limit = 1 << 8, ///< its own speed
    Cancel = 1 << 9,
    Remove = 1 << 10, ///< off the list; nothing that was sent or received is touched
};
Q_DECLARE_FLAGS(TransferActions, TransferAction)
Q_DECLARE_OPERATORS_FOR_FLAGS(TransferActions)

/// `waiting`: how many wait for the same contact, this one included.
TransferActions actionsOf(const TransferInfo &transfer, int waiting);

/// The folder that holds what was sent or received: never the thing itself, which a file
/// manager would run. By its text alone, since asking the disk could wait. Empty for none.
QString folderOf(const TransferInfo &transfer);

} // namespace postern::gui
