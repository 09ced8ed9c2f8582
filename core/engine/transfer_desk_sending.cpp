// TransferDesk: what is sent.

#include "core/base/log.h"
#include "core/engine/transfer_desk.h"

#include <QFileInfo>

#include <algorithm>

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

} // namespace

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
    info.bytesPerSecond = request.bytesPerSecond;
    info.text = request.text;
    info.startedAt = QDateTime::currentDateTime();
    sending.order = m_nextOrder++;
    if (!request.text.isEmpty())
        info.title = titleOfText(request.text);
    if (!request.paths.isEmpty()) {
        info.title = QFileInfo(request.paths.first()).fileName();
        info.location = request.paths.first();
    }
    tell(info);
    return sending;
}

void TransferDesk::send(const TransferId &id, const SendRequest &request)
{
    Sending &sending = makeSending(id, request, TransferState::Preparing);
    if (request.queued)
        takeFromQueue(sending);
    else
        begin(sending);
}

/// Another process may have it, or have ended it, since the queue was looked at.
void TransferDesk::takeFromQueue(Sending &sending)
{
    m_scanning->run([this, id = sending.info.id, queued = *sending.request.queued, book = book(),
                     life = m_guard.watch()]() -> Continuation {
        return [this, id, life, held = book.take(queued)] {
            const auto found = life.expired() ? m_sendings.end() : m_sendings.find(id);
            if (life.expired() || found == m_sendings.end() || found->second.info.finished())
                return;
            Sending &taken = found->second;
            if (!held)
                return failSending(taken, TransferState::Failed,
                                   {ErrorCode::NotFound,
                                    tr("It is not in the queue any more, or another Postern of "
                                       "this profile works on it.")});
            SendRequest &request = taken.request;
            request.queued.reset();
            request.paths = held->ticket.paths;
            request.text = held->ticket.text;
            request.follows = held->ticket.follows;
            request.contact = held->ticket.contact;
            if (!held->ticket.device.isNull())
                request.device = held->ticket.device;
            taken.held = held;
            taken.held->ticket.paused = false;
            begin(taken);
        };
    });
}

void TransferDesk::begin(Sending &sending)
{
    if (sending.request.text.toUtf8().size() > TEXT_LIMIT)
        return failSending(sending, TransferState::Failed,
                           {ErrorCode::LimitExceeded,
                            tr("The text is longer than 32 KiB; send it as a file instead.")});
    if (sending.request.text.contains(QChar(u'\0')))
        return failSending(sending, TransferState::Failed,
                           {ErrorCode::InvalidArgument,
                            tr("The text has a character of no meaning (U+0000) in it; take it "
                               "out, or send the text as a file.")});
    const auto device = m_contacts.deviceToSendTo(sending.request.contact, sending.request.device);
    const bool mayWait = sending.request.waitForContact;
    if (mayWait && (!m_links || (!device && device.error().code == ErrorCode::PeerOffline)))
        return holdBack(sending, TransferState::WaitingForContact);
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
    if (!begun.source)
        return failSending(sending, TransferState::Failed, begun.source.error());
    sending.source = *begun.source;
    sending.held = begun.held;
    sending.info.title = sending.source->title;
    sending.info.notes = sending.source->notes + begun.notes;
    sending.info.files = sending.source->manifest.totals().files;
    sending.info.totalBytes = sending.source->manifest.totals().bytes;
    if (sending.paused || !hasTurn(sending))
        return holdBack(sending, TransferState::Queued);
    sending.info.state = TransferState::Connecting;
    tell(sending.info);
    connectSending(sending);
}

// --- the queue -------------------------------------------------------------------------

bool TransferDesk::isSmall(const Sending &sending) const
{
    return sending.source && sending.source->manifest.totals().bytes <= SMALL_BYTES;
}

bool TransferDesk::hasTurn(const Sending &sending) const
{
    if (isSmall(sending))
        return true;
    const auto running = std::count_if(m_sendings.begin(), m_sendings.end(), [&](const auto &one) {
        const Sending &other = one.second;
        return other.request.contact == sending.request.contact && !isWaiting(other)
            && !other.info.finished() && !isSmall(other);
    });
    return running < AT_ONCE;
}

/// In their order; those that are scanned just now, too.
QList<TransferDesk::Sending *> TransferDesk::waitingFor(const QString &contact)
{
    QList<Sending *> waiting;
    for (auto &[id, sending] : m_sendings)
        if (sending.request.contact == contact && isWaiting(sending) && !sending.info.finished())
            waiting.append(&sending);
    std::sort(waiting.begin(), waiting.end(),
              [](const Sending *a, const Sending *b) { return a->order < b->order; });
    return waiting;
}

