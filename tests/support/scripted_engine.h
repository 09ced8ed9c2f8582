#pragma once
// An engine that shows what a test tells it to show and writes down what is asked of it.
// No network, no disk, no thread. Calls are recorded as lines ("acceptContact anna"), so a
// test compares words.

#include "core/engine.h"

#include <QStringList>

namespace postern::test {

class ScriptedEngine : public Engine {
public:
    // --- what it shows ---
    std::optional<Account> account;
    SessionInfo sessionInfo;
    QList<ContactInfo> contactList;
    QList<TransferInfo> transferList;
    NetworkInfo network;
    QList<HistoryEntry> history;
    QList<HistoryFile> filesOfHistory;
    QList<QueuedSend> queue;
    RateLimits limits;
    /// The next calls with an answer fail with this; otherwise they succeed.
    std::optional<Error> nextError;
    /// Answers wait until answer() is called, as those of a slow server do.
    bool holdsAnswers = false;

    // --- what it was asked ---
    QStringList calls;
    QList<SendRequest> sent;
    std::optional<ReceiveOptions> receiving;
    QString lastPassword;

    // --- what a test makes happen ---
    void goOnline(const QString &user, const QString &server);
    void setSession(SessionState state, std::optional<Error> problem = {});
    void setContacts(const QList<ContactInfo> &contacts);
    void changeTransfer(const TransferInfo &transfer);
    void offer(const OfferInfo &offer) { emit offerReceived(offer); }
    void withdraw(const TransferId &id) { emit offerWithdrawn(id); }
    void failSecrets(const Error &problem) { emit secretsProblem(problem); }
    void answer(); ///< gives all answers held back

    // --- Engine ---
    std::optional<Account> storedAccount() const override { return account; }
    void registerAccount(const Account &wanted, const QString &password, const QString &invite,
                         QObject *context, Done done) override;
    void signIn(const Account &wanted, const QString &password, QObject *context,
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
    /// What `words` leaves of `history`, newest first as it stands there.
    void searchHistory(const HistoryQuery &query, QObject *context, HistoryDone done) override;
    void listQueue(QObject *context, QueueDone done) override;
    void moveInQueue(const TransferId &id, int place, QObject *context, Done done) override;
    void dropFromQueue(const TransferId &id, QObject *context, Done done) override;
    void historyFiles(const HistoryFilesQuery &query, QObject *context,
                      HistoryFilesDone done) override;
    void hashFile(const QString &path, QObject *context, HashDone done) override;
    void exportHistory(const QString &file, QObject *context, Done done) override;
    void clearHistory(qint64 key, QObject *context, Done done) override;
    SessionInfo session() const override { return sessionInfo; }
    QList<ContactInfo> contacts() const override { return contactList; }
    QList<TransferInfo> transfers() const override { return transferList; }
    void measureNetwork(NetworkMeasurement measurement, QObject *context,
                        NetworkDone done) override;

private:
    void reply(const QString &call, QObject *context, Done done);

    QList<std::function<void()>> m_held;
};

// Values for tests, all from a number or a name.
TransferId transferId(int number);
DeviceId deviceId(int number);
DeviceInfo device(int number, const QString &name, bool online,
                  KeyTrust trust = KeyTrust::Verified);
ContactInfo contact(const QString &name, const QList<DeviceInfo> &devices,
                    ContactState state = ContactState::Accepted);
TransferInfo transfer(int number, const QString &contact, TransferState state,
                      const QString &title);
OfferInfo offerOf(int number, const QString &contact, const QString &title, qint64 bytes);

} // namespace postern::test
