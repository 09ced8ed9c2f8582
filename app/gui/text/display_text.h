#pragma once
// Words and numbers as people read them, and foreign text made harmless: a name from
// another machine is one line, in plain text, with nothing invisible in it.
// Thread: any.

#include "core/engine_types.h"

#include <QString>

class QFontMetrics;

namespace postern::gui {

/// Foreign text on one line: control, bidirectional and other invisible characters become
/// visible marks ("␊", "[U+202E]"), and what is longer than anyone reads loses its middle.
QString visibleText(const QString &foreign);

/// visibleText() as a part of a sentence of ours: its direction can't reorder the sentence.
QString quotable(const QString &foreign);

/// Text for a tool tip: Qt guesses rich text there, so it is escaped and wrapped.
QString plainToolTip(const QString &text);

/// Foreign text fitted into `width` pixels; the middle goes, so that the end (a file's
/// extension) stays.
QString fitted(const QString &foreign, const QFontMetrics &metrics, int width);

QString byteText(qint64 bytes); ///< "1.2 GB"
QString rateText(double bytesPerSecond); ///< "84 MB/s"
QString durationText(qint64 seconds); ///< "12 s", "3 min", "2 h 5 min"
QString fileCountText(qint64 files); ///< "3 files"
QString folderCountText(qint64 folders); ///< "2 folders"

QString whatText(const QStringList &paths); ///< "report.pdf", "report.pdf and 2 more"
QString listText(const QStringList &names); ///< "ben", "ben and carla", "ben, carla and 3 more"

/// The word for what a transfer is doing ("Sending", "Waiting for contact", ...).
QString stateWord(const TransferInfo &transfer);

/// What stands after the name of a contact in lists ("Online on laptop, phone").
QString presenceText(const ContactInfo &contact);

/// What is done with a contact's offers, where a person decided; else empty.
QString ruleText(const ContactInfo &contact);

/// A contact's name for display; the account itself is "My devices".
QString contactTitle(const ContactInfo &contact);

/// "host:port" of a server's address: the fingerprint behind # is for machines.
QString shortServer(const QString &address);

/// The state of the connection as one sentence.
QString sessionSentence(const SessionInfo &session);

/// The text is one http or https link and nothing else, with nothing invisible in it.
bool isLink(const QString &text);

/// The first letter for a contact's round picture.
QString initials(const QString &name);

} // namespace postern::gui
