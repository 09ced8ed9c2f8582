#include "core/transfer/incoming.h"

#include "core/base/log.h"
#include "core/transfer/sentences.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace postern {

namespace {

/// Bytes that may wait for the disk before the channel gets no more credit. The peer may
/// have the channel's own window under way on top.
constexpr std::size_t HIGH_WATER = 8 * 1024 * 1024;
/// Lists of names that one peer may have us hold for offers nobody answered.
constexpr std::size_t MOST_UNANSWERED_BYTES = 192 * 1024 * 1024;
constexpr Duration PROGRESS_INTERVAL = 100ms;
/// A sender that moves to another channel is back within a round trip or two.
constexpr Duration RESUME_PATIENCE = 60s;

wire::TransferAccept acceptOf(const Staging::Done &done, const StagingCursor &cursor)
{
    wire::TransferAccept accept;
    accept.entry = cursor.entry;
    accept.offset = cursor.offset;
    accept.bytes = done.bytes;
    accept.files = done.files;
    accept.missing = done.missing;
    return accept;
}

template<typename M> QByteArray framed(const M &message) { return frameOf(wire::encode(message)); }

} // namespace

Incoming::Incoming(StreamRouter &router, Keeper &keeper, StreamId control,
                   const wire::TransferOffer &offer, std::shared_ptr<IncomingBook> book,
                   std::shared_ptr<FileSystem> files, Executor &executor)
    : m_id(offer.transfer)
    , m_totals(offer.totals)
    , m_from(router.channel().peer())
    , m_keeper(keeper)
    , m_router(&router)
    , m_attachment(offer.attachment)
    , m_control(control)
    , m_book(std::move(book))
    , m_files(std::move(files))
    , m_executor(executor)
    , m_lane(executor.makeLane())
{
    m_book->add(m_from, m_id, this);
    router.setUser(control, this);
}

Incoming::~Incoming()
{
    m_observer = nullptr;
    if (m_stage == TransferStage::Offered)
        decline(wire::DeclineReason::Policy);
    else if (!isFinal(m_stage))
        cancel();
    letGoOfStaging(Staged::Discard);
    m_book->remove(m_from, m_id, this);
    if (m_router)
        m_router->leave(this);
}

void Incoming::say(const QByteArray &frames)
{
    if (m_router)
        m_router->channel().write(m_control, frames);
}

void Incoming::transition(TransferStage to, std::optional<Error> problem)
{
    m_stage = to;
    m_problem = std::move(problem);
    if (to == TransferStage::Transferring)
        m_clock.start(m_executor.now());
    if (isFinal(to))
        m_clock.stop(m_executor.now());
    tellChanged();
}

void Incoming::tellChanged()
{
    if (m_observer)
        m_observer->transferChanged(m_id);
}

/// Lets the streams and the hidden folder go. The last words are said now, and again to a
/// sender who comes back because they did not reach it.
void Incoming::end(TransferStage stage, std::optional<Error> problem, const QByteArray &lastWords,
                   Staged staged)
{
    const bool unheard = isUnheard();
    say(lastWords);
    if (!lastWords.isEmpty() && !unheard)
        m_book->noteLastWords(m_from, m_id, lastWords);
    letGoOfStaging(staged);
    if (m_router && m_data && !m_dataFinished)
        m_router->reset(*m_data);
    if (m_router)
        m_router->finish(m_control);
    if (m_link)
        std::exchange(m_link, nullptr)->dismiss(*this);
    m_book->remove(m_from, m_id, this);
    transition(stage, std::move(problem));
    if (unheard)
        m_keeper.offerBroken(this);
}

void Incoming::fail(const Error &error)
{
    if (isFinal(m_stage))
        return;
    end(TransferStage::Failed, error, framed(wire::TransferFailed{sentences::failureOf(error)}));
}

// --- the offer -----------------------------------------------------------------------

void Incoming::handle(const wire::TransferManifest &page)
{
    const auto entries = wire::decodeManifestPage(viewOf(page.entries));
    if (m_stage != TransferStage::Waiting || m_naming || !entries || entries->isEmpty()) {
        fail(sentences::brokenOffer());
        return;
    }
    m_manifestBytes += static_cast<std::size_t>(page.entries.size())
        + static_cast<std::size_t>(entries->size()) * 32;
    m_book->noteUnanswered(m_from, m_id, m_manifestBytes);
    if (m_book->unansweredBytes(m_from) > MOST_UNANSWERED_BYTES) {
        end(TransferStage::Failed, sentences::offerTooLarge(),
            framed(wire::TransferDecline{wire::DeclineReason::Busy}));
        return;
    }
    for (const wire::ManifestEntry &entry : *entries)
        if (const auto appended = m_arriving.append(entry); !appended) {
            fail(appended.error());
            return;
        }
    const wire::TransferTotals &so = m_arriving.totals();
    if (so.files > m_totals.files || so.folders > m_totals.folders || so.bytes > m_totals.bytes) {
        fail(sentences::brokenOffer());
        return;
    }
    if (so.files < m_totals.files || so.folders < m_totals.folders)
        return;
    if (so.bytes != m_totals.bytes)
        fail(sentences::brokenOffer());
    else
        nameEntries();
}