/// It does not run now: for want of its contact, its turn, or because a person paused it.
void TransferDesk::holdBack(Sending &sending, TransferState state)
{
    sending.info.state = sending.paused ? TransferState::Paused : state;
    sending.info.pausedBy = sending.paused ? PausedBy::Us : PausedBy::Nobody;
    sending.connecting = 0;
    keepStanding(sending);
    tell(sending.info);
    turnTo(sending.request.contact);
}

/// Lets those go on that may, and tells the others their place.
void TransferDesk::turnTo(const QString &contact)
{
    int place = 0;
    for (Sending *sending : waitingFor(contact)) {
        if (sending->info.state == TransferState::Queued && hasTurn(*sending)) {
            sending->info.place = -1;
            sending->info.state = TransferState::Connecting;
            tell(sending->info);
            connectSending(*sending);
            continue;
        }
        if (std::exchange(sending->info.place, place) != place)
            tell(sending->info);
        ++place;
    }
}

/// So that a later life of this program knows of it.
void TransferDesk::keepStanding(Sending &sending)
{
    if (m_journals.isEmpty() || (!sending.request.waitForContact && !sending.held))
        return;
    SendTicket ticket;
    if (sending.held)
        ticket = sending.held->ticket;
    else
        ticket.transfer = sending.info.id;
    ticket.contact = sending.request.contact;
    ticket.paths = sending.request.paths;
    ticket.text = sending.request.text;
    ticket.follows = sending.request.follows;
    ticket.bytesPerSecond = sending.request.bytesPerSecond;
    ticket.waits = sending.request.waitForContact;
    ticket.paused = sending.paused;
    ticket.order = sending.order;
    if (!sending.held && sending.request.device)
        ticket.device = *sending.request.device;
    sending.keeping = !sending.held;
    m_scanning->run([this, id = sending.info.id, book = book(), ticket, held = sending.held,
                     life = m_guard.watch()]() -> Continuation {
        return [this, id, life, kept = book.keep(ticket, held)] {
            if (!life.expired())
                standingKept(id, kept);
        };
    });
}

void TransferDesk::standingKept(const TransferId &id, const std::optional<SendBook::Held> &kept)
{
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end()) {
        if (kept && !m_puttingDown) // cancelled meanwhile
            dropHeld(*kept);
        return;
    }
    auto &sending = found->second;
    if (!std::exchange(sending.keeping, false))
        return;
    sending.held = kept;
    if (kept && !kept->ticket.device.isNull()) // begun in an earlier life: with nobody else
        sending.request.device = kept->ticket.device;
    contactsChanged();
}

void TransferDesk::move(const TransferId &id, int place)
{
    const auto found = m_sendings.find(id);
    if (found == m_sendings.end() || !isWaiting(found->second) || found->second.info.finished())
        return;
    QList<Sending *> waiting = waitingFor(found->second.request.contact);
    waiting.removeOne(&found->second);
    waiting.insert(std::clamp<qsizetype>(place, 0, waiting.size()), &found->second);
    QList<quint64> orders;
    for (const Sending *sending : waiting)
        orders.append(sending->order);
    std::sort(orders.begin(), orders.end());
    for (qsizetype i = 0; i < waiting.size(); ++i)
        if (std::exchange(waiting[i]->order, orders[i]) != orders[i])
            keepStanding(*waiting[i]);
    turnTo(found->second.request.contact);
}

void TransferDesk::retry(const TransferId &id)
{
    const auto ended = m_ended.find(id);
    if (ended == m_ended.end() || m_sendings.contains(id))
        return;
    const SendRequest request = ended->second;
    m_ended.erase(ended);
    std::erase(m_endedOrder, id);
    begin(makeSending(id, request, TransferState::Preparing));
}

// --- the connection ----------------------------------------------------------------------

void TransferDesk::connectSending(Sending &sending)
{
    const auto device = m_contacts.deviceToSendTo(sending.request.contact, sending.device);
    if (!device) {
        if (sending.request.waitForContact && device.error().code == ErrorCode::PeerOffline)
            return holdBack(sending, TransferState::WaitingForContact);
        return failSending(sending, TransferState::Failed, device.error());
    }
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
    if ((*link)->isProven())
        notePath(sending.info, (*link)->path);
    OutgoingOptions options;
    options.bytesPerSecond = sending.request.bytesPerSecond;
    options.paused = sending.paused;
    options.wishedAt = sending.wishedAt;
    options.shared = m_up;
    options.follows = sending.request.follows;
    if (sending.held) // else nothing of it is remembered
        options.journals = m_journals;
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
        dropHeld(*sending.held);
}

