#pragma once
// Every transfer of this engine, sent and received: finds out whom a send goes to and by
// which link, asks whether an offer is wanted, and tells the faces how each is doing.
//
//   send:     [WaitingForContact ->] Preparing (scan) -> [Queued ->] Connecting -> what Outgoing
//   says receive:  offer -> rule, policy: take it, ask, or decline -> what Incoming says
//
// At most AT_ONCE sends to a contact run at a time, small ones besides; the others wait in an
// order that a person may change. Sending is in transfer_desk_sending.cpp, receiving in
// transfer_desk_receiving.cpp.
//
// What is cut off is remembered in the profile. A send goes on when the same is sent again to
// the same contact, or by itself if goOnByItself(); a receiver takes it up without asking.
//
// Thread: engine thread.

#include "core/engine/contact_rules.h"
#include "core/engine/engine_events.h"
#include "core/engine/history_desk.h"
#include "core/engine/peer_links.h"
#include "core/engine/send_book.h"
#include "core/engine/trusted_contacts.h"
#include "core/transfer/outgoing.h"
#include "core/transfer/yielding_rate.h"

#include <QCoreApplication>

#include <map>
#include <set>

namespace postern {

class TransferDesk final : public PeerLinks::Host, public TransferObserver {
    Q_DECLARE_TR_FUNCTIONS(postern::TransferDesk)

public:
    /// Offers of one contact that may wait for a person at a time.
    static constexpr int MAX_WAITING_PER_CONTACT = 16;
    /// How often a moving transfer is told to the faces.
    static constexpr Duration TELL_INTERVAL = 200ms;
    /// Sends to one contact that run at a time; those of at most SMALL_BYTES don't count.
    static constexpr int AT_ONCE = 4;
    static constexpr qint64 SMALL_BYTES = 1024 * 1024;
    /// Sends that ended otherwise than delivered and can be tried again.
    static constexpr std::size_t MOST_ENDED = 1000;

    /// Keeps a received text safely, then answers.
    using TextKeeper = std::function<void(const TransferInfo &, std::function<void(Result<void>)>)>;
    /// Hears of each transfer that is over, and where its list of files is to be had.
    using Recorder = std::function<void(const TransferInfo &, const QString &device,
                                        const HistoryDesk::Files &files)>;

    TransferDesk(TrustedContacts &contacts, std::shared_ptr<FileSystem> files, Executor &executor,
                 const EngineEvents &events);
    ~TransferDesk() override;

    /// Null while signed out: sends then fail at once.
    void setLinks(PeerLinks *links) { m_links = links; }

    /// Where transfers are remembered; empty: nowhere.
    void setJournals(const QString &folder) { m_journals = folder; }
    /// Takes up the sends that were cut off, now and whenever one is.
    void goOnByItself();
    /// Somebody may be back.
    void contactsChanged();

    void setRules(ContactRules rules) { m_rules = std::move(rules); }
    ContactRules &rules() { return m_rules; }
    void setTextKeeper(TextKeeper keeper) { m_keepText = std::move(keeper); }
    void setRecorder(Recorder recorder) { m_record = std::move(recorder); }

    void send(const TransferId &id, const SendRequest &request);
    void setReceiving(std::optional<ReceiveOptions> options) { m_receiving = std::move(options); }
    bool isReceiving() const { return m_receiving && m_receiving->accept != AcceptPolicy::None; }
    void acceptOffer(const TransferId &id, const AcceptTerms &terms);
    void declineOffer(const TransferId &id);
    void cancel(const TransferId &id);
    void setPaused(const TransferId &id, bool paused);
    void retry(const TransferId &id);
    void move(const TransferId &id, int place);
    void setLimit(const TransferId &id, qint64 bytesPerSecond);
    void setRateLimits(const RateLimits &limits);
    void putDownAll(); ///< the program ends: what can't go on another time is cancelled

