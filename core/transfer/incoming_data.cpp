// Incoming while blocks come, until all of it is delivered.

#include "core/transfer/incoming.h"

#include "core/transfer/incoming_words.h"
#include "core/transfer/sentences.h"

namespace postern {

namespace {

/// Bytes that may wait for the disk before the channel gets no more credit. The peer may
/// have the channel's own window under way on top.
constexpr std::size_t HIGH_WATER = 8 * 1024 * 1024;
constexpr Duration PROGRESS_INTERVAL = 100ms;

} // namespace

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

} // namespace postern
