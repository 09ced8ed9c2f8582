#pragma once
// All transfers over one PeerChannel: opens their streams, and leads what arrives to the
// transfer it belongs to. Several run at once, in both directions. Streams that are none of
// ours, or no longer, are ignored. Engine thread.
//
//     link = TransferLink(channel, files, executor, observer);  channel.setObserver(&link)
//     sending:    Outgoing(...).start(link)
//     receiving:  observer.offerArrived(incoming) -> incoming->accept(into) or decline()

#include "core/transfer/executor.h"
#include "core/transfer/file_system.h"
#include "core/transport/peer_channel.h"
#include "core/wire/transfer_messages.h"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace postern {

class Incoming;

/// Who reads and writes a stream: a transfer.
class StreamUser {
public:
    virtual ~StreamUser() = default;
    virtual void streamReceived(StreamId stream, ByteView data, bool finished) = 0;
    virtual void streamWritable(StreamId stream) = 0;
    virtual void streamGivenUp(StreamId stream) = 0; ///< reset by the peer
    /// The link is gone; it must not be used any more.
    virtual void linkLost(const Error &reason) = 0;
};

class TransferLink final : public PeerChannelObserver {
public:
    class Observer {
    public:
        virtual ~Observer() = default;
        /// A peer offers files; the list is complete and sound. Keep it, then answer it.
        /// Destroying it unanswered declines.
        virtual void offerArrived(std::unique_ptr<Incoming> offer) = 0;
        /// The channel ended; its transfers have been told already. The link may be destroyed.
        virtual void linkClosed(const Error &reason) = 0;
    };

    /// All of them outlive the link, and the executor outlives all transfers.
    TransferLink(PeerChannel &channel, std::shared_ptr<FileSystem> files, Executor &executor,
                 Observer &observer);
    ~TransferLink() override;

    void streamData(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId stream) override;
    void streamReset(StreamId stream) override;
    void channelClosed(const Error &reason) override;

    /// True while any transfer uses a stream: the channel is worth keeping.
    bool busy() const { return !m_users.empty() || !m_opening.empty() || !m_arriving.empty(); }

    // --- for transfers ---------------------------------------------------------------
    PeerChannel &channel() { return m_channel; }
    Result<StreamId> open(StreamUser *user);
    void finish(StreamId stream); ///< ends our direction; the stream is let go with both
    void reset(StreamId stream);
    void leave(StreamUser *user); ///< resets whatever streams it still has open
    void offerComplete(Incoming *incoming); ///< its manifest is there: hand it to the observer
    void offerBroken(Incoming *incoming); ///< it ended before that
    std::size_t unansweredBytes() const; ///< of manifests that no one has accepted yet

private:
    struct Use {
        StreamUser *user = nullptr;
        bool weFinished = false;
        bool theyFinished = false;
    };
    void openingData(StreamId stream, ByteView data, bool finished);
    void opened(StreamId stream, const QByteArray &frame);
    void opened(StreamId stream, const wire::TransferOffer &offer);
    void opened(StreamId stream, const wire::TransferData &data);
    void tellLost(const Error &reason);
    void refuse(StreamId stream, wire::DeclineReason reason);
    void letGo(StreamId stream);
    void letGoIfDone(StreamId stream);

    PeerChannel &m_channel;
    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    Observer &m_observer;
    std::set<StreamUser *> m_members; ///< every transfer that refers to this link
    std::map<StreamId, Use> m_users;
    std::map<StreamId, QByteArray> m_opening; ///< new streams before their first frame
    std::set<StreamId> m_gone; ///< late bytes of these are dropped
    std::deque<StreamId> m_goneOrder;
    std::vector<std::unique_ptr<Incoming>> m_arriving; ///< manifests under way
    std::vector<Incoming *> m_incoming; ///< with an open control stream
    std::vector<std::unique_ptr<Incoming>> m_dead; ///< destroyed when nothing of theirs runs
    bool m_closed = false;
};

} // namespace postern
