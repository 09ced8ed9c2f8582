#pragma once
// Text that others chose, made fit for a terminal: names of files, people and devices must
// not move the cursor, ring, colour, hide themselves or turn the line around. Values; any
// thread. Source: ECMA-48 (control functions), UAX #9 (bidirectional formatting characters).

#include <QString>
#include <QStringList>

namespace postern::cli {

/// Control, bidirectional and invisible formatting characters are gone; unpaired surrogates
/// become U+FFFD. Joiners that emoji and scripts need (U+200C, U+200D) stay.
QString plainText(QStringView text);

/// The lines of a text, each as plainText(), a tab as a space.
QStringList plainLines(const QString &text);

/// True for a character that plainText() takes out.
bool isUnfitForTerminal(char32_t character);

/// Columns of a terminal the text takes; wide characters take two, combining ones none.
int columnsOf(QStringView text);

/// The text, cut in the middle with an ellipsis to at most `columns`: the end of a file's
/// name tells its kind, so it stays.
QString elided(const QString &text, int columns);

/// "12.3 MB", in powers of 1000.
QString byteCount(qint64 bytes);

/// "0:12", "1:02:03".
QString clockTime(qint64 seconds);

} // namespace postern::cli
