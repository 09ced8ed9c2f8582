#include "core/engine/account_desk.h"

#include "core/base/log.h"
#include "core/identity/keychain_store.h"

#include <QSysInfo>

namespace postern {

namespace {

const QString KEY_NAME = QStringLiteral("device-key");

} // namespace

AccountDesk::AccountDesk(const EngineOptions &options, RendezvousClient &client,
                         SecretsProblem problem)
    : m_options(options)
    , m_client(client)
    , m_secretsProblem(std::move(problem))
{
}

AccountDesk::~AccountDesk() = default;

QString AccountDesk::deviceName() const
{
    return m_options.deviceName.isEmpty() ? QSysInfo::machineHostName() : m_options.deviceName;
}

void AccountDesk::registerAccount(const Account &account, const QString &password,
                                  const QString &invite, Done done)
{
    begin({SignInOrder::Way::Register, account, password, invite}, std::move(done));
}

void AccountDesk::signIn(const Account &account, const QString &password, Done done)
{
    begin({SignInOrder::Way::Password, account, password, {}}, std::move(done));
}

void AccountDesk::connectStored(Done done)
{
    if (auto opened = openProfile(); !opened)
        return done(opened.error());
    const auto stored = m_profile->account();
    if (!stored)
        return done(stored.error());
    if (!*stored)
        return done({ErrorCode::SignInRefused,
                     tr("No account is signed in here. Register or sign in first.")});
    begin({SignInOrder::Way::DeviceKey, {(*stored)->server, (*stored)->user}, {}, {}},
          std::move(done));
}

Result<void> AccountDesk::openProfile()
{
    if (m_profile)
        return {};
    auto profile = Profile::open(m_options.profile);
    if (!profile)
        return profile.error();
    m_profile = std::move(*profile);
    return {};
}

void AccountDesk::makeStore()
{
    if (m_store)
        return;
    switch (m_options.secrets) {
    case SecretsMode::Keychain: m_store = std::make_unique<KeychainStore>(*m_profile); break;
    case SecretsMode::File: m_store = std::make_unique<FileStore>(*m_profile); break;
    case SecretsMode::SessionOnly: m_store = std::make_unique<SessionOnlyStore>(); break;
    }
}

void AccountDesk::begin(Wish wish, Done done)
{
    finish({ErrorCode::Cancelled, tr("Another sign-in took its place.")});
    if (auto opened = openProfile(); !opened)
        return done(opened.error());
    m_wish = std::move(wish);
    m_done = std::move(done);
    if (m_key)
        return haveKey();
    makeStore();
    m_store->read(KEY_NAME, [this, alive = std::weak_ptr(m_alive)](auto stored) {
        if (!alive.expired())
            keyRead(stored);
    });
}

void AccountDesk::keyRead(const Result<std::optional<QByteArray>> &stored)
{
    if (!m_wish)
        return;
    if (!stored)
        return secretsFailed(stored.error());
    if (*stored) {
        auto key = DeviceKey::fromPkcs8(**stored);
        if (!key && m_wish->way == SignInOrder::Way::DeviceKey)
            return finish(key.error());
        if (!key) // with a password a new key can take the place of the damaged one
            return makeKey();
        m_key = std::move(*key);
        return haveKey();
    }
    if (m_wish->way == SignInOrder::Way::DeviceKey)
        return finish({ErrorCode::SignInRefused,
                       tr("This device's key is not in the secret store any more. Sign in with "
                          "your password to make a new one.")});
    makeKey();
}

void AccountDesk::makeKey()
{
    auto key = DeviceKey::generate();
    if (!key)
        return finish(key.error());
    QByteArray secret = key->pkcs8();
    m_store->write(KEY_NAME, secret,
                   [this, key = *key, alive = std::weak_ptr(m_alive)](const Result<void> &written) {
                       if (alive.expired() || !m_wish)
                           return;
                       if (!written)
                           return secretsFailed(written.error());
                       m_key = key;
                       haveKey();
                   });
    wipe(secret);
}

void AccountDesk::haveKey()
{
    auto server = ServerAddress::parse(m_wish->account.server);
    if (!server)
        return finish(server.error());
    SignInOrder order;
    order.way = m_wish->way;
    order.user = m_wish->account.user;
    order.password = m_wish->password;
    order.invite = m_wish->invite;
    order.device = {m_key->publicKey(), deviceName(),
                    [key = *m_key](const QByteArray &payload) { return key.sign(payload); }};

    QByteArray remembered;
    if (const auto stored = m_profile->account();
        stored && *stored && (*stored)->server == m_wish->account.server)
        remembered = (*stored)->serverCertificateSha256;
    m_account = m_wish->account;
    m_wish->password.fill(QChar(u'\0'));
    m_wish->password.clear();
    m_client.signIn(*server, std::move(order), remembered);
}

void AccountDesk::secretsFailed(const Error &error)
{
    m_secretsProblem(error);
    m_store->whenAvailable([this, alive = std::weak_ptr(m_alive)] {
        if (!alive.expired() && m_wish && !m_done)
            retrySecrets([](const Result<void> &) {});
    });
    // The wish is kept: once the store is back it can still be fulfilled.
    if (const auto done = std::exchange(m_done, {}))
        done(error);
}

void AccountDesk::retrySecrets(Done done)
{
    if (!m_wish || m_key)
        return connectStored(std::move(done));
    begin(Wish(*m_wish), std::move(done));
}

void AccountDesk::useSessionOnlySecrets(Done done)
{
    m_options.secrets = SecretsMode::SessionOnly;
    m_store.reset();
    if (!m_wish)
        return done({});
    begin(Wish(*m_wish), std::move(done));
}

void AccountDesk::linkChanged()
{
    const auto &status = m_client.status();
    if (status.state == LinkState::Online) {
        m_account.user = status.user;
        rememberAccount();
        if (status.contactsComplete)
            finish({});
        return;
    }
    if (status.problem && status.state != LinkState::Connecting)
        finish(*status.problem);
}

void AccountDesk::finish(Result<void> result)
{
    m_wish.reset();
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

/// Session-only secrets leave no account behind: its key would be gone at the next start.
void AccountDesk::rememberAccount()
{
    if (m_options.secrets == SecretsMode::SessionOnly)
        return;
    const StoredAccount now{m_account.server, m_account.user, deviceName(),
                            m_client.serverCertificate()};
    const auto before = m_profile->account();
    if (before && *before == now)
        return;
    if (const auto stored = m_profile->storeAccount(now); !stored)
        qCWarning(logEngine) << "Account not stored:" << stored.error().message;
}

void AccountDesk::signOut(Done done)
{
    finish({ErrorCode::Cancelled, tr("Signed out.")});
    const auto forget = [this, done, alive = std::weak_ptr(m_alive)] {
        if (alive.expired())
            return;
        m_client.signOut();
        m_key.reset();
        if (auto opened = openProfile(); !opened)
            return done(opened.error());
        if (auto forgotten = m_profile->forgetAccount(); !forgotten)
            return done(forgotten);
        makeStore();
        m_store->remove(KEY_NAME, done);
    };
    if (m_key && m_client.status().state == LinkState::Online)
        m_client.revokeDevice(m_key->id(), [forget](const Result<void> &) { forget(); });
    else
        forget();
}

} // namespace postern
