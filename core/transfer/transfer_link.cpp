#include "core/transfer/transfer_link.h"

#include "core/base/log.h"
#include "core/transfer/incoming.h"
#include "core/transfer/sentences.h"
#include "core/wire/frame.h"

#include <QtEndian>

#include <algorithm>

namespace postern {

namespace {

/// New streams that have not yet said what they are.
constexpr std::size_t MOST_OPENING = 32;
/// Offers of one peer that wait for a person's answer.
constexpr std::size_t MOST_UNANSWERED = 16;
/// So many finished streams are remembered, to drop what still comes for them.
constexpr std::size_t MOST_GONE = 4096;
constexpr qsizetype LENGTH_BYTES = 4;

} // namespace

TransferLink::TransferLink(PeerChannel &channel, std::shared_ptr<FileSystem> files,
                           Executor &executor, Observer &observer)
    : m_channel(channel)
    , m_files(std::move(files))
    , m_executor(executor)
    , m_observer(observer)
{
}

TransferLink::~TransferLink()
{
    tellLost({ErrorCode::Disconnected, QStringLiteral("The connection was ended.")});
}

void TransferLink::tellLost(const Error &reason)
{
    m_closed = true;
    m_users.clear();
    m_opening.clear();
    m_incoming.clear();
    while (!m_members.empty()) { // each may make others leave
        StreamUser *member = *m_members.begin();
        m_members.erase(m_members.begin());
        member->linkLost(reason);
    }
    m_arriving.clear();
    m_dead.clear();
}

void TransferLink::channelClosed(const Error &reason)
{
    tellLost(reason);
    m_observer.linkClosed(reason);
}

void TransferLink::streamData(StreamId stream, ByteView data, bool finished)
{
    m_dead.clear();
    if (m_gone.contains(stream)) {
        m_channel.consume(stream, data.size());
        return;
    }
    const auto found = m_users.find(stream);
    if (found == m_users.end()) {
        openingData(stream, data, finished);
        return;
    }
    found->second.theyFinished |= finished;
    if (StreamUser *user = found->second.user)
        user->streamReceived(stream, data, finished);
    else
        m_channel.consume(stream, data.size());
    letGoIfDone(stream);
}

/// Collects the first frame of a new stream, which tells what the stream is for.
void TransferLink::openingData(StreamId stream, ByteView data, bool finished)
{
    if (!m_opening.contains(stream) && (m_opening.size() >= MOST_OPENING || data.empty())) {
        m_channel.consume(stream, data.size());
        if (!finished)
            m_channel.reset(stream);
        return;
    }
    QByteArray &frame = m_opening[stream];
    const auto take = [&](qsizetype upTo) {
        const auto count = std::min(
            static_cast<std::size_t>(std::max<qsizetype>(upTo - frame.size(), 0)), data.size());
        frame.append(toByteArray(data.first(count)));
        data = data.subspan(count);
        m_channel.consume(stream, count);
        return frame.size() >= upTo;
    };
    bool whole = take(LENGTH_BYTES);
    if (whole) {
        const auto length = qFromBigEndian<quint32>(frame.constData());
        if (length > MAX_EARLY_FRAME_BYTES) {
            letGo(stream);
            m_channel.reset(stream);
            return;
        }
        whole = take(LENGTH_BYTES + static_cast<qsizetype>(length));
    }
    if (!whole) {
        if (finished)
            letGo(stream);
        return;
    }
    const QByteArray payload = frame.mid(LENGTH_BYTES);
    m_opening.erase(stream);
    opened(stream, payload);
    if (!data.empty() || finished)
        streamData(stream, data, finished);
}

void TransferLink::opened(StreamId stream, const QByteArray &payload)
{
    const auto message = wire::decode<wire::TransferOpening>(payload);
    if (!message) { // of a newer version, or nonsense: not for us
        qCDebug(logTransfer) << "stream ignored:" << message.error().message;
        letGo(stream);
        m_channel.reset(stream);
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
    std::optional<DeclineReason> refusal;
    if (offer.version != wire::TRANSFER_VERSION)
        refusal = DeclineReason::Version;
    else if (offer.transfer.isNull() || known || entries == 0 || entries > Manifest::MAX_ENTRIES
             || offer.totals.bytes < 0 || offer.totals.bytes > Manifest::MAX_TOTAL_BYTES)
        refusal = DeclineReason::Policy;
    else if (static_cast<std::size_t>(unanswered) >= MOST_UNANSWERED)
        refusal = DeclineReason::Busy;
    if (refusal) {
        refuse(stream, *refusal);
        return;
    }
    auto incoming = std::make_unique<Incoming>(*this, stream, offer, m_files, m_executor);
    m_users[stream].user = incoming.get();
    m_incoming.push_back(incoming.get());
    m_members.insert(incoming.get());
    m_arriving.push_back(std::move(incoming));
}

void TransferLink::opened(StreamId stream, const wire::TransferData &data)
{
    const auto found = std::find_if(m_incoming.begin(), m_incoming.end(), [&](auto *incoming) {
        return incoming->id() == data.transfer && incoming->takesData();
    });
    if (found == m_incoming.end()) { // cancelled meanwhile, or never was
        letGo(stream);
        m_channel.reset(stream);
        return;
    }
    m_users[stream].user = *found;
    (*found)->bindData(stream);
    finish(stream); // data flows one way only
}

/// Answers an offer that no Incoming is made for.
void TransferLink::refuse(StreamId stream, wire::DeclineReason reason)
{
    m_users[stream].user = nullptr;
    m_channel.write(stream, frameOf(wire::encode(wire::TransferDecline{reason})));
    finish(stream);
}

void TransferLink::streamWritable(StreamId stream)
{
    m_dead.clear();
    if (const auto found = m_users.find(stream); found != m_users.end() && found->second.user)
        found->second.user->streamWritable(stream);
}

void TransferLink::streamReset(StreamId stream)
{
    m_dead.clear();
    const auto found = m_users.find(stream);
    StreamUser *user = found == m_users.end() ? nullptr : found->second.user;
    letGo(stream);
    if (user)
        user->streamGivenUp(stream);
}

Result<StreamId> TransferLink::open(StreamUser *user)
{
    if (m_closed)
        return Error{ErrorCode::Disconnected, QStringLiteral("The connection was ended.")};
    auto stream = m_channel.openStream();
    if (!stream)
        return sentences::noMoreStreams();
    m_users[*stream].user = user;
    m_members.insert(user);
    return stream;
}

void TransferLink::finish(StreamId stream)
{
    const auto found = m_users.find(stream);
    if (found == m_users.end() || found->second.weFinished)
        return;
    found->second.weFinished = true;
    m_channel.finish(stream);
    letGoIfDone(stream);
}

void TransferLink::reset(StreamId stream)
{
    if (!m_users.contains(stream))
        return;
    letGo(stream);
    m_channel.reset(stream);
}

void TransferLink::leave(StreamUser *user)
{
    m_members.erase(user);
    std::erase(m_incoming, user);
    std::vector<StreamId> open;
    for (auto &[stream, use] : m_users) {
        if (use.user != user)
            continue;
        use.user = nullptr;
        if (!use.weFinished)
            open.push_back(stream);
    }
    for (const StreamId stream : open)
        reset(stream);
}

void TransferLink::offerComplete(Incoming *incoming)
{
    const auto found = std::find_if(m_arriving.begin(), m_arriving.end(),
                                    [&](const auto &one) { return one.get() == incoming; });
    if (found == m_arriving.end())
        return;
    auto offer = std::move(*found);
    m_arriving.erase(found);
    m_observer.offerArrived(std::move(offer));
}

void TransferLink::offerBroken(Incoming *incoming)
{
    const auto found = std::find_if(m_arriving.begin(), m_arriving.end(),
                                    [&](const auto &one) { return one.get() == incoming; });
    if (found == m_arriving.end())
        return;
    m_dead.push_back(std::move(*found)); // it is still on the stack
    m_arriving.erase(found);
}

std::size_t TransferLink::unansweredBytes() const
{
    std::size_t sum = 0;
    for (const Incoming *incoming : m_incoming)
        if (incoming->stage() <= TransferStage::Offered)
            sum += incoming->manifestBytes();
    return sum;
}

void TransferLink::letGo(StreamId stream)
{
    m_users.erase(stream);
    m_opening.erase(stream);
    if (!m_gone.insert(stream).second)
        return;
    m_goneOrder.push_back(stream);
    if (m_goneOrder.size() > MOST_GONE) {
        m_gone.erase(m_goneOrder.front());
        m_goneOrder.pop_front();
    }
}

void TransferLink::letGoIfDone(StreamId stream)
{
    const auto found = m_users.find(stream);
    if (found != m_users.end() && found->second.weFinished && found->second.theyFinished)
        letGo(stream);
}

} // namespace postern
