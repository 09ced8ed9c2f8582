// Incoming while blocks come, until all of it is delivered.

#include "core/transfer/incoming.h"

#include "core/transfer/block_packing.h"
#include "core/transfer/incoming_words.h"
#include "core/transfer/sentences.h"

#include <algorithm>

namespace postern {

namespace {

/// Bytes that may wait for the disk beyond the channel's window, list included: a long one leaves
/// nothing of it, and of the window what a stream begins with.
constexpr std::size_t HIGH_WATER = 8 * 1024 * 1024;
constexpr std::size_t LIST_ENTRY_BYTES = 40;
/// Frames that may wait for it. A packed one may be a few dozen bytes of the channel's window,
/// and takes many times that while it waits.
constexpr int MOST_QUEUED = 4096;
constexpr Duration PROGRESS_INTERVAL = 100ms;
/// Before a disk that made trouble is tried again; doubles up to the second.
constexpr Duration FIRST_TRY = 2s;
constexpr Duration LAST_TRY = 60s;

} // namespace

void Incoming::bindData(StreamId stream)
{
    m_data = stream;
    const std::uint64_t list = listBytes();
    m_router->channel().widen(stream, STREAM_WINDOW_BYTES - std::min(STREAM_WINDOW_BYTES, list));
}

std::size_t Incoming::listBytes() const
{
    return m_offer ? m_offer->manifest.count() * LIST_ENTRY_BYTES : 0;
}

void Incoming::dataReceived(ByteView data, bool finished)
{
    if (!data.empty())
        m_clock.contentPassed(m_executor.now());
    m_withheld += data.size();
    m_held += data.size();
    m_partial += data.size();
    if (m_router && m_router->channel().path().kind == PathKind::Relay)
        m_relayedBytes += static_cast<qint64>(data.size());
    if (m_backlog.isEmpty() && !takeFrames(data))
        return;
    m_dataFinished = m_dataFinished || finished;
    m_backlog += toByteArray(data);
    giveCredit();
    finishIfAllCame();
}

/// As many as may wait; false if they end the transfer.
bool Incoming::takeFrames(ByteView &data)
{
    while (!data.empty() && m_queued < MOST_QUEUED) {
        auto frame = m_blocks.take(data);
        if (!frame) {
            fail(frame.error());
            return false;
        }
        if (*frame)
            writeFrame(**std::move(frame));
    }
    return true;
}

void Incoming::takeBacklog()
{
    if (m_backlog.isEmpty() || m_queued > MOST_QUEUED / 2)
        return;
    ByteView rest = viewOf(m_backlog);
    if (!takeFrames(rest))
        return;
    m_backlog = toByteArray(rest);
    finishIfAllCame();
}

void Incoming::finishIfAllCame()
{
    if (!m_dataFinished || !m_backlog.isEmpty())
        return;
    if (!m_blocks.betweenFrames())
        fail(sentences::protocolBroken());
    else
        finishStaging();
}

/// Lets the peer send as much more as the disk has taken, and a little ahead of it.
void Incoming::giveCredit()
{
    const std::size_t ahead = HIGH_WATER - std::min(HIGH_WATER, listBytes());
    const std::size_t kept = m_held - std::min(m_held, ahead);
    if (m_withheld <= kept || !m_router || !m_data)
        return;
    const std::size_t credit = m_withheld - kept;
    if (const Duration wait = paceWait(); wait > Duration::zero()) {
        if (!std::exchange(m_waking, true))
            m_executor.after(wait, m_guard([this] {
                                 m_waking = false;
                                 giveCredit();
                             }));
        return;
    }
    m_bucket.spend(static_cast<qint64>(credit));
    if (m_shared)
        m_shared->spend(static_cast<qint64>(credit));
    m_withheld -= credit;
    m_router->channel().consume(*m_data, credit);
}

Duration Incoming::paceWait()
{
    const Duration own = m_bucket.wait(m_executor.now());
    return own > Duration::zero() || !m_shared ? own : m_shared->wait(m_executor.now(), this);
}

void Incoming::setRate(qint64 bytesPerSecond)
{
    m_bucket.setRate(bytesPerSecond);
    ratesChanged();
}

void Incoming::ratesChanged()
{
    m_waking = false;
    giveCredit();
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
    ++m_queued;
    onDesk(
        [frame = std::move(frame)](Staging &staging) mutable {
            auto outcome = unpack(frame);
            if (outcome)
                outcome = staging.write(frame);
            if (outcome && staging.worthDelivering())
                outcome = staging.deliver();
            return outcome;
        },
        [this, bytes](const Result<void> &outcome) { written(bytes, outcome); });
}

void Incoming::written(std::size_t frameBytes, const Result<void> &outcome)
{
    if (!outcome) {
        stumble(outcome.error());
        return;
    }
    m_held -= frameBytes;
    --m_queued;
    takeBacklog();
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
    const auto gaps = std::make_shared<Gaps>();
    onDesk(
        [gaps](Staging &staging) {
            auto outcome = staging.finish();
            if (outcome)
                outcome = staging.deliver();
            if (outcome)
                outcome = staging.end(deliveredWords(staging.done(), staging.cursor()));
            *gaps = staging.gaps();
            return outcome;
        },
        [this, gaps](const Result<void> &outcome) {
            if (outcome && gaps->canBeFilled())
                m_book->noteGaps(m_from, m_id, gaps);
            delivered(outcome);
        });
}

void Incoming::delivered(const Result<void> &outcome)
{
    if (!outcome) {
        stumble(outcome.error());
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

// --- a disk that makes trouble ---------------------------------------------------------

/// The disk is full, or not to be written: nothing is lost, and it goes on once that is cured,
/// as a later life of this program would: from the journal. Without one it fails.
void Incoming::stumble(const Error &error)
{
    const auto kind = sentences::failureOf(error);
    const bool curable =
        kind == wire::TransferFailure::DiskFull || kind == wire::TransferFailure::NotWritable;
    if (!curable || m_book->journals().isEmpty()) {
        fail(error);
        return;
    }
    letGoOfStaging(Staged::Keep);
    m_trouble = error;
    m_nextTry = FIRST_TRY;
    m_accepted = false;
    m_dataFinished = false;
    dropUnderWay();
    m_held = 0;
    m_queued = 0;
    if (m_stage == TransferStage::Preparing)
        m_clock.start(m_executor.now());
    m_stage = TransferStage::Transferring;
    sayStanding();
    tellChanged();
    tryAgainLater();
}

void Incoming::tryAgainLater()
{
    const Duration delay = m_nextTry;
    m_nextTry = std::min(2 * m_nextTry, LAST_TRY);
    m_executor.after(delay, m_guard([this, number = ++m_tries] {
                         if (number == m_tries)
                             tryAgain();
                     }));
}

void Incoming::tryAgain()
{
    if (!m_trouble || m_trying || isFinal(m_stage))
        return;
    m_trying = true;
    const JournalHome home{m_files, m_book->journals()};
    auto desk = makeDesk();
    const auto look = [desk, home, into = m_into, from = m_from, id = m_id, offer = m_offer,
                       left = m_totals.bytes - m_done.bytes,
                       stored = m_storedBytes]() -> Result<void> {
        const NeededSpace needed{std::min(stored, left), left};
        if (const auto check = Staging::check(*home.files, into, id, needed); check.problem)
            return *check.problem;
        const auto told = ReceiveJournal::recall(home, from, id, offer->manifest, offer->listHash);
        if (!told)
            return Error{ErrorCode::FileNotFound, QString()};
        const auto resumed = desk->staging.resume(*told);
        if (!resumed)
            desk->staging.putDown();
        return resumed;
    };
    m_lane->run([this, life = m_guard.watch(), desk, look]() -> Continuation {
        const Result<void> outcome = look();
        return [this, life, desk, outcome, cursor = desk->staging.cursor(),
                done = desk->staging.done()] {
            if (life.expired())
                return;
            m_trying = false;
            if (outcome && !isFinal(m_stage)) {
                m_desk = desk;
                m_cursor = cursor;
                m_done = done;
            }
            wentOn(outcome);
        };
    });
}

void Incoming::wentOn(const Result<void> &outcome)
{
    if (isFinal(m_stage))
        return;
    if (!outcome) {
        tryAgainLater();
        return;
    }
    m_trouble.reset();
    ++m_tries;
    sayStanding();
    sayAccept();
    wishesChanged();
}

void Incoming::letGoOfStaging(Staged what)
{
    if (!m_desk && m_trouble && what == Staged::Discard) { // it was put down: take it away
        m_lane->run([home = JournalHome{m_files, m_book->journals()}, into = m_into, from = m_from,
                     id = m_id, chosen = !m_choice.isAll()]() -> Continuation {
            Staging::sweep(*home.files, into, from, id);
            ReceiveJournal::forget(home, from, id);
            if (chosen)
                forgetChoice(home, from, id);
            return {};
        });
        return;
    }
    if (!m_desk)
        return;
    m_desk->stop = true;
    m_lane->run([desk = std::exchange(m_desk, nullptr), what, from = m_from, id = m_id,
                 lane = m_lane, // see IncomingBook::lane()
                 chosen = !m_choice.isAll(),
                 home = JournalHome{m_files, m_book->journals()}]() -> Continuation {
        if (what == Staged::Keep) {
            desk->staging.putDown();
        } else {
            desk->staging.discard();
            if (chosen)
                forgetChoice(home, from, id);
        }
        return {};
    });
}

} // namespace postern
