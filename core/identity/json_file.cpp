#include "core/identity/json_file.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QLockFile>
#include <QSaveFile>

namespace postern {

namespace {

/// Others hold the lock for one small write; a process that died is noticed by its id.
constexpr int LOCK_WAIT_MS = 5'000;

Error damaged(const QString &path)
{
    return {ErrorCode::Corrupt,
            QCoreApplication::translate(
                "Identity", "The file “%1” is damaged: restore it from a backup or delete it.")
                .arg(path)};
}

Error notWritable(const QString &path, const QString &why)
{
    return {ErrorCode::FileNotWritable,
            QCoreApplication::translate(
                "Identity", "The file “%1” can't be written (%2): check the disk and the rights.")
                .arg(path, why)};
}

class Lock {
public:
    explicit Lock(const QString &path)
        : m_path(path)
        , m_file(path + QStringLiteral(".lock"))
    {
    }
    Result<void> take()
    {
        if (m_file.tryLock(LOCK_WAIT_MS))
            return {};
        if (m_file.error() == QLockFile::LockFailedError)
            return Error{ErrorCode::Timeout,
                         QCoreApplication::translate("Identity",
                                                     "Another Postern keeps “%1” locked: end it "
                                                     "and try again.")
                             .arg(m_path)};
        return notWritable(m_path, QCoreApplication::translate("Identity", "no lock"));
    }

private:
    QString m_path;
    QLockFile m_file;
};

} // namespace

JsonFile::JsonFile(QString path, qint64 mostBytes)
    : m_path(std::move(path))
    , m_mostBytes(mostBytes)
{
}

Result<std::optional<QJsonObject>> JsonFile::read() const
{
    QFile file(m_path);
    if (!file.exists())
        return std::optional<QJsonObject>();
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable,
                     QCoreApplication::translate(
                         "Identity", "The file “%1” can't be read (%2): check its rights.")
                         .arg(m_path, file.errorString())};
    const QByteArray bytes = file.read(m_mostBytes + 1);
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (bytes.size() > m_mostBytes || !document.isObject())
        return damaged(m_path);
    return std::optional(document.object());
}

Result<void> JsonFile::update(const std::function<Result<void>(QJsonObject &)> &change) const
{
    Lock lock(m_path);
    if (auto locked = lock.take(); !locked)
        return locked;
    auto before = read();
    if (!before)
        return before.error();
    QJsonObject content = before->value_or(QJsonObject());
    if (auto changed = change(content); !changed)
        return changed;
    if (before->has_value() && content == **before)
        return {};
    return write(content);
}

Result<void> JsonFile::replace(const QJsonObject &content) const
{
    Lock lock(m_path);
    if (auto locked = lock.take(); !locked)
        return locked;
    return write(content);
}

Result<void> JsonFile::write(const QJsonObject &content) const
{
    QSaveFile file(m_path);
    const bool opened = file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    if (!opened || file.write(QJsonDocument(content).toJson()) < 0 || !file.commit())
        return notWritable(m_path, file.errorString());
    return {};
}

Result<void> JsonFile::remove() const
{
    QFile file(m_path);
    if (file.exists() && !file.remove())
        return notWritable(m_path, file.errorString());
    return {};
}

} // namespace postern
