#pragma once
// The parts that rows of both lists are painted from. Thread: GUI.

#include "app/gui/models/contact_model.h"

#include <QRect>
#include <QString>

class QPainter;
class QStyleOptionViewItem;

namespace postern::gui {

class Theme;

/// The row's background: selected, hovered, and a ring where the keyboard is.
void paintRowBackground(QPainter &painter, const Theme &theme, const QStyleOptionViewItem &option);

/// A round picture with the contact's first letter, and its presence at the lower right.
void paintAvatar(QPainter &painter, const Theme &theme, const QRect &rect, const QString &letter,
                 ContactModel::Presence presence, const QColor &behind);

/// A small pill ("LAN", "2"). Returns its rectangle, right-aligned at `right`.
QRect paintBadge(QPainter &painter, const QString &text, const QColor &ink, const QColor &ground,
                 int right, int centreY);

/// An icon button inside a row.
void paintRowButton(QPainter &painter, const Theme &theme, const QRect &rect, const QString &icon,
                    const QColor &ink, bool hovered);

/// Plain text, elided: foreign text loses its middle.
void paintLine(QPainter &painter, const QRect &rect, const QString &text, const QColor &ink,
               const QFont &font, Qt::TextElideMode elide = Qt::ElideMiddle);

} // namespace postern::gui
