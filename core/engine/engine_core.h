#pragma once
// The engine's door on its own side of the thread border: takes each call to the part that
// answers it. Parts are made on the first call, in the engine thread.
//
// Thread: made in the app's thread, then everything in the engine thread.

#include "core/engine/engine_events.h"
#include "core/engine_types.h"
#include "core/wire/rendezvous_messages.h"

#include <QObject>

#include <functional>
#include <memory>

namespace postern {

struct EngineParts;

class EngineCore final : public QObject {
    Q_OBJECT

public:
    using Done = std::function<void(Result<void>)>;
    using NetworkDone = std::function<void(Result<NetworkInfo>)>;
    using HistoryDone = std::function<void(Result<QList<HistoryEntry>>)>;
    using HistoryFilesDone = std::function<void(Result<HistoryFilesPage>)>;
    using QueueDone = std::function<void(Result<QList<QueuedSend>>)>;
    using HashDone = std::function<void(Result<QByteArray>)>;

    EngineCore(EngineOptions options, EngineEvents events);
    ~EngineCore() override;

    /// The account in the profile's folder; reads one small file. Any thread.
    static std::optional<Account> storedAccount(const EngineOptions &options);

    void registerAccount(const Account &account, const QString &password, const QString &invite,
                         Done done);
    void signIn(const Account &account, const QString &password, Done done);
    void connectStored(Done done);
    void signOut(Done done);
    void retrySecrets(Done done);
    void useSessionOnlySecrets(Done done);

    void changeContact(const QString &name, wire::ContactAction action, Done done);
    void markVerified(const QString &name, Done done);
    void trustDevice(const QString &name, const DeviceId &device, Done done);
    void revokeOwnDevice(const DeviceId &device, Done done);
    void setContactRule(const QString &name, const std::optional<ContactRule> &rule, Done done);

    void send(const TransferId &id, const SendRequest &request);
    void setReceiving(std::optional<ReceiveOptions> options);
    void acceptOffer(const TransferId &id, const AcceptTerms &terms);
    void declineOffer(const TransferId &id);
    void cancelTransfer(const TransferId &id);
    void pauseTransfer(const TransferId &id);
    void resumeTransfer(const TransferId &id);
    void retryTransfer(const TransferId &id);
    void moveTransfer(const TransferId &id, int place);
    void setTransferLimit(const TransferId &id, qint64 bytesPerSecond);
    void setRateLimits(const RateLimits &limits);

    void searchHistory(const HistoryQuery &query, HistoryDone done);
    void listQueue(QueueDone done);
    void moveInQueue(const TransferId &id, int place, Done done);
    void dropFromQueue(const TransferId &id, Done done);
    void historyFiles(const HistoryFilesQuery &query, HistoryFilesDone done);
    void hashFile(const QString &path, HashDone done);
    void exportHistory(const QString &file, Done done);
    void clearHistory(qint64 key, Done done);

    void measureNetwork(NetworkMeasurement measurement, NetworkDone done);

    /// Ends transfers and connections in good order, within a few seconds.
    void shutDown(std::function<void()> done);

private:
    EngineParts &parts();

    EngineOptions m_options;
    EngineEvents m_events;
    std::unique_ptr<EngineParts> m_parts;
};

} // namespace postern
