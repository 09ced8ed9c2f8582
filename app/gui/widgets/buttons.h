#pragma once
// Buttons in the roles of the style sheet. Thread: GUI.

#include <QPushButton>
#include <QToolButton>

namespace postern::gui {

class Theme;

/// `role`: "" (ordinary), "primary", "danger", "link" or "segment".
QPushButton *textButton(const QString &text, const char *role = "", QWidget *parent = nullptr);

/// A button that is only an icon; `text` is its tool tip and its accessible name. The icon
/// follows the theme.
QToolButton *iconButton(const Theme &theme, const QString &icon, const QString &text,
                        QWidget *parent = nullptr);

/// Gives any button an icon that follows the theme.
void setThemedIcon(QAbstractButton *button, const Theme &theme, const QString &icon);

} // namespace postern::gui
