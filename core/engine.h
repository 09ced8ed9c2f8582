#pragma once
// The only door app/ uses. An Engine lives in the thread that made it (the GUI's or the
// command line's main thread); behind it one engine thread owns every connection and
// protocol state, and a worker pool reads, hashes and writes. Calls return at once;
// answers come as signals, or through a callback, always in the Engine's own thread.
//
// A callback takes a context object and is dropped if that object is gone by then.
//
// Abstract, because there are two: the real one (createEngine) and the scripted one that
// GUI tests and screenshots use to show states that are hard to bring about.

#include "core/engine_types.h"

#include <QObject>

#include <functional>
#include <memory>

namespace postern {

class Engine : public QObject {
    Q_OBJECT

public:
    using Done = std::function<void(Result<void>)>;
    using NetworkDone = std::function<void(Result<NetworkInfo>)>;
    using HistoryDone = std::function<void(Result<QList<HistoryEntry>>)>;
    using HistoryFilesDone = std::function<void(Result<HistoryFilesPage>)>;
    using QueueDone = std::function<void(Result<QList<QueuedSend>>)>;
    using HashDone = std::function<void(Result<QByteArray>)>;

    using QObject::QObject; ///< destruction ends open transfers as resumable and joins the engine
                            ///< thread

    // --- account ---------------------------------------------------------------
    /// The account stored in the profile, if any. Reads the profile; no network.
    virtual std::optional<Account> storedAccount() const = 0;
    /// Creates the account and signs in. `invite` is empty where registration is open.
    virtual void registerAccount(const Account &account, const QString &password,
                                 const QString &invite, QObject *context, Done done) = 0;
    /// Adds this device to an account with its password.
    virtual void signIn(const Account &account, const QString &password, QObject *context,
                        Done done) = 0;
    /// Connects with the stored account and device key, and stays connected (backoff).
    virtual void connectStored(QObject *context, Done done) = 0;
    virtual void signOut(QObject *context, Done done) = 0;
    /// Opens the secret store again, as after a person unlocked the keychain.
    virtual void retrySecrets(QObject *context, Done done) = 0;
    /// Goes on with SessionOnly secrets where no keychain is to be had.
    virtual void useSessionOnlySecrets(QObject *context, Done done) = 0;

    // --- contacts --------------------------------------------------------------
    virtual void addContact(const QString &name, QObject *context, Done done) = 0;
    virtual void acceptContact(const QString &name, QObject *context, Done done) = 0;
    virtual void refuseContact(const QString &name, QObject *context, Done done) = 0;
    virtual void removeContact(const QString &name, QObject *context, Done done) = 0;
    virtual void blockContact(const QString &name, QObject *context, Done done) = 0;
    virtual void markVerified(const QString &name, QObject *context, Done done) = 0;
    /// A person decided to trust the changed or new key of a contact's device.
    virtual void trustDevice(const QString &name, const DeviceId &device, QObject *context,
                             Done done) = 0;
    virtual void revokeOwnDevice(const DeviceId &device, QObject *context, Done done) = 0;
    /// Kept in the profile; std::nullopt forgets it.
    virtual void setContactRule(const QString &name, const std::optional<ContactRule> &rule,
                                QObject *context, Done done) = 0;

    // --- transfers -------------------------------------------------------------
    /// Starts at once, or as soon as the contact is online; progress and result come with
    /// transferChanged(). For several contacts, call it once for each.
    virtual TransferId send(const SendRequest &request) = 0;
    /// Offers are taken (presence says so) from now on; std::nullopt stops that.
    virtual void setReceiving(std::optional<ReceiveOptions> options) = 0;
    virtual void acceptOffer(const TransferId &id, const AcceptTerms &terms = {}) = 0;
    virtual void declineOffer(const TransferId &id) = 0;
    virtual void cancelTransfer(const TransferId &id) = 0;
    virtual void pauseTransfer(const TransferId &id) = 0;
    virtual void resumeTransfer(const TransferId &id) = 0;
    /// A send that ended otherwise than delivered begins again, under the same id; it goes on
    /// from what has arrived where that is still known.
    virtual void retryTransfer(const TransferId &id) = 0;
    /// To another place among those that wait for the same contact, from 0.
    virtual void moveTransfer(const TransferId &id, int place) = 0;
    /// What the profile remembers to be sent, without going online. A running engine that sends
    /// by itself (EngineOptions::resumeSends) has it among its transfers() instead.
    virtual void listQueue(QObject *context, QueueDone done) = 0;
    /// Unavailable where another process works on it.
    virtual void moveInQueue(const TransferId &id, int place, QObject *context, Done done) = 0;
    virtual void dropFromQueue(const TransferId &id, QObject *context, Done done) = 0;
    virtual void setTransferLimit(const TransferId &id, qint64 bytesPerSecond) = 0;
    virtual void setRateLimits(const RateLimits &limits) = 0;

    // --- history ---------------------------------------------------------------
    /// Newest first.
    virtual void searchHistory(const HistoryQuery &query, QObject *context, HistoryDone done) = 0;
    /// A page of them: a transfer may have a million. NotFound where the entry was cleared since
    /// the page before; no files of one that never was.
    virtual void historyFiles(const HistoryFilesQuery &query, QObject *context,
                              HistoryFilesDone done) = 0;
    /// JSON lines or CSV, by the file's ending; files and hashes included. Never replaces a file.
    virtual void exportHistory(const QString &file, QObject *context, Done done) = 0;
    /// The hash that the history tells of a file (core/transfer/file_hash.h), of one on this disk.
    virtual void hashFile(const QString &path, QObject *context, HashDone done) = 0;
    /// One entry, or all of it for 0. No file that was sent or received is touched.
    virtual void clearHistory(qint64 key, QObject *context, Done done) = 0;

    // --- state -----------------------------------------------------------------
    virtual SessionInfo session() const = 0;
    virtual QList<ContactInfo> contacts() const = 0;
    virtual QList<TransferInfo> transfers() const = 0;
    virtual void measureNetwork(NetworkMeasurement measurement, QObject *context,
                                NetworkDone done) = 0;

signals:
    void sessionChanged(const postern::SessionInfo &session);
    void contactsChanged();
    /// Only where the policy asks; taken back by offerWithdrawn when the sender cancels.
    void offerReceived(const postern::OfferInfo &offer);
    void offerWithdrawn(const postern::TransferId &id);
    void transferChanged(const postern::TransferInfo &transfer);
    /// What was tried to reach a contact, whoever began it; before a transfer goes that way.
    void searchEnded(const postern::SearchInfo &search);
    /// An entry was added, or some were cleared.
    void historyChanged();
    /// The secret store is locked or missing: why, in a sentence; offer retry or session-only.
    void secretsProblem(const postern::Error &problem);
};

/// The real engine: starts its thread, touches no network until asked to sign in. `profile` is
/// created owner-only; a profile that can't be used shows up as an error of the first call.
std::unique_ptr<Engine> createEngine(const EngineOptions &options);

} // namespace postern
