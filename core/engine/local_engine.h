#pragma once
// The real Engine: a thin shell in the app's thread around an EngineCore that lives in the
// engine thread. It only carries calls over and snapshots back; it decides nothing.

#include "core/engine.h"
#include "core/engine/event_thread.h"
#include "core/wire/rendezvous_messages.h"

#include <QHash>

namespace postern {

class EngineCore;

class LocalEngine final : public Engine {
    Q_OBJECT

public:
    explicit LocalEngine(const EngineOptions &options);
    ~LocalEngine() override;

    std::optional<Account> storedAccount() const override { return m_stored; }
    void registerAccount(const Account &account, const QString &password, const QString &invite,
                         QObject *context, Done done) override;
    void signIn(const Account &account, const QString &password, QObject *context,
                Done done) override;
    void connectStored(QObject *context, Done done) override;
    void signOut(QObject *context, Done done) override;
    void retrySecrets(QObject *context, Done done) override;
    void useSessionOnlySecrets(QObject *context, Done done) override;

    void addContact(const QString &name, QObject *context, Done done) override;
    void acceptContact(const QString &name, QObject *context, Done done) override;
    void refuseContact(const QString &name, QObject *context, Done done) override;
    void removeContact(const QString &name, QObject *context, Done done) override;
    void blockContact(const QString &name, QObject *context, Done done) override;
    void markVerified(const QString &name, QObject *context, Done done) override;
    void trustDevice(const QString &name, const DeviceId &device, QObject *context,
                     Done done) override;
    void revokeOwnDevice(const DeviceId &device, QObject *context, Done done) override;
    void setContactRule(const QString &name, const std::optional<ContactRule> &rule,
                        QObject *context, Done done) override;

    TransferId send(const SendRequest &request) override;
    void setReceiving(std::optional<ReceiveOptions> options) override;
    void acceptOffer(const TransferId &id, const AcceptTerms &terms) override;
    void declineOffer(const TransferId &id) override;
    void cancelTransfer(const TransferId &id) override;
    void pauseTransfer(const TransferId &id) override;
    void resumeTransfer(const TransferId &id) override;
    void retryTransfer(const TransferId &id) override;
    void moveTransfer(const TransferId &id, int place) override;
    void setTransferLimit(const TransferId &id, qint64 bytesPerSecond) override;
    void setRateLimits(const RateLimits &limits) override;

    void searchHistory(const HistoryQuery &query, QObject *context, HistoryDone done) override;
    void listQueue(QObject *context, QueueDone done) override;
    void moveInQueue(const TransferId &id, int place, QObject *context, Done done) override;
    void dropFromQueue(const TransferId &id, QObject *context, Done done) override;
    void historyFiles(const HistoryFilesQuery &query, QObject *context,
                      HistoryFilesDone done) override;
    void hashFile(const QString &path, QObject *context, HashDone done) override;
    void exportHistory(const QString &file, QObject *context, Done done) override;
    void clearHistory(qint64 key, QObject *context, Done done) override;

    SessionInfo session() const override { return m_session; }
    QList<ContactInfo> contacts() const override { return m_contacts; }
    QList<TransferInfo> transfers() const override { return m_transfers.values(); }
    void measureNetwork(NetworkMeasurement measurement, QObject *context,
                        NetworkDone done) override;

private:
    /// Runs in the engine thread, in order of posting.
    void post(std::function<void(EngineCore &)> work);
    /// A callback the engine thread may call: it runs `done` in this thread, if `context` lives.
    template<typename Value>
    std::function<void(Result<Value>)> inThisThread(QObject *context,
                                                    std::function<void(Result<Value>)> done);
    void changeContact(const QString &name, wire::ContactAction action, QObject *context,
                       Done done);
    void keepTransfer(const TransferInfo &transfer);

    EngineCore *m_core = nullptr; // lives in m_thread, deleted there
    EventThread m_thread;
    std::optional<Account> m_stored;
    SessionInfo m_session;
    QList<ContactInfo> m_contacts;
    QHash<TransferId, TransferInfo> m_transfers;
};

} // namespace postern
