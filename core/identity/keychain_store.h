#pragma once
// The system's keychain by QtKeychain: Secret Service or KWallet, macOS Keychain, Windows
// Credential Manager. Never falls back to plaintext. Every answer comes within a bounded time:
// a keychain that prompts a person, or a D-Bus service that takes its 120 s to fail, is told
// as SecretsLocked or SecretsUnavailable meanwhile. A write that is told so may still succeed
// later, when the person answers the prompt.
//
// On Linux the thread's event dispatcher must be GLib's, which is Qt's default there.

#include "core/identity/secret_service.h"
#include "core/identity/secret_store.h"

namespace QKeychain {
class Job;
}

namespace postern {

class KeychainStore : public SecretStore {
    Q_OBJECT

public:
    static constexpr std::chrono::milliseconds PATIENCE{5'000};

    /// Entries are named after the profile's folder, so that profiles don't meet.
    explicit KeychainStore(const Profile &profile, std::chrono::milliseconds patience = PATIENCE,
                           QObject *parent = nullptr);

    void read(const QString &name, ReadDone done) override;
    void write(const QString &name, const QByteArray &secret, Done done) override;
    void remove(const QString &name, Done done) override;
    void whenAvailable(std::function<void()> available) override;

private:
    using Finished = std::function<void(QKeychain::Job *)>; ///< null: no answer in time

    void run(QKeychain::Job *job, const QString &name, Finished finished);
    void explain(QKeychain::Job *job, std::function<void(SecretServiceState, Error)> done);

    QString m_profile;
    std::chrono::milliseconds m_patience;
};

} // namespace postern
