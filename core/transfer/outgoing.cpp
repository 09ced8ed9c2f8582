#include "core/transfer/outgoing.h"

#include "core/base/log.h"
#include "core/transfer/choice.h"
#include "core/transfer/sentences.h"
#include "core/wire/frame.h"

namespace postern {

namespace {

/// A page of the manifest, well below what a frame may hold.
constexpr qsizetype PAGE_BYTES = 48 * 1024;
/// Where a channel has no stream to spare.
constexpr Duration TRY_AGAIN = 1s;

bool isSending(TransferStage stage)
{
    return stage == TransferStage::Transferring || stage == TransferStage::Verifying;
}

} // namespace

Outgoing::Outgoing(const TransferId &id, std::shared_ptr<const Source> source,
                   std::shared_ptr<FileSystem> files, Executor &executor,
                   TransferObserver &observer, const OutgoingOptions &options)
    : m_id(id)
    , m_follows(options.follows)
    , m_source(std::move(source))
    , m_chosen(m_source)
    , m_files(std::move(files))
    , m_journals(options.journals)
    , m_executor(executor)
    , m_observer(observer)
    , m_attachment(options.attachmentsBefore.value_or(0))
    , m_pausedHere(options.paused)
    , m_nextEntry(options.attachmentsBefore ? m_source->manifest.count() : 0)
    , m_offered(options.attachmentsBefore.has_value())
    , m_bucket(options.bytesPerSecond)
    , m_shared(options.shared)
{
    if (options.wishedAt)
        m_clock.awaitFirstByte(*options.wishedAt);
}

Outgoing::~Outgoing()
{
    if (m_shared)
        m_shared->leave(this);
    if (m_link && !isFinal(m_stage)) {
        say(wire::TransferCancel{});
        end(TransferStage::Cancelled, {});
    }
    if (m_router)
        m_router->leave(this);
}

template<typename M> void Outgoing::say(const M &message)
{
    if (m_router && m_control)
        m_router->channel().write(*m_control, frameOf(wire::encode(message)));
}

void Outgoing::transition(TransferStage to, std::optional<Error> problem)
{
    m_stage = to;
    m_problem = std::move(problem);
    if (to == TransferStage::Transferring && !m_clock.isStarted())
        m_clock.start(m_executor.now());
    if (isFinal(to))
        m_clock.stop(m_executor.now());
    m_observer.transferChanged(m_id);
}

/// Lets the streams go; whatever was to be said has been.
void Outgoing::end(TransferStage stage, std::optional<Error> problem)
{
    stopReading();
    if (m_shared)
        m_shared->leave(this);
    if (m_router && m_data && stage != TransferStage::Delivered)
        m_router->reset(*m_data); // harmless if all of it was sent
    if (m_router && m_control)
        m_router->finish(*m_control);
    if (m_link)
        std::exchange(m_link, nullptr)->dismiss(*this);
    m_data.reset();
    transition(stage, std::move(problem));
}

void Outgoing::fail(const Error &error)
{
    if (isFinal(m_stage))
        return;
    say(wire::TransferFailed{sentences::failureOf(error)});
    end(TransferStage::Failed, error);
}

void Outgoing::cancel()
{
    if (isFinal(m_stage))
        return;
    say(wire::TransferCancel{});
    end(TransferStage::Cancelled, sentences::cancelledHere());
}

void Outgoing::setPaused(bool paused)
{
    if (isFinal(m_stage) || m_pausedHere == paused)
        return;
    m_pausedHere = paused;
    sayPause();
    wishesChanged();
    if (!paused)
        lookAgain();
}

/// Someone paused, or took it back.
void Outgoing::wishesChanged()
{
    if (!isPaused())
        m_clock.goOn(m_executor.now());
    m_observer.transferChanged(m_id);
    pumpData();
}

/// Said again on every channel, as the receiver forgets it with the one before.
void Outgoing::sayPause()
{
    wire::TransferPause pause;
    pause.trouble = m_away.has_value();
    pause.paused = m_pausedHere || pause.trouble;
    if (m_away)
        pause.reason = sentences::failureOf(*m_away);
    say(pause);
}

void Outgoing::setRate(qint64 bytesPerSecond)
{
    m_bucket.setRate(bytesPerSecond);
    ratesChanged();
}

void Outgoing::ratesChanged()
{
    m_waking = false;
    pumpData();
}

void Outgoing::putDown()
{
    if (isFinal(m_stage))
        return;
    detach();
    end(TransferStage::Failed, sentences::connectionLost(false, {}));
}

// --- channels --------------------------------------------------------------------------

void Outgoing::start(LinkMembers &link)
{
    if (m_stage != TransferStage::Waiting || m_link)
        return;
    m_link = &link;
    link.enroll(*this);
}

/// Leaves the channel. The receiver will tell how much of what is under way arrived.
void Outgoing::detach()
{
    m_control.reset();
    m_data.reset();
    m_frames = FrameReader();
    m_choice.clear();
    stopReading();
    m_resuming = false;
    m_pausedThere = false;
    m_trouble.reset();
    if (m_router)
        std::exchange(m_router, nullptr)->desert(this);
}

void Outgoing::attach(StreamRouter &router)
{
    if (isFinal(m_stage))
        return;
    detach();
    m_router = &router;
    ++m_attachment;
    if (!m_offered) {
        offer();
    } else if (openControl()) {
        wire::TransferResume resume;
        resume.transfer = m_id;
        resume.attachment = m_attachment;
        resume.list = m_source->listHash;
        say(resume);
        if (m_pausedHere)
            sayPause();
        m_resuming = true;
        m_router->channel().expectData(
            static_cast<std::uint64_t>(std::max<qint64>(0, totals().bytes - m_verifiedBytes)));
        m_observer.transferChanged(m_id);
    }
}

bool Outgoing::openControl()
{
    const auto control = m_router->open(this);
    if (control) {
        m_control = *control;
    } else if (m_stage == TransferStage::Waiting && m_attachment == 1) {
        end(TransferStage::Failed, control.error());
    } else { // the channel is about to end, or full for the moment
        detach();
        m_executor.after(TRY_AGAIN, m_guard([this] {
                             if (m_link && !m_router)
                                 m_link->enroll(*this);
                         }));
    }
    return control.ok();
}

void Outgoing::offer()
{
    if (!openControl())
        return;
    wire::TransferOffer offer;
    offer.transfer = m_id;
    offer.follows = m_follows;
    offer.attachment = m_attachment;
    m_chosen = m_source;
    offer.totals = totals();
    offer.text = m_source->text;
    offer.stored = m_source->text.isEmpty() ? m_source->storedBytes : -1;
    say(offer);
    if (m_pausedHere)
        sayPause();
    m_nextEntry = 0;
    m_offered = false;
    m_verifiedBytes = 0; // what a receiver who lost all of it had told
    m_verifiedFiles = 0;
    transition(TransferStage::Offered);
    pumpManifest();
    if (m_router)
        m_router->channel().expectData(static_cast<std::uint64_t>(totals().bytes));
}

void Outgoing::channelLost()
{
    detach();
    if (!isFinal(m_stage))
        m_observer.transferChanged(m_id);
}

void Outgoing::linkEnded(const Error &reason)
{
    m_link = nullptr;
    if (!isFinal(m_stage))
        end(TransferStage::Failed,
            sentences::connectionLost(m_stage == TransferStage::Verifying, reason));
}

// --- the conversation ------------------------------------------------------------------

void Outgoing::pumpManifest()
{
    const Manifest &manifest = m_source->manifest;
    while (m_nextEntry < manifest.count() && m_router->channel().writableBytes(*m_control) > 0) {
        wire::TransferManifest page;
        page.entries.reserve(PAGE_BYTES + wire::MAX_NAME_BYTES);
        for (quint32 place = 0; m_nextEntry < manifest.count()
             && page.entries.size() + page.folderAttributes.size() < PAGE_BYTES;
             ++place) {
            const wire::ManifestEntry entry = manifest.entry(m_nextEntry++);
            wire::appendManifestEntry(page.entries, entry);
            wire::appendFolderAttributes(page.folderAttributes, place, entry);
        }
        say(page);
    }
    m_offered = m_nextEntry == manifest.count();
}

void Outgoing::streamReceived(StreamId stream, ByteView data, bool finished)
{
    m_router->channel().consume(stream, data.size());
    if (stream != m_control || isFinal(m_stage))
        return;
    m_frames.append(data);
    while (!isFinal(m_stage)) {
        const auto frame = m_frames.next();
        if (!frame) {
            fail(sentences::protocolBroken());
            return;
        }
        if (!*frame)
            break;
        const auto message = wire::decode<wire::FromReceiver>(**frame);
        if (!message) {
            qCDebug(logTransfer) << message.error().message;
            fail(sentences::protocolBroken());
            return;
        }
        std::visit([this](const auto &m) { handle(m); }, *message);
    }
    if (finished && stream == m_control)
        fail(sentences::protocolBroken()); // it left without a word
}

void Outgoing::handle(const wire::TransferChoice &choice)
{
    m_choice += choice.leftOut;
    if (choice.leftOut.isEmpty() || m_choice.size() > MOST_CHOICE_BYTES)
        fail(sentences::protocolBroken());
}

/// What the receiver has told to leave out counts from the accept on.
Result<void> Outgoing::choose()
{
    m_chosen = m_source;
    if (m_choice.isEmpty())
        return {};
    const auto choice = Choice::parse(m_source->manifest, std::exchange(m_choice, {}));
    if (!choice)
        return choice.error();
    m_chosen = choice->of(*m_source);
    return {};
}

wire::TransferTotals Outgoing::totals() const
{
    if (!m_source->text.isEmpty())
        return {0, 0, m_source->text.toUtf8().size()};
    return m_chosen->manifest.totals();
}

bool Outgoing::isSound(const wire::TransferAccept &accept) const
{
    const Manifest &manifest = m_chosen->manifest;
    const bool expected = m_resuming || (m_stage == TransferStage::Offered && m_offered);
    if (!expected || accept.entry > manifest.count() || accept.offset < 0 || accept.bytes < 0
        || accept.bytes > manifest.totals().bytes
        || quint64{accept.files} + accept.missing != manifest.filesBefore(accept.entry))
        return false;
    return accept.offset == 0
        || (accept.entry < manifest.count() && manifest.isFile(accept.entry)
            && accept.offset < manifest.size(accept.entry));
}

void Outgoing::handle(const wire::TransferAccept &accept)
{
    if (!choose() || !isSound(accept)) {
        fail(sentences::protocolBroken());
        return;
    }
    if (accept.version != wire::TRANSFER_VERSION) {
        fail(sentences::incompatible(accept.version));
        return;
    }
    m_resuming = false;
    m_packer = accept.capabilities.contains(QLatin1String(ZSTD_CAPABILITY))
        ? std::make_shared<BlockPacker>()
        : nullptr;
    m_missing = accept.missing;
    m_verifiedBytes = accept.bytes;
    m_verifiedFiles = accept.files;
    if (std::exchange(m_trouble, std::nullopt))
        m_clock.goOn(m_executor.now());
    if (!m_source->text.isEmpty()) {
        transition(TransferStage::Verifying);
        return;
    }
    sendFrom(accept.entry, accept.offset);
}

/// The receiver has lost its memory, or never had all of the list.
void Outgoing::handle(const wire::TransferUnknown &)
{
    if (!m_resuming) {
        fail(sentences::protocolBroken());
        return;
    }
    m_resuming = false;
    m_router->finish(*m_control);
    m_frames = FrameReader();
    offer();
}

void Outgoing::handle(const wire::TransferDecline &decline)
{
    if (m_stage != TransferStage::Offered && !m_resuming)
        fail(sentences::protocolBroken());
    else
        end(TransferStage::Declined, sentences::declined(decline.reason));
}

void Outgoing::handle(const wire::TransferProgress &progress)
{
    const wire::TransferTotals totals = this->totals();
    if (!isSending(m_stage) || progress.bytes < m_verifiedBytes || progress.bytes > totals.bytes
        || progress.files < m_verifiedFiles || progress.files > totals.files) {
        fail(sentences::protocolBroken());
        return;
    }
    m_verifiedBytes = progress.bytes;
    m_verifiedFiles = progress.files;
    m_clock.progress(m_executor.now(), m_verifiedBytes);
    m_observer.transferChanged(m_id);
}

void Outgoing::handle(const wire::TransferDelivered &delivered)
{
    const wire::TransferTotals totals = this->totals();
    const bool honest = m_stage == TransferStage::Verifying && delivered.missing == m_missing
        && quint64{delivered.files} + delivered.missing == totals.files
        && delivered.bytes >= m_verifiedBytes && delivered.bytes <= totals.bytes;
    if (!honest) {
        fail(sentences::protocolBroken());
        return;
    }
    m_verifiedBytes = delivered.bytes;
    m_verifiedFiles = delivered.files;
    m_clock.progress(m_executor.now(), m_verifiedBytes);
    if (m_missing == 0) {
        end(TransferStage::Delivered, {});
        return;
    }
    end(TransferStage::Failed,
        sentences::notDelivered(m_firstMissing.kind, m_chosen->manifest.path(m_firstMissing.entry),
                                m_missing, delivered.files > 0));
}

void Outgoing::handle(const wire::TransferPause &pause)
{
    m_pausedThere = pause.paused && !pause.trouble;
    const bool mayAccept = m_resuming || (m_stage == TransferStage::Offered && m_offered);
    if (pause.trouble && !isSending(m_stage) && !mayAccept) {
        fail(sentences::protocolBroken());
        return;
    }
    if (pause.trouble) {
        m_trouble = sentences::troubleThere(pause.reason);
        dropData();
    }
    wishesChanged();
    if (!pause.paused)
        lookAgain();
}

void Outgoing::handle(const wire::TransferCancel &)
{
    end(TransferStage::Cancelled, sentences::cancelledThere());
}

void Outgoing::handle(const wire::TransferFailed &failed)
{
    end(TransferStage::Failed, sentences::failedThere(failed.reason));
}

void Outgoing::streamWritable(StreamId stream)
{
    if (isFinal(m_stage))
        return;
    if (stream == m_control)
        pumpManifest();
    else if (stream == m_data)
        pumpData();
}

void Outgoing::streamGivenUp(StreamId stream)
{
    if (stream == m_control)
        fail(sentences::failedThere(wire::TransferFailure::Internal));
    // A reset data stream is explained on the control stream.
}

TransferSnapshot Outgoing::snapshot() const
{
    const wire::TransferTotals totals = this->totals();
    TransferSnapshot now;
    now.id = m_id;
    now.stage = m_stage;
    now.title = m_source->title;
    now.files = totals.files;
    now.folders = totals.folders;
    now.totalBytes = totals.bytes;
    now.bytes = m_verifiedBytes;
    now.filesDone = m_verifiedFiles;
    now.text = m_source->text;
    now.pausedHere = m_pausedHere;
    now.pausedThere = m_pausedThere;
    now.trouble = m_away ? m_away : m_trouble;
    now.relayedBytes = m_relayedBytes;
    now.problem = m_problem;
    now.notes = m_source->notes;
    m_clock.fill(now, m_executor.now());
    const bool underWay = isSending(m_stage);
    now.stalled = now.stalled || (underWay && !m_router && !now.isPaused());
    now.resuming = underWay && m_resuming;
    return now;
}

} // namespace postern
