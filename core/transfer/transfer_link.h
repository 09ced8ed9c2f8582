#pragma once
// All transfers over one PeerChannel, several at once, in both directions: the door of this
// folder. Engine thread.
//
//     TransferLink link(channel, files, executor, observer);  channel.setObserver(&link);
//     sending:    Outgoing outgoing(id, source, ...);  outgoing.start(link);
//     receiving:  observer.offerArrived(incoming) -> incoming->accept(into) or decline()

#include "core/transfer/executor.h"
#include "core/transfer/file_system.h"
#include "core/transfer/incoming.h"
#include "core/transfer/stream_router.h"

#include <memory>
#include <vector>

namespace postern {

class TransferLink final : public StreamRouter, private Incoming::Keeper {
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
    ~TransferLink() override; ///< what still runs ends as if the connection were lost

    /// True while any transfer uses a stream: the channel is worth keeping.
    bool busy() const { return hasStreams() || !m_arriving.empty(); }

private:
    void channelClosed(const Error &reason) override;
    void streamOpened(StreamId stream, const QByteArray &payload) override;
    void opened(StreamId stream, const wire::TransferOffer &offer);
    void opened(StreamId stream, const wire::TransferData &data);
    void refuse(StreamId stream, wire::DeclineReason reason);

    void offerComplete(Incoming *incoming) override;
    void offerBroken(Incoming *incoming) override;
    void incomingGone(Incoming *incoming) override;
    std::size_t unansweredBytes() const override;
    std::unique_ptr<Incoming> takeArriving(Incoming *incoming);

    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    Observer &m_observer;
    LifeGuard m_guard;
    std::vector<std::unique_ptr<Incoming>> m_arriving; ///< manifests under way
    std::vector<Incoming *> m_incoming; ///< all of this link
};

} // namespace postern
