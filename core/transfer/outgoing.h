#pragma once
// One transfer as its sender sees it. Reads ahead on a worker while the channel sends;
// never holds more than a few blocks.
//
//   Waiting --start--> Offered --accept--> Transferring --all sent--> Verifying --> Delivered
//                         |                     |                         |
//                         +------ Declined, Cancelled, Failed <-----------+
//
// A file that vanished or changed is left out, the rest is delivered, and the transfer ends
// as Failed with a sentence that names it. Engine thread.

#include "core/transfer/executor.h"
#include "core/transfer/pace.h"
#include "core/transfer/source.h"
#include "core/transfer/stream_router.h"
#include "core/transfer/transfer_types.h"
#include "core/wire/frame.h"
#include "core/wire/transfer_messages.h"

#include <deque>

namespace postern {

struct OutgoingOptions {
    qint64 bytesPerSecond = 0; ///< 0: no limit
};

class Outgoing final : public StreamUser {
public:
    Outgoing(const TransferId &id, std::shared_ptr<const Source> source,
             std::shared_ptr<FileSystem> files, Executor &executor, TransferObserver &observer,
             const OutgoingOptions &options = {});
    ~Outgoing() override; ///< cancels if it still runs

    /// Offers the files over the link. Once.
    void start(StreamRouter &link);
    void cancel();
    TransferSnapshot snapshot() const;
    TransferStage stage() const { return m_stage; }

private:
    void streamReceived(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId stream) override;
    void streamGivenUp(StreamId stream) override;
    void linkLost(const Error &reason) override;

    void handle(const wire::TransferAccept &accept);
    void handle(const wire::TransferDecline &decline);
    void handle(const wire::TransferProgress &progress);
    void handle(const wire::TransferDelivered &delivered);
    void handle(const wire::TransferCancel &);
    void handle(const wire::TransferFailed &failed);

    template<typename M> void say(const M &message);
    void pumpManifest();
    void readAhead();
    void frameRead(SourceReader::Frame frame);
    void pumpData();
    void dataSent();
    void transition(TransferStage to, std::optional<Error> problem = {});
    void fail(const Error &error); ///< tells the other side, then ends
    void end(TransferStage stage, std::optional<Error> problem); ///< lets the streams go

    TransferId m_id;
    std::shared_ptr<const Source> m_source;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    TransferObserver &m_observer;
    LifeGuard m_guard;

    TransferStage m_stage = TransferStage::Waiting;
    std::optional<Error> m_problem;
    StreamRouter *m_link = nullptr;
    std::optional<StreamId> m_control;
    std::optional<StreamId> m_data;
    FrameReader m_frames;

    Manifest::Index m_nextEntry = 0; ///< of the manifest, to be told
    std::shared_ptr<Lane> m_lane;
    std::shared_ptr<SourceReader> m_reader;
    std::deque<SourceReader::Frame> m_ready;
    int m_reading = 0; ///< frames being read
    bool m_lastRead = false;
    bool m_waking = false; ///< a timer of the rate limit runs
    TokenBucket m_bucket;

    quint32 m_missing = 0; ///< files that could not be read as offered
    wire::BlockRecord m_firstMissing;
    qint64 m_verifiedBytes = 0;
    quint32 m_verifiedFiles = 0;
    ProgressClock m_clock;
};

} // namespace postern
