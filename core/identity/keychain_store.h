#pragma once
// The system's keychain by QtKeychain: Secret Service or KWallet, macOS Keychain, Windows
// Credential Manager. Never falls back to plaintext. Every answer comes within a bounded time:
// a keychain that prompts a person, or a D-Bus service that takes its 120 s to fail, is told
// as SecretsLocked or SecretsUnavailable meanwhile. A write that is told so may still succeed
// later, when the person answers the prompt.
//
// QtKeychain keeps one queue of jobs a process and, on Linux, rests on GLib's default main
// context, so the jobs run in the application's main thread, which only hands them on and
// never waits. It must run an event loop (GLib's dispatcher on Linux, Qt's default).

#include "core/identity/secret_service.h"
#include "core/identity/secret_store.h"

#include <memory>

namespace postern {

class KeychainStore : public SecretStore {
    Q_OBJECT

public:
    static constexpr std::chrono::milliseconds PATIENCE{5'000};

    /// Entries are named after the profile's folder, so that profiles don't meet.
    explicit KeychainStore(const Profile &profile, std::chrono::milliseconds patience = PATIENCE,
                           QObject *parent = nullptr);
    ~KeychainStore() override;

    void read(const QString &name, ReadDone done) override;
    void write(const QString &name, const QByteArray &secret, Done done) override;
    void remove(const QString &name, Done done) override;
    void whenAvailable(std::function<void()> available) override;

private:
    struct Job;
    struct Outcome;
    struct Mailbox;
    using Finished = std::function<void(const Outcome &)>;

    void run(const Job &job, const Finished &finished);
    void deliver(quint64 number, const Outcome &outcome);
    void explain(const Outcome &outcome, std::function<void(SecretServiceState, Error)> done);

    QString m_profile;
    std::chrono::milliseconds m_patience;
    std::shared_ptr<Mailbox> m_mailbox; ///< how the main thread reaches us, as long as we live
    quint64 m_lastJob = 0;
    QHash<quint64, Finished> m_open;
    SecretServiceState m_lastState = SecretServiceState::Unknown; ///< at the last failure
};

} // namespace postern