    void offerArrived(PeerLinks::Link &link, std::unique_ptr<Incoming> offer) override;
    void channelReplaced(PeerLinks::Link &link) override;
    bool isOnline(const QString &user, const DeviceId &device) const override;
    void transferChanged(const TransferId &id) override;

private:
    struct Sending {
        SendRequest request;
        DeviceId device;
        std::shared_ptr<std::atomic<bool>> scanStopped = std::make_shared<std::atomic<bool>>(false);
        std::shared_ptr<const Source> source;
        PeerLinks::Ticket connecting = 0;
        LinkId link;
        std::optional<SendBook::Held> held; ///< its ticket
        bool keeping = false; ///< the first is being written
        std::unique_ptr<Outgoing> machine;
        bool paused = false;
        quint64 order = 0; ///< among those that wait
        Instant wishedAt = monotonicNow();
        TransferInfo info;
    };
    struct Receiving {
        LinkId link;
        std::unique_ptr<Incoming> machine;
        OfferInfo offer;
        bool asking = false; ///< the faces were told of the offer and have not answered
        TransferInfo info;
    };

    Sending &makeSending(const TransferId &id, const SendRequest &request, TransferState state);
    void begin(Sending &sending);
    void takeFromQueue(Sending &sending);
    void scanned(const TransferId &id, const SendBook::Begun &begun);
    void waitForContact(const TransferId &id);
    void holdBack(Sending &sending, TransferState state);
    bool isSmall(const Sending &sending) const;
    bool hasTurn(const Sending &sending) const;
    bool isWaiting(const Sending &sending) const { return !sending.machine && !sending.connecting; }
    QList<Sending *> waitingFor(const QString &contact);
    void turnTo(const QString &contact);
    void keepStanding(Sending &sending);
    void standingKept(const TransferId &id, const std::optional<SendBook::Held> &kept);
    bool isResumable(const TransferInfo &info) const;
    void forgetTicket(const Sending &sending);
    void keepFailed(const Sending &sending);
    void dropHeld(const SendBook::Held &held);
    SendBook book() const { return SendBook({m_files, m_journals}); }
    void connectSending(Sending &sending);
    void linked(const TransferId &id, const Result<PeerLinks::Link *> &link);
    void failSending(Sending &sending, TransferState state, const Error &error);
    bool goesOnLater(Sending &sending);

    int waitingOffersOf(const QString &user) const;
    void checked(const TransferId &id, const DestinationCheck &check);
    void acceptInto(const TransferId &id, const QString &into, const QList<quint32> &without,
                    const DestinationCheck &check);
    bool asks(const OfferInfo &offer) const;
    void keepText(Receiving &receiving);
    void startReceiving(Receiving &receiving, const QString &into);

    void stateChanged(const TransferId &id);
    void tell(const TransferInfo &info);
    void tellAll();
    void leaveRoom();
    bool offerChangedAnew(const Sending &sending);
    void record(const TransferInfo &info);
    static void notePath(TransferInfo &info, const PathInfo &path);
    void settle(const TransferId &id);
    bool refresh(const TransferId &id);

    TrustedContacts &m_contacts;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    const EngineEvents &m_events;
    PeerLinks *m_links = nullptr;
    QString m_journals;
    bool m_goesOn = false;
    bool m_puttingDown = false;
    std::map<TransferId, TransferId> m_aliases; ///< a send's number between peers -> ours
    std::shared_ptr<Lane> m_scanning;
    std::optional<ReceiveOptions> m_receiving;
    ContactRules m_rules;
    TextKeeper m_keepText;
    Recorder m_record;
    std::shared_ptr<SharedRate> m_up = std::make_shared<SharedRate>();
    std::shared_ptr<SharedRate> m_down = std::make_shared<SharedRate>();
    RateLimits m_limits;
    std::optional<YieldingRate> m_yielding; ///< while something is sent and room is to be left
    qint64 m_sentBytes = 0; ///< by all sends
    std::set<TransferId> m_followUps; ///< sends of what changed under another
    /// From the clock on: behind what earlier lives and other processes left in the queue.
    quint64 m_nextOrder = static_cast<quint64>(QDateTime::currentMSecsSinceEpoch());
    std::map<TransferId, SendRequest> m_ended; ///< sends that may be tried again
    std::deque<TransferId> m_endedOrder;
    std::map<TransferId, Sending> m_sendings;
    std::map<TransferId, Receiving> m_receivings;
    DeadlineTimer m_teller;
    LifeGuard m_guard;
};

} // namespace postern
