#pragma once
// How Postern looks: one palette for light and one for dark, one spacing grid, and the
// icons tinted to match. Widgets take a const Theme & and repaint on changed().
// Thread: GUI.

#include <QColor>
#include <QHash>
#include <QIcon>
#include <QObject>
#include <QPixmap>

class QApplication;

namespace postern::gui {

enum class ThemeChoice { System, Light, Dark };

/// The one spacing grid, in device-independent pixels.
namespace space {
inline constexpr int XS = 4;
inline constexpr int S = 8;
inline constexpr int M = 16;
inline constexpr int L = 24;
inline constexpr int XL = 32;
inline constexpr int RADIUS = 8;
} // namespace space

struct Colors {
    QColor window; ///< behind everything
    QColor sidebar; ///< the contact list
    QColor surface; ///< cards, inputs, lists
    QColor line; ///< hairlines between things
    QColor edge; ///< outlines of inputs and buttons (3:1 against surface)
    QColor text;
    QColor muted; ///< second lines; still 4.5:1 on every background above
    QColor hover;
    QColor selected;
    QColor accent;
    QColor accentHover;
    QColor onAccent;
    QColor accentSoft;
    QColor good;
    QColor warning;
    QColor warningSoft;
    QColor danger;
    QColor dangerSoft;
};

class Theme : public QObject {
    Q_OBJECT

public:
    explicit Theme(QObject *parent = nullptr);

    ThemeChoice choice() const { return m_choice; }
    void choose(ThemeChoice choice);
    /// What the desktop prefers; used while the choice is System.
    void setSystemDark(bool dark);

    bool isDark() const;
    const Colors &colors() const;

    /// Sets style, palette and style sheet of the application, now and on every change.
    void dress(QApplication &application);

    /// An icon of resources/icons in one colour, sharp at every scale.
    QPixmap pixmap(const QString &name, int size, const QColor &color, qreal scale = 1) const;
    QIcon icon(const QString &name, const QColor &color = {}) const;
    /// An illustration of resources/illustrations in the theme's colours.
    QPixmap illustration(const QString &name, QSize size, qreal scale = 1) const;

signals:
    void changed();

private:
    void refresh();

    ThemeChoice m_choice = ThemeChoice::System;
    bool m_systemDark = false;
    QApplication *m_application = nullptr;
    mutable QHash<QString, QPixmap> m_pixmaps;
};

/// The style sheet of everything that a style sheet describes best.
QString styleSheetFor(const Colors &colors);

} // namespace postern::gui
