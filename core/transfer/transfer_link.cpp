#include "core/transfer/transfer_link.h"

#include "core/base/log.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace postern {

namespace {

/// Offers of one peer that wait for a person's answer.
constexpr std::size_t MOST_UNANSWERED = 16;

} // namespace

TransferLink::TransferLink(std::shared_ptr<FileSystem> files, Executor &executor,
                           Observer &observer, std::shared_ptr<IncomingBook> book)
    : m_files(std::move(files))
    , m_executor(executor)
    , m_observer(observer)
    , m_book(std::move(book))
{
}

TransferLink::~TransferLink()
{
    end({ErrorCode::Disconnected, QStringLiteral("The connection was ended.")});
}

// --- channels ------------------------------------------------------------------------

void TransferLink::attach(PeerChannel &channel)
{
    const auto known =
        std::find_if(m_routers.begin(), m_routers.end(),
                     [&channel](const auto &router) { return &router->channel() == &channel; });
    if (known == m_routers.end()) {
        StreamRouter::Owner &owner = *this;
        m_routers.push_back(std::make_unique<StreamRouter>(channel, owner));
        m_current = m_routers.back().get();
        channel.setObserver(m_current);
    } else {
        m_current = known->get(); // back to an older one; the peer may have gone first
    }
    const auto members = m_members; // one that can't go on leaves
    for (LinkMember *member : members)
        if (m_current && m_members.contains(member))
            member->attach(*m_current);
}

void TransferLink::readEarly(StreamId stream, ByteView bytes, bool finished)
{
    if (m_current)
        m_current->streamData(stream, bytes, finished);
}

bool TransferLink::uses(const PeerChannel &channel) const
{
    return std::any_of(m_routers.begin(), m_routers.end(), [&channel](const auto &router) {
        return &router->channel() == &channel && router->hasStreams();
    });
}

/// The router goes at the next turn: it may be on the stack.
bool TransferLink::letGo(StreamRouter &router)
{
    const auto found = std::find_if(m_routers.begin(), m_routers.end(),
                                    [&router](const auto &one) { return one.get() == &router; });
    if (found == m_routers.end())
        return false;
    if (m_current == &router)
        m_current = nullptr;
    m_executor.after(Duration::zero(), [dead = std::shared_ptr(std::move(*found))] {});
    m_routers.erase(found);
    router.tellLost();
    dropUnheard();
    return true;
}

void TransferLink::release(PeerChannel &channel)
{
    const auto found =
        std::find_if(m_routers.begin(), m_routers.end(),
                     [&channel](const auto &router) { return &router->channel() == &channel; });
    if (found != m_routers.end())
        letGo(**found);
}

void TransferLink::routerClosed(StreamRouter &router, const Error &reason)
{
    if (letGo(router))
        m_observer.channelEnded(router.channel(), reason);
}

void TransferLink::end(const Error &reason)
{
    while (!m_members.empty()) { // each may make others leave
        LinkMember *member = *m_members.begin();
        m_members.erase(m_members.begin());
        member->linkEnded(reason);
    }
    for (auto &incoming : m_arriving)
        incoming->abandon();
    m_arriving.clear();
}

bool TransferLink::busy() const
{
    return !m_members.empty() || !m_arriving.empty()
        || std::any_of(m_routers.begin(), m_routers.end(),
                       [](const auto &router) { return router->hasStreams(); });
}

void TransferLink::enroll(LinkMember &member)
{
    m_members.insert(&member);
    if (m_current && !member.isAttached())
        member.attach(*m_current);
}

void TransferLink::dismiss(LinkMember &member) { m_members.erase(&member); }

// --- what the peer opens -------------------------------------------------------------

void TransferLink::streamOpened(StreamRouter &router, StreamId stream, const QByteArray &payload)
{
    const auto message = wire::decode<wire::TransferOpening>(payload);
    if (!message) { // of a newer version, or nonsense: not for us
        qCDebug(logTransfer) << "stream ignored:" << message.error().message;
        router.reset(stream);
        return;
    }
    std::visit([&](const auto &m) { opened(router, stream, m); }, *message);
}