void Incoming::nameEntries()
{
    m_naming = true;
    auto manifest = std::make_shared<Manifest>(std::move(m_arriving));
    m_arriving = {};
    const JournalHome home{m_files, m_book->journals()};
    m_lane->run([this, life = m_guard.watch(), manifest, home, from = m_from,
                 id = m_id]() -> Continuation {
        const auto named = nameSafely(std::move(*manifest), NameRules::ofThisSystem());
        const auto told = ReceiveJournal::recall(home, from, id, named->manifest, named->listHash);
        if (told && !told->lastWords.isEmpty())
            Staging::sweep(*home.files, told->into, from, id);
        return [this, life, named, told] {
            if (life.expired() || m_stage != TransferStage::Waiting)
                return;
            m_offer = named;
            if (told && !told->lastWords.isEmpty()) { // over long ago; they did not hear it
                m_book->noteLastWords(m_from, m_id, told->lastWords);
                end(TransferStage::Delivered, {}, told->lastWords);
                return;
            }
            if (told)
                m_recalled = std::make_shared<const Recalled>(*told);
            transition(TransferStage::Offered);
            m_keeper.offerComplete(this);
        };
    });
}

QList<OfferedEntry> Incoming::entries(int most) const
{
    QList<OfferedEntry> list;
    const Manifest &manifest = m_offer->manifest;
    const auto count = std::min(manifest.count(), static_cast<Manifest::Index>(most));
    list.reserve(count);
    for (Manifest::Index entry = 0; entry < count; ++entry)
        list.append({m_offer->path(entry), manifest.isFolder(entry), manifest.size(entry)});
    return list;
}

void Incoming::check(const QString &into, std::function<void(DestinationCheck)> done)
{
    m_lane->run([into, done = std::move(done), files = m_files, id = m_id, needed = m_totals.bytes,
                 life = m_guard.watch()]() -> Continuation {
        return [life, done, result = Staging::check(*files, into, id, needed)] {
            if (!life.expired())
                done(result);
        };
    });
}

void Incoming::accept(const QString &into)
{
    if (m_stage != TransferStage::Offered)
        return;
    m_book->noteUnanswered(m_from, m_id, 0);
    const JournalHome home{m_files, m_book->journals()};
    m_desk = std::make_shared<Desk>(m_files, m_offer, m_from, m_id, home);
    transition(TransferStage::Preparing);
    onDesk([into, told = m_recalled](
               Staging &staging) { return told ? staging.resume(*told) : staging.prepare(into); },
           [this](const Result<void> &outcome) { prepared(outcome); });
}

void Incoming::prepared(const Result<void> &outcome)
{
    if (outcome) {
        sayAccept();
        transition(TransferStage::Transferring);
        return;
    }
    const bool full = outcome.error().code == ErrorCode::DiskFull;
    end(TransferStage::Failed, outcome.error(),
        framed(wire::TransferDecline{full ? wire::DeclineReason::Space
                                          : wire::DeclineReason::Destination}));
}

void Incoming::decline(wire::DeclineReason reason)
{
    if (m_stage != TransferStage::Offered)
        return;
    end(TransferStage::Declined, sentences::declinedHere(), framed(wire::TransferDecline{reason}));
}

void Incoming::cancel()
{
    if (m_stage == TransferStage::Offered) {
        decline();
        return;
    }
    if (isFinal(m_stage))
        return;
    end(TransferStage::Cancelled, sentences::cancelledHere(), framed(wire::TransferCancel{}));
}

// --- the control stream --------------------------------------------------------------

void Incoming::streamReceived(StreamId stream, ByteView data, bool finished)
{
    if (isFinal(m_stage))
        m_router->channel().consume(stream, data.size());
    else if (stream == m_control)
        controlReceived(data, finished);
    else
        dataReceived(data, finished);
}

void Incoming::controlReceived(ByteView data, bool finished)
{
    m_router->channel().consume(m_control, data.size());
    m_frames.append(data);
    while (!isFinal(m_stage)) {
        const auto frame = m_frames.next();
        if (frame && !*frame)
            break;
        const auto message = frame ? wire::decode<wire::FromSender>(**frame)
                                   : Result<wire::FromSender>(frame.error());
        if (!message) {
            qCDebug(logTransfer) << message.error().message;
            fail(sentences::protocolBroken());
            return;
        }
        std::visit([this](const auto &m) { handle(m); }, *message);
    }
    if (finished)
        fail(sentences::protocolBroken()); // it left without a word
}

