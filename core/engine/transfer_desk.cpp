#include "core/engine/transfer_desk.h"

#include "core/base/log.h"
#include "core/engine/transfer_view.h"

#include <QFileInfo>

namespace postern {

namespace {

punch::PathFilter filterOf(PathPreference preference)
{
    switch (preference) {
    case PathPreference::Lan: return punch::PathFilter::Lan;
    case PathPreference::Tcp: return punch::PathFilter::Tcp;
    case PathPreference::Udp: return punch::PathFilter::Udp;
    case PathPreference::Relay: return punch::PathFilter::Relay;
    case PathPreference::Auto: break;
    }
    return punch::PathFilter::Auto;
}

/// How a send that never got under way ends: a wish taken back is not a failure.
TransferState endStateFor(const Error &error)
{
    return error.code == ErrorCode::Cancelled ? TransferState::Cancelled : TransferState::Failed;
}

/// Before a send whose contact is there is tried again.
constexpr Duration TRY_AGAIN = 10s;

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

// --- sending ---------------------------------------------------------------------------

TransferDesk::Sending &TransferDesk::makeSending(const TransferId &id, const SendRequest &request,
                                                 TransferState state)
{
    auto &sending = m_sendings[id];
    sending.request = request;
    auto &info = sending.info;
    info.id = id;
    info.direction = Direction::Sending;
    info.state = state;
    info.contact = request.contact;
    info.startedAt = QDateTime::currentDateTime();
    if (!request.paths.isEmpty()) {
        info.title = QFileInfo(request.paths.first()).fileName();
        info.location = request.paths.first();
    }
    tell(info);
    return sending;
}

void TransferDesk::send(const TransferId &id, const SendRequest &request)
{
    begin(makeSending(id, request, TransferState::Preparing));
}

void TransferDesk::begin(Sending &sending)
{
    const auto device = m_contacts.deviceToSendTo(sending.request.contact, sending.request.device);
    if (!device)
        return failSending(sending, TransferState::Failed, device.error());
    sending.device = *device;
    m_scanning->run([this, id = sending.info.id, book = book(), request = sending.request,
                     device = *device, held = sending.held, stopped = sending.scanStopped,
                     life = m_guard.watch()]() -> Continuation {
        return [this, id, life, begun = book.begin(request, device, id, held, *stopped)] {
            if (!life.expired())
                scanned(id, begun);
        };
    });
}

void TransferDesk::scanned(const TransferId &id, const SendBook::Begun &begun)
{
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end() || found->second.info.finished())
        return;
    auto &sending = found->second;
    if (!begun.source) {
        forgetTicket(sending); // the files are gone
        return failSending(sending, TransferState::Failed, begun.source.error());
    }
    sending.source = *begun.source;
    sending.held = begun.held;
    sending.info.title = sending.source->title;
    sending.info.notes = sending.source->notes + begun.notes;
    sending.info.state = TransferState::Connecting;
    tell(sending.info);
    connectSending(sending);
}

void TransferDesk::connectSending(Sending &sending)
{
    const auto device = m_contacts.deviceToSendTo(sending.request.contact, sending.device);
    if (!device)
        return failSending(sending, TransferState::Failed, device.error());
    if (!m_links)
        return failSending(
            sending, TransferState::Failed,
            {ErrorCode::Unavailable, tr("You are not signed in. Sign in, then send again.")});
    sending.connecting =
        m_links->linkTo(sending.request.contact, *device, filterOf(sending.request.path),
                        [this, id = sending.info.id, life = m_guard.watch()](const auto &link) {
                            if (!life.expired())
                                linked(id, link);
                        });
}

void TransferDesk::linked(const TransferId &id, const Result<PeerLinks::Link *> &link)
{
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end() || found->second.info.finished())
        return;
    auto &sending = found->second;
    if (!link)
        return failSending(sending, endStateFor(link.error()), link.error());
    sending.link = (*link)->id;
    sending.info.path = (*link)->path;
    OutgoingOptions options;
    options.bytesPerSecond = sending.request.bytesPerSecond;
    TransferId number = id;
    if (sending.held) {
        const SendTicket &ticket = sending.held->ticket;
        number = ticket.transfer;
        if (ticket.lives > 0)
            options.attachmentsBefore = ticket.lives * ATTACHMENTS_A_LIFE;
    }
    m_aliases[number] = id;
    sending.machine =
        std::make_unique<Outgoing>(number, sending.source, m_files, m_executor, *this, options);
    sending.machine->start(*(*link)->transfers);
}

