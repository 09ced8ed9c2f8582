#pragma once
// A small JSON file of the profile that several processes read and change. It is replaced
// whole (written beside, flushed, renamed), readable by its owner only. Any thread.

#include "core/base/result.h"

#include <QJsonObject>
#include <QString>

#include <functional>
#include <optional>

namespace postern {

class JsonFile {
public:
    /// `mostBytes` bounds what is read: a larger file counts as damaged.
    explicit JsonFile(QString path, qint64 mostBytes);

    /// Empty if there is no such file; Corrupt if it is not a JSON object.
    Result<std::optional<QJsonObject>> read() const;

    /// Reads, changes and writes while other processes are kept out. `change` gets an empty
    /// object if there is no file; nothing is written if it leaves the object as it was or
    /// returns an error. A file that can't be read is left alone, and is the error.
    Result<void> update(const std::function<Result<void>(QJsonObject &)> &change) const;

    /// Replaces the content whatever it was, damaged or not.
    Result<void> replace(const QJsonObject &content) const;
    Result<void> remove() const;

    QString path() const { return m_path; }

private:
    Result<void> write(const QJsonObject &content) const;

    QString m_path;
    qint64 m_mostBytes;
};

} // namespace postern
