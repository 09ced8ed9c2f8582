#pragma once
// Files, folders, texts and links in a drop or on the clipboard. Thread: GUI.

#include <QStringList>

class QMimeData;

namespace postern::gui {

/// Something that can be sent: files, or a text or link.
bool canBeSent(const QMimeData *data);

/// Local paths only, without repeats.
QStringList filesIn(const QMimeData *data);

/// A link's address, else the plain text.
QString textIn(const QMimeData *data);

} // namespace postern::gui