void TransferDesk::failSending(Sending &sending, TransferState state, const Error &error)
{
    sending.info.state = state;
    sending.info.problem = error;
    stateChanged(sending.info.id);
}

// --- what was cut off ------------------------------------------------------------------

/// Nobody wanted it to end.
bool TransferDesk::isResumable(const TransferInfo &info) const
{
    static constexpr ErrorCode CUT_OFF[] = {ErrorCode::Disconnected, ErrorCode::PeerOffline,
                                            ErrorCode::NoPath, ErrorCode::Timeout,
                                            ErrorCode::Unavailable};
    return !m_journals.isEmpty() && info.state == TransferState::Failed && info.problem
        && std::find(std::begin(CUT_OFF), std::end(CUT_OFF), info.problem->code)
        != std::end(CUT_OFF);
}

void TransferDesk::forgetTicket(const Sending &sending)
{
    if (sending.held)
        m_scanning->run([book = book(), held = *sending.held]() -> Continuation {
            book.forget(held.ticket.transfer);
            held.lock->unlock();
            return {};
        });
}

void TransferDesk::goOnByItself()
{
    m_goesOn = true;
    m_scanning->run([this, book = book(), life = m_guard.watch()]() -> Continuation {
        return [this, life, all = book.takeAll()] {
            if (life.expired())
                return;
            for (const auto &held : all) {
                const SendTicket &ticket = held.ticket;
                SendRequest request;
                request.paths = ticket.paths;
                request.contact = ticket.contact;
                request.device = ticket.device;
                request.bytesPerSecond = ticket.bytesPerSecond;
                if (!m_sendings.contains(ticket.transfer))
                    makeSending(ticket.transfer, request, TransferState::WaitingForContact).held =
                        held;
            }
            contactsChanged();
        };
    });
}

void TransferDesk::contactsChanged()
{
    if (!m_links)
        return;
    for (auto &[id, sending] : m_sendings) {
        if (sending.info.state != TransferState::WaitingForContact
            || !m_contacts.deviceToSendTo(sending.request.contact, sending.request.device))
            continue;
        sending.info.state = TransferState::Preparing;
        tell(sending.info);
        begin(sending);
    }
}

/// The machine may be on the stack.
void TransferDesk::waitForContact(const TransferId &id)
{
    auto &sending = m_sendings.at(id);
    sending.info.state = TransferState::WaitingForContact;
    sending.request.device = sending.device;
    tell(sending.info);
    const auto soon = [this, id] {
        const auto found = m_sendings.find(id);
        if (found != m_sendings.end())
            found->second.machine.reset();
    };
    m_executor.after(Duration::zero(), m_guard(soon));
    m_executor.after(TRY_AGAIN, m_guard([this] { contactsChanged(); }));
}

// --- receiving -------------------------------------------------------------------------

int TransferDesk::waitingOffersOf(const QString &user) const
{
    return static_cast<int>(
        std::count_if(m_receivings.begin(), m_receivings.end(), [&user](const auto &entry) {
            return entry.second.info.contact == user
                && entry.second.info.state == TransferState::Offered;
        }));
}

