// Incoming from the first page of the list to the answer.

#include "core/transfer/incoming.h"

#include "core/base/allocator.h"
#include "core/transfer/incoming_words.h"
#include "core/transfer/sentences.h"

#include <algorithm>

namespace postern {

namespace {

/// Lists of names that one peer may have us hold for offers nobody answered.
constexpr std::size_t MOST_UNANSWERED_BYTES = 192 * 1024 * 1024;
/// Entries from which on what naming them took is worth giving back.
constexpr Manifest::Index LONG_LIST = 100'000;

} // namespace

void Incoming::handle(const wire::TransferManifest &page)
{
    auto entries = wire::decodeManifestPage(viewOf(page.entries));
    if (m_stage != TransferStage::Waiting || m_naming || !m_text.isEmpty() || !entries
        || entries->isEmpty()
        || !wire::addFolderAttributes(*entries, viewOf(page.folderAttributes))) {
        fail(sentences::brokenOffer());
        return;
    }
    m_manifestBytes += static_cast<std::size_t>(page.entries.size() + page.folderAttributes.size())
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
    m_lane->run([this, life = m_guard.watch(), manifest, home, from = m_from, id = m_id,
                 gaps = m_book->gaps(m_from, m_follows)]() -> Continuation {
        auto named = nameSafely(std::move(*manifest), NameRules::ofThisSystem());
        const Choice choice = recallChoice(home, from, id, named->manifest);
        if (!choice.isAll())
            named = choice.of(*named);
        const auto told = ReceiveJournal::recall(home, from, id, named->manifest, named->listHash);
        if (told && !told->lastWords.isEmpty())
            Staging::sweep(*home.files, told->into, from, id);
        const auto filled = gaps && !told ? gaps->filledBy(*named, *home.files) : Gaps::Folders();
        if (named->manifest.count() >= LONG_LIST)
            giveBackFreedBlocks(); // of the register of names
        return [this, life, named, told, choice, gaps, filled] {
            if (life.expired() || m_stage != TransferStage::Waiting)
                return;
            m_offer = named;
            m_choice = choice;
            m_totals = named->manifest.totals();
            if (told && !told->lastWords.isEmpty()) { // over long ago; they did not hear it
                m_book->noteLastWords(m_from, m_id, told->lastWords);
                end(TransferStage::Delivered, {}, told->lastWords);
                return;
            }
            if (told)
                m_recalled = std::make_shared<const Recalled>(*told);
            m_filled = filled;
            m_filledIn = gaps ? gaps->into : QString();
            transition(TransferStage::Offered);
            m_keeper.offerComplete(this);
        };
    });
}

QList<OfferedEntry> Incoming::entries(int most) const
{
    QList<OfferedEntry> list;
    if (!m_offer) // a text
        return list;
    const Manifest &manifest = m_offer->manifest;
    const auto count = std::min(manifest.count(), static_cast<Manifest::Index>(most));
    list.reserve(count);
    for (Manifest::Index entry = 0; entry < count; ++entry)
        list.append({m_offer->path(entry), manifest.isFolder(entry), manifest.size(entry)});
    return list;
}

void Incoming::check(const QString &into, const QList<quint32> &without,
                     std::function<void(DestinationCheck)> done)
{
    qint64 bytes = m_totals.bytes;
    if (m_offer && !without.isEmpty())
        if (const auto choice = Choice::of(m_offer->manifest, without))
            bytes = choice->of(*m_offer)->manifest.totals().bytes;
    m_lane->run([into, done = std::move(done), files = m_files, id = m_id,
                 needed = NeededSpace{std::min(m_storedBytes, bytes), bytes},
                 life = m_guard.watch()]() -> Continuation {
        return [life, done, result = Staging::check(*files, into, id, needed)] {
            if (!life.expired())
                done(result);
        };
    });
}

Result<void> Incoming::leaveOut(const QList<quint32> &entries)
{
    if (m_stage != TransferStage::Offered || !m_offer || m_recalled || entries.isEmpty())
        return {};
    auto choice = Choice::of(m_offer->manifest, entries);
    if (!choice)
        return choice.error();
    m_choice = *std::move(choice);
    m_offer = m_choice.of(*m_offer);
    m_totals = m_offer->manifest.totals();
    return {};
}

void Incoming::accept(const QString &into)
{
    if (m_stage != TransferStage::Offered)
        return;
    m_clock.awaitFirstByte(m_executor.now());
    m_book->noteUnanswered(m_from, m_id, 0);
    m_into = m_recalled ? m_recalled->into : into;
    if (m_into != m_filledIn)
        m_filled.clear();
    if (!m_text.isEmpty()) {
        transition(TransferStage::Preparing);
        return;
    }
    const JournalHome home{m_files, m_book->journals()};
    m_desk = makeDesk();
    m_lane = m_book->lane(m_from, m_id, m_into, m_executor);
    transition(TransferStage::Preparing);
    onDesk(
        [into = m_into, told = m_recalled, home, from = m_from, id = m_id, choice = m_choice,
         filled = m_filled](Staging &staging) {
            if (told)
                return staging.resume(*told);
            const auto kept = keepChoice(home, from, id, choice);
            return kept ? staging.prepare(into, filled) : kept;
        },
        [this](const Result<void> &outcome) { prepared(outcome); });
}

std::shared_ptr<Incoming::Desk> Incoming::makeDesk()
{
    const JournalHome home{m_files, m_book->journals()};
    if (!m_hashes && !home.folder.isEmpty())
        m_hashes = std::make_shared<HashNotes>(home, receiveJournalName(m_from, m_id),
                                               m_offer->manifest.count());
    auto desk =
        std::make_shared<Desk>(m_files, m_offer, m_from, m_id, home, m_storedBytes, m_hashes);
    if (!m_origin.isEmpty())
        desk->staging.setOrigin(m_origin.toUtf8());
    return desk;
}

// --- a text --------------------------------------------------------------------------

void Incoming::completeText()
{
    transition(TransferStage::Offered);
    m_keeper.offerComplete(this);
}

void Incoming::textKept(const Result<void> &outcome)
{
    if (m_text.isEmpty() || m_stage != TransferStage::Preparing)
        return;
    if (!outcome) {
        fail(outcome.error());
        return;
    }
    m_done.bytes = m_totals.bytes;
    end(TransferStage::Delivered, {},
        framed(wire::TransferAccept{}) + framed(wire::TransferDelivered{m_totals.bytes, 0, 0}));
}

QByteArray Incoming::listHash() const
{
    if (!m_text.isEmpty())
        return textHash(m_text);
    return m_offer ? m_offer->listHash : QByteArray();
}

void Incoming::prepared(const Result<void> &outcome)
{
    if (outcome) {
        sayAccept();
        transition(TransferStage::Transferring);
        return;
    }
    if (m_recalled) { // what an earlier life brought is kept
        stumble(outcome.error());
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

} // namespace postern