void Incoming::handle(const wire::TransferCancel &)
{
    if (m_stage != TransferStage::Verifying) // there the files are about to be whole: let them
        end(TransferStage::Cancelled, sentences::cancelledThere(), {});
}

void Incoming::handle(const wire::TransferFailed &failed)
{
    if (m_stage != TransferStage::Verifying)
        end(TransferStage::Failed, sentences::failedThere(failed.reason), {});
}

void Incoming::streamGivenUp(StreamId stream)
{
    if (isFinal(m_stage))
        return;
    if (stream != m_control)
        m_data.reset(); // explained on the control stream
    else if (isUnheard())
        fail(sentences::failedThere(wire::TransferFailure::Internal));
    else
        expectResume();
}

// --- channels --------------------------------------------------------------------------

void Incoming::join(LinkMembers &link)
{
    if (m_link)
        m_link->dismiss(*this);
    m_link = &link;
    link.enroll(*this);
}

/// What is under way is dropped; what came whole is still written.
void Incoming::detach()
{
    m_accepted = false;
    m_data.reset();
    m_frames = FrameReader();
    m_blocks = {};
    m_held -= std::exchange(m_partial, 0);
    m_withheld = 0;
    if (m_router)
        std::exchange(m_router, nullptr)->desert(this);
}

/// The sender let go of the channel, though it lives. It has moved to another, or is broken.
void Incoming::expectResume()
{
    detach();
    m_executor.after(RESUME_PATIENCE, m_guard([this, before = m_attachment] {
                         if (m_attachment == before && !isFinal(m_stage)
                             && m_stage != TransferStage::Verifying)
                             fail(sentences::failedThere(wire::TransferFailure::Internal));
                     }));
    tellChanged();
}

void Incoming::channelLost()
{
    detach();
    if (!isFinal(m_stage) && !isUnheard())
        tellChanged();
}

void Incoming::linkEnded(const Error &reason)
{
    m_link = nullptr;
    if (!isFinal(m_stage) && m_stage != TransferStage::Verifying)
        end(TransferStage::Failed, sentences::connectionLost(false, reason), {}, Staged::Keep);
}

void Incoming::putDown()
{
    if (m_stage == TransferStage::Offered)
        decline(wire::DeclineReason::Policy);
    if (isFinal(m_stage))
        return;
    detach();
    end(TransferStage::Failed, sentences::connectionLost(false, {}), {}, Staged::Keep);
}

void Incoming::giveUp()
{
    abandon();
    m_keeper.offerBroken(this);
}

void Incoming::abandon()
{
    detach();
    m_book->remove(m_from, m_id, this);
    m_stage = TransferStage::Failed;
}

void Incoming::resume(LinkMembers &link, StreamRouter &router, StreamId control, quint64 attachment)
{
    detach();
    m_router = &router;
    m_control = control;
    m_attachment = attachment;
    router.setUser(control, this);
    join(link);
    if (m_stage == TransferStage::Transferring) // once all that came is written
        onDesk([](Staging &) { return Result<void>(); },
               [this, attachment](const Result<void> &) {
                   if (m_attachment == attachment && m_stage == TransferStage::Transferring)
                       sayAccept();
               });
    tellChanged();
}

/// Tells where to begin, or to go on.
void Incoming::sayAccept()
{
    say(framed(acceptOf(m_done, m_cursor)));
    m_accepted = m_router != nullptr;
}

QByteArray Incoming::deliveredWords(const Staging::Done &done, const StagingCursor &cursor)
{
    return framed(acceptOf(done, cursor))
        + framed(wire::TransferDelivered{done.bytes, done.files, done.missing});
}

bool Incoming::takesData(const StreamRouter &router, quint64 attachment) const
{
    return m_stage == TransferStage::Transferring && m_accepted && !m_data && m_router == &router
        && m_attachment == attachment;
}

// --- the data stream -----------------------------------------------------------------

void Incoming::dataReceived(ByteView data, bool finished)
{
    m_withheld += data.size();
    m_held += data.size();
    m_partial += data.size();
    while (!data.empty()) {
        auto frame = m_blocks.take(data);
        if (!frame) {
            fail(frame.error());
            return;
        }
        if (*frame)
            writeFrame(**std::move(frame));
    }
    giveCredit();
    if (!finished)
        return;
    m_dataFinished = true;
    if (!m_blocks.betweenFrames())
        fail(sentences::protocolBroken());
    else
        finishStaging();
}

