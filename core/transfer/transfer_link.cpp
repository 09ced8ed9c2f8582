#include "core/transfer/transfer_link.h"

#include "core/base/log.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace postern {

namespace {

using Keeper = Incoming::Keeper;

/// Offers of one peer that wait for a person's answer.
constexpr std::size_t MOST_UNANSWERED = 16;

} // namespace

TransferLink::TransferLink(PeerChannel &channel, std::shared_ptr<FileSystem> files,
                           Executor &executor, Observer &observer)
    : StreamRouter(channel)
    , m_files(std::move(files))
    , m_executor(executor)
    , m_observer(observer)
{
}

TransferLink::~TransferLink()
{
    tellLost({ErrorCode::Disconnected, QStringLiteral("The connection was ended.")});
}

void TransferLink::channelClosed(const Error &reason)
{
    tellLost(reason);
    m_arriving.clear();
    m_observer.linkClosed(reason);
}

void TransferLink::streamOpened(StreamId stream, const QByteArray &payload)
{
    const auto message = wire::decode<wire::TransferOpening>(payload);
    if (!message) { // of a newer version, or nonsense: not for us
        qCDebug(logTransfer) << "stream ignored:" << message.error().message;
        reset(stream);
        return;
    }
    std::visit([&](const auto &m) { opened(stream, m); }, *message);
}

void TransferLink::opened(StreamId stream, const wire::TransferOffer &offer)
{
    using wire::DeclineReason;
    const auto unanswered = std::count_if(m_incoming.begin(), m_incoming.end(), [](auto *incoming) {
        return incoming->stage() <= TransferStage::Offered;
    });
    const bool known = std::any_of(m_incoming.begin(), m_incoming.end(), [&](auto *incoming) {
        return incoming->id() == offer.transfer;
    });
    const quint64 entries = quint64{offer.totals.files} + offer.totals.folders;
    if (offer.version != wire::TRANSFER_VERSION) {
        refuse(stream, DeclineReason::Version);
    } else if (offer.transfer.isNull() || known || entries == 0 || entries > Manifest::MAX_ENTRIES
               || offer.totals.bytes < 0 || offer.totals.bytes > Manifest::MAX_TOTAL_BYTES) {
        refuse(stream, DeclineReason::Policy);
    } else if (static_cast<std::size_t>(unanswered) >= MOST_UNANSWERED) {
        refuse(stream, DeclineReason::Busy);
    } else {
        Keeper &keeper = *this;
        m_arriving.push_back(
            std::make_unique<Incoming>(*this, keeper, stream, offer, m_files, m_executor));
        m_incoming.push_back(m_arriving.back().get());
        setUser(stream, m_arriving.back().get());
    }
}

void TransferLink::opened(StreamId stream, const wire::TransferData &data)
{
    const auto found = std::find_if(m_incoming.begin(), m_incoming.end(), [&](auto *incoming) {
        return incoming->id() == data.transfer && incoming->takesData();
    });
    if (found == m_incoming.end()) { // cancelled meanwhile, or never was
        reset(stream);
        return;
    }
    setUser(stream, *found);
    (*found)->bindData(stream);
    finish(stream); // data flows one way only
}

/// Answers an offer that no Incoming is made for.
void TransferLink::refuse(StreamId stream, wire::DeclineReason reason)
{
    setUser(stream, nullptr);
    channel().write(stream, frameOf(wire::encode(wire::TransferDecline{reason})));
    finish(stream);
}

std::unique_ptr<Incoming> TransferLink::takeArriving(Incoming *incoming)
{
    const auto found = std::find_if(m_arriving.begin(), m_arriving.end(),
                                    [&](const auto &one) { return one.get() == incoming; });
    if (found == m_arriving.end())
        return nullptr;
    auto taken = std::move(*found);
    m_arriving.erase(found);
    return taken;
}

void TransferLink::offerComplete(Incoming *incoming)
{
    if (auto offer = takeArriving(incoming))
        m_observer.offerArrived(std::move(offer));
}

void TransferLink::offerBroken(Incoming *incoming)
{
    // It is still on the stack: let it go a little later.
    if (std::shared_ptr<Incoming> dead = takeArriving(incoming))
        m_executor.after(Duration::zero(), m_guard([dead] {}));
}

void TransferLink::incomingGone(Incoming *incoming) { std::erase(m_incoming, incoming); }

std::size_t TransferLink::unansweredBytes() const
{
    std::size_t sum = 0;
    for (const Incoming *incoming : m_incoming)
        if (incoming->stage() <= TransferStage::Offered)
            sum += incoming->manifestBytes();
    return sum;
}

} // namespace postern
