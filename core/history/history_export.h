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
    static Result<std::unique_ptr<Export>> begin(const QString &file);
    Result<void> add(const HistoryEntry &entry, const QList<HistoryFile> &files);
    Result<void> finish();

private:
    Export(QString file, bool isCsv);
    Result<void> write(const QByteArray &bytes);

    QString m_file;
    bool m_isCsv;
    QTemporaryFile m_beside;
};

/// A field of a CSV row; what a spreadsheet would take for a formula is made a text.
QByteArray csvField(const QString &text);

} // namespace postern::history
