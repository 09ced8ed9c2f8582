#pragma once
// One transfer as its sender sees it. Reads ahead on a worker while the channel sends;
// never holds more than a few blocks.
//
//   Waiting --start--> Offered --accept--> Transferring --all sent--> Verifying --> Delivered
//                         |                     |                         |
//                         +------ Declined, Cancelled, Failed <-----------+
//
// A lost channel ends nothing: the transfer waits (stalled) until its link has another one,
// asks the receiver how much is verified, and goes on from there.
//
// A file that vanished or changed is left out, the rest is delivered, and the transfer ends
// as Failed with a sentence that names it. Engine thread.

#include "core/transfer/block_packing.h"
#include "core/transfer/executor.h"
#include "core/transfer/link_member.h"
#include "core/transfer/pace.h"
#include "core/transfer/source.h"
#include "core/transfer/transfer_types.h"
#include "core/wire/frame.h"
#include "core/wire/transfer_messages.h"

#include <deque>
#include <set>

namespace postern {

struct OutgoingOptions {
    qint64 bytesPerSecond = 0; ///< 0: no limit
    /// It was offered in an earlier life, over channels that counted up to this.
    std::optional<quint64> attachmentsBefore = std::nullopt;
    bool paused = false; ///< from the start
    std::optional<Instant> wishedAt = std::nullopt; ///< when a person asked for it
    std::shared_ptr<SharedRate> shared = nullptr; ///< the limit of all that is sent
    TransferId follows{}; ///< this one's files, that had changed, are offered anew; null: none
    QString journals{}; ///< where the hashes of its files are noted; empty: nowhere
};

class Outgoing final : public LinkMember {
public:
    Outgoing(const TransferId &id, std::shared_ptr<const Source> source,
             std::shared_ptr<FileSystem> files, Executor &executor, TransferObserver &observer,
             const OutgoingOptions &options = {});
    ~Outgoing() override; ///< cancels if it still runs

    /// Offers the files over the link, as soon as that has a channel. Once.
    void start(LinkMembers &link);
    void cancel();
    /// A person's wish on this side. Nothing flows while either side wants a pause.
    void setPaused(bool paused);
    void setRate(qint64 bytesPerSecond);
    void ratesChanged(); ///< of the limit that is shared
    /// Ends it here without a word: it will go on in another life.
    void putDown();
    /// Files that changed while they were sent, and so were left out, as paths for scanSource():
    /// what to offer anew. At most MOST_CHANGED.
    QStringList changedPaths() const;
    static constexpr std::size_t MOST_CHANGED = 10'000;
    /// What the receiver takes of the source, and the hashes of what was read of it; null where
    /// none are noted. Any thread.
    std::shared_ptr<const Source> chosen() const { return m_chosen; }
    std::shared_ptr<HashNotes> hashes() const { return m_hashes; }
    TransferSnapshot snapshot() const;
    TransferStage stage() const { return m_stage; }

private:
    void streamReceived(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId stream) override;
    void streamGivenUp(StreamId stream) override;
    void channelLost() override;
    void attach(StreamRouter &router) override;
    bool isAttached() const override { return m_router != nullptr; }
    void linkEnded(const Error &reason) override;

    void handle(const wire::TransferChoice &choice);
    void handle(const wire::TransferAccept &accept);
    void handle(const wire::TransferUnknown &);
    void handle(const wire::TransferDecline &decline);
    void handle(const wire::TransferProgress &progress);
    void handle(const wire::TransferDelivered &delivered);
    void handle(const wire::TransferPause &pause);
    void handle(const wire::TransferCancel &);
    void handle(const wire::TransferFailed &failed);

    template<typename M> void say(const M &message);
    bool openControl();
    void offer();
    void detach();
    void stopReading();
    void dropData();
    bool isPaused() const { return m_pausedHere || m_pausedThere || m_trouble; }
    void wishesChanged();
    void sayPause();
    void read();
    void sourceIsAway();
    void sourceIsBack();
    void tryAgainLater();
    void lookAgain();
    Result<void> choose();
    wire::TransferTotals totals() const;
    bool isSound(const wire::TransferAccept &accept) const;
    void sendFrom(Manifest::Index entry, qint64 offset);
    void pumpManifest();
    void readAhead();
    void frameRead(SourceReader::Frame frame);
    struct Packed {
        qint64 bytes = 0; ///< of content that packing looked at
        Duration spent{};
    };
    static Packed pack(BlockPacker &packer, SourceReader::Frame &frame, const Executor &executor);
    void pumpData();
    void account(qint64 bytes);
    Duration paceWait();
    bool waitsForPace();
    void dataSent();
    void transition(TransferStage to, std::optional<Error> problem = {});
    void fail(const Error &error); ///< tells the other side, then ends
    void end(TransferStage stage, std::optional<Error> problem); ///< lets the streams go

    TransferId m_id;
    TransferId m_follows;
    std::shared_ptr<const Source> m_source; ///< all that was offered
    std::shared_ptr<const Source> m_chosen; ///< what the receiver wants of it
    QByteArray m_choice; ///< as told on this attachment
    std::shared_ptr<FileSystem> m_files;
    QString m_journals;
    std::shared_ptr<HashNotes> m_hashes; ///< once something of it is sent
    Executor &m_executor;
    TransferObserver &m_observer;
    LifeGuard m_guard;

    TransferStage m_stage = TransferStage::Waiting;
    std::optional<Error> m_problem;
    LinkMembers *m_link = nullptr; ///< from start() until it ends
    StreamRouter *m_router = nullptr; ///< null while there is no channel
    quint64 m_attachment = 0; ///< channels used so far; the receiver takes the highest only
    bool m_resuming = false; ///< asked where to go on
    bool m_pausedHere = false;
    bool m_pausedThere = false;
    std::optional<Error> m_trouble; ///< of the receiver's disk
    std::optional<Error> m_away; ///< of ours: what is sent can't be reached
    Duration m_nextTry{};
    quint64 m_tries = 0; ///< counts up with every try, so that no timer of an older one counts
    std::optional<StreamId> m_control;
    std::optional<StreamId> m_data;
    FrameReader m_frames;

    Manifest::Index m_nextEntry = 0; ///< of the manifest, to be told
    bool m_offered = false; ///< all of it was told
    std::shared_ptr<Lane> m_lane;
    std::shared_ptr<SourceReader> m_reader;
    std::shared_ptr<BlockPacker> m_packer; ///< null where the receiver does not unpack
    PackingJudge m_judge;
    std::deque<SourceReader::Frame> m_ready;
    int m_reading = 0; ///< frames being read
    quint64 m_readings = 0; ///< counts up whenever what is being read is of no use any more
    bool m_lastRead = false;
    bool m_waking = false; ///< a timer of the rate limit runs
    TokenBucket m_bucket;
    std::shared_ptr<SharedRate> m_shared;

    quint32 m_missing = 0; ///< files that could not be read as offered
    wire::BlockRecord m_firstMissing;
    std::set<Manifest::Index> m_changed; ///< of these; at most MOST_CHANGED
    qint64 m_verifiedBytes = 0;
    qint64 m_relayedBytes = 0;
    quint32 m_verifiedFiles = 0;
    ProgressClock m_clock;
};

} // namespace postern
