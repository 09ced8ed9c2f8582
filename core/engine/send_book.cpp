#include "core/engine/send_book.h"

#include "core/base/log.h"

#include <QDir>

namespace postern {

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
        if (auto taken = lock(ticket.transfer))
            all.append({ticket, std::move(taken)});
    return all;
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
    QList<SendTicket> tickets;
    if (held)
        tickets.append(held->ticket);
    else
        tickets = readTickets(m_home);
    for (const SendTicket &ticket : tickets) {
        if (ticket.contact != request.contact || ticket.text != request.text
            || (ticket.device != device && !ticket.device.isNull())
            || ticket.paths != request.paths)
            continue;
        if (ticket.device.isNull() && !held)
            continue; // waits elsewhere
        auto taken = held ? held->lock : lock(ticket.transfer);
        if (!taken)
            continue; // another process sends the same: this is a second copy
        if (ticket.device.isNull()) { // it has only waited so far
            begun.held = Held{ticket, std::move(taken)};
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
    if (!begun.held) {
        SendTicket ticket;
        ticket.transfer = fresh;
        ticket.contact = request.contact;
        ticket.device = device;
        ticket.paths = request.paths;
        ticket.bytesPerSecond = request.bytesPerSecond;
        ticket.list = list;
        ticket.text = request.text;
        ticket.waits = request.waitForContact;
        begun.held = Held{ticket, lock(fresh)};
    }
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

} // namespace postern