/// Lets the peer send on as long as the disk keeps up.
void Incoming::giveCredit()
{
    if (m_held >= HIGH_WATER || m_withheld == 0 || !m_router || !m_data)
        return;
    m_router->channel().consume(*m_data, std::exchange(m_withheld, 0));
}

void Incoming::onDesk(std::function<Result<void>(Staging &)> work,
                      std::function<void(const Result<void> &)> answer)
{
    m_lane->run([this, life = m_guard.watch(), desk = m_desk, work = std::move(work),
                 answer = std::move(answer)]() -> Continuation {
        if (desk->stop)
            return {};
        const Result<void> outcome = work(desk->staging);
        if (!outcome)
            desk->stop = true; // nothing queued behind a failure may run
        const Staging &staging = desk->staging;
        return [this, life, desk, answer, outcome, cursor = staging.cursor(), done = staging.done(),
                notes = staging.notes(), location = staging.location(),
                items = staging.deliveredItems()] {
            if (life.expired() || isFinal(m_stage))
                return;
            m_cursor = cursor;
            m_done = done;
            m_stagingNotes = notes;
            m_location = location;
            m_deliveredItems = items;
            answer(outcome);
        };
    });
}

void Incoming::writeFrame(wire::BlockFrame frame)
{
    const std::size_t bytes = frame.wireBytes();
    m_partial -= bytes;
    onDesk(
        [frame = std::move(frame)](Staging &staging) {
            auto outcome = staging.write(frame);
            if (outcome && staging.worthDelivering())
                outcome = staging.deliver();
            return outcome;
        },
        [this, bytes](const Result<void> &outcome) { written(bytes, outcome); });
}

void Incoming::written(std::size_t frameBytes, const Result<void> &outcome)
{
    if (!outcome) {
        fail(outcome.error());
        return;
    }
    m_held -= frameBytes;
    giveCredit();
    tellProgress();
}

void Incoming::tellProgress()
{
    const Instant now = m_executor.now();
    m_clock.progress(now, m_done.bytes);
    if (now - m_toldProgress < PROGRESS_INTERVAL)
        return;
    m_toldProgress = now;
    if (m_accepted)
        say(framed(wire::TransferProgress{m_done.bytes, m_done.files}));
    tellChanged();
}

void Incoming::finishStaging()
{
    transition(TransferStage::Verifying);
    onDesk(
        [](Staging &staging) {
            auto outcome = staging.finish();
            if (outcome)
                outcome = staging.deliver();
            if (outcome)
                outcome = staging.end(deliveredWords(staging.done(), staging.cursor()));
            return outcome;
        },
        [this](const Result<void> &outcome) { delivered(outcome); });
}

void Incoming::delivered(const Result<void> &outcome)
{
    if (!outcome) {
        fail(outcome.error());
        return;
    }
    m_clock.progress(m_executor.now(), m_done.bytes);
    if (m_accepted)
        say(framed(wire::TransferDelivered{m_done.bytes, m_done.files, m_done.missing}));
    else
        say(deliveredWords(m_done, m_cursor)); // it came back meanwhile
    m_book->noteLastWords(m_from, m_id, deliveredWords(m_done, m_cursor));
    if (m_done.missing == 0)
        end(TransferStage::Delivered, {}, {});
    else
        end(TransferStage::Failed,
            sentences::notDelivered(m_done.firstProblem, m_done.firstMissing, m_done.missing,
                                    m_done.files > 0),
            {});
}

void Incoming::letGoOfStaging(Staged what)
{
    if (!m_desk)
        return;
    m_desk->stop = true;
    m_lane->run([desk = std::exchange(m_desk, nullptr), what]() -> Continuation {
        if (what == Staged::Keep)
            desk->staging.putDown();
        else
            desk->staging.discard();
        return {};
    });
}

TransferSnapshot Incoming::snapshot() const
{
    TransferSnapshot now;
    now.id = m_id;
    now.stage = m_stage;
    now.files = m_totals.files;
    now.folders = m_totals.folders;
    now.totalBytes = m_totals.bytes;
    now.bytes = m_done.bytes;
    now.filesDone = m_done.files;
    now.problem = m_problem;
    if (m_offer) {
        now.title = m_offer->name(0);
        now.notes = m_offer->notes;
    }
    now.notes += m_stagingNotes;
    now.location = m_location;
    m_clock.fill(now, m_executor.now());
    const bool underWay = m_stage == TransferStage::Transferring;
    now.stalled = now.stalled || (underWay && !m_router);
    now.resuming = underWay && m_router && !m_accepted;
    return now;
}

} // namespace postern
