#pragma once
// One transfer as its receiver sees it. Blocks are checked and written on a worker; the
// channel gets new credit only as they are, so a slow disk slows the sender down.
//
//   Waiting --list complete--> Offered --accept--> Preparing --> Transferring
//                                 |                    |              | all came
//                                 |                    |              v
//                      Declined, Cancelled, Failed <---+--------- Verifying --> Delivered
//
// A lost channel ends nothing: the transfer waits (stalled) until the sender comes back with
// a resume, is told how much is verified, and goes on from there.
//
// Whatever ends it early, the hidden folder is removed; what already has its final name is
// whole and stays. Engine thread.

#include "core/transfer/choice.h"
#include "core/transfer/executor.h"
#include "core/transfer/incoming_book.h"
#include "core/transfer/link_member.h"
#include "core/transfer/manifest.h"
#include "core/transfer/named_manifest.h"
#include "core/transfer/pace.h"
#include "core/transfer/staging.h"
#include "core/transfer/transfer_types.h"
#include "core/wire/block_frame.h"
#include "core/wire/frame.h"
#include "core/wire/transfer_messages.h"

#include <atomic>

namespace postern {

/// One line of an offer's tree, as it will be named here.
struct OfferedEntry {
    QString path; ///< '/' between parts
    bool folder = false;
    qint64 bytes = 0;
};

class Incoming final : public LinkMember {
public:
    /// Who keeps it until its list of names is complete: the TransferLink that makes it.
    class Keeper {
    public:
        virtual ~Keeper() = default;
        virtual void offerComplete(Incoming *incoming) = 0; ///< hand it to the observer
        virtual void offerBroken(Incoming *incoming) = 0; ///< it ended before that
    };

    Incoming(StreamRouter &router, Keeper &keeper, StreamId control,
             const wire::TransferOffer &offer, std::shared_ptr<IncomingBook> book,
             std::shared_ptr<FileSystem> files, Executor &executor);
    ~Incoming() override; ///< declines or cancels if it still runs

    void setObserver(TransferObserver *observer) { m_observer = observer; }

    const TransferId &id() const { return m_id; }
    /// The tree for the person who decides, at most `most` lines of it.
    QList<OfferedEntry> entries(int most) const;
    /// What is taken, by the names it gets here; null for a text. Values: any thread.
    std::shared_ptr<const NamedManifest> list() const { return m_offer; }
    /// Of what came of it; null where none are noted. Any thread.
    std::shared_ptr<HashNotes> hashes() const { return m_hashes; }
    /// Free space in a folder, and whether accepting into it, without these entries, would work.
    /// Answers later.
    void check(const QString &into, const QList<quint32> &without,
               std::function<void(DestinationCheck)> done);

    /// What the files are marked with as come from elsewhere; before accept().
    void setOrigin(const QString &origin) { m_origin = origin; }
    /// Before it is accepted: entries of the list that are not wanted; a folder stands for all
    /// in it.
    Result<void> leaveOut(const QList<quint32> &entries);
    /// A text needs no folder: see textKept().
    void accept(const QString &into);
    /// Not empty: a text is offered. Once accepted, keep it safely, then say so.
    const QString &text() const { return m_text; }
    void textKept(const Result<void> &outcome);
    /// A person's wish on this side. Nothing flows while either side wants a pause; taking it
    /// back tries a disk that made trouble again at once.
    void setPaused(bool paused);
    void setRate(qint64 bytesPerSecond);
    void setSharedRate(std::shared_ptr<SharedRate> shared) { m_shared = std::move(shared); }
    void ratesChanged(); ///< of the limit that is shared
    void decline(wire::DeclineReason reason = wire::DeclineReason::Person);
    void cancel();
    /// Ends it here without a word; it can be taken up again if journals are kept.
    void putDown();
    /// Not empty: it brings what folders miss that were received into this one. Accepted into it,
    /// it fills them.
    QString fillsIn() const { return m_filled.empty() ? QString() : m_filledIn; }
    /// It was accepted in an earlier life, into a folder that is known: accept() needs none.
    bool goesOn() const { return m_recalled != nullptr; }
    TransferSnapshot snapshot() const;
    TransferStage stage() const { return m_stage; }

    // --- for links -------------------------------------------------------------------
    void join(LinkMembers &link);
    void completeText(); ///< there is no list to wait for
    void giveUp(); ///< its list will not be completed; the keeper lets it go
    void abandon(); ///< the same, by the keeper
    /// The sender goes on over another channel, or over this one again.
    void goOnOver(LinkMembers &link, StreamRouter &router, StreamId control, quint64 attachment);
    bool takesData(const StreamRouter &router, quint64 attachment) const;
    void bindData(StreamId stream);
    bool isUnheard() const { return m_stage == TransferStage::Waiting; }
    bool isAttached() const override { return m_router != nullptr; }
    quint64 attachment() const { return m_attachment; }
    QByteArray listHash() const;

private:
    enum class Staged { Discard, Keep };

    void streamReceived(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId) override { }
    void streamGivenUp(StreamId stream) override;
    void channelLost() override;
    void attach(StreamRouter &) override { } // the sender's part
    void linkEnded(const Error &reason) override;

