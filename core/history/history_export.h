#pragma once
// Writes the history for other programs: JSON lines, or CSV with one row a file. Never replaces a
// file: what is written gets its name at the end, whole. Any thread.

#include "core/base/result.h"
#include "core/engine_types.h"

#include <QTemporaryFile>

#include <memory>

namespace postern::history {

class Export {
public:
    static Result<std::unique_ptr<Export>> to(const QString &file);
    /// An entry, then its files in any number of lists.
    Result<void> begin(const HistoryEntry &entry);
    Result<void> add(const QList<HistoryFile> &files);
    Result<void> end();
    Result<void> finish();

private:
    Export(QString file, bool isCsv);
    Result<void> write(const QByteArray &bytes);

    QString m_file;
    bool m_isCsv;
    HistoryEntry m_entry; ///< under way
    bool m_anyFile = false; ///< of it
    QTemporaryFile m_beside;
};

/// A field of a CSV row; what a spreadsheet would take for a formula is made a text.
QByteArray csvField(const QString &text);

} // namespace postern::history
