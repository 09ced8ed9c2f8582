#include "core/identity/keychain_store.h"

#include "core/identity/device_key.h"
#include "core/identity/profile.h"

#include <QCoreApplication>
#include <QPointer>
#include <QTimer>

#include <qt6keychain/keychain.h>

#include <memory>

namespace postern {

namespace {

constexpr QLatin1String SERVICE("postern");
/// How often a locked or missing keychain is looked at; nothing is prompted by that.
constexpr std::chrono::milliseconds LOOK_AGAIN{3'000};
/// For each of the three short questions that explain a failure.
constexpr std::chrono::milliseconds EXPLAIN_PATIENCE{1'000};

Error locked()
{
    return {ErrorCode::SecretsLocked,
            QCoreApplication::translate("Identity",
                                        "The keychain is locked: unlock it and try again.")};
}

Error unavailable(const QString &sentence) { return {ErrorCode::SecretsUnavailable, sentence}; }

Error missing()
{
    return unavailable(QCoreApplication::translate(
        "Identity",
        "No keychain service is running: start one (such as GNOME Keyring, KWallet or KeePassXC) "
        "and try again, or keep the key in a file (--secrets file)."));
}

Error silent()
{
    return unavailable(
        QCoreApplication::translate("Identity",
                                    "The keychain did not answer in time: try again, or keep the "
                                    "key in a file (--secrets file)."));
}

Error refused()
{
    return unavailable(
        QCoreApplication::translate("Identity",
                                    "The keychain refused access: allow Postern to use it and try "
                                    "again."));
}

Error failed(const QString &why)
{
    return unavailable(
        QCoreApplication::translate("Identity",
                                    "The keychain failed (%1): try again, or keep the key in a "
                                    "file (--secrets file).")
            .arg(why));
}

/// What the failure of a job (null: it did not end in time) means, seen with the service.
Error meaning(QKeychain::Error error, const QString &why, bool inTime, SecretServiceState service)
{
    switch (service) {
    case SecretServiceState::Locked: return locked();
    case SecretServiceState::NoBus:
    case SecretServiceState::Missing: return missing();
    case SecretServiceState::Silent: return silent();
    case SecretServiceState::Unknown:
    case SecretServiceState::Ready: break;
    }
    if (!inTime)
        return silent();
    if (error == QKeychain::NoBackendAvailable || error == QKeychain::NotImplemented)
        return missing();
    if (error == QKeychain::AccessDenied || error == QKeychain::AccessDeniedByUser)
        return refused();
    return failed(why);
}

} // namespace

KeychainStore::KeychainStore(const Profile &profile, std::chrono::milliseconds patience,
                             QObject *parent)
    : SecretStore(parent)
    , m_profile(profile.folder())
    , m_patience(patience)
{
}

void KeychainStore::run(QKeychain::Job *job, const QString &name, Finished finished)
{
    job->setKey(m_profile + u'/' + name);
    job->setInsecureFallback(false);
    job->setAutoDelete(true);
    auto *patience = new QTimer(this);
    patience->setSingleShot(true);
    connect(job, &QKeychain::Job::finished, patience, [patience, finished](QKeychain::Job *ended) {
        patience->deleteLater();
        patience->stop();
        finished(ended);
    });
    connect(patience, &QTimer::timeout, this, [patience, finished, job = QPointer(job)] {
        if (job) // it goes on behind our back until its own end, and then deletes itself
            job->disconnect(patience);
        patience->deleteLater();
        finished(nullptr);
    });
    patience->start(m_patience);
    job->start();
}

void KeychainStore::explain(QKeychain::Job *job,
                            std::function<void(SecretServiceState, Error)> done)
{
    const bool inTime = job != nullptr;
    const auto error = inTime ? job->error() : QKeychain::OtherError;
    const QString why = inTime ? job->errorString() : QString();
    askSecretService(this, EXPLAIN_PATIENCE, [=](SecretServiceState service) {
        done(service, meaning(error, why, inTime, service));
    });
}

void KeychainStore::read(const QString &name, ReadDone done)
{
    auto *job = new QKeychain::ReadPasswordJob(SERVICE);
    run(job, name, [this, job, done = std::move(done)](QKeychain::Job *ended) {
        if (ended && ended->error() == QKeychain::NoError)
            return done(std::optional(job->binaryData()));
        // A locked keychain whose prompt was dismissed also says "not found".
        const bool notFound = ended && ended->error() == QKeychain::EntryNotFound;
        explain(ended, [notFound, done](SecretServiceState service, const Error &error) {
            const bool certain =
                service == SecretServiceState::Ready || service == SecretServiceState::Unknown;
            if (notFound && certain)
                done(std::optional<QByteArray>());
            else
                done(error);
        });
    });
}

void KeychainStore::write(const QString &name, const QByteArray &secret, Done done)
{
    auto *job = new QKeychain::WritePasswordJob(SERVICE);
    job->setBinaryData(secret);
    run(job, name, [this, done = std::move(done)](QKeychain::Job *ended) {
        if (ended && ended->error() == QKeychain::NoError)
            return done({});
        explain(ended, [done](SecretServiceState, const Error &error) { done(error); });
    });
}

void KeychainStore::remove(const QString &name, Done done)
{
    auto *job = new QKeychain::DeletePasswordJob(SERVICE);
    run(job, name, [this, done = std::move(done)](QKeychain::Job *ended) {
        if (ended && ended->error() == QKeychain::NoError)
            return done({});
        const bool notFound = ended && ended->error() == QKeychain::EntryNotFound;
        explain(ended, [notFound, done](SecretServiceState service, const Error &error) {
            done(notFound && service != SecretServiceState::Locked ? Result<void>() : error);
        });
    });
}

void KeychainStore::whenAvailable(std::function<void()> available)
{
    QTimer::singleShot(LOOK_AGAIN, this, [this, available = std::move(available)] {
        askSecretService(this, EXPLAIN_PATIENCE, [this, available](SecretServiceState service) {
            if (service == SecretServiceState::Ready)
                available();
            else if (service != SecretServiceState::Unknown)
                whenAvailable(available);
        });
    });
}

} // namespace postern
