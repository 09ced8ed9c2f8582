#include "core/identity/keychain_store.h"

#include "core/identity/device_key.h"
#include "core/identity/profile.h"

#include <QCoreApplication>
#include <QTimer>

#include <qt6keychain/keychain.h>

#include <mutex>

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

} // namespace

/// What is asked of the keychain, as a value that can be sent to the main thread.
struct KeychainStore::Job {
    enum class Kind { Read, Write, Remove };
    Kind kind;
    QString key;
    QByteArray secret;
};

struct KeychainStore::Outcome {
    bool inTime = true;
    QKeychain::Error error = QKeychain::NoError;
    QString why;
    QByteArray secret;

    bool succeeded() const { return inTime && error == QKeychain::NoError; }
    bool notFound() const { return inTime && error == QKeychain::EntryNotFound; }
};

struct KeychainStore::Mailbox {
    std::mutex mutex;
    KeychainStore *store; ///< null once it is gone

    void post(quint64 number, const Outcome &outcome)
    {
        const std::lock_guard lock(mutex);
        if (KeychainStore *receiver = store)
            QMetaObject::invokeMethod(
                receiver, [receiver, number, outcome] { receiver->deliver(number, outcome); },
                Qt::QueuedConnection);
    }
};

KeychainStore::KeychainStore(const Profile &profile, std::chrono::milliseconds patience,
                             QObject *parent)
    : SecretStore(parent)
    , m_profile(profile.folder())
    , m_patience(patience)
    , m_mailbox(std::make_shared<Mailbox>())
{
    m_mailbox->store = this;
}

KeychainStore::~KeychainStore()
{
    const std::lock_guard lock(m_mailbox->mutex);
    m_mailbox->store = nullptr;
}

void KeychainStore::run(const Job &job, const Finished &finished)
{
    const quint64 number = ++m_lastJob;
    m_open.insert(number, finished);
    QTimer::singleShot(m_patience, this, [this, number] {
        Outcome outcome;
        outcome.inTime = false; // the job goes on behind our back; its end finds no one
        deliver(number, outcome);
    });
    QMetaObject::invokeMethod(
        QCoreApplication::instance(),
        [job, number, mailbox = m_mailbox] {
            using namespace QKeychain;
            QKeychain::Job *task = nullptr;
            if (job.kind == Job::Kind::Read)
                task = new ReadPasswordJob(SERVICE);
            else if (job.kind == Job::Kind::Remove)
                task = new DeletePasswordJob(SERVICE);
            else
                task = new WritePasswordJob(SERVICE);
            if (auto *write = qobject_cast<WritePasswordJob *>(task))
                write->setBinaryData(job.secret);
            task->setKey(job.key);
            task->setInsecureFallback(false);
            QObject::connect(task, &QKeychain::Job::finished, task, [task, number, mailbox] {
                const auto *read = qobject_cast<ReadPasswordJob *>(task);
                mailbox->post(number,
                              {true, task->error(), task->errorString(),
                               read ? read->binaryData() : QByteArray()});
            });
            task->start();
        },
        Qt::QueuedConnection);
}

void KeychainStore::deliver(quint64 number, const Outcome &outcome)
{
    if (const Finished finished = m_open.take(number))
        finished(outcome);
}

void KeychainStore::explain(const Outcome &outcome,
                            std::function<void(SecretServiceState, Error)> done)
{
    askSecretService(this, EXPLAIN_PATIENCE, [this, outcome, done](SecretServiceState service) {
        m_lastState = service;
        const auto meaning = [&] {
            switch (service) {
            case SecretServiceState::Locked: return locked();
            case SecretServiceState::NoBus:
            case SecretServiceState::Missing: return missing();
            case SecretServiceState::Silent: return silent();
            case SecretServiceState::Unknown:
            case SecretServiceState::Ready: break;
            }
            if (!outcome.inTime)
                return silent();
            switch (outcome.error) {
            case QKeychain::NoBackendAvailable:
            case QKeychain::NotImplemented: return missing();
            case QKeychain::AccessDenied:
            case QKeychain::AccessDeniedByUser: return refused();
            default: return failed(outcome.why);
            }
        };
        done(service, meaning());
    });
}

void KeychainStore::read(const QString &name, ReadDone done)
{
    run({Job::Kind::Read, m_profile + u'/' + name, {}},
        [this, done = std::move(done)](const Outcome &outcome) {
            if (outcome.succeeded())
                return done(std::optional(outcome.secret));
            // A locked keychain whose prompt was dismissed also says "not found".
            explain(outcome,
                    [notFound = outcome.notFound(), done](SecretServiceState service,
                                                          const Error &error) {
                        const bool certain = service == SecretServiceState::Ready
                            || service == SecretServiceState::Unknown;
                        if (notFound && certain)
                            done(std::optional<QByteArray>());
                        else
                            done(error);
                    });
        });
}

void KeychainStore::write(const QString &name, const QByteArray &secret, Done done)
{
    run({Job::Kind::Write, m_profile + u'/' + name, secret},
        [this, done = std::move(done)](const Outcome &outcome) {
            if (outcome.succeeded())
                return done({});
            explain(outcome, [done](SecretServiceState, const Error &error) { done(error); });
        });
}

void KeychainStore::remove(const QString &name, Done done)
{
    run({Job::Kind::Remove, m_profile + u'/' + name, {}},
        [this, done = std::move(done)](const Outcome &outcome) {
            if (outcome.succeeded())
                return done({});
            explain(outcome,
                    [notFound = outcome.notFound(), done](SecretServiceState service,
                                                          const Error &error) {
                        const bool gone = notFound && service != SecretServiceState::Locked;
                        done(gone ? Result<void>() : error);
                    });
        });
}

void KeychainStore::whenAvailable(std::function<void()> available)
{
    // A service that was ready and failed all the same won't get better by waiting.
    if (m_lastState == SecretServiceState::Ready || m_lastState == SecretServiceState::Unknown)
        return;
    QTimer::singleShot(LOOK_AGAIN, this, [this, available = std::move(available)] {
        askSecretService(this, EXPLAIN_PATIENCE, [this, available](SecretServiceState service) {
            if (service == SecretServiceState::Ready)
                available();
            else
                whenAvailable(available);
        });
    });
}

} // namespace postern
