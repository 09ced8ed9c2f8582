#include "core/engine/send_book.h"

#include "core/base/log.h"
#include "core/transfer/hash_notes.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <tuple>
#include <vector>

namespace postern {

namespace {

SendTicket ticketFor(const SendRequest &request)
{
    SendTicket ticket;
    ticket.contact = request.contact;
    ticket.paths = request.paths;
    ticket.bytesPerSecond = request.bytesPerSecond;
    ticket.text = request.text;
    ticket.waits = request.waitForContact;
    ticket.follows = request.follows;
    ticket.order = static_cast<quint64>(QDateTime::currentMSecsSinceEpoch());
    return ticket;
}

} // namespace

std::shared_ptr<QLockFile> SendBook::lock(const TransferId &id) const
{
    auto lock = std::make_shared<QLockFile>(
        QDir(m_home.folder).filePath(QStringLiteral("lock-") + id.toHex()));
    lock->setStaleLockTime(0); // a sender that lives may hold it for days
    return lock->tryLock(0) ? lock : nullptr;
}

QList<SendBook::Held> SendBook::takeAll() const
{
    QList<Held> all;
    for (const SendTicket &ticket : readTickets(m_home))
        if (ticket.failed.isEmpty())
            if (auto taken = lock(ticket.transfer))
                all.append({ticket, std::move(taken)});
    return all;
}

std::optional<SendBook::Held> SendBook::take(const TransferId &id) const
{
    for (const SendTicket &ticket : readTickets(m_home)) {
        if (ticket.transfer != id)
            continue;
        auto taken = lock(id);
        return taken ? std::optional(Held{ticket, std::move(taken)}) : std::nullopt;
    }
    return std::nullopt;
}

/// The same files, or text, for the same contact, whoever works on it; those that were begun first.
QList<SendTicket> SendBook::ticketsLike(const SendTicket &wanted) const
{
    QList<SendTicket> found;
    for (const SendTicket &ticket : readTickets(m_home))
        if (ticket.contact == wanted.contact && ticket.text == wanted.text
            && ticket.paths == wanted.paths
            && (ticket.device == wanted.device || ticket.device.isNull() || wanted.device.isNull()))
            found.append(ticket);
    std::stable_partition(found.begin(), found.end(),
                          [](const auto &ticket) { return !ticket.device.isNull(); });
    return found;
}

std::optional<SendBook::Held> SendBook::takeLike(const SendTicket &wanted) const
{
    for (const SendTicket &ticket : ticketsLike(wanted))
        if (auto taken = ticket.failed.isEmpty() ? lock(ticket.transfer) : nullptr)
            return Held{ticket, std::move(taken)};
    return std::nullopt;
}

SendBook::Begun SendBook::begin(const SendRequest &request, const DeviceId &device,
                                const TransferId &fresh, std::optional<Held> held,
                                const std::atomic<bool> &stopped) const
{
    Begun begun{request.text.isEmpty() ? scanSource(*m_home.files, request.paths, stopped)
                                       : textSource(request.text),
                {},
                {}};
    if (!begun.source || m_home.folder.isEmpty())
        return begun;
    const QByteArray list = (*begun.source)->listHash;
    SendTicket wanted = ticketFor(request);
    wanted.transfer = fresh;
    wanted.device = device;
    wanted.list = list;
    const bool heldFits = held && (held->ticket.device == device || held->ticket.device.isNull());
    QList<SendTicket> tickets;
    if (heldFits)
        tickets.append(held->ticket);
    else if (!held)
        tickets = ticketsLike(wanted);
    for (const SendTicket &ticket : tickets) {
        auto taken = held ? held->lock : lock(ticket.transfer);
        if (!taken)
            continue; // another process sends the same: this is a second copy
        if (!ticket.failed.isEmpty() && !held) { // this is the same once more
            forget(ticket.transfer);
            continue;
        }
        if (ticket.device.isNull() || ticket.list.isEmpty()) { // it has only waited so far
            begun.held = Held{ticket, std::move(taken)};
            begun.held->ticket.failed.clear();
            begun.held->ticket.device = device;
            begun.held->ticket.list = list;
            break;
        }
        if (ticket.list == list) {
            begun.held = Held{ticket, std::move(taken)};
            ++begun.held->ticket.lives;
            break;
        }
        forget(ticket.transfer);
        begun.notes.append(
            tr("Some of it changed since sending was interrupted; it is sent anew."));
    }
    if (!begun.held)
        begun.held = Held{wanted, lock(fresh)};
    if (const auto kept = keepTicket(m_home, begun.held->ticket); !kept) {
        qCWarning(logEngine) << "a send will not be remembered:" << kept.error().message;
        if (begun.held->ticket.lives == 0)
            begun.held.reset();
    }
    return begun;
}

std::optional<SendBook::Held> SendBook::keep(SendTicket ticket, std::optional<Held> held) const
{
    if (m_home.folder.isEmpty())
        return std::nullopt;
    if (!held && (held = takeLike(ticket))) {
        ticket.transfer = held->ticket.transfer;
        ticket.device = held->ticket.device;
        ticket.list = held->ticket.list;
        ticket.lives = held->ticket.lives;
    }
    if (!held)
        held = Held{ticket, lock(ticket.transfer)};
    held->ticket = std::move(ticket);
    if (!held->lock)
        return std::nullopt;
    if (const auto kept = keepTicket(m_home, held->ticket); !kept) {
        qCWarning(logEngine) << "a send will not be remembered:" << kept.error().message;
        return std::nullopt;
    }
    return held;
}

// --- the queue -------------------------------------------------------------------------

namespace {

QueuedSend queued(const SendTicket &ticket)
{
    QueuedSend send;
    send.id = ticket.transfer;
    send.contact = ticket.contact;
    send.paths = ticket.paths;
    send.text = ticket.text;
    send.title = ticket.text.isEmpty() ? QFileInfo(ticket.paths.value(0)).fileName()
                                       : titleOfText(ticket.text);
    if (!ticket.device.isNull())
        send.device = ticket.device;
    send.bytesPerSecond = ticket.bytesPerSecond;
    send.problem = ticket.failed;
    using State = QueuedSend::State;
    send.state = !ticket.failed.isEmpty() ? State::Failed
        : ticket.paused                   ? State::Paused
        : ticket.device.isNull()          ? State::Waiting
                                          : State::CutOff;
    return send;
}

bool isBefore(const SendTicket &a, const SendTicket &b)
{
    const auto key = [](const SendTicket &ticket) {
        return std::tuple(ticket.contact, !ticket.failed.isEmpty(), ticket.order);
    };
    return key(a) < key(b);
}

} // namespace

Error SendBook::inOtherHands()
{
    return {ErrorCode::Unavailable,
            tr("Another Postern of this profile works on it; do it there, or end that one first.")};
}

QList<QueuedSend> SendBook::list() const
{
    QList<SendTicket> tickets = readTickets(m_home);
    std::stable_sort(tickets.begin(), tickets.end(), isBefore);
    QList<QueuedSend> all;
    QString contact;
    int place = 0;
    for (const SendTicket &ticket : tickets) {
        QueuedSend send = queued(ticket);
        send.busy = !lock(ticket.transfer);
        if (std::exchange(contact, ticket.contact) != ticket.contact)
            place = 0;
        if (ticket.failed.isEmpty())
            send.place = place++;
        all.append(send);
    }
    return all;
}

Result<void> SendBook::move(const TransferId &id, int place) const
{
    QList<SendTicket> waiting = readTickets(m_home);
    const auto found = std::find_if(waiting.begin(), waiting.end(),
                                    [&id](const auto &ticket) { return ticket.transfer == id; });
    if (found == waiting.end() || !found->failed.isEmpty())
        return {ErrorCode::NotFound, tr("It does not wait any more; nothing was moved.")};
    const SendTicket moved = *found;
    waiting.removeIf([&moved](const SendTicket &ticket) {
        return ticket.contact != moved.contact || !ticket.failed.isEmpty()
            || ticket.transfer == moved.transfer;
    });
    std::stable_sort(waiting.begin(), waiting.end(), isBefore);
    waiting.insert(std::clamp<qsizetype>(place, 0, waiting.size()), moved);
    std::vector<std::shared_ptr<QLockFile>> locks;
    for (const SendTicket &ticket : waiting)
        if (!locks.emplace_back(lock(ticket.transfer)))
            return inOtherHands();
    quint64 order = 1;
    for (SendTicket &ticket : waiting)
        if (std::exchange(ticket.order, order++) != ticket.order)
            if (auto kept = keepTicket(m_home, ticket); !kept)
                return kept;
    return {};
}

Result<void> SendBook::drop(const TransferId &id) const
{
    const auto held = lock(id);
    if (!held)
        return inOtherHands();
    forget(id);
    HashNotes(m_home, sendTicketName(id), 0).forget();
    return {};
}

void SendBook::keepFailed(const TransferId &id, Held held, const QString &why) const
{
    SendTicket &ticket = held.ticket;
    if (ticket.transfer != id)
        forget(ticket.transfer);
    ticket.transfer = id;
    ticket.device = {}; // it begins anew, with whoever receives then
    ticket.list.clear();
    ticket.lives = 0;
    ticket.waits = ticket.paused = false;
    ticket.failed = why.isEmpty() ? tr("It failed.") : why.left(1000);
    if (const auto kept = keepTicket(m_home, ticket); !kept)
        qCWarning(logEngine) << "a send that failed is forgotten:" << kept.error().message;
    if (held.lock)
        held.lock->unlock();
    QList<SendTicket> failed = readTickets(m_home);
    failed.removeIf([](const SendTicket &one) { return one.failed.isEmpty(); });
    std::stable_sort(failed.begin(), failed.end(),
                     [](const auto &a, const auto &b) { return a.order < b.order; });
    for (qsizetype i = 0; i + MOST_FAILED < failed.size(); ++i)
        forget(failed[i].transfer);
}

} // namespace postern
