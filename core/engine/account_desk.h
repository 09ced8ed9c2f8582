#pragma once
// Who we are: the profile's account, the device key in the secret store, and signing in with
// them. One sign-in at a time; a new one ends the wait for the old.
//
//     Idle --> OpeningKey --> SigningIn --> Idle (done is called)
//
// Signed in means that the contacts are known too: whoever waits for it can act on them.
// The key is stored before the server learns of it, so that no crash leaves an account whose
// key nobody has. A key the store can't give is never replaced by a new one in silence.
// Thread: engine thread. Callbacks come from the event loop.

#include "core/engine_types.h"
#include "core/identity/device_key.h"
#include "core/identity/profile.h"
#include "core/identity/secret_store.h"
#include "core/signalling/rendezvous_client.h"

#include <QCoreApplication>

#include <functional>
#include <memory>
#include <optional>

namespace postern {

class AccountDesk {
    Q_DECLARE_TR_FUNCTIONS(postern::AccountDesk)

public:
    using Done = std::function<void(Result<void>)>;
    using SecretsProblem = std::function<void(const Error &)>;

    AccountDesk(const EngineOptions &options, RendezvousClient &client, SecretsProblem problem);
    ~AccountDesk();

    void registerAccount(const Account &account, const QString &password, const QString &invite,
                         Done done);
    void signIn(const Account &account, const QString &password, Done done);
    /// `done` tells how the first attempt went; the client goes on trying unless refused.
    void connectStored(Done done);
    /// Leaves the account: revokes this device where the server can be told, forgets the key.
    void signOut(Done done);
    /// Does again what failed for want of the secret store.
    void retrySecrets(Done done);
    void useSessionOnlySecrets(Done done);

    /// To be called whenever the client's status changed.
    void linkChanged();

    const std::optional<DeviceKey> &key() const { return m_key; }
    const std::optional<Profile> &profile() const { return m_profile; }
    Account account() const { return m_account; }
    QString deviceName() const;

private:
    struct Wish {
        SignInOrder::Way way = SignInOrder::Way::DeviceKey;
        Account account;
        QString password;
        QString invite;
    };

    Result<void> openProfile();
    void makeStore();
    void begin(Wish wish, Done done);
    void keyRead(const Result<std::optional<QByteArray>> &stored);
    void makeKey();
    void haveKey();
    void secretsFailed(const Error &error);
    void finish(Result<void> result);
    void rememberAccount();

    EngineOptions m_options;
    RendezvousClient &m_client;
    SecretsProblem m_secretsProblem;
    std::optional<Profile> m_profile;
    std::unique_ptr<SecretStore> m_store;
    std::optional<DeviceKey> m_key;
    Account m_account;
    std::optional<Wish> m_wish; ///< of the sign-in under way, or the one secrets prevented
    Done m_done;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
