#include "core/identity/secret_store.h"

#include "core/identity/device_key.h"
#include "core/identity/profile.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace postern {

namespace {

/// Hands the answer over from the event loop, as long as the store lives.
template<typename Function> void later(QObject *store, Function function)
{
    QMetaObject::invokeMethod(store, std::move(function), Qt::QueuedConnection);
}

Error tooLarge()
{
    return {ErrorCode::LimitExceeded,
            QCoreApplication::translate("Identity", "The secret is too large to be stored.")};
}

} // namespace

// --- file --------------------------------------------------------------------------

FileStore::FileStore(const Profile &profile, QObject *parent)
    : SecretStore(parent)
    , m_folder(profile.folder())
{
}

QString FileStore::pathOf(const QString &name) const
{
    return m_folder + u'/' + name + QStringLiteral(".secret");
}

Result<std::optional<QByteArray>> FileStore::readFile(const QString &name) const
{
    QFile file(pathOf(name));
    if (!file.exists())
        return std::optional<QByteArray>();
#ifdef Q_OS_UNIX
    const auto others = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther
        | QFileDevice::WriteOther;
    if (file.permissions() & others)
        return Error{ErrorCode::SecretsUnavailable,
                     QCoreApplication::translate("Identity",
                                                 "The key file “%1” is open to other users: "
                                                 "“chmod 600” it if no one has taken it.")
                         .arg(file.fileName())};
#endif
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::SecretsUnavailable,
                     QCoreApplication::translate(
                         "Identity", "The key file “%1” can't be read (%2): check its rights.")
                         .arg(file.fileName(), file.errorString())};
    QByteArray secret = file.read(MOST_SECRET_BYTES + 1);
    if (secret.size() > MOST_SECRET_BYTES)
        return tooLarge();
    return std::optional(std::move(secret));
}

Result<void> FileStore::writeFile(const QString &name, const QByteArray &secret) const
{
    if (secret.size() > MOST_SECRET_BYTES)
        return tooLarge();
    QSaveFile file(pathOf(name)); // its temporary file is owner-only from its first moment
    if (!file.open(QIODevice::WriteOnly)
        || !file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        || file.write(secret) != secret.size() || !file.commit())
        return Error{ErrorCode::SecretsUnavailable,
                     QCoreApplication::translate("Identity",
                                                 "The key file “%1” can't be written (%2): check "
                                                 "the disk and the rights.")
                         .arg(pathOf(name), file.errorString())};
    return {};
}

Result<void> FileStore::removeFile(const QString &name) const
{
    QFile file(pathOf(name));
    if (!file.exists() || file.remove())
        return {};
    return Error{ErrorCode::SecretsUnavailable,
                 QCoreApplication::translate("Identity", "The key file “%1” can't be removed (%2).")
                     .arg(file.fileName(), file.errorString())};
}

void FileStore::read(const QString &name, ReadDone done)
{
    later(this, [this, name, done = std::move(done)] { done(readFile(name)); });
}

void FileStore::write(const QString &name, const QByteArray &secret, Done done)
{
    later(this, [this, name, secret, done = std::move(done)] { done(writeFile(name, secret)); });
}

void FileStore::remove(const QString &name, Done done)
{
    later(this, [this, name, done = std::move(done)] { done(removeFile(name)); });
}

void FileStore::whenAvailable(std::function<void()>) { } // a refused file waits for a person

// --- memory ------------------------------------------------------------------------

SessionOnlyStore::~SessionOnlyStore()
{
    for (QByteArray &secret : m_secrets)
        wipe(secret);
}

void SessionOnlyStore::read(const QString &name, ReadDone done)
{
    later(this, [this, name, done = std::move(done)] {
        const auto found = m_secrets.constFind(name);
        done(found == m_secrets.constEnd() ? std::optional<QByteArray>() : std::optional(*found));
    });
}

void SessionOnlyStore::write(const QString &name, const QByteArray &secret, Done done)
{
    later(this, [this, name, secret, done = std::move(done)] {
        wipe(m_secrets[name]);
        m_secrets.insert(name, secret);
        done({});
    });
}

void SessionOnlyStore::remove(const QString &name, Done done)
{
    later(this, [this, name, done = std::move(done)] {
        QByteArray secret = m_secrets.take(name);
        wipe(secret);
        done({});
    });
}

void SessionOnlyStore::whenAvailable(std::function<void()>) { } // it never fails

} // namespace postern