/// So that it can be sent again from the queue, in this life or another.
void TransferDesk::keepFailed(const Sending &sending)
{
    if (!sending.held)
        return;
    m_scanning->run(
        [book = book(), id = sending.info.id, held = *sending.held,
         why = sending.info.problem ? sending.info.problem->message : QString()]() -> Continuation {
            book.keepFailed(id, held, why);
            return {};
        });
}

void TransferDesk::dropHeld(const SendBook::Held &held)
{
    m_scanning->run([book = book(), held]() -> Continuation {
        book.forget(held.ticket.transfer);
        if (held.lock)
            held.lock->unlock();
        return {};
    });
}

void TransferDesk::goOnByItself()
{
    m_goesOn = true;
    m_scanning->run([this, book = book(), life = m_guard.watch()]() -> Continuation {
        auto all = book.takeAll();
        std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) {
            return a.ticket.order < b.ticket.order;
        });
        return [this, life, all] {
            if (life.expired())
                return;
            for (const auto &held : all) {
                const SendTicket &ticket = held.ticket;
                SendRequest request;
                request.paths = ticket.paths;
                request.contact = ticket.contact;
                request.device = ticket.device;
                request.bytesPerSecond = ticket.bytesPerSecond;
                request.text = ticket.text;
                request.follows = ticket.follows;
                request.waitForContact = ticket.waits;
                if (ticket.device.isNull())
                    request.device.reset();
                if (m_sendings.contains(ticket.transfer))
                    continue;
                auto &sending =
                    makeSending(ticket.transfer, request, TransferState::WaitingForContact);
                sending.held = held;
                sending.paused = ticket.paused;
                if (ticket.paused) {
                    sending.info.state = TransferState::Paused;
                    sending.info.pausedBy = PausedBy::Us;
                }
                turnTo(request.contact);
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
        if (sending.info.state != TransferState::WaitingForContact || sending.keeping
            || !m_contacts.deviceToSendTo(sending.request.contact, sending.request.device))
            continue;
        sending.info.state = TransferState::Preparing;
        sending.info.place = -1;
        tell(sending.info);
        begin(sending);
    }
}

/// A send whose end is not wanted by anybody waits for another time.
bool TransferDesk::goesOnLater(Sending &sending)
{
    const bool begun = sending.held && (sending.held->ticket.lives > 0 || sending.machine);
    sending.info.resumable = sending.info.resumable && (begun || sending.request.waitForContact);
    if (!sending.info.resumable || !(m_goesOn || sending.request.waitForContact))
        return false;
    waitForContact(sending.info.id);
    return true;
}

/// The machine may be on the stack.
void TransferDesk::waitForContact(const TransferId &id)
{
    auto &sending = m_sendings.at(id);
    sending.info.problem.reset();
    sending.request.device = sending.device;
    sending.info.state = sending.paused ? TransferState::Paused : TransferState::WaitingForContact;
    sending.info.pausedBy = sending.paused ? PausedBy::Us : PausedBy::Nobody;
    sending.connecting = 0;
    tell(sending.info);
    const auto soon = [this, id] {
        const auto found = m_sendings.find(id);
        if (found == m_sendings.end())
            return;
        found->second.machine.reset();
        turnTo(found->second.request.contact);
    };
    m_executor.after(Duration::zero(), m_guard(soon));
    m_executor.after(TRY_AGAIN, m_guard([this] { contactsChanged(); }));
}

/// Files that changed while they were sent are offered once more, as they are now.
bool TransferDesk::offerChangedAnew(const Sending &sending)
{
    const bool isFollowUp = m_followUps.erase(sending.info.id) > 0;
    if (isFollowUp || !sending.machine || sending.info.state != TransferState::Failed)
        return false;
    SendRequest again = sending.request;
    again.paths = sending.machine->changedPaths();
    again.device = sending.device;
    again.follows = sending.machine->snapshot().id;
    if (again.paths.isEmpty())
        return false;
    const auto id = randomId<TransferId>();
    m_followUps.insert(id);
    m_executor.after(Duration::zero(), m_guard([this, id, again] { send(id, again); }));
    return true;
}

} // namespace postern
