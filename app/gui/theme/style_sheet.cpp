#include "app/gui/theme/theme.h"

namespace postern::gui {

namespace {

// Names in {braces} are replaced by the theme's colours; lengths follow the 4 px grid.
const auto SHEET = QStringLiteral(R"(
QWidget { color: {text}; }
QMainWindow, QDialog { background: {window}; }
QToolTip { background: {surface}; color: {text}; border: 1px solid {edge}; padding: 4px; }

QLabel[role="title"] { font-size: 20px; font-weight: 600; }
QLabel[role="heading"] { font-size: 15px; font-weight: 600; }
*[role="muted"] { color: {muted}; }
QLabel[role="error"] { color: {danger}; }
QLabel[role="number"] { font-family: "DejaVu Sans Mono", "Menlo", "Consolas", monospace; font-size: 18px; letter-spacing: 1px; }

QPushButton { background: {surface}; border: 1px solid {edge}; border-radius: 6px;
  padding: 6px 15px; min-height: 20px; }
QPushButton:hover { background: {hover}; }
QPushButton:pressed { background: {selected}; }
QPushButton:focus { border: 2px solid {accent}; padding: 5px 14px; }
QPushButton:disabled { color: {edge}; border-color: {line}; background: transparent; }
QPushButton[role="primary"] { background: {accent}; color: {onAccent}; border-color: {accent}; font-weight: 600; }
QPushButton[role="primary"]:hover { background: {accentHover}; border-color: {accentHover}; }
QPushButton[role="primary"]:focus { border: 2px solid {text}; }
QPushButton[role="primary"]:disabled { background: {line}; color: {muted}; border-color: {line}; }
QPushButton[role="danger"] { color: {danger}; border-color: {danger}; }
QPushButton[role="danger"]:hover { background: {dangerSoft}; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: {accent};
  padding: 2px 5px; text-align: left; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border: 1px solid {accent}; }

QPushButton[role="segment"] { background: transparent; border: 1px solid transparent; padding: 5px 14px; color: {muted}; }
QPushButton[role="segment"]:hover { color: {text}; }
QPushButton[role="segment"]:checked { background: {surface}; border-color: {edge}; color: {text}; font-weight: 600; }
QPushButton[role="segment"]:focus { border: 2px solid {accent}; padding: 4px 13px; }
QFrame[role="segments"] { background: {hover}; border-radius: 8px; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 5px; }
QToolButton:hover { background: {hover}; }
QToolButton:pressed, QToolButton:checked { background: {selected}; }
QToolButton:focus { border: 1px solid {accent}; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QAbstractSpinBox, QComboBox { background: {surface}; border: 1px solid {edge}; border-radius: 6px;
  padding: 6px 9px; min-height: 20px; selection-background-color: {accent}; selection-color: {onAccent}; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border: 2px solid {accent}; padding: 5px 8px; }
QLineEdit[invalid="true"] { border: 2px solid {danger}; padding: 5px 8px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: {edge}; border-color: {line}; }
QLineEdit[readOnly="true"] { background: transparent; border-color: {line}; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(:/icons/expand-{shade}.svg); width: 16px; height: 16px; }
QComboBox QAbstractItemView { background: {surface}; border: 1px solid {edge}; outline: none;
  selection-background-color: {selected}; selection-color: {text}; padding: 4px; }

QPlainTextEdit { background: {surface}; border: 1px solid {edge}; border-radius: 6px; padding: 4px;
  selection-background-color: {accent}; selection-color: {onAccent}; }
QPlainTextEdit:focus { border: 2px solid {accent}; padding: 3px; }

QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 1px solid transparent; border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: {accent}; }

QListView, QTreeView { background: transparent; border: none; outline: none; }
QTreeView[role="boxed"] { background: {surface}; border: 1px solid {edge}; border-radius: 6px; padding: 4px; }
QTreeView[role="boxed"]:focus { border: 2px solid {accent}; padding: 3px; }
QTreeView::item { padding: 3px 0; }
QTreeView::item:selected { background: {selected}; color: {text}; }
QTreeView::item:hover { background: {hover}; }
QHeaderView::section { background: transparent; color: {muted}; border: none; padding: 4px; }

QFrame[role="card"] { background: {surface}; border: 1px solid {line}; border-radius: 10px; }
QFrame[role="sidebar"] { background: {sidebar}; border: none; }
QFrame[role="rule"] { background: {line}; border: none; }
QFrame[strip="info"] { background: {accentSoft}; border-radius: 8px; }
QFrame[strip="warning"] { background: {warningSoft}; border-radius: 8px; }
QFrame[strip="danger"] { background: {dangerSoft}; border-radius: 8px; }
QFrame[role="status"] { background: {sidebar}; border-top: 1px solid {line}; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[role="canvas"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical { background: {edge}; border-radius: 3px; min-height: 32px; margin: 2px 4px 2px 2px; }
QScrollBar::handle:vertical:hover { background: {muted}; }
QScrollBar:horizontal { background: transparent; height: 12px; }
QScrollBar::handle:horizontal { background: {edge}; border-radius: 3px; min-width: 32px; margin: 2px 2px 4px 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: {line}; }
QMenu { background: {surface}; border: 1px solid {edge}; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: {selected}; color: {text}; }
QMenu::item:disabled { color: {edge}; }
QMenu::separator { height: 1px; background: {line}; margin: 4px 8px; }
)");

} // namespace

QString styleSheetFor(const Colors &colors)
{
    const std::pair<const char *, QColor> names[] = {
        {"{window}", colors.window},
        {"{sidebar}", colors.sidebar},
        {"{surface}", colors.surface},
        {"{line}", colors.line},
        {"{edge}", colors.edge},
        {"{text}", colors.text},
        {"{muted}", colors.muted},
        {"{hover}", colors.hover},
        {"{selected}", colors.selected},
        {"{accent}", colors.accent},
        {"{accentHover}", colors.accentHover},
        {"{onAccent}", colors.onAccent},
        {"{accentSoft}", colors.accentSoft},
        {"{warningSoft}", colors.warningSoft},
        {"{danger}", colors.danger},
        {"{dangerSoft}", colors.dangerSoft},
    };
    auto sheet = SHEET;
    for (const auto &[name, color] : names)
        sheet.replace(QLatin1String(name), color.name());
    // The arrow of a combo box is a file to a style sheet, so it exists in two inks.
    const bool dark = colors.window.lightness() < 128;
    sheet.replace(QLatin1String("{shade}"), dark ? QLatin1String("dark") : QLatin1String("light"));
    return sheet;
}

} // namespace postern::gui
