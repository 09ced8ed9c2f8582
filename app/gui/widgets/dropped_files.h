#pragma once
// Files and folders in a drop or on the clipboard. Thread: GUI.

#include <QStringList>

class QMimeData;

namespace postern::gui {

bool carriesFiles(const QMimeData *data);

/// Local paths only, without repeats.
QStringList filesIn(const QMimeData *data);

} // namespace postern::gui
