#pragma once
// Where the device key rests between two starts. Three places, chosen by a person and never
// changed silently: the system's keychain (keychain_store.h), an owner-only file, or memory.
//
// Calls return at once; answers come once, from the event loop of the thread that calls,
// unless the store is destroyed first. Thread: engine thread.

#include "core/base/result.h"

#include <QByteArray>
#include <QHash>
#include <QObject>
#include <QString>

#include <functional>
#include <optional>

namespace postern {

class Profile;

class SecretStore : public QObject {
    Q_OBJECT

public:
    /// Empty: nothing is stored under that name, which the store knows for certain.
    using ReadDone = std::function<void(Result<std::optional<QByteArray>>)>;
    using Done = std::function<void(Result<void>)>;

    static constexpr qsizetype MOST_SECRET_BYTES = 4096;

    using QObject::QObject;

    /// SecretsLocked: a person can unlock it, then try again. SecretsUnavailable: there is no
    /// store to be had, or it refuses us. In both cases a secret may well be stored: never take
    /// them for "empty" and make a new one.
    virtual void read(const QString &name, ReadDone done) = 0;
    virtual void write(const QString &name, const QByteArray &secret, Done done) = 0;
    /// Removing what is not there succeeds.
    virtual void remove(const QString &name, Done done) = 0;

    /// After SecretsLocked or SecretsUnavailable: called once when the store came within reach.
    /// Never called where waiting can't help or can't be seen to, so that trying again when
    /// called is no endless loop; a person may always try again.
    virtual void whenAvailable(std::function<void()> available) = 0;
};

/// A file "<name>.secret" in the profile, readable by its owner only, as ssh keeps keys.
class FileStore : public SecretStore {
    Q_OBJECT

public:
    explicit FileStore(const Profile &profile, QObject *parent = nullptr);

    void read(const QString &name, ReadDone done) override;
    void write(const QString &name, const QByteArray &secret, Done done) override;
    void remove(const QString &name, Done done) override;
    void whenAvailable(std::function<void()> available) override;

private:
    QString pathOf(const QString &name) const;
    Result<std::optional<QByteArray>> readFile(const QString &name) const;
    Result<void> writeFile(const QString &name, const QByteArray &secret) const;
    Result<void> removeFile(const QString &name) const;

    QString m_folder;
};

/// Memory, wiped at the end: the next start must sign in with the password again.
class SessionOnlyStore : public SecretStore {
    Q_OBJECT

public:
    using SecretStore::SecretStore;
    ~SessionOnlyStore() override;

    void read(const QString &name, ReadDone done) override;
    void write(const QString &name, const QByteArray &secret, Done done) override;
    void remove(const QString &name, Done done) override;
    void whenAvailable(std::function<void()> available) override;

private:
    QHash<QString, QByteArray> m_secrets;
};

} // namespace postern