    void controlReceived(ByteView data, bool finished);
    void dataReceived(ByteView data, bool finished);
    void handle(const wire::TransferManifest &page);
    void handle(const wire::TransferPause &pause);
    void handle(const wire::TransferCancel &);
    void handle(const wire::TransferFailed &failed);

    void say(const QByteArray &frames);
    void tellChanged();
    void sayAccept();
    void sayStanding();
    void wishesChanged();
    bool isPaused() const { return m_pausedHere || m_pausedThere || m_trouble || m_troubleThere; }
    void detach();
    void dropUnderWay();
    void expectResume();
    void nameEntries();
    void prepared(const Result<void> &outcome);
    bool takeFrames(ByteView &data);
    void takeBacklog();
    void finishIfAllCame();
    void writeFrame(wire::BlockFrame frame);
    void written(std::size_t frameBytes, const Result<void> &outcome);
    void finishStaging();
    std::size_t listBytes() const;
    void giveCredit();
    Duration paceWait();
    void stumble(const Error &error);
    void tryAgain();
    void tryAgainLater();
    void wentOn(const Result<void> &outcome);
    void tellProgress();
    void delivered(const Result<void> &outcome);
    void transition(TransferStage to, std::optional<Error> problem = {});
    void fail(const Error &error); ///< tells the other side, then ends
    void end(TransferStage stage, std::optional<Error> problem, const QByteArray &lastWords,
             Staged staged = Staged::Discard);
    void letGoOfStaging(Staged what);
    static QByteArray deliveredWords(const Staging::Done &done, const StagingCursor &cursor);

    /// What the worker owns, and what it told last.
    struct Desk {
        Desk(std::shared_ptr<FileSystem> files, std::shared_ptr<const NamedManifest> offer,
             const DeviceId &from, const TransferId &id, const JournalHome &home,
             qint64 storedBytes, std::shared_ptr<HashNotes> hashes)
            : staging(std::move(files), std::move(offer), from, id, home, storedBytes,
                      std::move(hashes))
        {
        }
        Staging staging;
        std::atomic<bool> stop = false; ///< what is still queued need not be done
    };
    std::shared_ptr<Desk> makeDesk();
    /// Runs on the worker, then the answer here with what the staging has done so far.
    void onDesk(std::function<Result<void>(Staging &)> work,
                std::function<void(const Result<void> &)> answer);

    TransferId m_id;
    TransferId m_follows;
    QString m_title;
    QString m_text;
    wire::TransferTotals m_totals;
    qint64 m_storedBytes;
    QString m_origin;
    DeviceId m_from;
    Keeper &m_keeper; ///< only while unheard
    LinkMembers *m_link = nullptr; ///< from Offered until it ends
    StreamRouter *m_router; ///< null while there is no channel
    quint64 m_attachment;
    StreamId m_control;
    bool m_accepted = false; ///< the sender was told so on this attachment
    std::optional<StreamId> m_data;
    std::shared_ptr<IncomingBook> m_book;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    TransferObserver *m_observer = nullptr;
    LifeGuard m_guard;

    TransferStage m_stage = TransferStage::Waiting;
    std::optional<Error> m_problem;
    FrameReader m_frames;
    qint64 m_relayedBytes = 0;
    Manifest m_arriving;
    std::size_t m_manifestBytes = 0;
    bool m_naming = false;
    std::shared_ptr<const NamedManifest> m_offer;
    std::shared_ptr<const Recalled> m_recalled;
    Choice m_choice; ///< m_offer is what it leaves of the list
    QString m_into;
    QString m_filledIn;
    Gaps::Folders m_filled;

    bool m_pausedHere = false;
    bool m_pausedThere = false;
    std::optional<Error> m_trouble; ///< the disk stands in the way; there is no desk meanwhile
    std::optional<Error> m_troubleThere; ///< with the sender's
    Duration m_nextTry{};
    quint64 m_tries = 0; ///< counts up with every try, so that no timer of an older one counts
    bool m_trying = false;
    TokenBucket m_bucket{0};
    std::shared_ptr<SharedRate> m_shared;
    bool m_waking = false; ///< a timer of the rate limit runs

    std::shared_ptr<Lane> m_lane;
    std::shared_ptr<HashNotes> m_hashes; ///< once it is accepted
    std::shared_ptr<Desk> m_desk;
    wire::BlockReader m_blocks;
    bool m_dataFinished = false;
    std::size_t m_held = 0; ///< bytes that came and are not yet written
    std::size_t m_partial = 0; ///< of these, in a frame that is not whole yet
    QByteArray m_backlog; ///< of the partial ones: what is cut into frames once fewer wait
    int m_queued = 0; ///< frames that wait for the disk
    std::size_t m_withheld = 0; ///< of these, credit the peer was not given back yet

    StagingCursor m_cursor;
    Staging::Done m_done;
    QStringList m_stagingNotes;
    QString m_location;
    quint32 m_deliveredItems = 0;
    Instant m_toldProgress{};
    ProgressClock m_clock;
};

} // namespace postern
