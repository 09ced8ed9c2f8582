#include "core/transfer/incoming.h"

#include "core/base/log.h"
#include "core/transfer/incoming_words.h"
#include "core/transfer/sentences.h"

namespace postern {

namespace {

/// A sender that moves to another channel is back within a round trip or two.
constexpr Duration RESUME_PATIENCE = 60s;

} // namespace

Incoming::Incoming(StreamRouter &router, Keeper &keeper, StreamId control,
                   const wire::TransferOffer &offer, std::shared_ptr<IncomingBook> book,
                   std::shared_ptr<FileSystem> files, Executor &executor)
    : m_id(offer.transfer)
    , m_follows(offer.follows)
    , m_text(offer.text)
    , m_totals(offer.totals)
    , m_storedBytes(offer.stored < 0 ? offer.totals.bytes : offer.stored)
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
    if (m_shared)
        m_shared->leave(this);
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
    m_trouble.reset(); // what was kept stays
    m_lane = m_executor.makeLane(); // a thread that is confined ends with what it has to do
    if (m_router && m_data && !m_dataFinished)
        m_router->reset(*m_data);
    if (m_router)
        m_router->finish(m_control);
    if (m_link)
        std::exchange(m_link, nullptr)->dismiss(*this);
    if (m_shared)
        m_shared->leave(this);
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

// --- the control stream --------------------------------------------------------------

void Incoming::streamReceived(StreamId stream, ByteView data, bool finished)
{
    if (isFinal(m_stage))
        m_router->channel().consume(stream, data.size());
    else if (stream == m_control)
        controlReceived(data, finished);
    else if (m_data == stream)
        dataReceived(data, finished);
    else // of before the disk made trouble
        m_router->channel().consume(stream, data.size());
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

void Incoming::handle(const wire::TransferPause &pause)
{
    m_pausedThere = pause.paused && !pause.trouble;
    m_troubleThere.reset();
    if (pause.trouble)
        m_troubleThere = sentences::troubleThere(wire::TransferFailure::NotReadable);
    wishesChanged();
    if (!pause.paused)
        tryAgain();
}

void Incoming::streamGivenUp(StreamId stream)
{
    if (isFinal(m_stage))
        return;
    if (m_data == stream)
        m_data.reset(); // explained on the control stream
    else if (stream != m_control)
        return;
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
    m_pausedThere = false;
    m_troubleThere.reset();
    m_frames = FrameReader();
    dropUnderWay();
    if (m_router)
        std::exchange(m_router, nullptr)->desert(this);
}

void Incoming::dropUnderWay()
{
    m_data.reset();
    m_blocks = {};
    m_backlog.clear();
    m_held -= std::exchange(m_partial, 0);
    m_withheld = 0;
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

void Incoming::goOnOver(LinkMembers &link, StreamRouter &router, StreamId control,
                        quint64 attachment)
{
    detach();
    m_router = &router;
    m_control = control;
    m_attachment = attachment;
    router.setUser(control, this);
    join(link);
    if (m_pausedHere || m_trouble)
        sayStanding();
    if (m_stage == TransferStage::Transferring && m_desk) // once all that came is written
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
    const QByteArray &choice = m_choice.packed();
    constexpr qsizetype PAGE = wire::CHOICE_PAGE_LIMIT.most;
    for (qsizetype at = 0; at < choice.size(); at += PAGE)
        say(framed(wire::TransferChoice{choice.mid(at, PAGE)}));
    say(framed(acceptOf(m_done, m_cursor)));
    m_accepted = m_router != nullptr;
}

void Incoming::sayStanding()
{
    wire::TransferPause pause;
    pause.trouble = m_trouble.has_value();
    pause.paused = m_pausedHere || pause.trouble;
    if (m_trouble)
        pause.reason = sentences::failureOf(*m_trouble);
    say(framed(pause));
}

void Incoming::setPaused(bool paused)
{
    if (isFinal(m_stage) || m_pausedHere == paused)
        return;
    m_pausedHere = paused;
    sayStanding();
    wishesChanged();
    if (!paused)
        tryAgain();
}

/// Someone paused, or took it back.
void Incoming::wishesChanged()
{
    if (!isPaused())
        m_clock.goOn(m_executor.now());
    tellChanged();
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
    now.relayedBytes = m_relayedBytes;
    now.problem = m_problem;
    now.text = m_text;
    now.pausedHere = m_pausedHere;
    now.pausedThere = m_pausedThere;
    now.trouble = m_trouble ? m_trouble : m_troubleThere;
    if (!m_text.isEmpty())
        now.title = titleOfText(m_text);
    if (m_offer) {
        now.title = m_offer->name(0);
        now.notes = m_offer->notes;
    }
    now.notes += m_stagingNotes;
    now.location = m_location;
    m_clock.fill(now, m_executor.now());
    const bool underWay = m_stage == TransferStage::Transferring;
    now.stalled = now.stalled || (underWay && !m_router && !now.isPaused());
    now.resuming = underWay && m_router && !m_accepted;
    return now;
}

} // namespace postern
