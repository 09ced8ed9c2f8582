#pragma once
// The network thread's door to accounts: every call returns at once, the work happens on the
// database and hashing threads, and the answer comes on the network thread. Answers arrive in
// the order in which the database did the work.

#include "rendezvous/accounts/registry.h"
#include "rendezvous/database/worker.h"

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <functional>
#include <memory>

namespace postern::rendezvous {

enum class RegistrationPolicy { Open, Invite, Closed };

/// One attempt to get in, its name normalised and its device named safely.
struct EntryRequest {
    QString name;
    QString password; ///< empty: by the device's key alone
    QString invite;
    wire::DeviceProof device;
    QByteArray signedPayload; ///< what the device's signature must cover
};

class AccountService {
public:
    template<typename T> using Done = std::function<void(Reply<T>)>;

    explicit AccountService(asio::io_context &network);
    ~AccountService(); ///< finishes what was asked; answers may then be lost

    /// Opens the database; blocks until it is open. Call first.
    Result<void> open(const DatabaseAddress &address);

    void registerAccount(const EntryRequest &request, RegistrationPolicy policy,
                         Done<Membership> done);
    void signIn(const EntryRequest &request, Done<Membership> done);
    void changeContact(AccountId actor, const QString &actorName, const QString &other,
                       wire::ContactAction action, Done<ContactOutcome> done);
    void revokeDevice(AccountId account, const DeviceId &device,
                      Done<QList<wire::DeviceEntry>> done);
    void disabledSince(qint64 time, Done<QList<AccountId>> done);

private:
    using Entry = std::shared_ptr<const EntryRequest>;
    template<typename T, typename Job> void run(Worker &worker, Job job, Done<T> done);
    void signInWithPassword(const Entry &entry, Done<Membership> done);
    void checkPassword(const Entry &entry, const Registry::Credentials &found,
                       Done<Membership> done);

    asio::io_context &m_network;
    std::unique_ptr<Registry> m_registry; ///< made, used and destroyed on m_database
    Worker m_database;
    Worker m_hashing;
};

} // namespace postern::rendezvous
