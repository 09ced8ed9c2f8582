#pragma once
// Labels that never guess rich text from their content. Thread: GUI.

#include <QLabel>

namespace postern::gui {

/// A plain-text label in one of the style sheet's roles ("title", "heading", "muted",
/// "error", "number"; empty for body text).
QLabel *textLabel(const QString &text, const char *role = "", QWidget *parent = nullptr);

/// The same, wrapping at words and as tall as its text needs at the width it was given:
/// QLabel alone asks for the height of another width, and its last line is cut.
QLabel *wrappedLabel(const QString &text, const char *role = "", QWidget *parent = nullptr);

} // namespace postern::gui
