#pragma once
// All transfers with one device, several at once, in both directions: the door of this
// folder. Channels come and go beneath it; transfers move over to a new one and go on from
// what the receiver has verified. Engine thread.
//
//     TransferLink link(files, executor, observer);   link.attach(channel);
//     sending:    Outgoing outgoing(id, source, ...);  outgoing.start(link);
//     receiving:  observer.offerArrived(incoming) -> incoming->accept(into) or decline()
//     a better channel:    link.attach(other), then close the first
//     the channel is gone: observer.channelEnded() -> link.attach(another) or link.end(why)

#include "core/transfer/executor.h"
#include "core/transfer/file_system.h"
#include "core/transfer/incoming.h"
#include "core/transfer/incoming_book.h"
#include "core/transfer/link_member.h"
#include "core/transfer/stream_router.h"

#include <memory>
#include <set>
#include <vector>

namespace postern {

class TransferLink final : public LinkMembers,
                           private StreamRouter::Owner,
                           private Incoming::Keeper {
public:
    class Observer {
    public:
        virtual ~Observer() = default;
        /// A peer offers files; the list is complete and sound. Keep it, then answer it.
        /// Destroying it unanswered declines.
        virtual void offerArrived(std::unique_ptr<Incoming> offer) = 0;
        /// A channel ended. If it was the newest, transfers wait for attach() or end(). Don't
        /// destroy the link or the channel from within.
        virtual void channelEnded(PeerChannel &channel, const Error &reason) = 0;
    };

    /// The executor and the observer outlive the link; the executor outlives all transfers.
    /// Links to one device share a book, so that a transfer can go on by another of them.
    TransferLink(std::shared_ptr<FileSystem> files, Executor &executor, Observer &observer,
                 std::shared_ptr<IncomingBook> book = std::make_shared<IncomingBook>());
    ~TransferLink() override; ///< what still runs ends as if the connection were lost

    /// The first channel, a better one, or back to an older one that still lives: what we send
    /// moves over to it at once, what we receive as soon as the peer does the same. An older
    /// channel may be closed then; until it has ended (channelClosed or release()) it must exist.
    void attach(PeerChannel &channel);
    /// What the newest channel's peer sent before it was attached.
    void readEarly(StreamId stream, ByteView bytes, bool finished);
    /// The channel is about to be destroyed without having been closed.
    void release(PeerChannel &channel);
    /// Whether any transfer has a stream on the channel.
    bool uses(const PeerChannel &channel) const;
    /// No channel will come: what still runs ends with a sentence.
    void end(const Error &reason);

    /// True while any transfer runs or uses a stream: the link is worth keeping.
    bool busy() const;

    void enroll(LinkMember &member) override;
    void dismiss(LinkMember &member) override;

private:
    void streamOpened(StreamRouter &router, StreamId stream, const QByteArray &payload) override;
    void routerClosed(StreamRouter &router, const Error &reason) override;

    void opened(StreamRouter &router, StreamId stream, const wire::TransferOffer &offer);
    void opened(StreamRouter &router, StreamId stream, const wire::TransferResume &resume);
    void opened(StreamRouter &router, StreamId stream, const wire::TransferData &data);
    /// Answers where no Incoming does.
    void answer(StreamRouter &router, StreamId stream, const QByteArray &frames);
    void refuse(StreamRouter &router, StreamId stream, wire::DeclineReason reason);

    void offerComplete(Incoming *incoming) override;
    void offerBroken(Incoming *incoming) override;
    std::unique_ptr<Incoming> takeArriving(Incoming *incoming);
    void dropUnheard(); ///< offers whose list will not be completed
    bool letGo(StreamRouter &router);

    std::shared_ptr<FileSystem> m_files;
    Executor &m_executor;
    Observer &m_observer;
    std::shared_ptr<IncomingBook> m_book;
    LifeGuard m_guard;
    std::vector<std::unique_ptr<StreamRouter>> m_routers;
    StreamRouter *m_current = nullptr; ///< of the newest channel; null while there is none
    std::set<LinkMember *> m_members; ///< transfers that have not ended
    std::vector<std::unique_ptr<Incoming>> m_arriving; ///< manifests under way
};

} // namespace postern
