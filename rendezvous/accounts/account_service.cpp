#include "rendezvous/accounts/account_service.h"

#include "rendezvous/accounts/account_name.h"
#include "rendezvous/accounts/device_proof.h"
#include "rendezvous/accounts/password_hash.h"

#include <future>

namespace postern::rendezvous {

using wire::FailureCode;

namespace {

// A full queue means seconds of work ahead; more would only wait until its client gave up.
constexpr std::size_t MOST_DATABASE_JOBS = 4096;
constexpr std::size_t MOST_HASHING_JOBS = 64;

wire::Failure busy()
{
    return failure(FailureCode::RateLimited, "The server is busy; try again in a minute.");
}

Reply<NewDevice> proveDevice(const EntryRequest &request)
{
    auto id = provenDevice(request.device, request.signedPayload);
    if (!id)
        return wire::Failure{0, FailureCode::SignInRefused, id.error().message};
    return NewDevice{*id, request.device.publicKey, request.device.name};
}

} // namespace

AccountService::AccountService(asio::io_context &network)
    : m_network(network)
    , m_database(MOST_DATABASE_JOBS)
    , m_hashing(MOST_HASHING_JOBS)
{
}

AccountService::~AccountService()
{
    m_hashing.stop();
    // SQL connections belong to their thread, to the very end. A full queue empties soon.
    while (m_registry && !m_database.post([this] { m_registry.reset(); }))
        std::this_thread::yield();
    m_database.stop();
}

Result<void> AccountService::open(const DatabaseAddress &address)
{
    if (auto started = startPasswordHashing(); !started)
        return started;
    std::promise<Result<void>> opened;
    const bool queued = m_database.post([this, &address, &opened] {
        auto database = Database::open(address);
        if (database)
            m_registry = std::make_unique<Registry>(std::move(*database));
        opened.set_value(database ? Result<void>() : Result<void>(database.error()));
    });
    // The hash that stands for unknown names is made on first use; not while a stranger waits,
    // who could tell by the time.
    const bool warmed = m_hashing.post([] { (void)passwordMatches(QStringLiteral("-"), {}); });
    Q_ASSERT(queued && warmed); // both queues are new
    Q_UNUSED(queued);
    Q_UNUSED(warmed);
    return opened.get_future().get();
}

template<typename T, typename Job> void AccountService::run(Worker &worker, Job job, Done<T> done)
{
    auto work = [this, job = std::move(job), done]() mutable {
        const auto reply = std::make_shared<Reply<T>>(job());
        asio::post(m_network, [done, reply] { done(std::move(*reply)); });
    };
    if (!worker.post(std::move(work)))
        asio::post(m_network, [done] { done(busy()); });
}

void AccountService::registerAccount(const EntryRequest &request, RegistrationPolicy policy,
                                     Done<Membership> done)
{
    const auto entry = std::make_shared<const EntryRequest>(request);
    const auto rule = policy == RegistrationPolicy::Invite ? Registry::InviteRule::Needed
                                                           : Registry::InviteRule::NotNeeded;
    // Database: may they? Hashing: the password. Database: create.
    auto create = [this, entry, rule, done](const NewDevice &device, const QString &hash) {
        run<Membership>(
            m_database,
            [this, entry, rule, device, hash] {
                return m_registry->createAccount(entry->name, hash, entry->invite, rule, device);
            },
            done);
    };
    auto hash = [this, entry, create, done](const NewDevice &device) {
        run<QString>(
            m_hashing,
            [entry]() -> Reply<QString> {
                auto hashed = hashPassword(entry->password);
                if (!hashed)
                    return databaseFailure(hashed.error());
                return *hashed;
            },
            [device, create, done](const Reply<QString> &hashed) {
                if (const auto *refusal = std::get_if<wire::Failure>(&hashed))
                    return done(*refusal);
                create(device, std::get<QString>(hashed));
            });
    };
    run<NewDevice>(
        m_database,
        [this, entry, rule]() -> Reply<NewDevice> {
            auto allowed = m_registry->mayRegister(entry->name, entry->invite, rule);
            if (auto *refusal = std::get_if<wire::Failure>(&allowed))
                return *refusal;
            return proveDevice(*entry);
        },
        [hash, done](const Reply<NewDevice> &device) {
            if (const auto *refusal = std::get_if<wire::Failure>(&device))
                return done(*refusal);
            hash(std::get<NewDevice>(device));
        });
}

void AccountService::signIn(const EntryRequest &request, Done<Membership> done)
{
    const auto entry = std::make_shared<const EntryRequest>(request);
    if (!entry->password.isEmpty())
        return signInWithPassword(entry, std::move(done));
    run<Membership>(
        m_database,
        [this, entry]() -> Reply<Membership> {
            auto device = proveDevice(*entry);
            if (auto *refusal = std::get_if<wire::Failure>(&device))
                return *refusal;
            return m_registry->admitDevice(entry->name, std::get<NewDevice>(device));
        },
        std::move(done));
}

void AccountService::signInWithPassword(const Entry &entry, Done<Membership> done)
{
    run<Registry::Credentials>(
        m_database, [this, entry] { return m_registry->credentials(entry->name); },
        [this, entry, done](const Reply<Registry::Credentials> &found) {
            if (const auto *refusal = std::get_if<wire::Failure>(&found))
                return done(*refusal);
            checkPassword(entry, std::get<Registry::Credentials>(found), done);
        });
}

/// An unknown name takes the same road, time and answer as a wrong password.
void AccountService::checkPassword(const Entry &entry, const Registry::Credentials &found,
                                   Done<Membership> done)
{
    run<bool>(
        m_hashing,
        [entry, hash = found.passwordHash]() -> Reply<bool> {
            return passwordMatches(entry->password, hash);
        },
        [this, entry, found, done](const Reply<bool> &matches) {
            if (const auto *refusal = std::get_if<wire::Failure>(&matches))
                return done(*refusal);
            if (!std::get<bool>(matches))
                return done(
                    failure(FailureCode::SignInRefused, "The name or the password is wrong."));
            run<Membership>(
                m_database,
                [this, entry, found]() -> Reply<Membership> {
                    auto device = proveDevice(*entry);
                    if (auto *refusal = std::get_if<wire::Failure>(&device))
                        return *refusal;
                    return m_registry->enrolDevice(found, entry->name, std::get<NewDevice>(device));
                },
                done);
        });
}

void AccountService::changeContact(AccountId actor, const QString &actorName, const QString &other,
                                   wire::ContactAction action, Done<ContactOutcome> done)
{
    run<ContactOutcome>(
        m_database,
        [this, actor, actorName, other, action] {
            return m_registry->changeContact(actor, actorName, other, action);
        },
        std::move(done));
}

void AccountService::revokeDevice(AccountId account, const DeviceId &device,
                                  Done<QList<wire::DeviceEntry>> done)
{
    run<QList<wire::DeviceEntry>>(
        m_database, [this, account, device] { return m_registry->revokeDevice(account, device); },
        std::move(done));
}

void AccountService::disabledSince(qint64 time, Done<QList<AccountId>> done)
{
    run<QList<AccountId>>(
        m_database, [this, time] { return m_registry->disabledSince(time); }, std::move(done));
}

} // namespace postern::rendezvous