void TransferLink::opened(StreamRouter &router, StreamId stream, const wire::TransferOffer &offer)
{
    using wire::DeclineReason;
    const DeviceId from = router.channel().peer();
    Incoming *known = m_book->find(from, offer.transfer);
    if (known && known->isUnheard()) { // its list was cut short; here is all of it
        known->giveUp();
        known = nullptr;
    }
    if (m_book->isOvertaken(from, offer.transfer, offer.attachment)) {
        router.reset(stream);
        return;
    }
    const quint64 entries = quint64{offer.totals.files} + offer.totals.folders;
    const bool isText = !offer.text.isEmpty();
    const bool shaped = isText ? entries == 0 && offer.totals.bytes == offer.text.toUtf8().size()
                               : entries > 0 && entries <= Manifest::MAX_ENTRIES;
    if (offer.version != wire::TRANSFER_VERSION) {
        refuse(router, stream, DeclineReason::Version);
    } else if (offer.transfer.isNull() || known || !shaped || offer.totals.bytes < 0
               || offer.totals.bytes > Manifest::MAX_TOTAL_BYTES) {
        refuse(router, stream, DeclineReason::Policy);
    } else if (m_book->unanswered(from) >= MOST_UNANSWERED) {
        refuse(router, stream, DeclineReason::Busy);
    } else {
        Incoming::Keeper &keeper = *this;
        m_arriving.push_back(
            std::make_unique<Incoming>(router, keeper, stream, offer, m_book, m_files, m_executor));
        if (isText)
            m_arriving.back()->completeText();
    }
}

void TransferLink::opened(StreamRouter &router, StreamId stream, const wire::TransferResume &resume)
{
    const DeviceId from = router.channel().peer();
    Incoming *known = m_book->find(from, resume.transfer);
    if (known && known->isUnheard()) {
        known->giveUp();
        known = nullptr;
    }
    if (resume.version != wire::TRANSFER_VERSION) {
        refuse(router, stream, wire::DeclineReason::Version);
    } else if (known && known->listHash() == resume.list) {
        if (known->isAttached() && resume.attachment <= known->attachment()) {
            router.reset(stream); // overtaken by a newer one
            return;
        }
        known->goOnOver(*this, router, stream, resume.attachment);
    } else if (known) { // another list under a number in use
        refuse(router, stream, wire::DeclineReason::Policy);
    } else if (const auto words = m_book->lastWords(from, resume.transfer); !words.isEmpty()) {
        answer(router, stream, words);
    } else {
        m_book->noteUnknown(from, resume.transfer, resume.attachment);
        answer(router, stream, frameOf(wire::encode(wire::TransferUnknown{})));
    }
}

void TransferLink::opened(StreamRouter &router, StreamId stream, const wire::TransferData &data)
{
    Incoming *incoming = m_book->find(router.channel().peer(), data.transfer);
    if (!incoming || !incoming->takesData(router, data.attachment)) {
        router.reset(stream); // cancelled or moved meanwhile, or never was
        return;
    }
    router.setUser(stream, incoming);
    incoming->bindData(stream);
    router.finish(stream); // data flows one way only
}

void TransferLink::answer(StreamRouter &router, StreamId stream, const QByteArray &frames)
{
    router.setUser(stream, nullptr);
    router.channel().write(stream, frames);
    router.finish(stream);
}

void TransferLink::refuse(StreamRouter &router, StreamId stream, wire::DeclineReason reason)
{
    answer(router, stream, frameOf(wire::encode(wire::TransferDecline{reason})));
}

// --- offers under way ----------------------------------------------------------------

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
    if (auto offer = takeArriving(incoming)) {
        offer->join(*this);
        m_observer.offerArrived(std::move(offer));
    }
}

void TransferLink::offerBroken(Incoming *incoming)
{
    // It is still on the stack: let it go a little later.
    if (std::shared_ptr<Incoming> dead = takeArriving(incoming))
        m_executor.after(Duration::zero(), m_guard([dead] {}));
}

void TransferLink::dropUnheard()
{
    std::erase_if(m_arriving, [](auto &incoming) {
        const bool lost = !incoming->isAttached();
        if (lost)
            incoming->abandon();
        return lost;
    });
}

} // namespace postern
