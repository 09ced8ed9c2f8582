#include "core/engine/transfer_desk.h"

#include "core/base/log.h"
#include "core/engine/transfer_files.h"
#include "core/engine/transfer_view.h"

#include <algorithm>

namespace postern {

namespace {

bool isMoving(TransferState state)
{
    return state == TransferState::Transferring || state == TransferState::Stalled
        || state == TransferState::Resuming || state == TransferState::Verifying;
}

} // namespace

TransferDesk::TransferDesk(TrustedContacts &contacts, std::shared_ptr<FileSystem> files,
                           Executor &executor, const EngineEvents &events)
    : m_contacts(contacts)
    , m_files(std::move(files))
    , m_executor(executor)
    , m_events(events)
    , m_scanning(executor.makeLane())
    , m_teller([this] { tellAll(); })
{
}

TransferDesk::~TransferDesk()
{
    for (auto &[id, sending] : m_sendings)
        *sending.scanStopped = true;
}

// --- both ------------------------------------------------------------------------------

void TransferDesk::cancel(const TransferId &id)
{
    if (const auto found = m_receivings.find(id); found != m_receivings.end()) {
        found->second.machine->cancel();
        return;
    }
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end() || found->second.info.finished())
        return;
    auto &sending = found->second;
    *sending.scanStopped = true;
    if (sending.machine)
        return sending.machine->cancel();
    if (m_links && sending.connecting != 0)
        m_links->giveUp(sending.connecting);
    if (!sending.info.finished())
        failSending(sending, TransferState::Cancelled,
                    {ErrorCode::Cancelled, tr("You cancelled it.")});
}

void TransferDesk::putDownAll()
{
    m_goesOn = false;
    m_puttingDown = true;
    if (!m_journals.isEmpty()) {
        for (auto &[id, receiving] : m_receivings)
            receiving.machine->putDown();
        for (auto &[id, sending] : m_sendings)
            if (sending.machine && sending.held)
                sending.machine->putDown();
        std::erase_if(m_sendings, [this](const auto &entry) {
            return isWaiting(entry.second) && entry.second.held && !entry.second.info.finished();
        });
    }
    QList<TransferId> running;
    for (const auto &[id, sending] : m_sendings)
        running.append(id);
    for (const auto &[id, receiving] : m_receivings)
        running.append(id);
    for (const auto &id : running)
        cancel(id);
}

void TransferDesk::channelReplaced(PeerLinks::Link &link)
{
    const auto moved = [&](auto &transfers) {
        for (auto &[id, transfer] : transfers) {
            if (transfer.link != link.id || transfer.info.finished())
                continue;
            notePath(transfer.info, link.path);
            tell(transfer.info);
        }
    };
    moved(m_sendings);
    moved(m_receivings);
}

bool TransferDesk::isOnline(const QString &user, const DeviceId &device) const
{
    const auto contact = m_contacts.info(user);
    return contact
        && std::any_of(contact->devices.begin(), contact->devices.end(),
                       [&device](const auto &one) { return one.id == device && one.online; });
}

/// Brings a transfer's info up to date; true if its state is another one now.
bool TransferDesk::refresh(const TransferId &id)
{
    const auto update = [](const TransferSnapshot &snapshot, TransferInfo &info) {
        const auto before = info.state;
        const auto own = info.problem;
        apply(snapshot, info);
        if (own && own->code != ErrorCode::Declined
            && (!info.problem || info.problem->code == ErrorCode::Declined))
            info.problem = own;
        return info.state != before;
    };
    if (const auto found = m_receivings.find(id); found != m_receivings.end())
        return update(found->second.machine->snapshot(), found->second.info);
    if (const auto found = m_sendings.find(id);
        found != m_sendings.end() && found->second.machine) {
        const qint64 before = found->second.info.bytes;
        const QStringList scanNotes = found->second.source->notes;
        const bool changed = update(found->second.machine->snapshot(), found->second.info);
        m_sentBytes += std::max<qint64>(0, found->second.info.bytes - before);
        for (const auto &note : scanNotes)
            if (!found->second.info.notes.contains(note))
                found->second.info.notes.append(note);
        return changed;
    }
    return false;
}

void TransferDesk::transferChanged(const TransferId &number)
{
    const auto alias = m_aliases.find(number);
    const TransferId id = alias == m_aliases.end() ? number : alias->second;
    if (refresh(id)) // mere progress is told by the clock
        stateChanged(id);
}

void TransferDesk::stateChanged(const TransferId &id)
{
    const auto receiving = m_receivings.find(id);
    auto &info = receiving != m_receivings.end() ? receiving->second.info : m_sendings.at(id).info;
    info.resumable = isResumable(info);
    const auto sending = m_sendings.find(id);
    if (sending != m_sendings.end() && info.finished()) {
        if (goesOnLater(sending->second))
            return;
        const bool isWanted =
            info.state == TransferState::Failed || info.state == TransferState::Declined;
        const bool follows = offerChangedAnew(sending->second);
        if (!info.resumable && isWanted && !follows && !m_puttingDown)
            keepFailed(sending->second);
        else if (!info.resumable)
            forgetTicket(sending->second);
    }
    tell(info);
    if (!info.finished())
        return;
    if (receiving != m_receivings.end() && std::exchange(receiving->second.asking, false))
        m_events.offerWithdrawn(id);
    record(info);
    settle(id);
}

void TransferDesk::notePath(TransferInfo &info, const PathInfo &path)
{
    info.path = path;
    if (const QString kind = pathKindName(path.kind); !info.pathKinds.contains(kind))
        info.pathKinds.append(kind);
}

