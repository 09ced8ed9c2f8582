#pragma once
// Two TransferLinks over a loopback channel, with the engine's part played by the test.

#include "core/transfer/outgoing.h"
#include "core/transfer/transfer_link.h"
#include "tests/support/loopback_channel.h"
#include "tests/support/stepped_executor.h"

#include <functional>
#include <memory>
#include <vector>

namespace postern::test {

/// One side: keeps what is offered and what happened.
class TransferSide final : public TransferLink::Observer, public TransferObserver {
public:
    TransferSide(std::shared_ptr<FileSystem> fileSystem, Executor &onExecutor,
                 const QString &journals = {})
        : files(std::move(fileSystem))
        , executor(onExecutor)
        , link(std::make_unique<TransferLink>(files, executor, *this,
                                              std::make_shared<IncomingBook>(journals)))
    {
    }
    TransferSide(PeerChannel &channel, std::shared_ptr<FileSystem> fileSystem, Executor &onExecutor,
                 const QString &journals = {})
        : TransferSide(std::move(fileSystem), onExecutor, journals)
    {
        link->attach(channel);
    }

    void offerArrived(std::unique_ptr<Incoming> offer) override
    {
        offer->setObserver(this);
        incoming.push_back(std::move(offer));
        if (onOffer)
            onOffer(*incoming.back());
    }
    void channelEnded(PeerChannel &, const Error &reason) override
    {
        closed = reason;
        if (endsWithChannel)
            link->end(reason);
    }
    void transferChanged(const TransferId &) override { ++changes; }

    Outgoing &send(std::shared_ptr<const Source> source, const OutgoingOptions &options = {},
                   const TransferId &id = randomId<TransferId>())
    {
        outgoing.push_back(
            std::make_unique<Outgoing>(id, std::move(source), files, executor, *this, options));
        outgoing.back()->start(*link);
        return *outgoing.back();
    }

    std::shared_ptr<FileSystem> files;
    Executor &executor;
    std::function<void(Incoming &)> onOffer;
    std::vector<std::unique_ptr<Incoming>> incoming;
    std::vector<std::unique_ptr<Outgoing>> outgoing;
    bool endsWithChannel = true; ///< else transfers wait for another one
    std::optional<Error> closed;
    int changes = 0;
    std::unique_ptr<TransferLink> link; ///< goes first
};

class TransferPair {
public:
    explicit TransferPair(std::shared_ptr<FileSystem> filesOfA,
                          std::shared_ptr<FileSystem> filesOfB, std::uint64_t seed = 1,
                          const LoopbackOptions &options = {}, const QString &journals = {})
        : executor(seed)
        , channels(options)
        , a(channels.a(), std::move(filesOfA), executor, journals)
        , b(channels.b(), std::move(filesOfB), executor, journals)
    {
    }
    ~TransferPair() { settle(); }

    /// Moves bytes, unless the connection is gone; true if any moved.
    bool pump() { return !(a.closed && b.closed) && channels.pump(1); }

    /// Runs everything to its end, timers too; false if it would not come to one.
    bool settle(int steps = 10'000'000)
    {
        for (int i = 0; i < steps; ++i)
            if (!pump() && !executor.step() && !executor.skipToTimer())
                return true;
        return false;
    }

    SteppedExecutor executor;
    LoopbackPair channels;
    TransferSide a;
    TransferSide b;
};

} // namespace postern::test
