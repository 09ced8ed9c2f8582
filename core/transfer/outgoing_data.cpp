// Outgoing while it reads and sends blocks, and while what it reads can't be reached.

#include "core/transfer/outgoing.h"

#include "core/transfer/send_ticket.h"
#include "core/transfer/sentences.h"

namespace postern {

namespace {

/// Frames read, or being read, ahead of the channel: 2 MiB of blocks.
constexpr int READ_AHEAD = 8;
/// Before a source that is away is looked for again; doubles up to the second.
constexpr Duration FIRST_TRY = 2s;
constexpr Duration LAST_TRY = 60s;

} // namespace

/// Opens the data stream; everything before the given byte is on the other side.
void Outgoing::sendFrom(Manifest::Index entry, qint64 offset)
{
    const auto data = m_router->open(this);
    if (!data) {
        fail(data.error());
        return;
    }
    m_data = *data;
    m_router->channel().write(*m_data,
                              frameOf(wire::encode(wire::TransferData{m_id, m_attachment})));
    transition(TransferStage::Transferring);
    m_lastRead = m_chosen->manifest.nextFile(entry) == m_chosen->manifest.count();
    if (m_lastRead) {
        dataSent();
        return;
    }
    m_lane = m_executor.makeLane();
    m_judge.begin(m_executor.now(), m_router->channel().path().kind == PathKind::Lan);
    if (!m_hashes && !m_journals.isEmpty())
        m_hashes = std::make_shared<HashNotes>(JournalHome{m_files, m_journals},
                                               sendTicketName(m_id), m_chosen->manifest.count());
    m_reader = std::make_shared<SourceReader>(m_files, m_chosen, entry, offset, m_hashes);
    readAhead();
}

void Outgoing::readAhead()
{
    while (m_lane && !m_lastRead && !isPaused() && !m_away
           && m_reading + static_cast<int>(m_ready.size()) < READ_AHEAD)
        read();
}

void Outgoing::read()
{
    if (!m_lane)
        return;
    ++m_reading;
    m_lane->run([this, life = m_guard.watch(), readings = m_readings, reader = m_reader,
                 packer = m_judge.worthIt() ? m_packer : nullptr,
                 &executor = m_executor]() -> Continuation {
        SourceReader::Frame frame = reader->next();
        const Packed packed = packer ? pack(*packer, frame, executor) : Packed();
        return [this, life, readings, packed, frame = std::move(frame)]() mutable {
            if (life.expired() || readings != m_readings || !m_router)
                return;
            m_judge.packed(packed.bytes, packed.spent);
            frameRead(std::move(frame));
        };
    });
}

/// Worker.
Outgoing::Packed Outgoing::pack(BlockPacker &packer, SourceReader::Frame &frame,
                                const Executor &executor)
{
    Packed result;
    const Instant begun = executor.now();
    if (auto packed = packer.pack(viewOf(frame.data), result.bytes)) {
        wire::markPacked(frame.head, static_cast<quint32>(packed->size()));
        frame.data = std::move(*packed);
    }
    result.spent = executor.now() - begun;
    return result;
}

void Outgoing::frameRead(SourceReader::Frame frame)
{
    --m_reading;
    if (isFinal(m_stage) || m_lastRead)
        return;
    m_lastRead = frame.last;
    for (const wire::BlockRecord &problem : frame.problems) {
        if (m_missing++ == 0)
            m_firstMissing = problem;
        if (problem.kind == wire::RecordKind::Changed && m_changed.size() < MOST_CHANGED)
            m_changed.insert(problem.entry);
    }
    const bool away = frame.away;
    if (!frame.head.isEmpty() || frame.last)
        m_ready.push_back(std::move(frame));
    if (away)
        sourceIsAway();
    else if (m_away)
        sourceIsBack();
    pumpData();
}

void Outgoing::pumpData()
{
    if (m_stage != TransferStage::Transferring || !m_data || isPaused())
        return;
    PeerChannel &channel = m_router->channel();
    qint64 sent = 0;
    while (!m_ready.empty() && channel.writableBytes(*m_data) > 0 && !waitsForPace()) {
        SourceReader::Frame frame = std::move(m_ready.front());
        m_ready.pop_front();
        sent += frame.head.size() + frame.data.size();
        account(frame.head.size() + frame.data.size());
        m_clock.contentPassed(m_executor.now());
        if (!frame.head.isEmpty())
            channel.write(*m_data, std::move(frame.head));
        if (!frame.data.isEmpty())
            channel.write(*m_data, std::move(frame.data));
        if (frame.last) {
            dataSent();
            return;
        }
    }
    m_judge.sent(m_executor.now(), sent, !m_ready.empty());
    readAhead();
}

/// What went on the wire, packed where it was.
void Outgoing::account(qint64 bytes)
{
    m_bucket.spend(bytes);
    if (m_shared)
        m_shared->spend(bytes);
    if (m_router->channel().path().kind == PathKind::Relay)
        m_relayedBytes += bytes;
}

/// True while the limits allow nothing; pumps again when they do.
bool Outgoing::waitsForPace()
{
    const Duration wait = paceWait();
    if (wait > Duration::zero() && !std::exchange(m_waking, true))
        m_executor.after(wait, m_guard([this] {
                             m_waking = false;
                             pumpData();
                         }));
    return wait > Duration::zero();
}

/// Its own limit first: it takes a turn of the shared one only when it could use it.
Duration Outgoing::paceWait()
{
    const Duration own = m_bucket.wait(m_executor.now());
    return own > Duration::zero() || !m_shared ? own : m_shared->wait(m_executor.now(), this);
}

void Outgoing::dataSent()
{
    m_router->finish(*m_data);
    m_reader.reset();
    m_lane.reset();
    transition(TransferStage::Verifying);
}

void Outgoing::stopReading()
{
    m_ready.clear();
    m_reader.reset();
    m_lane.reset();
    m_reading = 0;
    ++m_readings;
    m_away.reset(); // whoever reads next will find out
}

/// What is under way will not be written. The receiver accepts anew when it can go on.
void Outgoing::dropData()
{
    const bool wasAway = m_away.has_value();
    stopReading();
    if (wasAway)
        sayPause();
    if (m_data)
        m_router->reset(*std::exchange(m_data, std::nullopt));
    m_lastRead = false;
    m_resuming = true;
    if (m_stage == TransferStage::Verifying)
        m_stage = TransferStage::Transferring;
}

// --- a source that is away ---------------------------------------------------------------

/// The drive was taken out, or a share is gone: nothing of it is given up, it goes on from
/// here once the folder is there again.
void Outgoing::sourceIsAway()
{
    if (!m_away) {
        m_away = sentences::sourceAway(m_source->title);
        m_nextTry = FIRST_TRY;
        sayPause();
        m_observer.transferChanged(m_id);
    }
    if (m_reading == 0) // else the others that were asked for meanwhile tell
        tryAgainLater();
}

void Outgoing::lookAgain()
{
    if (m_away && m_reading == 0)
        read();
}

void Outgoing::tryAgainLater()
{
    const Duration delay = m_nextTry;
    m_nextTry = std::min(2 * m_nextTry, LAST_TRY);
    m_executor.after(delay, m_guard([this, number = ++m_tries] {
                         if (number == m_tries)
                             lookAgain();
                     }));
}

void Outgoing::sourceIsBack()
{
    m_away.reset();
    sayPause();
    wishesChanged();
}

QStringList Outgoing::changedPaths() const
{
    QStringList paths;
    for (const Manifest::Index entry : m_changed)
        paths.append(m_chosen->keptPath(entry));
    return paths;
}

} // namespace postern