/// It is over: told to the history, and kept in mind if it may be tried again.
void TransferDesk::record(const TransferInfo &info)
{
    const auto sending = m_sendings.find(info.id);
    const auto receiving = m_receivings.find(info.id);
    QString device;
    HistoryDesk::Files files{[] { return std::nullopt; }, [] {}};
    if (sending != m_sendings.end()) {
        device = m_contacts.deviceName(info.contact, sending->second.device);
        const auto &machine = sending->second.machine;
        if (const auto source = machine ? machine->chosen() : sending->second.source)
            files = filesOf(source, machine ? machine->hashes() : nullptr, info.resumable);
        if (info.state != TransferState::Delivered) {
            m_ended[info.id] = sending->second.request;
            m_endedOrder.push_back(info.id);
            if (m_endedOrder.size() > MOST_ENDED) {
                m_ended.erase(m_endedOrder.front());
                m_endedOrder.pop_front();
            }
        }
    } else if (receiving != m_receivings.end()) {
        device = receiving->second.offer.device;
        if (const auto list = receiving->second.machine->list())
            files = filesOf(list, receiving->second.machine->hashes(), info.resumable);
    }
    if (m_record)
        m_record(info, device, files);
}

// --- wishes ------------------------------------------------------------------------------

void TransferDesk::setPaused(const TransferId &id, bool paused)
{
    if (const auto found = m_receivings.find(id); found != m_receivings.end())
        return found->second.machine->setPaused(paused);
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end() || found->second.info.finished())
        return;
    auto &sending = found->second;
    const bool changed = std::exchange(sending.paused, paused) != paused;
    if (sending.machine) {
        sending.machine->setPaused(paused);
        keepStanding(sending);
        return;
    }
    if (!changed || sending.info.state == TransferState::Preparing || sending.connecting != 0)
        return; // it is heard of when it has got so far
    if (paused)
        return holdBack(sending, TransferState::Queued);
    holdBack(sending, sending.source ? TransferState::Queued : TransferState::WaitingForContact);
    contactsChanged();
}

void TransferDesk::setLimit(const TransferId &id, qint64 bytesPerSecond)
{
    if (const auto found = m_receivings.find(id); found != m_receivings.end()) {
        found->second.info.bytesPerSecond = bytesPerSecond;
        found->second.machine->setRate(bytesPerSecond);
        return tell(found->second.info);
    }
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end())
        return;
    found->second.info.bytesPerSecond = found->second.request.bytesPerSecond = bytesPerSecond;
    if (found->second.machine)
        found->second.machine->setRate(bytesPerSecond);
    tell(found->second.info);
}

void TransferDesk::setRateLimits(const RateLimits &limits)
{
    m_limits = limits;
    m_yielding.reset();
    m_up->setRate(limits.up);
    m_down->setRate(limits.down);
    for (auto &[id, sending] : m_sendings)
        if (sending.machine)
            sending.machine->ratesChanged();
    for (auto &[id, receiving] : m_receivings)
        receiving.machine->ratesChanged();
}

void TransferDesk::tell(const TransferInfo &info)
{
    m_events.transfer(info);
    if (!info.finished() && m_teller.deadline() == NEVER)
        m_teller.set(monotonicNow() + TELL_INTERVAL);
}

/// Tells the progress of what moves, and notices what stopped moving.
void TransferDesk::tellAll()
{
    bool any = false;
    const auto tellOne = [this, &any](const TransferId &id, const TransferInfo &info) {
        if (info.finished())
            return;
        if (refresh(id))
            stateChanged(id);
        else if (isMoving(info.state))
            m_events.transfer(info);
        any = any || isMoving(info.state);
    };
    for (const auto &[id, sending] : m_sendings)
        tellOne(id, sending.info);
    for (const auto &[id, receiving] : m_receivings)
        tellOne(id, receiving.info);
    leaveRoom();
    m_teller.set(any ? monotonicNow() + TELL_INTERVAL : NEVER);
}

/// Where it is wanted, all sends together go no faster than leaves room to others on the line.
/// The send that moves most tells how long packets take now.
void TransferDesk::leaveRoom()
{
    const Sending *busiest = nullptr;
    for (const auto &[id, sending] : m_sendings)
        if (sending.machine && isMoving(sending.info.state)
            && (!busiest || sending.info.rate > busiest->info.rate))
            busiest = &sending;
    if (!m_limits.yields || !busiest || !m_links) {
        if (std::exchange(m_yielding, std::nullopt))
            m_up->setRate(m_limits.up);
        return;
    }
    const Instant now = monotonicNow();
    if (!m_yielding)
        m_yielding.emplace(now);
    m_yielding->note(now, m_links->roundTrip(busiest->link), m_sentBytes);
    const qint64 rate = m_yielding->bytesPerSecond();
    m_up->setRate(m_limits.up > 0 ? std::min(m_limits.up, rate) : rate);
}

/// The machine may be on the stack: it goes at the next turn of the loop.
void TransferDesk::settle(const TransferId &id)
{
    m_executor.after(Duration::zero(), m_guard([this, id] {
                         std::erase_if(m_aliases,
                                       [&id](const auto &alias) { return alias.second == id; });
                         m_receivings.erase(id);
                         const auto sent = m_sendings.find(id);
                         if (sent == m_sendings.end() || !sent->second.info.finished())
                             return;
                         const QString contact = sent->second.request.contact;
                         m_sendings.erase(sent);
                         turnTo(contact);
                     }));
}

} // namespace postern