void TransferDesk::offerArrived(PeerLinks::Link &link, std::unique_ptr<Incoming> offer)
{
    const auto &[user, device] = std::tie(link.user, link.device);
    const TransferId id = offer->id();
    if (!isReceiving() || !m_contacts.mayTalkTo(user, device))
        return offer->decline(wire::DeclineReason::Policy);
    if (m_receivings.contains(id) || waitingOffersOf(user) >= MAX_WAITING_PER_CONTACT)
        return offer->decline(wire::DeclineReason::Busy);

    auto &receiving = m_receivings[id];
    receiving.link = link.id;
    receiving.machine = std::move(offer);
    receiving.machine->setObserver(this);
    receiving.offer =
        offerOf(receiving.machine->snapshot(), receiving.machine->entries(OFFER_ENTRIES_SHOWN));
    receiving.offer.contact = user;
    receiving.offer.device = m_contacts.deviceName(user, device);
    receiving.offer.destination = m_receiving->into;
    auto &info = receiving.info;
    info.id = id;
    info.direction = Direction::Receiving;
    info.contact = user;
    info.path = link.path;
    info.startedAt = QDateTime::currentDateTime();
    refresh(id);
    tell(info);
    if (receiving.machine->goesOn()) { // a person has said yes, in an earlier life
        startReceiving(receiving, m_receiving->into);
        return;
    }
    receiving.machine->check(m_receiving->into,
                             [this, id, life = m_guard.watch()](const DestinationCheck &check) {
                                 if (!life.expired())
                                     checked(id, check);
                             });
}

void TransferDesk::checked(const TransferId &id, const DestinationCheck &check)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || isFinal(found->second.machine->stage()))
        return;
    auto &receiving = found->second;
    receiving.offer.freeBytes = check.freeBytes;
    receiving.offer.problem = check.problem;
    if (m_receiving && m_receiving->accept == AcceptPolicy::Ask) {
        receiving.asking = true;
        m_events.offer(receiving.offer);
    } else if (!m_receiving || m_receiving->accept == AcceptPolicy::None) {
        receiving.machine->decline(wire::DeclineReason::Policy);
    } else if (check.problem) {
        receiving.info.problem = check.problem; // outlives the snapshot's "declined"
        receiving.machine->decline(check.problem->code == ErrorCode::DiskFull
                                       ? wire::DeclineReason::Space
                                       : wire::DeclineReason::Destination);
    } else {
        startReceiving(receiving, receiving.offer.destination);
    }
}

void TransferDesk::startReceiving(Receiving &receiving, const QString &into)
{
    receiving.asking = false;
    receiving.info.location = into;
    receiving.machine->accept(into);
}

void TransferDesk::acceptOffer(const TransferId &id, const QString &into)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || !found->second.asking)
        return;
    startReceiving(found->second, into.isEmpty() ? found->second.offer.destination : into);
}

void TransferDesk::declineOffer(const TransferId &id)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || !found->second.asking)
        return;
    found->second.asking = false;
    found->second.machine->decline(wire::DeclineReason::Person);
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
    if (!m_journals.isEmpty()) {
        for (auto &[id, receiving] : m_receivings)
            receiving.machine->putDown();
        for (auto &[id, sending] : m_sendings)
            if (sending.machine && sending.held)
                sending.machine->putDown();
        std::erase_if(m_sendings, [](const auto &entry) {
            return entry.second.info.state == TransferState::WaitingForContact;
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
            transfer.info.path = link.path;
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
        const QStringList scanNotes = found->second.source->notes;
        const bool changed = update(found->second.machine->snapshot(), found->second.info);
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
        if (!sending->second.held
            || (sending->second.held->ticket.lives == 0 && !sending->second.machine))
            info.resumable = false; // it has not begun
        if (!info.resumable)
            forgetTicket(sending->second);
        else if (m_goesOn)
            return waitForContact(id);
    }
    tell(info);
    if (!info.finished())
        return;
    if (receiving != m_receivings.end() && std::exchange(receiving->second.asking, false))
        m_events.offerWithdrawn(id);
    settle(id);
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
    m_teller.set(any ? monotonicNow() + TELL_INTERVAL : NEVER);
}

/// The machine may be on the stack: it goes at the next turn of the loop.
void TransferDesk::settle(const TransferId &id)
{
    m_executor.after(Duration::zero(), m_guard([this, id] {
                         std::erase_if(m_aliases,
                                       [&id](const auto &alias) { return alias.second == id; });
                         m_sendings.erase(id);
                         m_receivings.erase(id);
                     }));
}

} // namespace postern
