#pragma once
// Part of the file layer: takes from the calling thread, for good, the right to touch anything
// but some folders. Whoever finds a hole in what receives files then stands in a closed room.
// Linux from 5.19 on (Landlock, second version of its interface); elsewhere it does nothing.

#include <QStringList>

namespace postern {

/// Opens, makes, moves and removes files below the folders from now on and nowhere else, and
/// makes no TCP connection where the kernel can refuse that, too. What is open stays usable.
/// False where the system can't; the thread is then as free as before.
bool confineThread(const QStringList &folders);

} // namespace postern
